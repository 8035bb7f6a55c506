//! Two databases behind one SQL text.
//!
//! Every statement of the store is written once. Where Postgres and SQLite differ, the text has a word in
//! braces: `{lock}` and `{skip}` are Postgres' row locks and nothing in SQLite, whose transactions are
//! serial. Integers are 64 bits, times are microseconds, JSON is text, on both.

use sqlx::any::{Any, AnyArguments, AnyPoolOptions, AnyRow};
use sqlx::pool::PoolConnection;
use sqlx::{AnyPool, AssertSqlSafe, Decode, Row as _, Type};

use crate::error::StoreError;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// One file; one server at a time.
    Sqlite,
    /// A server; any number of ours.
    Postgres,
}

/// How often a transaction that the database broke off (a deadlock, say) is tried.
pub(crate) const TRIES: u32 = 5;

/// Connections to a database.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) dialect: Dialect,
    /// SQLite has one writer, which so never finds the file locked.
    writers: AnyPool,
    readers: AnyPool,
}

impl Database {
    pub(crate) async fn connect(url: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let failed = |source| StoreError::Open {
            url: without_password(url),
            source,
        };
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = AnyPoolOptions::new()
                .max_connections(32)
                .acquire_timeout(std::time::Duration::from_secs(10))
                .after_connect(|connection, _| {
                    Box::pin(async move {
                        // A page is read until it is full: starting more processes takes longer than that.
                        sqlx::query("SET max_parallel_workers_per_gather = 0")
                            .execute(connection)
                            .await
                            .map(drop)
                    })
                })
                .connect(url)
                .await
                .map_err(failed)?;
            return Ok(Self {
                dialect: Dialect::Postgres,
                readers: pool.clone(),
                writers: pool,
            });
        }
        let url = if url.contains('?') {
            url.to_owned()
        } else {
            format!("{url}?mode=rwc")
        };
        let writers = sqlite_pool(1, true).connect(&url).await.map_err(failed)?;
        let readers = sqlite_pool(8, false).connect(&url).await.map_err(failed)?;
        Ok(Self {
            dialect: Dialect::Sqlite,
            writers,
            readers,
        })
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN",
        };
        let mut tx = Tx {
            dialect: self.dialect,
            connection: self.writers.acquire().await?,
            is_open: true,
        };
        tx.say(begin).await?;
        Ok(tx)
    }

    /// Rows, outside any transaction.
    pub(crate) async fn rows(&self, sql: &str, args: Args) -> Result<Vec<Row>, StoreError> {
        let sql = AssertSqlSafe(self.dialect.text(sql));
        let rows = sqlx::query_with(sql, args.0)
            .fetch_all(&self.readers)
            .await?;
        Ok(rows.into_iter().map(Row).collect())
    }

    /// At most one row, outside any transaction.
    pub(crate) async fn row(&self, sql: &str, args: Args) -> Result<Option<Row>, StoreError> {
        let sql = AssertSqlSafe(self.dialect.text(sql));
        let row = sqlx::query_with(sql, args.0)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.map(Row))
    }

    /// Whether there is such a row: asked before a transaction that may write is begun for nothing.
    pub(crate) async fn has(&self, sql: &str, args: Args) -> Result<bool, StoreError> {
        Ok(self.row(sql, args).await?.is_some())
    }

    pub(crate) async fn close(&self) {
        self.writers.close().await;
        self.readers.close().await;
    }
}

/// `synchronous=FULL`: a transaction is on the disk when it returns
/// (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
fn sqlite_pool(connections: u32, writes: bool) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(std::time::Duration::from_secs(30))
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                let pragmas = [
                    "PRAGMA busy_timeout = 30000",
                    "PRAGMA journal_mode = WAL",
                    "PRAGMA synchronous = FULL",
                    "PRAGMA temp_store = MEMORY",
                    "PRAGMA cache_size = -16000",
                ];
                for pragma in pragmas {
                    sqlx::query(pragma).execute(&mut *connection).await?;
                }
                if !writes {
                    sqlx::query("PRAGMA query_only = ON")
                        .execute(&mut *connection)
                        .await?;
                }
                Ok(())
            })
        })
}

/// A URL that may be shown.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    match rest.split_once('@') {
        Some((user, place)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{place}")
        }
        None => url.to_owned(),
    }
}

