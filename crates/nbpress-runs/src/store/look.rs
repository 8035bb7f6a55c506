//! What a database is like, for those who only want to know: nothing in it is changed.

use jiff::Timestamp;

use crate::error::StoreError;
use crate::store::database::{Database, Dialect, args};
use crate::store::{Store, migrate};

/// What was found.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The version of its tables; 0 where there are none yet.
    pub version: i64,
    /// The newest version this program knows.
    pub newest: i64,
    /// The time it has.
    pub now: Timestamp,
}

impl Store {
    /// Looks at a database that a server may be using, or may use one day.
    ///
    /// # Errors
    /// It cannot be reached.
    pub async fn look(url: &str) -> Result<Look, StoreError> {
        let database = Database::connect(url).await?;
        let mut tx = database.begin().await?;
        let version = migrate::version(&mut tx).await?;
        let now = match tx.dialect {
            Dialect::Sqlite => {
                "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS now"
            }
            Dialect::Postgres => {
                "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now"
            }
        };
        let row = tx.row(now, args![]).await?;
        let now = row
            .map(|row| row.int("now"))
            .transpose()?
            .unwrap_or_default();
        drop(tx);
        database.close().await;
        Ok(Look {
            version,
            newest: migrate::newest(),
            now: Timestamp::from_millisecond(now).unwrap_or_default(),
        })
    }
}
