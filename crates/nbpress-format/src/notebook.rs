//! The notebook document.

use std::io;

use crate::cell::{Cell, CellKind, new_id};
use crate::error::ParseError;
use crate::json::{Json, Object, python_newline, write_string};
use crate::multiline;
use crate::output::Output;

/// A notebook in format 4.5, whatever format it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Notebook {
    /// Kernelspec, language and whatever tools keep there.
    pub metadata: Object,
    /// Always 4.
    pub nbformat: u32,
    /// 5, or what a newer writer put there.
    pub nbformat_minor: u32,
    /// The cells, in order.
    pub cells: Vec<Cell>,
    /// Top-level fields the format does not name; kept.
    pub extra: Object,
}

impl Notebook {
    /// Reads a notebook of any format from 2 to 4 and upgrades it to 4.5; ids are made up where the
    /// format had none.
    ///
    /// # Errors
    /// The file is not JSON, or not a notebook: where and why.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        Self::from_json(Json::parse(bytes)?)
    }

    fn from_json(json: Json) -> Result<Self, ParseError> {
        let Json::Object(mut fields) = json else {
            return Err(ParseError::wrong("notebook", "object", &json));
        };
        let version = |fields: &mut Object, key| {
            fields
                .shift_remove(key)
                .and_then(|number: Json| number.as_u64())
        };
        let major =
            version(&mut fields, "nbformat").ok_or_else(|| ParseError::missing("nbformat"))?;
        let minor = version(&mut fields, "nbformat_minor").unwrap_or(0);
        if major != 4 {
            return Err(ParseError::UnsupportedVersion { major });
        }
        let metadata = match fields.shift_remove("metadata") {
            Some(Json::Object(metadata)) => metadata,
            Some(other) => return Err(ParseError::wrong("metadata", "object", &other)),
            None => Object::new(),
        };
        let cells = match fields.shift_remove("cells") {
            Some(Json::Array(cells)) => cells,
            Some(other) => return Err(ParseError::wrong("cells", "array", &other)),
            None => return Err(ParseError::missing("cells")),
        };
        let cells = cells.into_iter().enumerate().map(|(index, cell)| {
            read_cell(cell).map_err(|error| error.within(&format!("cells[{index}]")))
        });
        Ok(Self {
            metadata,
            nbformat: 4,
            nbformat_minor: u32::try_from(minor).unwrap_or(5).max(5),
            cells: cells.collect::<Result<_, _>>()?,
            extra: fields,
        })
    }

    /// The bytes of the file: exactly those nbformat writes, without a newline at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = String::new();
        let mut keys: Vec<&str> = self.extra.keys().map(String::as_str).collect();
        keys.extend(["cells", "metadata", "nbformat", "nbformat_minor"]);
        keys.sort_unstable();
        out.push('{');
        for (index, key) in keys.into_iter().enumerate() {
            out.push_str(if index > 0 { "," } else { "" });
            python_newline(1, &mut out);
            write_string(key, &mut out);
            out.push_str(": ");
            match key {
                "cells" => self.write_cells(&mut out),
                "metadata" => Json::Object(self.metadata.clone()).write_python(1, &mut out),
                "nbformat" => out.push_str(&self.nbformat.to_string()),
                "nbformat_minor" => out.push_str(&self.nbformat_minor.to_string()),
                other => self.extra[other].write_python(1, &mut out),
            }
        }
        python_newline(0, &mut out);
        out.push('}');
        out.into_bytes()
    }

    fn write_cells(&self, out: &mut String) {
        if self.cells.is_empty() {
            out.push_str("[]");
            return;
        }
        out.push('[');
        for (index, cell) in self.cells.iter().enumerate() {
            out.push_str(if index > 0 { "," } else { "" });
            python_newline(2, out);
            // One cell at a time, so that only one is held twice.
            cell_to_file(cell).write_python(2, out);
        }
        python_newline(1, out);
        out.push(']');
    }

    /// Writes [`Notebook::to_bytes`].
    ///
    /// # Errors
    /// The writer's own.
    pub fn write(&self, writer: &mut impl io::Write) -> io::Result<()> {
        writer.write_all(&self.to_bytes())
    }

    /// The language the notebook says it is in: `language_info.name`, else the kernelspec's.
    pub fn language(&self) -> Option<&str> {
        self.text("language_info", "name")
            .or_else(|| self.text("kernelspec", "language"))
    }

    /// The kernel the notebook asks for.
    pub fn kernel_name(&self) -> Option<&str> {
        self.text("kernelspec", "name")
    }

    fn text(&self, section: &str, key: &str) -> Option<&str> {
        self.metadata
            .get(section)?
            .get(key)?
            .as_str()
            .filter(|text| !text.is_empty())
    }

    /// The first cell tagged `parameters`.
    pub fn parameters_cell(&self) -> Option<usize> {
        self.cells
            .iter()
            .position(|cell| cell.has_tag("parameters"))
    }

    /// The first cell tagged `injected-parameters`.
    pub fn injected_parameters_cell(&self) -> Option<usize> {
        self.cells
            .iter()
            .position(|cell| cell.has_tag("injected-parameters"))
    }
}

