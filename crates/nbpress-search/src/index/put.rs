//! What goes into the index, and out of it again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Row as _};

use super::{Index, Result};
use crate::document::{CellText, Document, DocumentKind, Stamp};
use crate::snippet::Part;
use crate::text;

/// The most bytes of words inside names that are kept of one document.
const MOST_HUMPS: usize = 64 << 10;

/// The bytes at which the cells of a part begin, with the cells' numbers.
pub(super) type Starts = Vec<(usize, usize)>;

impl Index {
    /// Takes documents in, each in place of the one that was at its place; all of them or none.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn put(&self, documents: &[Document]) -> Result<()> {
        let mut connection = self.writer.acquire().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for document in documents {
            remove_one(
                &mut transaction,
                document.kind,
                &document.workspace,
                &document.place,
            )
            .await?;
            insert(&mut transaction, document).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Takes a document out, if it is there.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn remove(&self, kind: DocumentKind, workspace: &str, place: &str) -> Result<()> {
        let mut connection = self.writer.acquire().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        remove_one(&mut transaction, kind, workspace, place).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes everything out.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn clear(&self) -> Result<()> {
        let mut connection = self.writer.acquire().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for statement in [
            "DELETE FROM label",
            "DELETE FROM word",
            "DELETE FROM document",
            "DELETE FROM mark",
        ] {
            sqlx::query(statement).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Notes how far something was read; forgotten with everything else.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn set_mark(&self, name: &str, value: &str) -> Result<()> {
        sqlx::query("INSERT OR REPLACE INTO mark VALUES (?, ?)")
            .bind(name)
            .bind(value)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// What was noted last.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn mark(&self, name: &str) -> Result<Option<String>> {
        let row = sqlx::query("SELECT value FROM mark WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| Ok(row.try_get(0)?)).transpose()
    }

    /// Notes that the same bytes have another stamp now.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn restamp(
        &self,
        kind: DocumentKind,
        workspace: &str,
        place: &str,
        stamp: &Stamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE document SET modified = ?, size = ?, etag = ?
             WHERE kind = ? AND workspace = ? AND place = ?",
        )
        .bind(stamp.modified.as_microsecond())
        .bind(i64::try_from(stamp.size).unwrap_or(i64::MAX))
        .bind(stamp.etag.as_deref())
        .bind(kind.as_str())
        .bind(workspace)
        .bind(place)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// The stamps and hashes of all documents of a kind and workspace, by place.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn stamps(
        &self,
        kind: DocumentKind,
        workspace: &str,
    ) -> Result<BTreeMap<String, (Stamp, String)>> {
        let rows = sqlx::query(
            "SELECT place, modified, size, etag, hash FROM document WHERE kind = ? AND workspace = ?",
        )
        .bind(kind.as_str())
        .bind(workspace)
        .fetch_all(&self.readers)
        .await?;
        let stamps = rows.iter().map(|row| {
            let stamp = Stamp {
                modified: time(row.try_get(1)?),
                size: row.try_get::<i64, _>(2)?.unsigned_abs(),
                etag: row.try_get(3)?,
            };
            Ok((row.try_get(0)?, (stamp, row.try_get(4)?)))
        });
        stamps.collect()
    }

    /// The places of documents in a folder of a workspace, and of the one that is at its place.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn places_at(
        &self,
        kind: DocumentKind,
        workspace: &str,
        folder: &str,
    ) -> Result<Vec<String>> {
        // `0` follows `/`.
        let rows = sqlx::query(
            "SELECT place FROM document WHERE kind = ?1 AND workspace = ?2
             AND (place = ?3 OR (place >= ?3 || '/' AND place < ?3 || '0'))",
        )
        .bind(kind.as_str())
        .bind(workspace)
        .bind(folder)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Some places of a kind with their workspaces, in the order of places, after one of them.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn places_after(
        &self,
        kind: DocumentKind,
        after: &str,
        most: u32,
    ) -> Result<Vec<(String, String)>> {
        let rows = sqlx::query(
            "SELECT workspace, place FROM document WHERE kind = ? AND place > ? ORDER BY place LIMIT ?",
        )
        .bind(kind.as_str())
        .bind(after)
        .bind(most)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect()
    }

    /// The hash of the bytes that a document was made of; none where it is not there.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn hash(
        &self,
        kind: DocumentKind,
        workspace: &str,
        place: &str,
    ) -> Result<Option<String>> {
        let row =
            sqlx::query("SELECT hash FROM document WHERE kind = ? AND workspace = ? AND place = ?")
                .bind(kind.as_str())
                .bind(workspace)
                .bind(place)
                .fetch_optional(&self.readers)
                .await?;
        row.map(|row| Ok(row.try_get(0)?)).transpose()
    }
}

/// A time as the file has it.
pub(super) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or_default()
}

async fn remove_one(
    connection: &mut SqliteConnection,
    kind: DocumentKind,
    workspace: &str,
    place: &str,
) -> Result<()> {
    let row = sqlx::query("SELECT id FROM document WHERE kind = ? AND workspace = ? AND place = ?")
        .bind(kind.as_str())
        .bind(workspace)
        .bind(place)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else {
        return Ok(());
    };
    let id: i64 = row.try_get(0)?;
    for statement in [
        "DELETE FROM word WHERE rowid = ?",
        "DELETE FROM label WHERE document = ?",
        "DELETE FROM document WHERE id = ?",
    ] {
        sqlx::query(statement)
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn insert(connection: &mut SqliteConnection, document: &Document) -> Result<()> {
    let parts = [Part::Markdown, Part::Source, Part::Output];
    let [markdown, source, output] = parts.map(|part| joined(&document.cells, part));
    let cells = [&markdown.1, &source.1, &output.1];
    let done = sqlx::query(
        "INSERT INTO document (kind, workspace, place, path, title, description, authors, tags, facts,
            modified, size, etag, hash, cells) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(document.kind.as_str())
    .bind(&document.workspace)
    .bind(&document.place)
    .bind(&document.path)
    .bind(&document.title)
    .bind(&document.description)
    .bind(json(&document.authors))
    .bind(json(&document.tags))
    .bind(json(&document.facts))
    .bind(document.stamp.modified.as_microsecond())
    .bind(i64::try_from(document.stamp.size).unwrap_or(i64::MAX))
    .bind(document.stamp.etag.as_deref())
    .bind(&document.hash)
    .bind(json(&cells))
    .execute(&mut *connection)
    .await?;
    let id = done.last_insert_rowid();
    for (name, values) in [("author", &document.authors), ("tag", &document.tags)] {
        for value in values {
            sqlx::query("INSERT OR IGNORE INTO label VALUES (?, ?, ?, ?)")
                .bind(id)
                .bind(name)
                .bind(super::labels::folded(value))
                .bind(value)
                .execute(&mut *connection)
                .await?;
        }
    }
    let parameters = document.parameters.iter();
    let parameters: Vec<String> = parameters
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    sqlx::query(
        "INSERT INTO word (rowid, title, path, authors, tags, description, parameters, markdown, source,
            output, names) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(text::indexed(&document.title))
    .bind(text::indexed(&document.path))
    .bind(text::indexed(&document.authors.join("\n")))
    .bind(text::indexed(&document.tags.join("\n")))
    .bind(text::indexed(&document.description))
    .bind(text::indexed(&parameters.join("\n")))
    .bind(markdown.0)
    .bind(&source.0)
    .bind(output.0)
    .bind(text::humps(&source.0, MOST_HUMPS))
    .execute(&mut *connection)
    .await?;
    Ok(())
}

/// The texts of one part of all cells, and where each begins.
fn joined(cells: &[CellText], part: Part) -> (String, Starts) {
    let mut all = String::new();
    let mut starts = Starts::new();
    for cell in cells.iter().filter(|cell| cell.part == part) {
        starts.push((all.len(), cell.cell));
        all.push_str(&text::indexed(&cell.text));
        all.push('\n');
    }
    (all, starts)
}

/// Maps with keys that are texts, and lists, are always JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
