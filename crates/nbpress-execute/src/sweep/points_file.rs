//! Points listed in a file: CSV with a header, JSON lines, or a JSON or YAML list of mappings.

use nbpress_format::json::{Json, JsonError};
use nbpress_format::parameters::ParameterValue;

use super::{MOST, Point};
use crate::yaml::{self, YamlError};

/// How a file lists points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointsFormat {
    /// Names in the first line; values are texts that the notebook's types decide on. An empty field
    /// leaves its parameter to its default (RFC 4180, <https://www.rfc-editor.org/rfc/rfc4180>).
    Csv,
    /// One object per line (<https://jsonlines.org>).
    JsonLines,
    /// A list of objects.
    Json,
    /// A list of mappings.
    Yaml,
}

impl PointsFormat {
    /// The format of a file: by the extension of its name, else by how it begins.
    pub fn of(extension: Option<&str>, text: &str) -> Self {
        match extension.unwrap_or_default().to_ascii_lowercase().as_str() {
            "csv" => Self::Csv,
            "jsonl" | "ndjson" => Self::JsonLines,
            "json" => Self::Json,
            "yaml" | "yml" => Self::Yaml,
            _ if text.trim_start().starts_with('[') => Self::Json,
            _ if text.trim_start().starts_with('{') => Self::JsonLines,
            _ if text.trim_start().starts_with("- ") => Self::Yaml,
            _ => Self::Csv,
        }
    }
}

/// Why a file does not list points.
#[derive(Debug, thiserror::Error)]
pub enum PointsFileError {
    /// It has no points.
    #[error("it lists no points")]
    Empty,
    /// A line is not JSON.
    #[error("line {line} is not JSON")]
    JsonLine {
        /// The line, from 1.
        line: usize,
        /// Where and why.
        #[source]
        source: JsonError,
    },
    /// The file is not JSON.
    #[error("it is not JSON")]
    Json(#[source] JsonError),
    /// The file is not YAML.
    #[error("it is not YAML")]
    Yaml(#[source] YamlError),
    /// The list is something else.
    #[error("it is not a list of points, each with the names of its parameters and their values")]
    NotAList,
    /// A point is something else.
    #[error("point {number} is not an object of names and values")]
    NotAPoint {
        /// The point, from 1.
        number: usize,
    },
    /// The header of a CSV file has no name, or one twice.
    #[error("its first line must name every column once: `{name}`")]
    Header {
        /// The name.
        name: String,
    },
    /// A record of a CSV file has more or fewer fields than the header.
    #[error("line {line} has {fields} fields instead of {expected}")]
    Fields {
        /// The line where the record begins, from 1.
        line: usize,
        /// How many it has.
        fields: usize,
        /// How many the header has.
        expected: usize,
    },
    /// A quoted field has no end, or something follows it.
    #[error("line {line} has a quote that is not closed, or text after a quoted field")]
    Quote {
        /// The line where the record begins, from 1.
        line: usize,
    },
    /// There are more points than anybody wants to run.
    #[error("it lists more than {MOST} points")]
    TooMany,
}

/// Reads the points of a file.
///
/// # Errors
/// See [`PointsFileError`].
pub fn points(text: &str, format: PointsFormat) -> Result<Vec<Point>, PointsFileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let points = match format {
        PointsFormat::Csv => csv(text)?,
        PointsFormat::JsonLines => listed(json_lines(text)?)?,
        PointsFormat::Json => {
            let list = Json::parse(text.as_bytes()).map_err(PointsFileError::Json)?;
            listed_in(ParameterValue::from_json(&list))?
        }
        PointsFormat::Yaml => listed_in(yaml::load(text).map_err(PointsFileError::Yaml)?)?,
    };
    match points.len() {
        0 => Err(PointsFileError::Empty),
        count if count > MOST => Err(PointsFileError::TooMany),
        _ => Ok(points),
    }
}

fn json_lines(text: &str) -> Result<Vec<ParameterValue>, PointsFileError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            let value = Json::parse(line.as_bytes());
            let value = value.map_err(|source| PointsFileError::JsonLine {
                line: index + 1,
                source,
            })?;
            Ok(ParameterValue::from_json(&value))
        })
        .collect()
}

