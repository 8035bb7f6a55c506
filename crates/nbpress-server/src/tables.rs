//! Tables, asked page by page: files of the served folder, and what cells of notebooks and runs have shown.

mod ask;
mod open;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use nbpress_contents::{ContentsPath, Kind};
use nbpress_format::Notebook;
use nbpress_record::Record;
use nbpress_tables::{ColumnKind, Format, Query, Summary, Table, TableError, json_rows};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::body::Pairs;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::jupyter::{is_known, refused, served};
use crate::runs::{Workspace, of_record};

pub(crate) use ask::ask;
pub(crate) use open::open_file;

/// The most fields of an answer: a page of a wide table has fewer rows.
const MOST_FIELDS: u64 = 500_000;
const KNOWN: &str = "path, cell, output, offset, limit, sort, filter, columns, sample, summary";

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(of_folder))
        .routes(routes!(of_run))
}

/// A part of a table.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TablePage {
    /// The columns of the rows, in order.
    columns: Vec<TableColumn>,
    /// Each an array in the order of the columns. Integers beyond 2^53 and decimals are text, times are ISO 8601,
    /// NaN and infinities are null. There can be fewer than asked for where there are many columns.
    #[schema(value_type = Vec<Vec<Value>>)]
    rows: Vec<Vec<Value>>,
    /// How many rows the filter lets through.
    matching: u64,
    /// How many rows the table has.
    total: u64,
    /// Of each of the columns, where it was asked for.
    summary: Option<Vec<Summary>>,
    /// Names the bytes that were asked: an answer with another version is one of another table. Null where a table
    /// cannot become another one.
    version: Option<String>,
}

impl TablePage {
    fn of_version(self, version: Option<String>) -> Self {
        Self { version, ..self }
    }
}

/// A column.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TableColumn {
    /// Its name.
    name: String,
    /// Its type in Arrow's words.
    r#type: String,
    /// What it holds, in one word.
    kind: ColumnKind,
}

/// What is asked of a table.
#[derive(Clone, Debug)]
struct Question {
    query: Query,
    summary: bool,
}

impl Question {
    fn take(pairs: &mut Pairs) -> ApiResult<Self> {
        let usual = Query::default();
        Ok(Self {
            query: Query {
                offset: pairs.read("offset")?.unwrap_or(usual.offset),
                limit: pairs.read("limit")?.unwrap_or(usual.limit),
                sort: json(pairs, "sort")?.unwrap_or_default(),
                filter: json(pairs, "filter")?,
                columns: json(pairs, "columns")?,
                sample: pairs.read("sample")?.unwrap_or_default(),
            },
            summary: pairs.read("summary")?.unwrap_or_default(),
        })
    }

    fn answer(mut self, table: &Table) -> Result<TablePage, TableError> {
        let columns = match &self.query.columns {
            Some(columns) => columns.len(),
            None => table.schema().fields().len(),
        };
        let most = MOST_FIELDS / (columns.max(1) as u64);
        self.query.limit = self.query.limit.min(most);
        let page = table.page_in(&self.query, &ask::ORDERS)?;
        let schema = page.rows.schema();
        let columns = schema.fields().iter().map(|field| TableColumn {
            name: field.name().clone(),
            r#type: field.data_type().to_string(),
            kind: ColumnKind::of(field.data_type()),
        });
        let columns: Vec<TableColumn> = columns.collect();
        let summary = if self.summary {
            let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
            Some(table.summary(&names, self.query.filter.as_ref())?)
        } else {
            None
        };
        Ok(TablePage {
            columns,
            rows: json_rows(&page.rows)?,
            matching: page.matching,
            total: table.rows(),
            summary,
            version: None,
        })
    }
}

fn json<T: DeserializeOwned>(pairs: &mut Pairs, name: &str) -> ApiResult<Option<T>> {
    let read = |text: String| {
        serde_json::from_str(&text).map_err(|error| ApiError::invalid(name, error.to_string()))
    };
    pairs.take(name).map(read).transpose()
}

