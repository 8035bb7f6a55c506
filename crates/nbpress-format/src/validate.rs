//! What the format's schema has against a notebook.
//!
//! The rules of nbformat's schemas 4.0 to 4.5
//! (<https://github.com/jupyter/nbformat/tree/main/nbformat/v4>), and that ids are unique. A file
//! that says it is newer is held to 4.5 as nbformat holds it: fields, kinds of cell and kinds of
//! output that are not known are allowed.

mod check;
mod schema;
#[cfg(test)]
mod tests;

use std::fmt;

use self::check::Check;
use crate::json::Json;
use crate::upgrade::Document;

/// The newest minor version that this crate knows.
const NEWEST_MINOR: u64 = 5;

/// As many problems as are told: each has its whole place, so that a hostile file of megabytes would else ask for
/// gigabytes.
pub const MOST_PROBLEMS: usize = 100;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// E.g. `cells[3].outputs[0].data["text/plain"]`; empty for the notebook itself. Where
    /// something is missing or must not be there, the place is that of what should, or does, hold
    /// it.
    pub place: String,
    /// What is wrong, e.g. "`name` is missing".
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "`{}`: {}", self.place, self.reason)
        }
    }
}

/// Judges a document of format 4 by the minor version it says it has; empty when it is valid. Of many problems the
/// first [`MOST_PROBLEMS`] are told.
///
/// Formats 2 and 3 are judged after their upgrade, by
/// [`Notebook::parse_and_validate`](crate::notebook::Notebook::parse_and_validate).
pub fn validate(notebook: &Json) -> Vec<Problem> {
    let minor = notebook.get("nbformat_minor").and_then(Json::as_u64);
    let mut check = Check::new(minor.unwrap_or(NEWEST_MINOR));
    schema::notebook(&mut check, notebook);
    check.finish()
}

/// Judges a file that was read as far as format 4.
pub(crate) fn document(document: &Document) -> Vec<Problem> {
    let mut check = Check::new(document.minor);
    check.shape_of(&document.fields, &schema::NOTEBOOK);
    check.finish()
}
