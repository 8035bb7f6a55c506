//! Saving: a notebook, a file, one of its chunks, or a directory, under the name the client gives.

use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use nbpress_contents::{Condition, ContentsError, ContentsPath, Entry, Kind, Resolution, Saved};
use nbpress_format::{Json, Notebook, Object};
use serde_json::json;

use crate::jupyter::{JupyterError, JupyterResult};

use super::model::{Model, Wanted, complaint, load, working};
use super::{Asked, created, finish, refused};

pub(super) async fn put(asked: &Asked, path: &ContentsPath) -> JupyterResult<Response> {
    let Some(mut body) = asked.object().await? else {
        let made = asked.workspace().untitled(path, Kind::File, "").await;
        let entry = made.map_err(|error| refused(&error))?;
        return Ok(created(asked, StatusCode::CREATED, &entry));
    };
    if body.get("copy_from").is_some_and(|from| !from.is_null()) {
        return Err(JupyterError::bad_request("Cannot copy with PUT, only POST"));
    }
    check_named(&body, path)?;
    let workspace = asked.workspace();
    let exists = match workspace.entry(path).await {
        Ok(entry) => Some(entry),
        Err(ContentsError::NotFound { .. }) => None,
        Err(error) => return Err(refused(&error)),
    };
    let kind = kind(&body, path, exists.is_some())?;
    if kind == Kind::Directory {
        return directory(asked, path, exists.map(|entry| entry.kind)).await;
    }
    let content = body.shift_remove("content").filter(|json| !json.is_null());
    if content.is_none() && exists.is_some() {
        return Err(JupyterError::bad_request("No file content provided"));
    }
    let (bytes, complaint) = bytes(kind, &body, content).await?;
    if let Some(chunk) = body.get("chunk").and_then(Json::as_i64) {
        return upload(asked, path, kind, chunk, bytes).await;
    }
    let condition = condition(asked, exists.as_ref())?;
    store(asked, path, (bytes, complaint), condition).await
}

/// A body may name the path again; a hidden one is refused there too.
fn check_named(body: &Object, path: &ContentsPath) -> JupyterResult<()> {
    let named = body.get("path").and_then(Json::as_str).unwrap_or_default();
    let hidden = ContentsPath::parse(named).map_or(true, |named| named.is_hidden());
    if hidden || path.is_hidden() {
        let message = format!("Cannot create file or directory {:?}", path.as_str());
        return Err(JupyterError::bad_request(message));
    }
    Ok(())
}

fn kind(body: &Object, path: &ContentsPath, exists: bool) -> JupyterResult<Kind> {
    match body.get("type").and_then(Json::as_str).unwrap_or_default() {
        "directory" => Ok(Kind::Directory),
        "notebook" => Ok(Kind::Notebook),
        "" if exists => Err(JupyterError::bad_request("No file type provided")),
        "" => Ok(Kind::of_file(path.name())),
        _ => Ok(Kind::File),
    }
}

async fn directory(
    asked: &Asked,
    path: &ContentsPath,
    exists: Option<Kind>,
) -> JupyterResult<Response> {
    let workspace = asked.workspace();
    let (status, entry) = match exists {
        Some(Kind::Directory) => (StatusCode::CREATED, workspace.entry(path).await),
        Some(_) => {
            let message = format!("Not a directory: {path}");
            return Err(JupyterError::bad_request(message));
        }
        None => (StatusCode::CREATED, workspace.make_directory(path).await),
    };
    let entry = entry.map_err(|error| refused(&error))?;
    Ok(created(asked, status, &entry))
}

/// The bytes of the file, and what is wrong with it.
async fn bytes(
    kind: Kind,
    body: &Object,
    content: Option<Json>,
) -> JupyterResult<(Bytes, Option<String>)> {
    if kind == Kind::Notebook {
        let content = content.unwrap_or_else(new_notebook);
        return working(move || {
            let read = Notebook::from_json_and_validate(content);
            let (notebook, problems) = read.map_err(|error| {
                JupyterError::bad_request(format!("Unreadable Notebook: {error}"))
            })?;
            let mut bytes = notebook.to_bytes();
            bytes.push(b'\n');
            Ok((Bytes::from(bytes), complaint(&problems)))
        })
        .await;
    }
    let text = match content {
        None => return Ok((Bytes::new(), None)),
        Some(Json::String(text)) => text,
        Some(_) => return Err(JupyterError::bad_request("the content of a file is a text")),
    };
    match body.get("format").and_then(Json::as_str) {
        Some("text") => Ok((Bytes::from(text), None)),
        Some("base64") => Ok((Bytes::from(from_base64(&text)?), None)),
        _ => Err(JupyterError::bad_request(
            "Must specify format of file contents as 'text' or 'base64'",
        )),
    }
}

fn new_notebook() -> Json {
    let empty = br#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    Json::parse(empty).unwrap_or(Json::Null)
}

/// Lines of base64, with or without their padding.
fn from_base64(text: &str) -> JupyterResult<Vec<u8>> {
    let lenient =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    GeneralPurpose::new(&ALPHABET, lenient)
        .decode(text)
        .map_err(|error| JupyterError::bad_request(format!("the content is not base64: {error}")))
}

