//! What can be wrong with a table or with what is asked of it.

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;

/// Why a table was not opened or a question not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file is not there or may not be read.
    #[error("the table could not be read")]
    Io(#[from] std::io::Error),
    /// The bytes are not what the format says, or say something Arrow cannot do.
    #[error("the table is damaged or of an unknown kind")]
    Arrow(#[from] ArrowError),
    /// The bytes are no Parquet, or Parquet that is not understood.
    #[error("the Parquet file is damaged or of an unknown kind")]
    Parquet(#[from] ParquetError),
    /// JSON that is no table.
    #[error("no table: {0}")]
    Resource(&'static str),
    /// There is no such column.
    #[error("there is no column `{0}`")]
    NoColumn(String),
    /// A value in a filter that the column cannot hold.
    #[error("`{value}` is not a value of column `{column}`, which holds {kind}")]
    Value {
        /// The column it is compared with.
        column: String,
        /// The value, as JSON.
        value: String,
        /// The column's type in Arrow's words.
        kind: String,
        /// What the conversion said.
        #[source]
        source: ArrowError,
    },
    /// Lists, structs and maps have no order.
    #[error("column `{column}` holds {kind}, which cannot be compared or sorted")]
    NotComparable {
        /// The column.
        column: String,
        /// Its type in Arrow's words.
        kind: String,
    },
    /// Nobody waits for the answer any more.
    #[error("the question was given up")]
    Stopped,
    /// More than is read for one question.
    #[error("the table has {found} {what}, more than {limit}")]
    TooLarge {
        /// What is counted, in the plural.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many are allowed.
        limit: u64,
    },
}

impl TableError {
    /// What the reader can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::TooLarge { what: "bytes", .. } => {
                Some("write the table as Parquet, of which only what is shown is read".to_owned())
            }
            Self::TooLarge {
                what: "rows to sort",
                ..
            } => Some("filter the rows first".to_owned()),
            Self::TooLarge {
                what: "bytes on a page",
                ..
            } => Some("ask for fewer rows or columns".to_owned()),
            Self::NotComparable { .. } => Some("ask whether it is null instead".to_owned()),
            _ => None,
        }
    }

    /// Whether the question is at fault, not the table.
    pub fn is_question(&self) -> bool {
        matches!(
            self,
            Self::NoColumn(_) | Self::Value { .. } | Self::NotComparable { .. }
        )
    }
}
