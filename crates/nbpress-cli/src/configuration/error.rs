//! What can be wrong with a configuration, and where.

use std::path::PathBuf;

use super::Origin;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigurationError {
    /// A file cannot be read.
    #[error("failed to read `{}`{}", path.display(), named_by(origin.as_ref()))]
    Unreadable {
        path: PathBuf,
        /// What names it; `None` for the configuration itself.
        origin: Option<Origin>,
        source: std::io::Error,
    },
    /// It is not TOML.
    #[error("{origin}: {message}")]
    Syntax { origin: Origin, message: String },
    /// There is no such table or setting.
    #[error("{origin}: there is no {what} `{name}`")]
    Unknown {
        origin: Origin,
        what: &'static str,
        name: String,
        nearest: Option<String>,
    },
    /// A value is of another kind than its setting.
    #[error("{origin}: `{key}` is {found}; it takes {expected}")]
    Kind {
        origin: Origin,
        key: String,
        found: &'static str,
        expected: &'static str,
    },
    /// A value that the argument does not take.
    #[error("{origin}: `{key}`: {message}")]
    Invalid {
        origin: Origin,
        key: String,
        message: String,
    },
    /// A secret is given, and a file that has it too.
    #[error("{origin}: `{key}` and `{key}_file` are both set")]
    Twice { origin: Origin, key: String },
}

fn named_by(origin: Option<&Origin>) -> String {
    origin.map_or_else(String::new, |origin| format!(", named by {origin}"))
}

impl ConfigurationError {
    /// What would be right, where that can be said.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            Self::Unknown { nearest: None, .. } => {
                Some("`nbpress config show` lists the settings".to_owned())
            }
            Self::Twice { .. } => Some("leave one of them out".to_owned()),
            _ => None,
        }
    }
}