async fn upload(
    asked: &Asked,
    path: &ContentsPath,
    kind: Kind,
    chunk: i64,
    bytes: Bytes,
) -> JupyterResult<Response> {
    if kind != Kind::File {
        let message = format!("`{}` cannot come in chunks; only files can", kind.as_str());
        return Err(JupyterError::bad_request(message));
    }
    let workspace = asked.workspace();
    let saved = workspace.upload_chunk(path, chunk, bytes).await;
    if let Some(saved) = saved.map_err(|error| refused(&error))? {
        return Ok(answer(asked, &saved, None));
    }
    // Nothing is there before the last chunk: what the model says is of the upload.
    let now = format!("{:.6}", jiff::Timestamp::now());
    let model = json!({"name": path.name(), "path": path.as_str(), "type": "file", "writable": true,
        "created": now, "last_modified": now, "mimetype": null, "size": null, "content": null,
        "format": null, "hash": null, "hash_algorithm": null, "chunk": chunk});
    Ok((StatusCode::OK, axum::Json(model)).into_response())
}

async fn store(
    asked: &Asked,
    path: &ContentsPath,
    (bytes, complaint): (Bytes, Option<String>),
    condition: Condition,
) -> JupyterResult<Response> {
    let workspace = asked.workspace();
    let merges = asked.query.get("merge").is_some_and(|merge| merge == "1");
    if let (true, Condition::IfMatch(base)) = (merges, &condition) {
        let resolution = workspace.save_merged(path, base, bytes).await;
        return Ok(resolved(
            asked,
            &resolution.map_err(|error| refused(&error))?,
        ));
    }
    match workspace.save(path, bytes, condition).await {
        Ok(saved) => Ok(answer(asked, &saved, complaint)),
        Err(error @ ContentsError::Stale { .. }) => stale(asked, path, &error).await,
        Err(error) => Err(refused(&error)),
    }
}

fn answer(asked: &Asked, saved: &Saved, complaint: Option<String>) -> Response {
    let status = if saved.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let model = Model::without_content(&saved.entry).with_message(complaint);
    let mut response = finish(asked, status, model.send());
    let location = asked.location(&saved.entry.path);
    response
        .headers_mut()
        .insert(axum::http::header::LOCATION, location);
    response
}

/// What the client has seen (RFC 9110, sections 13.1.1 and 13.1.2). One that does not say is taken at what it was
/// last told of the file: `JupyterLab` asks before it replaces what it knows to have changed, and cannot know what
/// changes between its question and its save.
fn condition(asked: &Asked, current: Option<&Entry>) -> JupyterResult<Condition> {
    let text = |name: HeaderName| {
        asked
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default().trim().to_owned())
    };
    match (text(IF_MATCH), text(IF_NONE_MATCH)) {
        (None, None) => {
            let seen = current.and_then(|current| asked.app.seen.of(&asked.client, &current.path));
            Ok(seen.map_or(Condition::Any, Condition::IfMatch))
        }
        (None, Some(any)) if any == "*" => Ok(Condition::IfAbsent),
        (Some(etag), None) => {
            let etag = etag
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            let etag = etag.filter(|etag| !etag.contains('"'));
            etag.map(|etag| Condition::IfMatch(etag.to_owned()))
                .ok_or_else(|| JupyterError::bad_request("`If-Match` takes one strong ETag: \"…\""))
        }
        _ => Err(JupyterError::bad_request(
            "a save takes `If-Match: \"ETAG\"` or `If-None-Match: *`",
        )),
    }
}

/// What stands in the way of a save, with its content: the client has its own.
async fn stale(
    asked: &Asked,
    path: &ContentsPath,
    error: &ContentsError,
) -> JupyterResult<Response> {
    let wanted = Wanted::of(&std::collections::BTreeMap::new())?;
    let current = load(asked.workspace(), path, &wanted).await.ok();
    let message = serde_json::Value::String(error.to_string());
    let model = current.as_ref().map_or("null", |sent| &sent.json);
    let body = format!("{{\"message\":{message},\"reason\":\"stale\",\"current\":{model}}}");
    let content_type = [("content-type", "application/json")];
    let mut response = (StatusCode::CONFLICT, content_type, body).into_response();
    let etag = current.and_then(|sent| sent.entry.etag);
    if let Some(Ok(etag)) = etag.map(|etag| format!("\"{etag}\"").parse()) {
        response.headers_mut().insert(ETAG, etag);
    }
    Ok(response)
}

/// How a save found its place, told beside the model.
fn resolved(asked: &Asked, resolution: &Resolution) -> Response {
    let told = |saved: &Saved, how: &str| {
        let mut response = answer(asked, saved, None);
        let how = axum::http::HeaderValue::from_str(how);
        if let Ok(how) = how {
            response.headers_mut().insert("x-nbpress-save", how);
        }
        response
    };
    match resolution {
        Resolution::Unchanged(saved) => told(saved, "saved"),
        Resolution::Merged(saved) => told(saved, "merged"),
        Resolution::Conflict {
            current,
            copy,
            cells,
        } => conflict(current, &copy.entry, cells),
    }
}

fn conflict(current: &Entry, copy: &Entry, cells: &[String]) -> Response {
    let message = format!(
        "`{}` was changed by somebody else in the same cells; yours is in `{}`",
        current.path, copy.path
    );
    let body = json!({"message": message, "reason": "conflict", "copy": copy.path.as_str(), "cells": cells});
    (StatusCode::CONFLICT, axum::Json(body)).into_response()
}
