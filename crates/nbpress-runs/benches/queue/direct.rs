//! The database without the store: what it can do at best, and rows that would take too long to make one by one.

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, AssertSqlSafe};

use crate::Result;

/// Connections of this program's own.
#[derive(Clone, Debug)]
pub(crate) struct Direct {
    pub(crate) pool: AnyPool,
    pub(crate) is_postgres: bool,
}

impl Direct {
    /// Connects as the store does: one writer on SQLite, up to 32 connections on Postgres.
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let is_postgres = url.starts_with("postgres");
        let pool = AnyPoolOptions::new()
            .max_connections(if is_postgres { 32 } else { 1 })
            .connect(url)
            .await?;
        let direct = Self { pool, is_postgres };
        if !is_postgres {
            direct.run("PRAGMA busy_timeout = 30000").await?;
            direct.run("PRAGMA synchronous = FULL").await?;
        }
        Ok(direct)
    }

    /// One connection that makes no promises, for rows that can be made again.
    pub(crate) async fn careless(url: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let is_postgres = url.starts_with("postgres");
        let pool = AnyPoolOptions::new()
            .max_connections(1)
            .connect(url)
            .await?;
        let direct = Self { pool, is_postgres };
        if is_postgres {
            direct.run("SET synchronous_commit = off").await?;
        } else {
            direct.run("PRAGMA synchronous = OFF").await?;
            direct.run("PRAGMA cache_size = -400000").await?;
            direct.run("PRAGMA temp_store = MEMORY").await?;
        }
        Ok(direct)
    }

    pub(crate) async fn run(&self, sql: &str) -> Result<()> {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
