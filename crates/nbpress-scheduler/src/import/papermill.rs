//! Runs from the notebooks that papermill wrote.
//!
//! papermill keeps a run's parameters, times and failing cell in the metadata of its output
//! (<https://papermill.readthedocs.io/en/latest/usage-workflow.html>); that is all there is of it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use nbpress_format::json::{Json, Object};
use nbpress_format::{Notebook, ParseError};
use nbpress_record::{NotebookError, find_error, remove_error_markers};
use nbpress_runs::run::AttemptState;
use nbpress_runs::state::FailureClass;
use nbpress_storage::{Location, Storage, StorageError};
use serde_json::{Map, Value};

use super::past_run::{PastRun, Tool};
use super::proposal::{LeftOut, Plan, ProposedRun};

/// Notebooks that are read at the same time: object stores answer slowly and many at once.
const AT_ONCE: usize = 8;
/// Names of a folder that are asked for at once.
const PAGE: usize = 1_000;
/// Folders in folders that are looked into.
const DEEPEST: usize = 32;

/// Why a notebook is not taken over.
#[derive(Debug, thiserror::Error)]
pub enum NotAnOutput {
    /// It cannot be read.
    #[error("it cannot be read")]
    Storage(#[from] StorageError),
    /// It is no notebook.
    #[error("it is no notebook")]
    Notebook(#[from] ParseError),
    /// papermill did not make it.
    #[error("it is no output of papermill")]
    OfSomethingElse,
    /// It is an output of ours.
    #[error("it is an output of nbpress, whose record is `{run}`")]
    OfNbpress {
        /// The record.
        run: String,
    },
    /// papermill is at it, or was killed.
    #[error("its run has no end: it is still on, or papermill was killed")]
    NotEnded,
    /// A time that is none.
    #[error("its `{field}` is no time: `{text}`")]
    Time {
        /// The field.
        field: &'static str,
        /// What it holds.
        text: String,
    },
}

impl NotAnOutput {
    /// What can be done.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Storage(error) => error.hint(),
            Self::OfNbpress { run } => Some(format!("`nbpress show {run}` reads it")),
            _ => None,
        }
    }
}

/// The runs whose output notebooks are in a folder or bucket, or the one of a notebook.
///
/// # Errors
/// A folder cannot be listed.
pub async fn plan(storage: &Storage, location: &Location) -> Result<Plan, StorageError> {
    let notebooks = notebooks(storage, location).await?;
    let mut looking = stream::iter(notebooks)
        .map(|location| async move {
            let found = match storage.read(&location).await {
                Ok(bytes) => read(&location.to_string(), &bytes),
                Err(error) => Err(error.into()),
            };
            (location.to_string(), found)
        })
        .buffered(AT_ONCE);
    let mut plan = Plan::default();
    let mut seen = HashMap::new();
    while let Some((place, found)) = looking.next().await {
        let run = match found {
            Ok((run, _)) => run,
            Err(error) => {
                plan.left_out.push(LeftOut::because(place, &error));
                continue;
            }
        };
        match seen.entry(run.identity.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(place.clone());
                let executed = Some(place);
                plan.runs.push(ProposedRun { run, executed });
            }
            Entry::Occupied(first) => {
                let reason = format!("it is of the same run as `{}`", first.get());
                plan.left_out.push(LeftOut::new(place, reason));
            }
        }
    }
    Ok(plan)
}

