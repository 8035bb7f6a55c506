//! Who else has a notebook open: windows say that they are there, and are told of the others and what these type.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use nbpress_contents::ContentsPath;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::app::Shared;
use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;

/// A window that said nothing for so long is closed; they speak every five seconds.
const LASTS: Duration = Duration::from_secs(20);
/// Windows that are remembered; a further one is told of the others and not remembered.
const MOST: usize = 4096;
/// Bytes of text that are shown to others before they are saved.
const LONGEST: usize = 256 << 10;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(here))
        .routes(routes!(draft))
}

/// The windows that are open: path and window, whose it is, and when it last spoke.
#[derive(Debug, Default)]
pub(crate) struct Readers(Mutex<BTreeMap<(String, String), (String, Instant)>>);

/// A window with a notebook.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HereRequest {
    /// The notebook in the served folder.
    path: String,
    /// What the window calls itself; the same for as long as it is open.
    window: String,
    /// Whether it is just being closed.
    #[serde(default)]
    leaves: bool,
}

/// Who else has it open.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Others {
    /// By name; somebody with two windows twice.
    others: Vec<String>,
}

impl Readers {
    fn tell(&self, asked: HereRequest, name: &str, now: Instant) -> Vec<String> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        windows.retain(|_, (_, spoke)| now.duration_since(*spoke) < LASTS);
        let place = (asked.path, asked.window);
        let others = windows
            .iter()
            .filter(|((path, window), _)| *path == place.0 && *window != place.1);
        let others = others.map(|(_, (name, _))| name.clone()).collect();
        if asked.leaves {
            windows.remove(&place);
        } else if windows.len() < MOST || windows.contains_key(&place) {
            windows.insert(place, (name.to_owned(), now));
        }
        others
    }
}

/// Says that a window has a notebook open, and who else has. A window that does not say so again is forgotten.
#[utoipa::path(post, path = "/v1/notebooks/here", request_body = HereRequest, responses((status = 200, body = Others)))]
async fn here(State(app): State<App>, who: Who, Body(asked): Body<HereRequest>) -> Json<Others> {
    if asked.leaves {
        app.tell_draft(&asked.path, &asked.window, who.name(), &[]);
    }
    let others = app.readers.tell(asked, who.name(), Instant::now());
    Json(Others { others })
}

/// What a window has that is not saved yet.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftRequest {
    /// The notebook in the served folder.
    path: String,
    /// What the window calls itself.
    window: String,
    /// The cells whose text it has changed; none where all is saved.
    cells: Vec<DraftCell>,
}

/// The text of a cell as somebody types it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftCell {
    /// The cell, by its id.
    cell: String,
    /// All of it.
    source: String,
}

/// Shows the others who have a notebook open what is being typed. It is for them to see and kept nowhere: what counts
/// is what is saved.
#[utoipa::path(post, path = "/v1/notebooks/draft", request_body = DraftRequest,
    responses((status = 204), (status = 413, body = ErrorBody)))]
async fn draft(
    State(app): State<App>,
    who: Who,
    Body(asked): Body<DraftRequest>,
) -> ApiResult<StatusCode> {
    let length: usize = asked.cells.iter().map(|cell| cell.source.len()).sum();
    if length > LONGEST {
        let message = "this is too long to be shown before it is saved";
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return Err(ApiError::new(status, "too_long", message));
    }
    app.tell_draft(&asked.path, &asked.window, who.name(), &asked.cells);
    Ok(StatusCode::NO_CONTENT)
}

impl Shared {
    fn tell_draft(&self, path: &str, window: &str, by: &str, cells: &[DraftCell]) {
        if let Ok(path) = ContentsPath::parse(path) {
            let draft = json!({ "window": window, "by": by, "cells": cells });
            self.live.tell(path, "draft", &draft);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_hears_of_those_that_have_the_same_notebook_and_are_not_gone() {
        let readers = Readers::default();
        let begin = Instant::now();
        let told = |path: &str, window: &str, leaves, seconds| {
            let (path, name) = (path.to_owned(), window.to_uppercase());
            let window = window.to_owned();
            let asked = HereRequest {
                path,
                window,
                leaves,
            };
            readers.tell(asked, &name, begin + Duration::from_secs(seconds))
        };
        assert!(told("a", "ada", false, 0).is_empty());
        assert_eq!(told("a", "grace", false, 1), ["ADA"]);
        assert!(told("b", "alan", false, 1).is_empty());
        assert_eq!(told("a", "ada", true, 2), ["GRACE"]);
        assert!(told("a", "grace", false, 3).is_empty());
        assert!(told("a", "ada", false, 23).is_empty());
    }
}
