//! What of a notebook can be found.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use nbpress_format::{Cell, CellKind, Json, Notebook, OutputKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::snippet::Part;
use crate::text;

/// Of the outputs of one cell.
const MOST_OF_OUTPUTS: usize = 4 << 10;
/// Of one cell's text or code.
const MOST_OF_A_CELL: usize = 64 << 10;
/// Of all cells together.
const MOST_OF_A_NOTEBOOK: usize = 1 << 20;
const LONGEST_TITLE: usize = 200;
const LONGEST_DESCRIPTION: usize = 2000;
/// Authors, or tags, of one notebook.
const MOST_LABELS: usize = 50;

/// What a document is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DocumentKind {
    /// A notebook in a workspace; its place is its path.
    Notebook,
    /// The notebook that a run made; its place is the run's id.
    Run,
}

impl DocumentKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notebook => "notebook",
            Self::Run => "run",
        }
    }

    /// The kind that a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Notebook, Self::Run]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// What is known of bytes without reading them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// When they last changed.
    pub modified: Timestamp,
    /// Names the bytes, where somebody said it.
    pub etag: Option<String>,
}

impl Stamp {
    /// Whether both are of the same bytes, as far as both can tell.
    pub fn matches(&self, other: &Self) -> bool {
        let tags = self.etag.as_ref().zip(other.etag.as_ref());
        self.size == other.size
            && self.modified == other.modified
            && tags.is_none_or(|(one, other)| one == other)
    }
}

/// A notebook, as it is indexed.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is of.
    pub kind: DocumentKind,
    /// The workspace by which is decided who may see it.
    pub workspace: String,
    /// Names it among those of its kind and workspace.
    pub place: String,
    /// The path that people know it by.
    pub path: String,
    /// What it is called.
    pub title: String,
    /// What its metadata say about it.
    pub description: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// What it is filed under.
    pub tags: Vec<String>,
    /// Values of a run's parameters.
    pub parameters: BTreeMap<String, String>,
    /// What is shown with a hit and not searched: the job, how the run ended.
    pub facts: BTreeMap<String, String>,
    /// Which bytes it was made of.
    pub stamp: Stamp,
    /// A hash of those bytes.
    pub hash: String,
    pub(crate) cells: Vec<CellText>,
}

/// A text of one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CellText {
    pub(crate) part: Part,
    /// From 0.
    pub(crate) cell: usize,
    pub(crate) text: String,
}

impl Document {
    /// A document of which only the place is known, called by its file's name.
    pub fn new(kind: DocumentKind, workspace: &str, place: &str, path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or_default();
        Self {
            kind,
            workspace: workspace.to_owned(),
            place: place.to_owned(),
            path: path.to_owned(),
            title: name.strip_suffix(".ipynb").unwrap_or(name).to_owned(),
            description: String::new(),
            authors: Vec::new(),
            tags: Vec::new(),
            parameters: BTreeMap::new(),
            facts: BTreeMap::new(),
            stamp: Stamp::default(),
            hash: String::new(),
            cells: Vec::new(),
        }
    }

    /// Takes in what a notebook says: `title`, `description`, `authors` and `tags` of its metadata, as the header
    /// editors of notebooks write them, and of its cells the text, the code and the texts of outputs. Without a
    /// title its first heading is one. Of very long ones the beginning.
    #[must_use]
    pub fn with_notebook(mut self, notebook: &Notebook) -> Self {
        let metadata = &notebook.metadata;
        let said = |key: &str| metadata.get(key).and_then(Json::as_str).map(str::trim);
        let title = said("title").filter(|title| !title.is_empty());
        let title = title.map(str::to_owned).or_else(|| heading(notebook));
        if let Some(title) = title {
            text::cut(&title, LONGEST_TITLE).clone_into(&mut self.title);
        }
        let description = said("description").unwrap_or_default();
        text::cut(description, LONGEST_DESCRIPTION).clone_into(&mut self.description);
        add_labels(&mut self.authors, metadata.get("authors"));
        add_labels(&mut self.tags, metadata.get("tags"));
        let mut left = MOST_OF_A_NOTEBOOK;
        for (at, cell) in notebook.cells.iter().enumerate() {
            for (part, text) in texts(cell) {
                let text = text::cut(&text, left);
                if text.trim().is_empty() {
                    continue;
                }
                left -= text.len();
                self.cells.push(CellText {
                    part,
                    cell: at,
                    text: text.to_owned(),
                });
            }
        }
        self
    }
}

/// The first heading of a Markdown cell, without its marks.
fn heading(notebook: &Notebook) -> Option<String> {
    let markdown = |cell: &&Cell| cell.kind == CellKind::Markdown;
    let mut lines = notebook.cells.iter().filter(markdown).flat_map(|cell| {
        let mut fenced = false;
        cell.source.lines().filter(move |line| {
            fenced ^= line.trim_start().starts_with("```");
            !fenced
        })
    });
    lines.find_map(|line| {
        let heading = line.trim_start().trim_start_matches('#');
        let is_heading = line.trim_start().starts_with('#') && heading.starts_with(' ');
        let plain = heading.trim().trim_end_matches('#').replace(['*', '`'], "");
        let plain = plain.trim();
        (is_heading && !plain.is_empty()).then(|| plain.to_owned())
    })
}

/// Names in a list, or one name; of objects their `name`.
fn add_labels(labels: &mut Vec<String>, said: Option<&Json>) {
    let one = |json: &Json| {
        let name = json.as_str().or_else(|| json.get("name")?.as_str());
        name.map(|name| text::cut(name.trim(), LONGEST_TITLE).to_owned())
    };
    let all: Vec<String> = match said {
        Some(Json::Array(all)) => all.iter().filter_map(one).collect(),
        Some(json) => one(json).into_iter().collect(),
        None => Vec::new(),
    };
    for label in all {
        if !label.is_empty() && !labels.contains(&label) && labels.len() < MOST_LABELS {
            labels.push(label);
        }
    }
}

fn texts(cell: &Cell) -> impl Iterator<Item = (Part, String)> {
    let part = match cell.kind {
        CellKind::Code { .. } => Part::Source,
        _ => Part::Markdown,
    };
    let source = text::cut(&cell.source, MOST_OF_A_CELL).to_owned();
    [(part, source), (Part::Output, output_text(cell))].into_iter()
}

fn output_text(cell: &Cell) -> String {
    let mut all = String::new();
    for output in cell.outputs() {
        let left = MOST_OF_OUTPUTS.saturating_sub(all.len());
        if left == 0 {
            break;
        }
        let shown = match &output.kind {
            OutputKind::Stream { text, .. } => text::without_escapes(text::cut(text, left)),
            OutputKind::DisplayData { data, .. } | OutputKind::ExecuteResult { data, .. } => {
                let texts = ["text/markdown", "text/plain"].iter();
                let mut texts = texts.filter_map(|kind| data.get(*kind)?.as_str());
                text::cut(texts.next().unwrap_or_default(), left).to_owned()
            }
            OutputKind::Error { ename, evalue, .. } => {
                format!("{ename}: {}", text::cut(evalue, left))
            }
            OutputKind::Other(_) => continue,
        };
        all.push_str(&shown);
        all.push('\n');
    }
    all
}
