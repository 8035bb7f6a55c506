//! Jupyter's content models: a file, notebook or directory as one JSON object.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use nbpress_contents::{ContentsPath, Entry, Kind, ListOptions, Order, Workspace};
use nbpress_format::{Json, MOST_PROBLEMS, Notebook, ParseError};
use serde::{Serialize, Serializer};

use crate::jupyter::{JupyterError, JupyterResult};

use super::unreadable;

/// Bytes of a line of base64, as Python's `base64.encodebytes` breaks it.
const BASE64_LINE: usize = 57;

/// Entries of one page, at most.
const MOST: usize = 10_000;

/// What a client wants to have.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    kind: Option<Kind>,
    format: Option<Format>,
    content: bool,
    hash: bool,
    /// Which part of a directory.
    listing: ListOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text,
    Base64,
}

impl Wanted {
    pub(super) fn of(query: &BTreeMap<String, String>) -> JupyterResult<Self> {
        let kind = match query.get("type").map(String::as_str) {
            None => None,
            Some("directory") => Some(Kind::Directory),
            Some("notebook") => Some(Kind::Notebook),
            // As Jupyter takes a type that it does not know.
            Some(_) => Some(Kind::File),
        };
        let format = match query.get("format").map(String::as_str) {
            None => None,
            Some("text") => Some(Format::Text),
            Some("base64") => Some(Format::Base64),
            Some(other) => {
                let message = format!("Format '{other}' is invalid");
                return Err(JupyterError::bad_request(message));
            }
        };
        Ok(Self {
            kind,
            format,
            content: flag(query, "content", true)?,
            hash: flag(query, "hash", false)?,
            listing: listing(query)?,
        })
    }
}

/// Beyond Jupyter's own API: `limit` and `cursor`, `sort` and `filter`.
fn listing(query: &BTreeMap<String, String>) -> JupyterResult<ListOptions> {
    let wrong = |name: &str, what: &str| JupyterError::bad_request(format!("`{name}` {what}"));
    let limit = match query.get("limit") {
        None => usize::MAX,
        Some(limit) => {
            let limit = limit
                .parse()
                .ok()
                .filter(|limit| (1..=MOST).contains(limit));
            limit.ok_or_else(|| wrong("limit", &format!("must be from 1 to {MOST}")))?
        }
    };
    let order = query.get("sort").map(|sort| {
        let what = "must be name, kind, modified or size, with `-` before it for backwards";
        Order::parse(sort).ok_or_else(|| wrong("sort", what))
    });
    Ok(ListOptions {
        limit,
        after: query.get("cursor").cloned(),
        order: order.transpose()?,
        contains: query.get("filter").cloned().unwrap_or_default(),
        ..ListOptions::default()
    })
}

fn flag(query: &BTreeMap<String, String>, name: &str, default: bool) -> JupyterResult<bool> {
    match query.get(name).map(String::as_str) {
        None => Ok(default),
        Some("0") => Ok(false),
        Some("1") => Ok(true),
        Some(other) => {
            let message = format!("`{name}` is '{other}'; it must be '0' or '1'");
            Err(JupyterError::bad_request(message))
        }
    }
}

/// What is told of a file, notebook or directory.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) entry: Entry,
    kind: Kind,
    content: Content,
    format: Option<&'static str>,
    mimetype: Option<&'static str>,
    hash: Option<String>,
    /// What is wrong with a notebook.
    message: Option<String>,
    /// Of a directory that was asked for in pages.
    next: Option<Next>,
}

/// Where the next page begins; null after the last.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
struct Next(Option<String>);

/// What is in it; it may be long.
#[derive(Clone, Debug)]
enum Content {
    None,
    Text(String),
    Notebook(Notebook),
    /// JSON that is no notebook all the same.
    Json(Json),
    Entries(Vec<Entry>),
}

/// A model as JSON.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) entry: Entry,
    pub(super) json: String,
}

/// The fields of a model but for the content.
#[derive(Serialize)]
struct Fields<'a> {
    name: &'a str,
    path: &'a str,
    r#type: &'static str,
    writable: bool,
    created: Date,
    last_modified: Date,
    mimetype: Option<&'static str>,
    size: Option<u64>,
    format: Option<&'static str>,
    hash: Option<&'a str>,
    hash_algorithm: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a Next>,
}

