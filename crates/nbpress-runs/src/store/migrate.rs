//! Brings a database's tables to the version this program knows.

use sqlx::AssertSqlSafe;

use crate::error::StoreError;
use crate::profile::Profile;
use crate::store::database::{Database, Dialect, Tx, args};

/// The versions, oldest first; a version that was released is never edited.
const VERSIONS: &[(i64, Sql)] = &[
    (
        1,
        Sql {
            both: include_str!("tables.sql"),
            sqlite: include_str!("views.sqlite.sql"),
            postgres: include_str!("views.postgres.sql"),
        },
    ),
    (
        2,
        Sql {
            both: include_str!("tables_2.sql"),
            sqlite: "",
            postgres: "",
        },
    ),
];

/// Any number; the same in every nbpress.
const POSTGRES_LOCK: i64 = 0x6e62_7072;

struct Sql {
    both: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// The newest version.
pub(crate) fn newest() -> i64 {
    VERSIONS.last().map_or(0, |(version, _)| *version)
}

pub(crate) async fn migrate(database: &Database) -> Result<(), StoreError> {
    let mut tx = database.begin().await?;
    if tx.dialect == Dialect::Postgres {
        // Two servers may start at the same time.
        tx.row(
            "SELECT pg_advisory_xact_lock($1)::text AS locked",
            args![POSTGRES_LOCK],
        )
        .await?;
    }
    let found = version(&mut tx).await?;
    if found > newest() {
        return Err(StoreError::Newer {
            found,
            known: newest(),
        });
    }
    for (version, sql) in VERSIONS.iter().filter(|(version, _)| *version > found) {
        let own = match tx.dialect {
            Dialect::Sqlite => sql.sqlite,
            Dialect::Postgres => sql.postgres,
        };
        for text in [sql.both, own] {
            tx.script(text)
                .await
                .map_err(|source| StoreError::Migrate {
                    version: *version,
                    source,
                })?;
        }
        set_version(&mut tx, *version).await?;
    }
    if found == 0 {
        begin_with_profiles(&mut tx).await?;
    }
    tx.commit().await
}

pub(super) async fn version(tx: &mut Tx) -> Result<i64, StoreError> {
    let exists = match tx.dialect {
        Dialect::Sqlite => {
            "SELECT name AS found FROM sqlite_master WHERE type = 'table' AND name = 'meta'"
        }
        Dialect::Postgres => {
            "SELECT table_name::text AS found FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_name = 'meta'"
        }
    };
    if tx.row(exists, args![]).await?.is_none() {
        return Ok(0);
    }
    let row = tx
        .row("SELECT value FROM meta WHERE name = 'version'", args![])
        .await?;
    Ok(match row {
        Some(row) => row.text("value")?.parse().unwrap_or(i64::MAX),
        None => 0,
    })
}

async fn set_version(tx: &mut Tx, version: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES ('version', $1)
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    tx.run(sql, args![version.to_string()]).await.map(drop)
}

async fn begin_with_profiles(tx: &mut Tx) -> Result<(), StoreError> {
    for profile in Profile::built_in() {
        let sql = "INSERT INTO profile (name, cpus, memory_bytes, next) VALUES ($1, $2, $3, $4)";
        let values = args![
            profile.name,
            profile.cpus,
            profile.memory_bytes,
            profile.next
        ];
        tx.run(sql, values).await?;
    }
    Ok(())
}

impl Tx {
    /// Several statements at once.
    async fn script(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(self.dialect.text(sql));
        sqlx::raw_sql(sql)
            .execute(self.connection())
            .await
            .map(drop)
    }
}
