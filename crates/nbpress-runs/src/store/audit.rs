//! Who did what: append-only, in the transaction of the change, and chained by hash soon after.
//!
//! The chain is made by [`Store::seal`] and not by the transactions themselves: they would have to wait
//! for each other. A row's link is also its place in the feed of changes, which has no gaps.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::error::StoreError;
use crate::store::Store;
use crate::store::database::{Row, Tx, args};
use crate::store::insert::Insert;

/// Rows sealed in one transaction.
const SEALED_AT_ONCE: i64 = 1000;

/// A change that somebody made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its place in the chain, from 1, without gaps.
    pub seq: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who: a user, `scheduler`, or `worker:NAME`.
    pub actor: String,
    /// What was done; of runs, the state they are in now.
    pub action: String,
    /// To what: `run`, `job`, `schedule`, `batch`, `pool`, `worker`, `channel`.
    pub what: String,
    /// Its id.
    pub object: String,
    /// In some words.
    pub detail: String,
    /// Of this row and all before it, SHA-256.
    pub hash: String,
}

/// What a look at the whole chain found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditReport {
    /// Rows looked at.
    pub rows: i64,
    /// The hash of the last one.
    pub hash: String,
    /// The first row that is not as it was written; absent if all are.
    pub damaged: Option<i64>,
}

/// Rows that are written with their change.
pub(crate) struct Audit {
    actor: String,
    at: i64,
    rows: Insert,
}

impl Audit {
    pub(crate) fn new(actor: &str, now: Timestamp) -> Self {
        Self {
            actor: actor.to_owned(),
            at: now.as_microsecond(),
            rows: Insert::new(
                "INSERT INTO audit (at, actor, action, what, object, detail)",
                "",
            ),
        }
    }

    pub(crate) fn add(&mut self, action: &str, what: &str, object: &str, detail: &str) {
        self.rows
            .push(self.at)
            .push(self.actor.clone())
            .push(action.to_owned())
            .push(what.to_owned())
            .push(object.to_owned())
            .push(detail.to_owned());
        self.rows.end_row();
    }

    pub(crate) async fn write(self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.write(tx).await.map(drop)
    }
}

/// One row, with its change.
pub(crate) async fn audit(
    tx: &mut Tx,
    (actor, now): (&str, Timestamp),
    action: &str,
    (what, object): (&str, &str),
    detail: &str,
) -> Result<(), StoreError> {
    let mut rows = Audit::new(actor, now);
    rows.add(action, what, object, detail);
    rows.write(tx).await
}

impl Store {
    /// Gives rows that have none their link and hash. Returns how many.
    ///
    /// # Errors
    /// The database fails.
    pub async fn seal(&self) -> Result<usize, StoreError> {
        let unsealed = "SELECT 1 AS one FROM audit WHERE link IS NULL LIMIT 1";
        if !self.database.has(unsealed, args![]).await? {
            return Ok(0);
        }
        transaction!(self, |tx| { seal(tx).await })
    }

    /// Changes from a place in the chain on, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn audit_after(&self, seq: i64, limit: i64) -> Result<Vec<AuditEntry>, StoreError> {
        let sql = "SELECT * FROM audit WHERE link > $1 ORDER BY link LIMIT $2";
        let rows = self.database.rows(sql, args![seq, limit]).await?;
        rows.iter().map(entry).collect()
    }

    /// Changes of one thing, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn audit_of(&self, object: &str) -> Result<Vec<AuditEntry>, StoreError> {
        let sql = "SELECT * FROM audit WHERE object = $1 AND link IS NOT NULL ORDER BY id";
        let rows = self.database.rows(sql, args![object.to_owned()]).await?;
        rows.iter().map(entry).collect()
    }

    /// The last place in the chain.
    ///
    /// # Errors
    /// The database fails.
    pub async fn last_audit(&self) -> Result<i64, StoreError> {
        let sql = "SELECT COALESCE(MAX(link), 0) AS last FROM audit WHERE link IS NOT NULL";
        let row = self.database.row(sql, args![]).await?;
        row.map_or(Ok(0), |row| row.int("last"))
    }

    /// Computes the whole chain again.
    ///
    /// # Errors
    /// The database fails.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        let mut report = AuditReport {
            rows: 0,
            hash: String::new(),
            damaged: None,
        };
        loop {
            let entries = self.audit_after(report.rows, SEALED_AT_ONCE).await?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                let expected = link_hash(&report.hash, &entry);
                if entry.seq != report.rows + 1 || entry.hash != expected {
                    report.damaged = Some(report.rows + 1);
                    return Ok(report);
                }
                report.rows += 1;
                report.hash = expected;
            }
        }
        let head = self.database.row(HEAD, args![]).await?;
        let head = head.map_or(Ok(String::new()), |row| row.text("value"))?;
        // Rows cut off at the end leave a head that points past them.
        let nothing_sealed_yet = head.is_empty() && report.rows == 0;
        if !nothing_sealed_yet && head != head_text(report.rows, &report.hash) {
            report.damaged = Some(report.rows + 1);
        }
        Ok(report)
    }
}

const HEAD: &str = "SELECT value FROM meta WHERE name = 'audit_head'";

fn head_text(link: i64, hash: &str) -> String {
    format!("{link} {hash}")
}

async fn seal(tx: &mut Tx) -> Result<usize, StoreError> {
    tx.run(
        "INSERT INTO meta (name, value) VALUES ('audit_head', '0 ') ON CONFLICT (name) DO NOTHING",
        args![],
    )
    .await?;
    // Whoever seals holds this row: links are given one after the other.
    let head = tx.row(&format!("{HEAD} {{lock}}"), args![]).await?;
    let head = head.map_or(Ok(String::new()), |row| row.text("value"))?;
    let (link, hash) = head.split_once(' ').unwrap_or(("0", ""));
    let (mut link, mut hash) = (link.parse().unwrap_or(0_i64), hash.to_owned());
    let sql = "SELECT id, at, actor, action, what, object, detail, 0 AS link, '' AS hash FROM audit
               WHERE link IS NULL ORDER BY id LIMIT $1";
    let rows = tx.rows(sql, args![SEALED_AT_ONCE]).await?;
    for row in &rows {
        link += 1;
        let entry = AuditEntry {
            seq: link,
            ..entry(row)?
        };
        hash = link_hash(&hash, &entry);
        let sql = "UPDATE audit SET link = $1, hash = $2 WHERE id = $3";
        tx.run(sql, args![link, hash.clone(), row.int("id")?])
            .await?;
    }
    let sql = "UPDATE meta SET value = $1 WHERE name = 'audit_head'";
    tx.run(sql, args![head_text(link, &hash)]).await?;
    Ok(rows.len())
}

fn entry(row: &Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        seq: row.int("link")?,
        at: row.time("at")?,
        actor: row.text("actor")?,
        action: row.text("action")?,
        what: row.text("what")?,
        object: row.text("object")?,
        detail: row.text("detail")?,
        hash: row.get::<Option<String>>("hash")?.unwrap_or_default(),
    })
}

/// Each field with its length before it, so that no two rows have the same bytes.
fn link_hash(before: &str, entry: &AuditEntry) -> String {
    let mut hasher = Sha256::new();
    let (seq, at) = (entry.seq.to_string(), entry.at.as_microsecond().to_string());
    for field in [
        before,
        &seq,
        &at,
        &entry.actor,
        &entry.action,
        &entry.what,
        &entry.object,
        &entry.detail,
    ] {
        hasher.update((field.len() as u64).to_be_bytes());
        hasher.update(field);
    }
    hex::encode(hasher.finalize())
}