impl Dialect {
    /// A statement in this dialect.
    pub(crate) fn text(self, sql: &str) -> String {
        if !sql.contains('{') {
            return sql.to_owned();
        }
        let words: &[(&str, &str)] = match self {
            Self::Sqlite => &[
                ("{lock}", ""),
                ("{skip}", ""),
                ("{id}", "TEXT"),
                ("{int}", "INTEGER"),
                ("{real}", "REAL"),
                ("{auto}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            ],
            Self::Postgres => &[
                ("{lock}", "FOR UPDATE"),
                ("{skip}", "FOR UPDATE SKIP LOCKED"),
                // Names sort by their bytes: ids are made to sort by age.
                ("{id}", "TEXT COLLATE \"C\""),
                ("{int}", "BIGINT"),
                ("{real}", "DOUBLE PRECISION"),
                ("{auto}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            ],
        };
        words
            .iter()
            .fold(sql.to_owned(), |text, (word, is)| text.replace(word, is))
    }
}

/// A transaction.
///
/// A database that fails in the middle of one may have rolled it back or not: SQLite does after a full disk
/// (<https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction>). So a connection
/// is used again only after it said that the transaction is over, and is closed otherwise, which rolls back.
#[derive(Debug)]
pub(crate) struct Tx {
    pub(crate) dialect: Dialect,
    connection: PoolConnection<Any>,
    is_open: bool,
}

impl Drop for Tx {
    fn drop(&mut self) {
        if self.is_open {
            self.connection.close_on_drop();
        }
    }
}

impl Tx {
    /// How many rows a statement changed.
    pub(crate) async fn run(&mut self, sql: &str, args: Args) -> Result<u64, StoreError> {
        let sql = AssertSqlSafe(self.dialect.text(sql));
        let done = sqlx::query_with(sql, args.0)
            .execute(&mut *self.connection)
            .await?;
        Ok(done.rows_affected())
    }

    pub(crate) async fn rows(&mut self, sql: &str, args: Args) -> Result<Vec<Row>, StoreError> {
        let sql = AssertSqlSafe(self.dialect.text(sql));
        let rows = sqlx::query_with(sql, args.0)
            .fetch_all(&mut *self.connection)
            .await?;
        Ok(rows.into_iter().map(Row).collect())
    }

    pub(crate) async fn row(&mut self, sql: &str, args: Args) -> Result<Option<Row>, StoreError> {
        let sql = AssertSqlSafe(self.dialect.text(sql));
        let row = sqlx::query_with(sql, args.0)
            .fetch_optional(&mut *self.connection)
            .await?;
        Ok(row.map(Row))
    }

    pub(crate) fn connection(&mut self) -> &mut sqlx::AnyConnection {
        &mut self.connection
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.say("COMMIT").await?;
        self.is_open = false;
        Ok(())
    }

    /// Undoes everything. Where that fails the connection is closed, with the same effect.
    pub(crate) async fn roll_back(mut self) {
        self.is_open = self.say("ROLLBACK").await.is_err();
    }

    async fn say(&mut self, word: &'static str) -> Result<(), StoreError> {
        sqlx::raw_sql(word).execute(&mut *self.connection).await?;
        Ok(())
    }
}

/// Values for a statement's `$1`, `$2`, ….
#[derive(Default)]
pub(crate) struct Args(AnyArguments);

impl Args {
    #[must_use]
    pub(crate) fn with<T>(mut self, value: T) -> Self
    where
        T: for<'q> sqlx::Encode<'q, Any> + Type<Any>,
    {
        self.push(value);
        self
    }

    pub(crate) fn push<T>(&mut self, value: T)
    where
        T: for<'q> sqlx::Encode<'q, Any> + Type<Any>,
    {
        // Texts, numbers and nulls can always be encoded.
        let _never = sqlx::Arguments::add(&mut self.0, value);
    }
}

/// Values for a statement, in order.
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        $crate::store::database::Args::default()$(.with($value))*
    };
}
pub(crate) use args;

/// A row of a result.
pub(crate) struct Row(AnyRow);

impl Row {
    /// A column's value.
    pub(crate) fn get<T>(&self, column: &str) -> Result<T, StoreError>
    where
        T: for<'r> Decode<'r, Any> + Type<Any>,
    {
        Ok(self.0.try_get(column)?)
    }

    /// The first column, a text.
    pub(crate) fn first(&self) -> Result<String, StoreError> {
        Ok(self.0.try_get(0)?)
    }

    pub(crate) fn text(&self, column: &str) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64, StoreError> {
        self.get(column)
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    /// A word of one of our enums.
    pub(crate) fn word<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: std::str::FromStr<Err = crate::state::UnknownWord>,
    {
        let text = self.text(column)?;
        text.parse()
            .map_err(|error: T::Err| StoreError::unreadable(column)(Box::new(error)))
    }

    /// As [`word`](Self::word), where there may be none.
    pub(crate) fn opt_word<T>(&self, column: &'static str) -> Result<Option<T>, StoreError>
    where
        T: std::str::FromStr<Err = crate::state::UnknownWord>,
    {
        match self.get::<Option<String>>(column)? {
            Some(_) => self.word(column).map(Some),
            None => Ok(None),
        }
    }

    /// A column of JSON.
    pub(crate) fn json<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: serde::de::DeserializeOwned,
    {
        let text = self.text(column)?;
        serde_json::from_str(&text).map_err(|error| StoreError::unreadable(column)(Box::new(error)))
    }

    /// A column of JSON that may be null.
    pub(crate) fn opt_json<T>(&self, column: &'static str) -> Result<Option<T>, StoreError>
    where
        T: serde::de::DeserializeOwned,
    {
        match self.get::<Option<String>>(column)? {
            Some(_) => self.json(column).map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn time(&self, column: &'static str) -> Result<jiff::Timestamp, StoreError> {
        timestamp(self.int(column)?, column)
    }

    pub(crate) fn opt_time(
        &self,
        column: &'static str,
    ) -> Result<Option<jiff::Timestamp>, StoreError> {
        let time: Option<i64> = self.get(column)?;
        time.map(|time| timestamp(time, column)).transpose()
    }
}

fn timestamp(micros: i64, column: &'static str) -> Result<jiff::Timestamp, StoreError> {
    jiff::Timestamp::from_microsecond(micros)
        .map_err(|error| StoreError::unreadable(column)(Box::new(error)))
}

/// A value as the store keeps it.
pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::unreadable("a value")(Box::new(error)))
}

impl std::fmt::Debug for Args {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values of parameters may be private.
        out.write_str("Args(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            (
                "postgres://a:secret@host:5432/db",
                "postgres://a@host:5432/db",
            ),
            ("postgres://host/db", "postgres://host/db"),
            ("sqlite:/tmp/x.db", "sqlite:/tmp/x.db"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
