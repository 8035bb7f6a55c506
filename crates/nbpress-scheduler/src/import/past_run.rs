//! A run that another program did, and how it comes to be among ours.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nbpress_format::Notebook;
use nbpress_record::{RecordError, RunId};
use nbpress_runs::run::{AttemptEnd, AttemptState, JobVersionRef};
use nbpress_runs::state::FailureClass;
use nbpress_runs::store::{Enqueued, ImportedRun};
use nbpress_runs::{Invalid, Store, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::record;
use crate::records::{Records, RecordsError};
use crate::report;

/// The tag of imported runs; its value is the tool's name.
const TAG: &str = "imported";
/// Longest texts that name a run and its origin, in bytes.
const LONGEST_NAME: usize = 4_096;
/// Clocks of other machines may go wrong by this much.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The program that did a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// <https://papermill.readthedocs.io>
    Papermill,
    /// <https://jupyter-scheduler.readthedocs.io>
    JupyterScheduler,
}

impl Tool {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Papermill => "papermill",
            Self::JupyterScheduler => "jupyter-scheduler",
        }
    }
}

/// A run that another program did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PastRun {
    /// Which program.
    pub tool: Tool,
    /// What names the run for all time, wherever it is read: so it is imported once.
    pub identity: String,
    /// Where it was read, without credentials.
    pub origin: String,
    /// The notebook, as the program named it.
    pub notebook: String,
    /// The job it is listed with, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Values for its parameters cell.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = String, format = DateTime)]
    pub ended_at: Timestamp,
    /// `succeeded`, `failed` or `cancelled`.
    pub state: AttemptState,
    /// Who had to act, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<FailureClass>,
    /// One sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The cell it ended in, from 0 in the executed notebook without papermill's error marks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<u64>,
    /// The exception's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ename: Option<String>,
    /// The exception's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evalue: Option<String>,
}

/// Why a run was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// What is said about it cannot be.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database refused.
    #[error("the run cannot be added")]
    Store(#[from] StoreError),
    /// The record was not written.
    #[error("the record cannot be written")]
    Record(#[from] RecordError),
    /// The record was not kept.
    #[error("the record cannot be kept")]
    Records(#[from] RecordsError),
}

impl PastRun {
    fn validate(&self, now: Timestamp) -> Result<(), Invalid> {
        for (field, text) in [
            ("identity", &self.identity),
            ("origin", &self.origin),
            ("notebook", &self.notebook),
        ] {
            if text.is_empty() || text.len() > LONGEST_NAME {
                let message = format!("it has {} bytes, not 1 to {LONGEST_NAME}", text.len());
                return Err(Invalid::new(format!("run.{field}"), message));
            }
        }
        if !matches!(
            self.state,
            AttemptState::Succeeded | AttemptState::Failed | AttemptState::Cancelled
        ) {
            let message = format!("a run that is over is not `{}`", self.state);
            return Err(Invalid::new("run.state", message));
        }
        if self.ended_at < self.started_at {
            return Err(Invalid::new("run.ended_at", "it is before the start"));
        }
        // Such a run would be the newest of all lists for as long as nobody removes it.
        if self.ended_at > now.saturating_add(AHEAD).unwrap_or(now) {
            return Err(Invalid::new("run.ended_at", "it is in the future"));
        }
        Ok(())
    }

    /// How it ended, as far as that is known without its notebook.
    fn end(&self) -> AttemptEnd {
        let wall = self.ended_at.duration_since(self.started_at).as_secs_f64();
        let mut end = AttemptEnd {
            class: self.class,
            code: self.class.map(|class| match class {
                FailureClass::User => "exception".to_owned(),
                other => other.as_str().to_owned(),
            }),
            reason: self.reason.clone(),
            cell: self.cell.and_then(|cell| i64::try_from(cell).ok()),
            ename: self.ename.clone(),
            evalue: self.evalue.clone(),
            ..AttemptEnd::new(self.state)
        };
        end.usage.wall_seconds = Some(wall);
        end
    }
}

/// The name a run has once it is imported.
pub fn run_id(workspace: &str, run: &PastRun) -> RunId {
    let tool = run.tool.as_str();
    RunId::of_origin(
        run.started_at,
        &format!("{workspace}\n{tool}\n{}", run.identity),
    )
}

/// Adds a run to a workspace, with a record made of the executed notebook where there is one. A run that is
/// there already stays as it is.
///
/// # Errors
/// What is said about it cannot be, the job is unknown, or a disk, store or database failed. Calling again
/// goes on where it was.
pub async fn take_over(
    store: &Store,
    records: &Records,
    workspace: &str,
    run: &PastRun,
    executed: Option<Notebook>,
    (actor, now): (&str, Timestamp),
) -> Result<Enqueued, ImportError> {
    run.validate(now)?;
    let id = run_id(workspace, run);
    if store.run(&id.to_string()).await.is_ok() {
        return Ok(Enqueued {
            id: id.to_string(),
            is_new: false,
        });
    }
    let job = match &run.job {
        Some(name) => Some(store.job(workspace, name).await?.reference()),
        None => None,
    };
    // The record is there before the row that points to it.
    let end = match executed {
        Some(notebook) => keep_record(records, id, run, notebook).await?,
        None => run.end(),
    };
    let imported = imported(id, workspace, run, job, end);
    Ok(store.import_run(&imported, actor, now).await?)
}

async fn keep_record(
    records: &Records,
    id: RunId,
    run: &PastRun,
    notebook: Notebook,
) -> Result<AttemptEnd, ImportError> {
    let (here, past) = (records.here().clone(), run.clone());
    let written = tokio::task::spawn_blocking(move || {
        let record = record::write(&here, id, &past, notebook)?;
        report::of_record(&record)
    });
    let end = written
        .await
        .map_err(|error| RecordsError::Disk(std::io::Error::other(error)))??;
    records.keep(&id.to_string()).await?;
    Ok(end)
}

fn imported(
    id: RunId,
    workspace: &str,
    run: &PastRun,
    job: Option<JobVersionRef>,
    end: AttemptEnd,
) -> ImportedRun {
    ImportedRun {
        id: id.to_string(),
        workspace: workspace.to_owned(),
        job,
        notebook: run.notebook.clone(),
        parameters: run.parameters.clone(),
        tags: BTreeMap::from([(TAG.to_owned(), run.tool.as_str().to_owned())]),
        origin: run.origin.clone(),
        started_at: run.started_at,
        ended_at: run.ended_at,
        end,
    }
}
