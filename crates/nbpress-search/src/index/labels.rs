//! Authors and tags: how many documents have which.

use serde::Serialize;
use sqlx::{QueryBuilder, Row as _};
use utoipa::ToSchema;

use super::search::push_workspaces;
use super::{Index, Result};
use crate::document::DocumentKind;

/// What documents are filed under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelKind {
    /// Who wrote them.
    Author,
    /// Their tags.
    Tag,
}

/// An author or a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Label {
    /// As it is written in one of the documents.
    pub name: String,
    /// How many documents have it.
    pub count: u64,
}

impl LabelKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Tag => "tag",
        }
    }
}

/// What is compared of a label.
pub(super) fn folded(label: &str) -> String {
    label.trim().to_lowercase()
}

impl Index {
    /// The authors or tags that the most documents of a kind have, the most frequent first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn labels(
        &self,
        kind: DocumentKind,
        label: LabelKind,
        workspaces: Option<&[String]>,
        most: u32,
    ) -> Result<Vec<Label>> {
        let mut query = QueryBuilder::new(
            "SELECT MIN(label.shown), COUNT(*) AS documents FROM label
             JOIN document ON document.id = label.document WHERE label.name = ",
        );
        query.push_bind(label.as_str());
        query.push(" AND document.kind = ");
        query.push_bind(kind.as_str());
        push_workspaces(&mut query, workspaces);
        query.push(" GROUP BY label.value ORDER BY documents DESC, label.value LIMIT ");
        query.push_bind(most);
        let rows = query.build().fetch_all(&self.readers).await?;
        let labels = rows.iter().map(|row| {
            Ok(Label {
                name: row.try_get(0)?,
                count: row.try_get::<i64, _>(1)?.unsigned_abs(),
            })
        });
        labels.collect()
    }
}
