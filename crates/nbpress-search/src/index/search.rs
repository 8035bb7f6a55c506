//! What is found, best first; or what there is, newest first.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};
use utoipa::ToSchema;

use super::labels::{LabelKind, folded};
use super::put::{Starts, time};
use super::{Index, Result};
use crate::document::DocumentKind;
use crate::error::SearchError;
use crate::query::Query;
use crate::snippet::{Marked, Part, Snippet, Span};

/// Hits of a page, at most.
const LARGEST_PAGE: u32 = 100;
/// Whoever has seen so many hits asks for something else.
const DEEPEST: u32 = 1000;
/// Of words that are in more documents than these, the documents that were indexed last are ranked: all of them
/// would take time that grows with the index, for an order that such words do not give.
const MOST_RANKED: u32 = 2000;
/// Snippets of a hit.
const MOST_SNIPPETS: usize = 3;
/// Longer texts are not searched for the best place to show.
const LONGEST_MARKED: usize = 512 << 10;

/// What is searched for.
#[derive(Clone, Debug)]
pub struct Search {
    /// The words; everything is found, newest first, where there are none.
    pub query: Query,
    /// Only documents of this kind.
    pub kind: Option<DocumentKind>,
    /// Only those of these workspaces: of what the one who asks may see.
    pub workspaces: Option<Vec<String>>,
    /// Only those with this tag.
    pub tag: Option<String>,
    /// Only those of this author.
    pub author: Option<String>,
    /// Where the page before ended: its [`Hits::next`].
    pub cursor: Option<String>,
    /// At most so many hits, from 1 to 100.
    pub limit: u32,
}

impl Default for Search {
    /// Everything, 20 hits at a time.
    fn default() -> Self {
        Self {
            query: Query::default(),
            kind: None,
            workspaces: None,
            tag: None,
            author: None,
            cursor: None,
            limit: 20,
        }
    }
}

/// Some hits, and where the next ones are.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Hits {
    /// Best first; newest first where there were no words.
    pub hits: Vec<Hit>,
    /// What to ask for the next page with; absent on the last one.
    pub next: Option<String>,
}

/// A document that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Hit {
    /// What it is of.
    pub kind: DocumentKind,
    /// The workspace it belongs to.
    pub workspace: String,
    /// A notebook's path, or a run's id.
    pub place: String,
    /// The path that people know it by.
    pub path: String,
    /// What it is called.
    pub title: String,
    /// The title, and what of it matched.
    pub title_spans: Vec<Span>,
    /// What its metadata say about it.
    pub description: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// What it is filed under.
    pub tags: Vec<String>,
    /// Of a run: `job`, `state`.
    pub facts: BTreeMap<String, String>,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub modified: Timestamp,
    /// The places that matched best, or how it begins.
    pub snippets: Vec<Snippet>,
}

/// The columns of `word` that snippets are made of, in the order in which equals are shown.
const SHOWN: [(usize, Part); 5] = [
    (6, Part::Markdown),
    (7, Part::Source),
    (8, Part::Output),
    (4, Part::Description),
    (5, Part::Parameters),
];

impl Index {
    /// What matches.
    ///
    /// # Errors
    /// [`SearchError::Cursor`]; the file cannot be read.
    pub async fn search(&self, search: &Search) -> Result<Hits> {
        let skipped = skipped(search.cursor.as_deref())?;
        let limit = search.limit.clamp(1, LARGEST_PAGE);
        let mut query = statement(search);
        query.push(" LIMIT ");
        query.push_bind(limit + 1);
        query.push(" OFFSET ");
        query.push_bind(skipped);
        let rows = query.build().fetch_all(&self.readers).await?;
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let end = skipped + limit;
        let next = (rows.len() > size && end < DEEPEST).then(|| end.to_string());
        let hits = rows.iter().take(size).map(hit);
        Ok(Hits {
            hits: hits.collect::<Result<_>>()?,
            next,
        })
    }
}

/// A cursor is how many hits came before.
fn skipped(cursor: Option<&str>) -> Result<u32> {
    let Some(cursor) = cursor else {
        return Ok(0);
    };
    let skipped = cursor.parse().ok().filter(|skipped| *skipped <= DEEPEST);
    skipped.ok_or_else(|| SearchError::Cursor {
        cursor: cursor.to_owned(),
    })
}

const DOCUMENT: &str = "document.kind, document.workspace, document.place, document.path, document.title,
    document.description, document.authors, document.tags, document.facts, document.modified, document.cells";