fn read_cell(json: Json) -> Result<Cell, ParseError> {
    let Json::Object(mut fields) = json else {
        return Err(ParseError::wrong("", "object", &json));
    };
    let kind = match fields.shift_remove("cell_type") {
        Some(Json::String(kind)) => kind,
        Some(other) => return Err(ParseError::wrong("cell_type", "string", &other)),
        None => return Err(ParseError::missing("cell_type")),
    };
    let id = match fields.shift_remove("id") {
        Some(Json::String(id)) => id,
        _ => new_id(),
    };
    let metadata = match fields.shift_remove("metadata") {
        Some(Json::Object(metadata)) => metadata,
        None => Object::new(),
        Some(other) => return Err(ParseError::wrong("metadata", "object", &other)),
    };
    let source = multiline::take(&mut fields, "source")?;
    let kind = match kind.as_str() {
        "code" => CellKind::Code {
            execution_count: fields
                .shift_remove("execution_count")
                .and_then(|count| count.as_u64()),
            outputs: read_outputs(&mut fields)?,
        },
        "markdown" => CellKind::Markdown,
        "raw" => CellKind::Raw,
        _ => CellKind::Other(kind),
    };
    Ok(Cell {
        id: Some(id),
        kind,
        source,
        metadata,
        extra: fields,
    })
}

fn read_outputs(fields: &mut Object) -> Result<Vec<Output>, ParseError> {
    match fields.shift_remove("outputs") {
        None => Ok(Vec::new()),
        Some(Json::Array(outputs)) => outputs
            .iter()
            .enumerate()
            .map(|(index, output)| {
                Output::from_json(output)
                    .map_err(|error| error.within(&format!("outputs[{index}]")))
            })
            .collect(),
        Some(other) => Err(ParseError::wrong("outputs", "array", &other)),
    }
}

fn cell_to_file(cell: &Cell) -> Json {
    let mut fields = cell.extra.clone();
    let mut set = |key: &str, value: Json| {
        fields.insert(key.to_owned(), value);
    };
    let kind = match &cell.kind {
        CellKind::Code {
            execution_count,
            outputs,
        } => {
            set(
                "execution_count",
                execution_count.map_or(Json::Null, Json::from),
            );
            set(
                "outputs",
                Json::Array(outputs.iter().map(Output::to_file).collect()),
            );
            "code"
        }
        CellKind::Markdown => "markdown",
        CellKind::Raw => "raw",
        CellKind::Other(kind) => kind,
    };
    set("cell_type", kind.into());
    if let Some(id) = &cell.id {
        set("id", id.as_str().into());
    }
    set("metadata", cell.metadata.clone().into());
    set("source", multiline::split(&cell.source));
    Json::Object(fields)
}