/// A page of the table in a file of the served folder: Parquet, Arrow, CSV or lines of JSON; or in an output of a
/// notebook there, of type `application/vnd.dataresource+json`, which `cell` and `output` name.
#[utoipa::path(get, path = "/v1/tables",
    params(
        ("path" = String, Query, description = "The file."),
        ("cell" = Option<String>, Query, description = "The cell of a notebook: its id, or its place from 0."),
        ("output" = Option<usize>, Query, description = "The output of the cell, from 0."),
        ("offset" = Option<u64>, Query, description = "Rows before the page, among those that match."),
        ("limit" = Option<u64>, Query, description = "Rows of the page; 100 if absent, at most 10000."),
        ("sort" = Option<String>, Query, description = "JSON: `[{\"column\": \"x\", \"descending\": true}]`. Nulls come last."),
        ("filter" = Option<String>, Query, description = "JSON: `{\"column\": \"x\", \"is\": \"<\", \"value\": 3}`, or several in `{\"and\": […]}` or `{\"or\": […]}`. Relations: `=`, `!=`, `<`, `<=`, `>`, `>=`, `contains`, `null`, `not null`."),
        ("columns" = Option<String>, Query, description = "JSON: `[\"x\", \"y\"]`."),
        ("sample" = Option<bool>, Query, description = "Whether the rows are taken evenly from all that match instead of one after the other."),
        ("summary" = Option<bool>, Query, description = "Whether the columns are summarised.")
    ),
    responses((status = 200, body = TablePage), (status = 304, description = "The `ETag` is still true."),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn of_folder(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
    mut pairs: Pairs,
) -> ApiResult<Response> {
    let jupyter = served(&app)?;
    let path = pairs.take("path").unwrap_or_default();
    let (cell, output) = (pairs.take("cell"), pairs.read("output")?);
    let question = Question::take(&mut pairs)?;
    pairs.finish(KNOWN)?;
    let path =
        ContentsPath::parse(&path).map_err(|error| ApiError::invalid("path", error.to_string()))?;
    let entry = jupyter.workspace.entry(&path).await;
    let entry = entry.map_err(|error| refused(&error))?;
    let tag = entry.etag.as_deref().map(|etag| tag(etag, raw.as_deref()));
    if is_known(&headers, tag.as_deref()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let page = if entry.kind == Kind::Notebook {
        let read = jupyter.workspace.read(&path).await;
        let (_, bytes) = read.map_err(|error| refused(&error))?;
        let notebook = Notebook::parse(&bytes)
            .map_err(|error| ApiError::invalid("path", error.to_string()))?;
        let cell = cell.unwrap_or_default();
        let shown = open::output(&notebook, &cell, output.unwrap_or_default())?;
        // Of the notebook, other cells may change.
        let version = shown.version();
        let shown = shown.with_all_rows_of_its_origin(&app, jupyter).await;
        let page = ask(move || shown.open(), |table| question.answer(table)).await?;
        page.of_version(Some(version))
    } else {
        let format = Format::of_name(&entry.name)
            .ok_or_else(|| ApiError::invalid("path", "its name is not that of a table"))?;
        let file = open_file(jupyter, &path).await?;
        let open = move || Table::read(file, format);
        let page = ask(open, |table| question.answer(table)).await?;
        page.of_version(entry.etag)
    };
    Ok(tagged(tag, page))
}

/// A page of the table that a cell of a run has shown as `application/vnd.dataresource+json`. `cell` is the cell's
/// id or its place from 0, `output` the place of its output from 0; the query is that of `/v1/tables`. Where all rows
/// are kept beside the record, they are asked, else those in the output.
#[utoipa::path(get, path = "/v1/runs/{run}/tables/{cell}/{output}",
    params(
        ("run" = String, Path), ("cell" = String, Path), ("output" = usize, Path),
        ("offset" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("sort" = Option<String>, Query),
        ("filter" = Option<String>, Query), ("columns" = Option<String>, Query), ("sample" = Option<bool>, Query), ("summary" = Option<bool>, Query)
    ),
    responses((status = 200, body = TablePage), (status = 304, description = "The `ETag` is still true."),
        (status = 404, body = ErrorBody), (status = 413, body = ErrorBody), (status = 422, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn of_run(
    State(app): State<App>,
    Path((run, cell, output)): Path<(String, String, usize)>,
    workspace: Workspace,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
    mut pairs: Pairs,
) -> ApiResult<Response> {
    // The workspace has been read from it.
    pairs.take("workspace");
    let question = Question::take(&mut pairs)?;
    pairs.finish(KNOWN)?;
    let run = app.store.find_run(workspace.name(), &run).await?;
    // A run that is not over may yet show something else.
    let over = run
        .record_sha256
        .as_ref()
        .filter(|_| !run.state.is_active());
    let tag = over.map(|hash| tag(hash, raw.as_deref()));
    if is_known(&headers, tag.as_deref()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let read = |record: &Record| Ok((record.notebook()?, record.clone()));
    let (notebook, record) = of_record(&app, &run, read).await?;
    let shown = open::output(&notebook, &cell, output)?.with_all_rows_of(&record);
    let page = ask(move || shown.open(), |table| question.answer(table)).await?;
    Ok(tagged(tag, page))
}

/// Names the answer to a question about these bytes.
fn tag(bytes: &str, question: Option<&str>) -> String {
    format!("\"{}\"", digest(bytes, question))
}

fn digest(bytes: &str, question: Option<&str>) -> String {
    let mut hash = Sha256::new();
    for part in [bytes, question.unwrap_or_default()] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let digits = hex::encode(hash.finalize());
    digits[..32].to_owned()
}

fn tagged(tag: Option<String>, page: TablePage) -> Response {
    let tag = tag.map(|tag| [(ETAG, tag)]);
    ([(CACHE_CONTROL, "private, no-cache")], tag, Json(page)).into_response()
}