fn statement(search: &Search) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(DOCUMENT);
    let Some(wanted) = search.query.wanted() else {
        // The one text that a hit without words shows.
        query.push(
            ", '' AS title, (SELECT substr(markdown, 1, 1000) FROM word WHERE word.rowid = document.id)
             FROM document WHERE TRUE",
        );
        if let Some(unwanted) = search.query.unwanted() {
            query.push(" AND document.id NOT IN (SELECT rowid FROM word WHERE word MATCH ");
            query.push_bind(unwanted);
            query.push(")");
        }
        push_filters(&mut query, search);
        query.push(" ORDER BY document.modified DESC, document.id DESC");
        return query;
    };
    let wanted = match search.query.unwanted() {
        Some(unwanted) => format!("({wanted}) NOT ({unwanted})"),
        None => wanted,
    };
    for column in [0].into_iter().chain(SHOWN.map(|(column, _)| column)) {
        query.push(format_args!(
            ", highlight(word, {column}, char(2), char(3))"
        ));
    }
    push_matches(&mut query, &wanted, search);
    query.push(" AND word.rowid > COALESCE((SELECT word.rowid");
    push_matches(&mut query, &wanted, search);
    query.push(" ORDER BY word.rowid DESC LIMIT 1 OFFSET ");
    query.push_bind(MOST_RANKED);
    query.push("), 0) ORDER BY word.rank");
    query
}

fn push_matches(query: &mut QueryBuilder<Sqlite>, wanted: &str, search: &Search) {
    // A cross join, so that SQLite takes the words in their order and looks up the rest of each.
    query.push(" FROM word CROSS JOIN document ON document.id = word.rowid WHERE word MATCH ");
    query.push_bind(wanted.to_owned());
    push_filters(query, search);
}

fn push_filters(query: &mut QueryBuilder<Sqlite>, search: &Search) {
    if let Some(kind) = search.kind {
        query.push(" AND document.kind = ");
        query.push_bind(kind.as_str());
    }
    push_workspaces(query, search.workspaces.as_deref());
    for (kind, label) in [
        (LabelKind::Tag, &search.tag),
        (LabelKind::Author, &search.author),
    ] {
        if let Some(label) = label {
            query.push(" AND document.id IN (SELECT document FROM label WHERE name = ");
            query.push_bind(kind.as_str());
            query.push(" AND value = ");
            query.push_bind(folded(label));
            query.push(")");
        }
    }
}

/// The one place where hits are left out that somebody may not see.
pub(super) fn push_workspaces(query: &mut QueryBuilder<Sqlite>, workspaces: Option<&[String]>) {
    let Some(workspaces) = workspaces else {
        return;
    };
    query.push(" AND document.workspace IN (");
    let mut list = query.separated(", ");
    for workspace in workspaces {
        list.push_bind(workspace.clone());
    }
    query.push(")");
}

fn hit(row: &SqliteRow) -> Result<Hit> {
    let text = |column: usize| {
        row.try_get::<Option<String>, _>(column)
            .map(Option::unwrap_or_default)
    };
    let kind = DocumentKind::from_word(&text(0)?).unwrap_or(DocumentKind::Notebook);
    let title = text(4)?;
    let marked = Marked::read(&text(11)?);
    let title_spans = if marked.count() > 0 {
        marked.whole()
    } else {
        vec![Span {
            text: title.clone(),
            is_match: false,
        }]
    };
    let description = text(5)?;
    Ok(Hit {
        kind,
        workspace: text(1)?,
        place: text(2)?,
        path: text(3)?,
        title,
        title_spans,
        authors: list(&text(6)?),
        tags: list(&text(7)?),
        facts: serde_json::from_str(&text(8)?).unwrap_or_default(),
        modified: time(row.try_get(9)?),
        snippets: snippets(row, &description)?,
        description,
    })
}

fn list(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The best places of the parts that match; how it begins where only its names do.
fn snippets(row: &SqliteRow, description: &str) -> Result<Vec<Snippet>> {
    let text = |column: usize| {
        row.try_get::<Option<String>, _>(column)
            .map(Option::unwrap_or_default)
    };
    let starts: [Starts; 3] = serde_json::from_str(&text(10)?).unwrap_or_default();
    let mut found = Vec::new();
    let ranked = row.len() > 13;
    for (at, (_, part)) in SHOWN.into_iter().enumerate().filter(|_| ranked) {
        let text = text(12 + at)?;
        let marked = Marked::read(crate::text::cut(&text, LONGEST_MARKED));
        if let Some((place, spans)) = marked.best() {
            let cell = starts.get(at).and_then(|starts| cell_at(starts, place));
            found.push((marked.count(), Snippet { part, cell, spans }));
        }
    }
    found.truncate(MOST_SNIPPETS);
    if found.is_empty() {
        let (part, begins) = if description.is_empty() {
            (Part::Markdown, without_title(&text(12)?))
        } else {
            (Part::Description, description.to_owned())
        };
        let spans = Marked::read(&begins).beginning();
        if !spans.is_empty() {
            found.push((
                0,
                Snippet {
                    part,
                    cell: None,
                    spans,
                },
            ));
        }
    }
    Ok(found.into_iter().map(|(_, snippet)| snippet).collect())
}

/// How a text begins after its first heading, which is the title that is shown already.
fn without_title(markdown: &str) -> String {
    let text = markdown.trim_start();
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let begins = if first.starts_with('#') { rest } else { text };
    begins.trim().to_owned()
}

/// The cell whose text a byte is in.
fn cell_at(starts: &Starts, byte: usize) -> Option<usize> {
    let after = starts.partition_point(|(start, _)| *start <= byte);
    starts.get(after.checked_sub(1)?).map(|(_, cell)| *cell)
}
