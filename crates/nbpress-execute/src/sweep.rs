//! The points of a sweep: which parameters are run, and what tells one sweep and one point from
//! another, so that a sweep can be gone on with.

pub mod points_file;
pub mod values;

use std::collections::HashSet;

use indexmap::IndexMap;
use nbpress_format::json::{Json, Object};
use nbpress_format::parameters::ParameterValue;
use sha2::{Digest, Sha256};

use crate::options::{CellSelection, ExecuteOptions};
use values::MOST;

/// The parameters of one run, by name.
pub type Point = IndexMap<String, ParameterValue>;

/// Why points cannot be combined.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpaceError {
    /// Two axes have the same name.
    #[error("parameter `{name}` is swept twice")]
    Twice {
        /// The parameter.
        name: String,
    },
    /// There are more points than anybody wants to run.
    #[error("there are more than {MOST} points")]
    TooMany,
    /// Lists of different lengths cannot be paired.
    #[error("lists of {} values cannot be paired", joined(.lengths))]
    Lengths {
        /// The number of values of each, in the order given.
        lengths: Vec<usize>,
    },
}

impl SpaceError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Twice { name } => Some(format!("write all its values once: `-s {name}=a,b,c`")),
            Self::TooMany => None,
            Self::Lengths { .. } => Some("without `--zip` every combination is run".to_owned()),
        }
    }
}

fn joined(lengths: &[usize]) -> String {
    let texts: Vec<String> = lengths.iter().map(usize::to_string).collect();
    texts.join(" and ")
}

/// What varies in a sweep: axes, each a list of values or of whole points.
#[derive(Clone, Debug, Default)]
pub struct SweepSpace {
    axes: Vec<Vec<Point>>,
}

impl SweepSpace {
    /// Adds the values of one parameter.
    ///
    /// # Errors
    /// The parameter varies already.
    pub fn axis(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = ParameterValue>,
    ) -> Result<(), SpaceError> {
        let point = |value| Point::from([(name.to_owned(), value)]);
        self.list(values.into_iter().map(point).collect())
    }

    /// Adds points that were listed one by one; they need not have the same parameters.
    ///
    /// # Errors
    /// One of their parameters varies already.
    pub fn list(&mut self, points: Vec<Point>) -> Result<(), SpaceError> {
        let known: HashSet<String> = self.names().into_iter().collect();
        if let Some(name) = points
            .iter()
            .flat_map(Point::keys)
            .find(|name| known.contains(*name))
        {
            return Err(SpaceError::Twice { name: name.clone() });
        }
        self.axes.push(points);
        Ok(())
    }

    /// The parameters that vary, in the order given.
    pub fn names(&self) -> Vec<String> {
        let names: indexmap::IndexSet<&String> =
            self.axes.iter().flatten().flat_map(Point::keys).collect();
        names.into_iter().cloned().collect()
    }

    /// Every combination; what was given last varies fastest.
    ///
    /// # Errors
    /// There are too many.
    pub fn product(self) -> Result<Vec<Point>, SpaceError> {
        let count = self
            .axes
            .iter()
            .try_fold(1_usize, |count, axis| count.checked_mul(axis.len()));
        if count.is_none_or(|count| count > MOST) {
            return Err(SpaceError::TooMany);
        }
        Ok(self
            .axes
            .into_iter()
            .fold(vec![Point::new()], |points, axis| {
                let both = |one: &Point, other: &Point| {
                    one.iter()
                        .chain(other)
                        .map(|(k, v)| (k.clone(), v.clone()))
                        .collect()
                };
                points
                    .iter()
                    .flat_map(|point| axis.iter().map(move |step| both(point, step)))
                    .collect()
            }))
    }

    /// The first of each, the second of each, and so on.
    ///
    /// # Errors
    /// The lists are not equally long.
    pub fn zip(self) -> Result<Vec<Point>, SpaceError> {
        let lengths: Vec<usize> = self.axes.iter().map(Vec::len).collect();
        if lengths.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err(SpaceError::Lengths { lengths });
        }
        let mut points = vec![Point::new(); lengths.first().copied().unwrap_or(0)];
        for axis in self.axes {
            for (point, step) in points.iter_mut().zip(axis) {
                point.extend(step);
            }
        }
        Ok(points)
    }
}