impl Model {
    pub(super) fn without_content(entry: &Entry) -> Self {
        Self {
            kind: entry.kind,
            mimetype: entry.mimetype,
            entry: entry.clone(),
            content: Content::None,
            format: None,
            hash: None,
            message: None,
            next: None,
        }
    }

    pub(super) fn with_message(mut self, message: Option<String>) -> Self {
        self.message = message;
        self
    }

    pub(super) fn send(self) -> Sent {
        let mut json = String::new();
        self.write(&mut json);
        Sent {
            entry: self.entry,
            json,
        }
    }

    /// One object. The content is written once, where it is sent from.
    fn write(&self, json: &mut String) {
        let entry = &self.entry;
        let fields = Fields {
            name: &entry.name,
            path: entry.path.as_str(),
            r#type: self.kind.as_str(),
            writable: entry.writable,
            created: Date(entry.created),
            last_modified: Date(entry.last_modified),
            mimetype: self.mimetype,
            size: entry.size,
            format: self.format,
            hash: self.hash.as_deref(),
            hash_algorithm: self.hash.as_ref().map(|_| "sha256"),
            message: self.message.as_deref(),
            next: self.next.as_ref(),
        };
        json.push_str(&serde_json::to_string(&fields).unwrap_or_default());
        json.pop();
        json.push_str(",\"content\":");
        self.content.write(json);
        json.push('}');
    }
}

impl Content {
    fn write(&self, json: &mut String) {
        match self {
            Self::None => json.push_str("null"),
            Self::Text(text) => json.push_str(&serde_json::to_string(text).unwrap_or_default()),
            Self::Notebook(notebook) => notebook.write_compact(json),
            Self::Json(content) => json.push_str(&content.to_compact()),
            Self::Entries(entries) => {
                json.push('[');
                for (at, entry) in entries.iter().enumerate() {
                    json.push_str(if at > 0 { "," } else { "" });
                    Model::without_content(entry).write(json);
                }
                json.push(']');
            }
        }
    }
}

/// As Jupyter writes it: in microseconds.
struct Date(Timestamp);

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.6}", self.0))
    }
}

/// What is told of a path, with the entry that it is of.
pub(super) async fn load(
    workspace: &Workspace,
    path: &ContentsPath,
    wanted: &Wanted,
) -> JupyterResult<Sent> {
    let failed = |error| unreadable(path, &error);
    let entry = workspace.entry(path).await.map_err(failed)?;
    check_kind(path, &entry, wanted)?;
    if entry.kind == Kind::Directory {
        return directory(workspace, entry, wanted).await;
    }
    let kind = wanted.kind.unwrap_or(entry.kind);
    if !wanted.content {
        let mut model = Model::without_content(&entry);
        model.kind = kind;
        if wanted.hash {
            model.hash = Some(workspace.hash(path).await.map_err(failed)?);
        }
        return Ok(model.send());
    }
    let (entry, bytes) = workspace.read(path).await.map_err(failed)?;
    let (format, with_hash) = (wanted.format, wanted.hash);
    let (seen, shown) = (entry.clone(), bytes.clone());
    let model = working(move || {
        let hash = with_hash.then(|| sha256(&bytes));
        let mut model = match kind {
            Kind::Notebook => notebook(&entry, &bytes)?,
            _ => file(&entry, &bytes, format)?,
        };
        model.hash = hash;
        Ok(model.send())
    });
    // That a version cannot be kept is no reason not to show it.
    let (sent, _kept) = tokio::join!(model, workspace.keep_seen(&seen, &shown));
    sent
}

/// Does what takes long where nobody waits for it.
pub(super) async fn working<T: Send + 'static>(
    work: impl FnOnce() -> JupyterResult<T> + Send + 'static,
) -> JupyterResult<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(JupyterError::broken(&error)))
}

fn check_kind(path: &ContentsPath, entry: &Entry, wanted: &Wanted) -> JupyterResult<()> {
    let Some(kind) = wanted.kind else {
        return Ok(());
    };
    let message = match (entry.kind, kind) {
        (Kind::Directory, Kind::File | Kind::Notebook) => {
            format!("{path} is a directory, not a {}", kind.as_str())
        }
        (Kind::File | Kind::Notebook, Kind::Directory) => format!("{path} is not a directory"),
        _ => return Ok(()),
    };
    Err(JupyterError::bad_request(message).because("bad type"))
}

