//! Where tables are: in files of the folder or the bucket, and in outputs of cells.

use std::fs::File;

use nbpress_contents::ContentsPath;
use nbpress_format::{Json, Notebook, Object, Output, OutputKind};
use nbpress_record::Record;
use nbpress_tables::{Format, Table, TableError};
use tokio::io::AsyncWriteExt as _;

use super::ask;
use crate::error::{ApiError, ApiResult};
use crate::jupyter::{JupyterSettings, refused};
use crate::runs::of_record;
use crate::{App, DEFAULT_WORKSPACE};

const RESOURCE: &str = "application/vnd.dataresource+json";
/// The most bytes of an object that are fetched from a bucket.
const MOST_OF_AN_OBJECT: u64 = 1 << 30;
/// Bytes of an object in memory at once.
const PART: u64 = 16 << 20;

/// A file of the folder, open; of an object in a bucket a copy without a name, which goes when it is closed.
pub(crate) async fn open_file(jupyter: &JupyterSettings, path: &ContentsPath) -> ApiResult<File> {
    let opened = jupyter.workspace.open_file(path).await;
    match opened.map_err(|error| refused(&error))? {
        Some((_, file)) => Ok(file),
        None => fetched(jupyter, path).await,
    }
}

async fn fetched(jupyter: &JupyterSettings, path: &ContentsPath) -> ApiResult<File> {
    let io = |error: std::io::Error| ask::refused(&TableError::Io(error));
    let mut copy = tokio::fs::File::from_std(tempfile::tempfile().map_err(io)?);
    let (mut at, mut known) = (0, None);
    loop {
        let part = jupyter.workspace.read_range(path, at..at + PART).await;
        let (entry, bytes) = part.map_err(|error| refused(&error))?;
        let size = entry.size.unwrap_or_default();
        if size > MOST_OF_AN_OBJECT {
            return Err(ask::refused(&TableError::TooLarge {
                what: "bytes",
                found: size,
                limit: MOST_OF_AN_OBJECT,
            }));
        }
        if known.get_or_insert_with(|| entry.etag.clone()) != &entry.etag {
            let message = "the table was written while it was read";
            let status = axum::http::StatusCode::CONFLICT;
            return Err(ApiError::new(status, "changed", message));
        }
        copy.write_all(&bytes).await.map_err(io)?;
        at += bytes.len() as u64;
        if at >= size || bytes.is_empty() {
            copy.flush().await.map_err(io)?;
            let mut file = copy.into_std().await;
            std::io::Seek::rewind(&mut file).map_err(io)?;
            return Ok(file);
        }
    }
}

/// A table that a cell has shown.
#[derive(Debug)]
pub(super) struct ShownTable {
    resource: Json,
    /// All its rows, where they are kept: a file that a record has.
    whole: Option<(File, Format)>,
}

impl ShownTable {
    /// Looks for the file that the output names in a record; without it, the rows in the output are all there is.
    pub(super) fn with_all_rows_of(mut self, record: &Record) -> Self {
        self.whole = self.kept().and_then(|(sha256, format)| {
            let file = record.open_blob(sha256).ok()?;
            Some((file, format))
        });
        self
    }

    /// The same with the record of the run that the output names, which must be one of the folder's workspace. One
    /// that names none was shown by an interactive kernel.
    pub(super) async fn with_all_rows_of_its_origin(
        mut self,
        app: &App,
        jupyter: &JupyterSettings,
    ) -> Self {
        let about = self.resource.get("nbpress");
        let run = about.and_then(|about| about.get("run"));
        let Some(run) = run.and_then(Json::as_str) else {
            self.whole = self
                .kept()
                .and_then(|(sha256, format)| Some((jupyter.kernels.open_table(sha256)?, format)));
            return self;
        };
        let Ok(run) = app.store.find_run(DEFAULT_WORKSPACE, run).await else {
            return self;
        };
        match of_record(app, &run, |record| Ok(record.clone())).await {
            Ok(record) => self.with_all_rows_of(&record),
            Err(_) => self,
        }
    }

    /// Another one for every other table.
    pub(super) fn version(&self) -> String {
        super::digest(&self.resource.to_compact(), None)
    }

    /// The SHA-256 of the file with all rows, and how it is written.
    fn kept(&self) -> Option<(&str, Format)> {
        let about = self.resource.get("nbpress")?;
        let format = match about.get("format")?.as_str()? {
            "parquet" => Format::Parquet,
            "jsonl" => Format::JsonLines,
            _ => return None,
        };
        Some((about.get("table")?.as_str()?, format))
    }

    pub(super) fn open(self) -> Result<Table, TableError> {
        if let Some((file, format)) = self.whole {
            return Table::read(file, format);
        }
        let resource = serde_json::from_str(&self.resource.to_compact());
        let resource = resource.map_err(|_| TableError::Resource("it is no JSON"))?;
        Table::from_resource(&resource)
    }
}

/// The table in an output of a cell, which is named by its id or its place.
pub(super) fn output(notebook: &Notebook, cell: &str, output: usize) -> ApiResult<ShownTable> {
    let cells = &notebook.cells;
    let named = cells.iter().find(|one| one.id.as_deref() == Some(cell));
    let at = || cell.parse().ok().and_then(|at: usize| cells.get(at));
    let found = named
        .or_else(at)
        .ok_or_else(|| ApiError::not_found(format!("there is no cell `{cell}`")))?;
    let resource = found
        .outputs()
        .get(output)
        .and_then(data)
        .and_then(|data| data.get(RESOURCE))
        .ok_or_else(|| {
            let message = format!("output {output} of cell `{cell}` is no table");
            let hint =
                "frames are shown as tables in runs of the queue, and by `nbpress run --tables`";
            ApiError::not_found(message).hint(Some(hint.to_owned()))
        })?;
    Ok(ShownTable {
        resource: resource.clone(),
        whole: None,
    })
}

fn data(output: &Output) -> Option<&Object> {
    match &output.kind {
        OutputKind::DisplayData { data, .. } | OutputKind::ExecuteResult { data, .. } => Some(data),
        _ => None,
    }
}
