//! What can go wrong with an index.

use std::path::PathBuf;

/// Why an index does not answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The file can neither be opened nor be made anew.
    #[error("failed to open the search index `{path}`")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// A file of an index that cannot be read is in the way.
    #[error("failed to remove the search index `{path}`, which cannot be read")]
    Replace {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Reading or writing failed.
    #[error("the search index failed")]
    Database(#[from] sqlx::Error),
    /// The text is none that a page of hits gave.
    #[error("`{cursor}` is not a cursor")]
    Cursor {
        /// What was given.
        cursor: String,
    },
}

impl SearchError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Open { .. } | Self::Replace { .. } => {
                "the index holds nothing that is not elsewhere: remove it, and it is made anew"
            }
            Self::Cursor { .. } => "pass on `next` of a page",
            Self::Database(_) => return None,
        };
        Some(hint.to_owned())
    }
}