async fn directory(workspace: &Workspace, entry: Entry, wanted: &Wanted) -> JupyterResult<Sent> {
    let mut model = Model::without_content(&entry);
    if !wanted.content {
        return Ok(model.send());
    }
    let options = wanted.listing.clone();
    let in_pages = options.limit < usize::MAX;
    let page = workspace.list(&entry.path, options).await;
    let page = page.map_err(|error| unreadable(&entry.path, &error))?;
    model.format = Some("json");
    model.next = in_pages.then_some(Next(page.next));
    model.content = Content::Entries(page.entries);
    working(|| Ok(model.send())).await
}

fn notebook(entry: &Entry, bytes: &Bytes) -> JupyterResult<Model> {
    let (content, complaint) = match Notebook::parse_and_validate(bytes) {
        Ok((notebook, problems)) => (Content::Notebook(notebook), complaint(&problems)),
        Err(error) => as_it_is(entry, bytes, &error)?,
    };
    let mut model = Model::without_content(entry).with_message(complaint);
    model.kind = Kind::Notebook;
    model.mimetype = None;
    model.format = Some("json");
    model.content = content;
    Ok(model)
}

/// A notebook with something in it that no notebook has, for clients that show the rest.
fn as_it_is(
    entry: &Entry,
    bytes: &[u8],
    error: &ParseError,
) -> JupyterResult<(Content, Option<String>)> {
    let unreadable = || {
        let message = format!("Unreadable Notebook: {}: {error}", entry.path);
        JupyterError::bad_request(message).because("bad notebook")
    };
    let json = Json::parse(bytes).map_err(|_| unreadable())?;
    if json.get("nbformat").and_then(Json::as_u64) != Some(4) {
        return Err(unreadable());
    }
    let complaint = format!("Notebook validation failed: {error}");
    Ok((Content::Json(json), Some(complaint)))
}

/// What is wrong with a notebook, in the words by which clients know that something is.
pub(super) fn complaint(problems: &[nbpress_format::Problem]) -> Option<String> {
    let first = problems.first()?;
    let more = problems.len() - 1;
    let more = match more {
        0 => String::new(),
        // Nobody knows how many more there are.
        more if problems.len() == MOST_PROBLEMS => format!(", and at least {more} more"),
        more => format!(", and {more} more"),
    };
    Some(format!("Notebook validation failed: {first}{more}"))
}

fn file(entry: &Entry, bytes: &Bytes, format: Option<Format>) -> JupyterResult<Model> {
    let mut model = Model::without_content(entry);
    model.kind = Kind::File;
    let text = match format {
        Some(Format::Base64) => None,
        wanted => match (std::str::from_utf8(bytes), wanted) {
            (Ok(text), _) => Some(text),
            (Err(_), Some(_)) => {
                let message = format!("{} is not UTF-8 encoded", entry.path);
                return Err(JupyterError::bad_request(message).because("bad format"));
            }
            (Err(_), None) => None,
        },
    };
    let (format, mimetype, content) = match text {
        Some(text) => ("text", "text/plain", text.to_owned()),
        None => ("base64", "application/octet-stream", lines_of_base64(bytes)),
    };
    model.format = Some(format);
    model.mimetype = model.mimetype.or(Some(mimetype));
    model.content = Content::Text(content);
    Ok(model)
}

fn lines_of_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() / 3 * 4 + bytes.len() / BASE64_LINE + 8);
    for line in bytes.chunks(BASE64_LINE) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    text
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use nbpress_format::Problem;

    use super::*;

    #[test]
    fn a_complaint_does_not_say_more_than_is_known() {
        let problem = Problem {
            place: "cells[0]".to_owned(),
            reason: "`source` is missing".to_owned(),
        };
        for (count, more) in [
            (1, ""),
            (3, ", and 2 more"),
            (MOST_PROBLEMS, ", and at least 99 more"),
        ] {
            let said = complaint(&vec![problem.clone(); count]);
            let expected =
                format!("Notebook validation failed: `cells[0]`: `source` is missing{more}");
            assert_eq!(said, Some(expected));
        }
    }
}
