//! What can go wrong with what exists and its states.

use serde::Serialize;

use crate::schedule::ScheduleError;

/// A value that cannot be used: which one, why, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{message}")]
pub struct Invalid {
    /// The field, as a path: `tasks[0].pool`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl Invalid {
    /// A value that cannot be used.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
            hint: None,
        }
    }

    /// With advice.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl From<ScheduleError> for Invalid {
    fn from(error: ScheduleError) -> Self {
        Self {
            field: error.field().to_owned(),
            message: error.to_string(),
            hint: error.hint(),
        }
    }
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// Run, job, schedule, …
        what: &'static str,
        /// What was looked for.
        name: String,
    },
    /// It is not in a state in which this can be done.
    #[error("{message}")]
    Conflict {
        /// A stable word for programs: `already_terminal`, `fenced`, `exists`.
        code: &'static str,
        /// What stands in the way.
        message: String,
    },
    /// A value cannot be used.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database cannot be opened.
    #[error("failed to open the database `{url}`")]
    Open {
        /// Where it is, without a password.
        url: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The database was written by a newer nbpress.
    #[error("the database is of version {found}, this nbpress knows versions up to {known}")]
    Newer {
        /// Its version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// Another server has the SQLite file.
    #[error("the database `{path}` is in use by process {holder}")]
    InUse {
        /// The file.
        path: String,
        /// The process that holds it.
        holder: String,
    },
    /// The tables cannot be brought to this version.
    #[error("failed to bring the database to version {version}")]
    Migrate {
        /// The version.
        version: i64,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The file beside a SQLite database cannot be used.
    #[error("failed to lock the database `{path}`")]
    Lock {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database refused.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// What the database holds cannot be read.
    #[error("the database holds {what} that cannot be read")]
    Unreadable {
        /// What.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// Shorthand for [`StoreError::NotFound`].
    pub fn not_found(what: &'static str, name: impl Into<String>) -> Self {
        Self::NotFound {
            what,
            name: name.into(),
        }
    }

    /// Shorthand for [`StoreError::Conflict`].
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict {
            code,
            message: message.into(),
        }
    }

    pub(crate) fn unreadable(
        what: &'static str,
    ) -> impl Fn(Box<dyn std::error::Error + Send + Sync>) -> Self {
        move |source| Self::Unreadable { what, source }
    }

    /// Whether the same call may succeed a moment later: the database was away or busy.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Database(error) | Self::Open { source: error, .. } => match error {
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => true,
                sqlx::Error::Database(database) => is_busy(database.as_ref()),
                _ => false,
            },
            _ => false,
        }
    }

    /// What can be done.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Newer { .. } => Some("use the newer nbpress, or another database".to_owned()),
            Self::InUse { holder, .. } => Some(format!(
                "one server at a time uses a SQLite file; stop process {holder}, or use Postgres"
            )),
            Self::Open { .. } => {
                Some("check `--database`: `sqlite:/path/file.db` or `postgres://…`".to_owned())
            }
            Self::Invalid(invalid) => invalid.hint.clone(),
            _ => None,
        }
    }
}

/// Deadlock, serialization failure, server shutting down or starting up (Postgres, appendix A of its
/// manual: <https://www.postgresql.org/docs/current/errcodes-appendix.html>); busy or locked (SQLite:
/// <https://www.sqlite.org/rescode.html>).
fn is_busy(error: &dyn sqlx::error::DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    matches!(
        code.as_ref(),
        "40P01" | "40001" | "57P01" | "57P02" | "57P03" | "5" | "6" | "261" | "517"
    )
}
