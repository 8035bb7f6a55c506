//! Jupyter's content models: a file, notebook or directory as one JSON object.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use nbpress_contents::{ContentsPath, Entry, Kind, ListOptions, Workspace};
use nbpress_format::{Json, Notebook, ParseError};
use serde_json::{Value, json};

use crate::jupyter::{JupyterError, JupyterResult};

use super::unreadable;

/// Bytes of a line of base64, as Python's `base64.encodebytes` breaks it.
const BASE64_LINE: usize = 57;

/// What a client wants to have.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    kind: Option<Kind>,
    format: Option<Format>,
    content: bool,
    hash: bool,
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
        })
    }
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

/// A model that is ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) entry: Entry,
    kind: Kind,
    /// JSON.
    content: Option<String>,
    format: Option<&'static str>,
    mimetype: Option<&'static str>,
    hash: Option<String>,
    /// What is wrong with a notebook.
    message: Option<String>,
}

impl Model {
    pub(super) fn without_content(entry: &Entry) -> Self {
        Self {
            kind: entry.kind,
            mimetype: entry.mimetype,
            entry: entry.clone(),
            content: None,
            format: None,
            hash: None,
            message: None,
        }
    }

    pub(super) fn with_message(mut self, message: Option<String>) -> Self {
        self.message = message;
        self
    }

    /// One object. The content is put in as it is: it may be long.
    pub(super) fn to_json(&self) -> String {
        let entry = &self.entry;
        let mut fields = json!({
            "name": entry.name,
            "path": entry.path.as_str(),
            "type": self.kind.as_str(),
            "writable": entry.writable,
            "created": date(entry.created),
            "last_modified": date(entry.last_modified),
            "mimetype": self.mimetype,
            "size": entry.size,
            "format": self.format,
            "hash": self.hash,
            "hash_algorithm": self.hash.as_ref().map(|_| "sha256"),
        });
        if let (Some(message), Some(fields)) = (&self.message, fields.as_object_mut()) {
            fields.insert("message".to_owned(), Value::String(message.clone()));
        }
        let mut json = fields.to_string();
        json.pop();
        json.push_str(",\"content\":");
        json.push_str(self.content.as_deref().unwrap_or("null"));
        json.push('}');
        json
    }
}

/// As Jupyter writes it: in microseconds.
fn date(time: Timestamp) -> String {
    format!("{time:.6}")
}

pub(super) async fn load(
    workspace: &Workspace,
    path: &ContentsPath,
    wanted: &Wanted,
) -> JupyterResult<Model> {
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
        return Ok(model);
    }
    let (entry, bytes) = workspace.read(path).await.map_err(failed)?;
    let (format, with_hash) = (wanted.format, wanted.hash);
    let model = tokio::task::spawn_blocking(move || {
        let hash = with_hash.then(|| sha256(&bytes));
        let mut model = match kind {
            Kind::Notebook => notebook(&entry, &bytes)?,
            _ => file(&entry, &bytes, format)?,
        };
        model.hash = hash;
        Ok(model)
    });
    model
        .await
        .unwrap_or_else(|error| Err(JupyterError::broken(&error)))
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

async fn directory(workspace: &Workspace, entry: Entry, wanted: &Wanted) -> JupyterResult<Model> {
    let mut model = Model::without_content(&entry);
    if !wanted.content {
        return Ok(model);
    }
    let page = workspace.list(&entry.path, ListOptions::default()).await;
    let page = page.map_err(|error| unreadable(&entry.path, &error))?;
    let mut content = String::from("[");
    for (at, entry) in page.entries.iter().enumerate() {
        if at > 0 {
            content.push(',');
        }
        content.push_str(&Model::without_content(entry).to_json());
    }
    content.push(']');
    model.content = Some(content);
    model.format = Some("json");
    Ok(model)
}

fn notebook(entry: &Entry, bytes: &Bytes) -> JupyterResult<Model> {
    let (content, complaint) = match Notebook::parse_and_validate(bytes) {
        Ok((notebook, problems)) => (notebook.to_json(), complaint(&problems)),
        Err(error) => as_it_is(entry, bytes, &error)?,
    };
    let mut model = Model::without_content(entry).with_message(complaint);
    model.kind = Kind::Notebook;
    model.mimetype = None;
    model.format = Some("json");
    model.content = Some(content.to_compact());
    Ok(model)
}

/// A notebook with something in it that no notebook has, for clients that show the rest.
fn as_it_is(
    entry: &Entry,
    bytes: &[u8],
    error: &ParseError,
) -> JupyterResult<(Json, Option<String>)> {
    let unreadable = || {
        let message = format!("Unreadable Notebook: {}: {error}", entry.path);
        JupyterError::bad_request(message).because("bad notebook")
    };
    let json = Json::parse(bytes).map_err(|_| unreadable())?;
    if json.get("nbformat").and_then(Json::as_u64) != Some(4) {
        return Err(unreadable());
    }
    Ok((json, Some(format!("Notebook validation failed: {error}"))))
}

/// What is wrong with a notebook, in the words by which clients know that something is.
pub(super) fn complaint(problems: &[nbpress_format::Problem]) -> Option<String> {
    let first = problems.first()?;
    let more = problems.len() - 1;
    let more = match more {
        0 => String::new(),
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
    model.content = Some(Value::String(content).to_string());
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