fn listed_in(list: ParameterValue) -> Result<Vec<Point>, PointsFileError> {
    match list {
        ParameterValue::List(items) => listed(items),
        ParameterValue::Null => Err(PointsFileError::Empty),
        _ => Err(PointsFileError::NotAList),
    }
}

fn listed(items: Vec<ParameterValue>) -> Result<Vec<Point>, PointsFileError> {
    let point = |(index, item): (usize, ParameterValue)| {
        let not_a_point = PointsFileError::NotAPoint { number: index + 1 };
        let ParameterValue::Map(entries) = item else {
            return Err(not_a_point);
        };
        let named = |(name, value): (ParameterValue, ParameterValue)| match name {
            ParameterValue::String(name) if !name.is_empty() => Some((name, value)),
            _ => None,
        };
        entries
            .into_iter()
            .map(named)
            .collect::<Option<Point>>()
            .ok_or(not_a_point)
    };
    items.into_iter().enumerate().map(point).collect()
}

fn csv(text: &str) -> Result<Vec<Point>, PointsFileError> {
    let mut records = Records {
        rest: text,
        line: 1,
    };
    let Some((_, names)) = records.next().transpose()? else {
        return Err(PointsFileError::Empty);
    };
    for (index, name) in names.iter().enumerate() {
        if name.trim().is_empty() || names[..index].contains(name) {
            return Err(PointsFileError::Header { name: name.clone() });
        }
    }
    records
        .map(|record| {
            let (line, fields) = record?;
            if fields.len() != names.len() {
                return Err(PointsFileError::Fields {
                    line,
                    fields: fields.len(),
                    expected: names.len(),
                });
            }
            let given = names
                .iter()
                .zip(fields)
                .filter(|(_, field)| !field.is_empty());
            Ok(given
                .map(|(name, field)| (name.trim().to_owned(), ParameterValue::Text(field)))
                .collect())
        })
        .collect()
}

/// The records of a CSV text with the lines they begin in. Empty lines are passed over.
struct Records<'a> {
    rest: &'a str,
    line: usize,
}

impl Iterator for Records<'_> {
    type Item = Result<(usize, Vec<String>), PointsFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(rest) = self
            .rest
            .strip_prefix('\n')
            .or_else(|| self.rest.strip_prefix("\r\n"))
        {
            self.rest = rest;
            self.line += 1;
        }
        (!self.rest.is_empty()).then(|| self.record())
    }
}

impl Records<'_> {
    fn record(&mut self) -> Result<(usize, Vec<String>), PointsFileError> {
        let line = self.line;
        let mut fields = Vec::new();
        loop {
            let field = if let Some(quoted) = self.rest.strip_prefix('"') {
                self.quoted(quoted, line)?
            } else {
                let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
                let (field, rest) = self.rest.split_at(end);
                self.rest = rest;
                field.strip_suffix('\r').unwrap_or(field).to_owned()
            };
            fields.push(field);
            if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
                continue;
            }
            let rest = self.rest.strip_prefix('\r').unwrap_or(self.rest);
            if rest.is_empty() || rest.starts_with('\n') {
                self.rest = rest.strip_prefix('\n').unwrap_or(rest);
                self.line += 1;
                return Ok((line, fields));
            }
            return Err(PointsFileError::Quote { line });
        }
    }

    /// The rest of a field behind its opening quote; a doubled quote is one.
    fn quoted(&mut self, text: &str, line: usize) -> Result<String, PointsFileError> {
        let mut field = String::new();
        let mut pieces = text.split('"');
        let mut used = 0;
        while let Some(piece) = pieces.next() {
            field.push_str(piece);
            used += piece.len() + 1;
            if used > text.len() {
                break;
            }
            self.line += piece.matches('\n').count();
            if text[used..].starts_with('"') {
                field.push('"');
                used += 1;
                pieces.next();
                continue;
            }
            self.rest = &self.rest[1 + used..];
            return Ok(field);
        }
        Err(PointsFileError::Quote { line })
    }
}