/// The notebooks beneath a folder or prefix, by name; one notebook where the location is one.
async fn notebooks(storage: &Storage, location: &Location) -> Result<Vec<Location>, StorageError> {
    if is_notebook(&location.file_name().unwrap_or_default()) && storage.exists(location).await? {
        return Ok(vec![location.clone()]);
    }
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut folders = vec![(location.clone(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        if !seen.insert(real(&folder).await) {
            continue;
        }
        let mut after = None;
        loop {
            let page = storage.list(&folder, after.as_deref(), PAGE).await?;
            for entry in page.entries {
                let place = folder.join(&entry.name);
                // `.ipynb_checkpoints` has copies of what is beside it.
                match (entry.is_folder, entry.name.starts_with('.')) {
                    (true, false) if depth < DEEPEST => folders.push((place, depth + 1)),
                    (false, false) if is_notebook(&entry.name) => found.push(place),
                    _ => {}
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    found.sort_by_key(ToString::to_string);
    Ok(found)
}

/// The folder that links lead to.
async fn real(folder: &Location) -> String {
    let path = match folder.is_local() {
        Some(path) => tokio::fs::canonicalize(path).await.ok(),
        None => None,
    };
    path.map_or_else(|| folder.to_string(), |path| path.display().to_string())
}

pub(super) fn is_notebook(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".ipynb")
}

/// The run that a notebook at `origin` is the output of.
///
/// # Errors
/// It is none: why.
pub fn read(origin: &str, bytes: &[u8]) -> Result<(PastRun, Notebook), NotAnOutput> {
    let mut notebook = Notebook::parse(bytes)?;
    if let Some(run) = own_record(&notebook) {
        return Err(NotAnOutput::OfNbpress { run });
    }
    remove_error_markers(&mut notebook);
    let run = past_run(origin, &notebook)?;
    Ok((run, notebook))
}

fn past_run(origin: &str, notebook: &Notebook) -> Result<PastRun, NotAnOutput> {
    let block = notebook.metadata.get("papermill").and_then(Json::as_object);
    let block = block.ok_or(NotAnOutput::OfSomethingElse)?;
    let started_at = time(block, "start_time")?.ok_or(NotAnOutput::OfSomethingElse)?;
    let ended_at = time(block, "end_time")?.ok_or(NotAnOutput::NotEnded)?;
    let failed = block.get("exception").and_then(Json::as_bool) == Some(true);
    let text = |key| block.get(key).and_then(Json::as_str);
    let run = PastRun {
        tool: Tool::Papermill,
        // Not where it is now: outputs are moved and copied.
        identity: format!(
            "{}\n{}\n{started_at}",
            text("input_path").unwrap_or_default(),
            text("output_path").unwrap_or(origin)
        ),
        origin: origin.to_owned(),
        notebook: text("input_path").unwrap_or(origin).to_owned(),
        job: None,
        parameters: block.get("parameters").map(values).unwrap_or_default(),
        started_at,
        ended_at: ended_at.max(started_at),
        state: AttemptState::Succeeded,
        class: None,
        reason: None,
        cell: None,
        ename: None,
        evalue: None,
    };
    Ok(if failed {
        with_failure(run, failure(notebook))
    } else {
        run
    })
}

/// A failed run, with the error its notebook shows.
pub(super) fn with_failure(run: PastRun, failure: Option<NotebookError>) -> PastRun {
    let run = PastRun {
        state: AttemptState::Failed,
        class: Some(FailureClass::Platform),
        ..run
    };
    let Some(NotebookError { cell, error, .. }) = failure else {
        let reason = run.reason.or_else(|| Some("no cell shows why".to_owned()));
        return PastRun { reason, ..run };
    };
    PastRun {
        class: Some(FailureClass::User),
        reason: Some(format!("{}: {}", error.ename, error.evalue)),
        cell: Some(cell as u64),
        ename: Some(error.ename),
        evalue: Some(error.evalue),
        ..run
    }
}

/// The error in the cell that papermill says failed; errors that were tolerated may be in others.
fn failure(notebook: &Notebook) -> Option<NotebookError> {
    let is_marked = |cell: &nbpress_format::Cell| {
        let block = cell.metadata.get("papermill");
        block
            .and_then(|block| block.get("exception"))
            .and_then(Json::as_bool)
            == Some(true)
    };
    let Some(marked) = notebook.cells.iter().rposition(is_marked) else {
        return find_error(notebook);
    };
    let mut alone = notebook.clone();
    alone.cells = vec![notebook.cells[marked].clone()];
    let found = find_error(&alone)?;
    Some(NotebookError {
        cell: marked,
        ..found
    })
}

fn own_record(notebook: &Notebook) -> Option<String> {
    let run = notebook.metadata.get("nbpress")?.get("run_id")?.as_str()?;
    Some(run.to_owned())
}

/// Values as the database keeps them; what JSON does not have (`NaN`) stays as text.
pub(super) fn values(json: &Json) -> Map<String, Value> {
    let value = |json: &Json| {
        let text = json.to_compact();
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    };
    let entries = json.as_object().into_iter().flatten();
    entries
        .map(|(name, json)| (name.clone(), value(json)))
        .collect()
}

fn time(block: &Object, field: &'static str) -> Result<Option<Timestamp>, NotAnOutput> {
    let Some(json) = block.get(field).filter(|json| !json.is_null()) else {
        return Ok(None);
    };
    let at = json.as_str().and_then(instant);
    at.map(Some).ok_or_else(|| NotAnOutput::Time {
        field,
        text: json.to_compact().chars().take(60).collect(),
    })
}

/// A time as papermill and nbclient write it; without a zone it is meant in UTC.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let with_zone = text.parse::<Timestamp>().ok();
    with_zone.or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests;
