//! What the index is asked over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use nbpress_runs::Permission;
use nbpress_search::{DocumentKind, Hit, Hits, Label, LabelKind, Query, Search};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{IndexState, desk};
use crate::App;
use crate::body::Pairs;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;
use crate::jupyter::escape;

/// Authors, or tags, of a list.
const LABELS: u32 = 100;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search))
        .routes(routes!(labels))
        .routes(routes!(state))
        .routes(routes!(rebuild))
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finding {
    pub(crate) text: String,
    pub(crate) kind: Option<DocumentKind>,
    pub(crate) tag: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) cursor: Option<String>,
    pub(crate) limit: Option<u32>,
}

/// The workspaces of which somebody may see what is in them; none for all.
pub(crate) fn visible(who: &Who) -> Option<Vec<String>> {
    if who.may_everywhere(Permission::Read) {
        return None;
    }
    let roles = who.user().map(|user| user.roles.keys());
    let readable = roles
        .into_iter()
        .flatten()
        .filter(|at| who.may(Permission::Read, at));
    Some(readable.cloned().collect())
}

/// Finds what somebody may see. A run that was forgotten after it was indexed is left out.
pub(crate) async fn find(app: &App, who: &Who, finding: &Finding) -> ApiResult<Hits> {
    let search = Search {
        query: Query::parse(&finding.text),
        kind: finding.kind,
        workspaces: visible(who),
        tag: finding.tag.clone(),
        author: finding.author.clone(),
        cursor: finding.cursor.clone(),
        limit: finding.limit.unwrap_or(Search::default().limit),
    };
    let mut found = desk(app)?.index.search(&search).await?;
    let runs: Vec<String> = found
        .hits
        .iter()
        .filter(|hit| hit.kind == DocumentKind::Run)
        .map(|hit| hit.place.clone())
        .collect();
    let there = app.store.which_are_there(&runs).await?;
    found
        .hits
        .retain(|hit| hit.kind != DocumentKind::Run || there.contains(&hit.place));
    Ok(found)
}

/// Where a hit is shown, without the cell.
pub(crate) fn address(app: &App, hit: &Hit) -> String {
    app.base.join(&match hit.kind {
        DocumentKind::Notebook => format!("view/{}", escape(&hit.place)),
        DocumentKind::Run => format!("runs/{}/view", escape(&hit.place)),
    })
}

/// A page of hits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Found {
    /// Best first; newest first where nothing was searched for.
    hits: Vec<FoundHit>,
    /// What to ask for the next page with; absent on the last one.
    next: Option<String>,
}

/// A notebook or run that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundHit {
    #[serde(flatten)]
    hit: Hit,
    /// The path of its page on this server; `#cell-N`, with N the cell's number plus one, is a cell of it.
    url: String,
}

/// Finds notebooks of the served folder and what runs made: words and `"phrases"` that are all there, `-` before what
/// is not, `title:`, `author:`, `tag:`, `path:`, and `in:text`, `in:source` or `in:output`. Without words the newest.
#[utoipa::path(get, path = "/v1/search", params(
    ("q" = Option<String>, Query), ("kind" = Option<DocumentKind>, Query), ("tag" = Option<String>, Query),
    ("author" = Option<String>, Query), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Found), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn search(State(app): State<App>, who: Who, mut query: Pairs) -> ApiResult<Json<Found>> {
    let finding = Finding {
        text: query.take("q").unwrap_or_default(),
        kind: kind(&mut query)?,
        tag: query.take("tag"),
        author: query.take("author"),
        cursor: query.take("cursor"),
        limit: query.read("limit")?,
    };
    if let Some(limit) = finding.limit.filter(|limit| !(1..=100).contains(limit)) {
        let message = format!("`{limit}` is not between 1 and 100");
        return Err(ApiError::invalid("limit", message));
    }
    query.finish("q, kind, tag, author, cursor, limit")?;
    let found = find(&app, &who, &finding).await?;
    let hits = found.hits.into_iter().map(|hit| FoundHit {
        url: address(&app, &hit),
        hit,
    });
    Ok(Json(Found {
        hits: hits.collect(),
        next: found.next,
    }))
}

fn kind(query: &mut Pairs) -> ApiResult<Option<DocumentKind>> {
    let Some(word) = query.take("kind") else {
        return Ok(None);
    };
    let kind = DocumentKind::from_word(&word);
    kind.map(Some).ok_or_else(|| {
        let message = format!("`{word}` is no kind of document");
        ApiError::invalid("kind", message).hint(Some("`notebook` or `run`".to_owned()))
    })
}

/// The authors and tags of what somebody may see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Labels {
    /// The most frequent first.
    pub(crate) tags: Vec<Label>,
    /// The most frequent first.
    pub(crate) authors: Vec<Label>,
}

pub(crate) async fn labels_of(app: &App, who: &Who, kind: DocumentKind) -> ApiResult<Labels> {
    let index = &desk(app)?.index;
    let workspaces = visible(who);
    let labels = async |label| {
        index
            .labels(kind, label, workspaces.as_deref(), LABELS)
            .await
    };
    Ok(Labels {
        tags: labels(LabelKind::Tag).await?,
        authors: labels(LabelKind::Author).await?,
    })
}

/// Lists the authors and tags that the most notebooks (or runs) have.
#[utoipa::path(get, path = "/v1/search/labels", params(("kind" = Option<DocumentKind>, Query)),
    responses((status = 200, body = Labels), (status = 404, body = ErrorBody)))]
async fn labels(State(app): State<App>, who: Who, mut query: Pairs) -> ApiResult<Json<Labels>> {
    let kind = kind(&mut query)?.unwrap_or(DocumentKind::Notebook);
    query.finish("kind")?;
    Ok(Json(labels_of(&app, &who, kind).await?))
}

/// How far the search index is.
#[utoipa::path(get, path = "/v1/search/index",
    responses((status = 200, body = IndexState), (status = 404, body = ErrorBody)))]
async fn state(State(app): State<App>) -> ApiResult<Json<IndexState>> {
    Ok(Json(desk(&app)?.state().await?))
}

/// Forgets what the search index has and reads everything again, in the background.
#[utoipa::path(post, path = "/v1/search/index/rebuild",
    responses((status = 202, body = IndexState), (status = 404, body = ErrorBody)))]
async fn rebuild(State(app): State<App>) -> ApiResult<(StatusCode, Json<IndexState>)> {
    let desk = desk(&app)?;
    desk.rebuild().await?;
    Ok((StatusCode::ACCEPTED, Json(desk.state().await?)))
}
