//! The notebook document.

#[cfg(test)]
mod tests;

use std::io;

use crate::cell::Cell;
use crate::error::ParseError;
use crate::fields::{array_mut, each_object, object_mut, take_object};
use crate::id;
use crate::json::{Json, Object};
use crate::upgrade::{self, Document};
use crate::validate::{self, Problem};
use crate::write::{Field, Fields};

/// Notebook metadata that belongs in no file.
pub(crate) const TRANSIENT_METADATA: &[&str] =
    &["orig_nbformat", "orig_nbformat_minor", "signature"];

/// The format of every notebook in memory.
const FORMAT: (u32, u32) = (4, 5);

/// A notebook in format 4.5, whatever format it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Notebook {
    /// Kernelspec, language and whatever tools keep there.
    pub metadata: Object,
    /// Always 4.
    pub nbformat: u32,
    /// Always 5: as nbformat does it, a file that says it is newer is written as 4.5, with
    /// everything that was in it.
    pub nbformat_minor: u32,
    /// The cells, in order.
    pub cells: Vec<Cell>,
    /// Top-level fields the format does not name; kept.
    pub extra: Object,
}

impl Notebook {
    /// Reads a notebook of any format from 2 to 4 and upgrades it to 4.5, as
    /// `nbformat.reads(…, as_version=4)` followed by `nbformat.v4.upgrade` does.
    ///
    /// Ids are made up where the format had none or one is repeated. A field whose absence has one
    /// obvious meaning (no outputs, no execution count, no text, no metadata of an output) may be
    /// missing or null; [`Notebook::parse_and_validate`] tells.
    ///
    /// # Errors
    /// The file is not JSON, or not a notebook: where and why.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        Self::from_json(Json::parse_notebook(bytes)?)
    }

    /// [`Notebook::parse`], and what the format's schema has against the file. Formats 2 and 3 are
    /// judged after their upgrade to 4.
    ///
    /// # Errors
    /// As [`Notebook::parse`].
    pub fn parse_and_validate(bytes: &[u8]) -> Result<(Self, Vec<Problem>), ParseError> {
        Self::from_json_and_validate(Json::parse_notebook(bytes)?)
    }

    /// [`Notebook::parse_and_validate`] for a document that is JSON already.
    ///
    /// # Errors
    /// As [`Notebook::parse`].
    pub fn from_json_and_validate(json: Json) -> Result<(Self, Vec<Problem>), ParseError> {
        let document = upgrade::to_v4(json)?;
        let problems = validate::document(&document);
        Ok((Self::from_document(document)?, problems))
    }

    /// [`Notebook::parse`] for a document that is JSON already.
    ///
    /// # Errors
    /// As [`Notebook::parse`].
    pub fn from_json(json: Json) -> Result<Self, ParseError> {
        Self::from_document(upgrade::to_v4(json)?)
    }

    fn from_document(document: Document) -> Result<Self, ParseError> {
        let Document { mut fields, minor } = document;
        let mut cells = Vec::new();
        each_object(array_mut(&mut fields, "cells")?, "cells", |cell| {
            cells.push(Cell::from_fields(std::mem::take(cell))?);
            Ok(())
        })?;
        if minor < 5 {
            // Before 4.5 an `id` is somebody's private field; nbformat overwrites it.
            for cell in &mut cells {
                cell.id = None;
            }
        }
        id::complete(&mut cells);
        object_mut(&mut fields, "metadata")?;
        let metadata = take_object(&mut fields, "metadata")?;
        for key in ["cells", "nbformat", "nbformat_minor"] {
            fields.shift_remove(key);
        }
        Ok(Self {
            metadata,
            nbformat: FORMAT.0,
            nbformat_minor: FORMAT.1,
            cells,
            extra: fields,
        })
    }

    /// What the format's schema has against the notebook; empty when it is valid.
    pub fn validate(&self) -> Vec<Problem> {
        validate::validate(&self.to_json())
    }

    /// The notebook as one object of format 4, texts whole.
    pub fn to_json(&self) -> Json {
        self.to_fields().to_json()
    }

    /// [`Notebook::to_json`] as text, on one line; the notebook is not copied first.
    pub fn to_compact(&self) -> String {
        let mut out = String::new();
        self.write_compact(&mut out);
        out
    }

    /// Appends [`Notebook::to_compact`].
    pub fn write_compact(&self, out: &mut String) {
        self.to_fields().write_compact(out);
    }

    /// The bytes of the file: exactly those `nbformat.writes` gives, without a newline at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = String::new();
        self.to_fields().write(0, &mut out);
        out.into_bytes()
    }

    /// Writes [`Notebook::to_bytes`].
    ///
    /// # Errors
    /// The writer's own.
    pub fn write(&self, writer: &mut impl io::Write) -> io::Result<()> {
        writer.write_all(&self.to_bytes())
    }

    fn to_fields(&self) -> Fields<'_> {
        let mut fields = Fields::new(&self.extra);
        fields.push("cells", Field::Cells(&self.cells));
        fields.push(
            "metadata",
            Field::Metadata(&self.metadata, TRANSIENT_METADATA),
        );
        fields.push("nbformat", Field::Count(Some(self.nbformat.into())));
        fields.push(
            "nbformat_minor",
            Field::Count(Some(self.nbformat_minor.into())),
        );
        fields
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