/// The name of a point: its parameters sorted by name, `alpha=0.1 day="2026-01-01"`. The same
/// parameters have the same name however they were given; values are written as JSON, so that
/// different parameters have different names.
pub fn point_name(point: &Point) -> String {
    let mut parameters: Vec<_> = point.iter().collect();
    parameters.sort_unstable_by_key(|(name, _)| *name);
    let written = |(name, value): (&String, &ParameterValue)| {
        let plain = name
            .chars()
            .all(|char| char.is_alphanumeric() || char == '_');
        let name = if plain && !name.is_empty() {
            name.clone()
        } else {
            Json::from(name.as_str()).to_compact()
        };
        format!("{name}={}", value.to_json().to_compact())
    };
    let written: Vec<String> = parameters.into_iter().map(written).collect();
    written.join(" ")
}

/// What tells a sweep from others: `swp_`, 16 digits for the notebook's location and everything but
/// the parameters that decides what is computed, a hyphen, and 12 digits for the notebook's bytes.
///
/// Points are not part of it, so a range can be made longer. How long something may take is not
/// either: a point that took too long is run again with more time, the others are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepId {
    text: String,
}

const SWEEP_PREFIX: &str = "swp_";
const IDENTITY_DIGITS: usize = 16;
const VERSION_DIGITS: usize = 12;

impl SweepId {
    /// The sweep of a notebook whose bytes have this SHA-256 (hexadecimal).
    pub fn new(options: &ExecuteOptions, source_sha256: &str) -> Self {
        let digest = hex::encode(Sha256::digest(identity(options).to_compact()));
        Self {
            text: format!(
                "{SWEEP_PREFIX}{digest:.IDENTITY_DIGITS$}-{source_sha256:.VERSION_DIGITS$}"
            ),
        }
    }

    /// As it stands in records.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `other` is a sweep of the same notebook when it had other bytes.
    pub fn is_other_version(&self, other: &str) -> bool {
        let same = SWEEP_PREFIX.len() + IDENTITY_DIGITS + 1;
        other != self.text && other.get(..same) == self.text.get(..same)
    }
}

/// What decides what a point computes, besides its parameters and the notebook's bytes.
fn identity(options: &ExecuteOptions) -> Json {
    let location = match options.source.is_local() {
        Some(path) => std::path::absolute(path)
            .unwrap_or_else(|_| path.to_owned())
            .display()
            .to_string(),
        None => options.source.to_string(),
    };
    let texts = |texts: &[String]| {
        let mut texts = texts.to_vec();
        texts.sort_unstable();
        texts.dedup();
        Json::Array(texts.into_iter().map(Json::from).collect())
    };
    let text = |text: &Option<String>| text.as_deref().map_or(Json::Null, Json::from);
    let cells = match &options.cells {
        CellSelection::All => Json::Null,
        CellSelection::Only(positions) => {
            Json::Array(positions.iter().map(|&at| Json::from(at)).collect())
        }
        CellSelection::Tagged(tags) => texts(tags),
    };
    let working_directory = options.working_directory.as_deref().map(|folder| {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        folder.display().to_string()
    });
    let secrets: Vec<String> = options
        .secrets
        .iter()
        .map(|secret| secret.name.clone())
        .collect();
    Json::Object(Object::from_iter(
        [
            ("notebook", Json::from(location)),
            ("kernel", text(&options.kernel)),
            ("language", text(&options.language)),
            ("cells", cells),
            ("skip_tags", texts(&options.skip_tags)),
            ("allow_errors", Json::from(options.allow_errors)),
            ("working_directory", text(&working_directory)),
            ("secrets", texts(&secrets)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    ))
}

#[cfg(test)]
mod tests;
