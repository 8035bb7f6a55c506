//! Jobs, schedules and runs of jupyter-scheduler, which JupyterLab has for notebooks.
//!
//! It keeps rows in a SQLite file, and copies of notebooks, before and after their runs, in a staging folder:
//! `<staging>/<id>/<name>.ipynb`. Where a notebook was copied from is in neither. The database is read from a
//! copy, since SQLite may write beside a file that it only reads.

use std::path::PathBuf;

use nbpress_format::Notebook;
use nbpress_record::{find_error, remove_error_markers};
use nbpress_runs::job::RunSettings;
use nbpress_runs::jupyter_scheduler::{DefinitionRow, JobRow, ReadError, read};
use nbpress_runs::run::AttemptState;
use nbpress_runs::schedule::{ScheduleDefinition, Trigger};
use nbpress_storage::{Location, Storage, StorageError, WriteOptions};

use super::crontab::job_name;
use super::papermill::{is_notebook, with_failure};
use super::past_run::{PastRun, Tool};
use super::proposal::{LeftOut, Plan, ProposedJob, ProposedRun, ProposedSchedule};

/// What SQLite keeps beside a database that is in use.
const BESIDE: [&str; 2] = ["-wal", "-journal"];
/// Names of a staging folder that are looked at.
const MOST_NAMES: usize = 1_000;

/// Why a database cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Its file cannot be read or copied.
    #[error("failed to copy the database")]
    Storage(#[from] StorageError),
    /// No folder for the copy.
    #[error("failed to make a folder for a copy of the database")]
    Folder(#[from] std::io::Error),
    /// It is no such database.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl DatabaseError {
    /// What can be done.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Storage(error) => error.hint(),
            Self::Folder(_) => None,
            Self::Read(error) => error.hint(),
        }
    }
}

/// What the definitions and jobs of a database would be, with the notebooks of its staging folder.
///
/// # Errors
/// The database cannot be read.
pub async fn plan(
    storage: &Storage,
    database: &Location,
    staging: &Location,
) -> Result<Plan, DatabaseError> {
    let copy = tempfile::tempdir()?;
    let path = copy.path().join("scheduler.sqlite");
    copy_database(storage, database, &path).await?;
    let (definitions, jobs) = read(&path).await?;
    let mut plan = Plan::default();
    for row in &definitions {
        match proposal(storage, staging, row).await {
            Ok(job) => plan.jobs.push(job),
            Err(reason) => plan.left_out.push(LeftOut::new(shown(row), reason)),
        }
    }
    for row in &jobs {
        match past_run(storage, staging, row).await {
            Ok(run) => plan.runs.push(run),
            Err(reason) => {
                let what = format!("job {} of {}", row.id, row.input_filename);
                plan.left_out.push(LeftOut::new(what, reason));
            }
        }
    }
    Ok(plan)
}

async fn copy_database(
    storage: &Storage,
    database: &Location,
    to: &std::path::Path,
) -> Result<(), StorageError> {
    let bytes = storage.read(database).await?;
    let write = WriteOptions::overwrite();
    storage
        .write(&Location::from(to.to_owned()), bytes, write)
        .await?;
    let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else {
        return Ok(());
    };
    for end in BESIDE {
        match storage.read(&folder.join(&format!("{name}{end}"))).await {
            Ok(bytes) => {
                let to = PathBuf::from(format!("{}{end}", to.display()));
                let write = WriteOptions::overwrite();
                storage.write(&Location::from(to), bytes, write).await?;
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn shown(row: &DefinitionRow) -> String {
    let name = row.name.as_ref().unwrap_or(&row.input_filename);
    format!("definition {name} ({})", row.id)
}

/// Names of the database become paths: none may lead elsewhere.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('.') && !text.contains(['/', '\\', '\0'])
}

/// A definition as a job. The error is a reason for people.
async fn proposal(
    storage: &Storage,
    staging: &Location,
    row: &DefinitionRow,
) -> Result<ProposedJob, String> {
    if !is_name(&row.id) || !is_name(&row.input_filename) {
        return Err("its id or file name is none".to_owned());
    }
    let notebook = staging.join(&row.id).join(&row.input_filename);
    if !storage.exists(&notebook).await.unwrap_or(false) {
        return Err(format!("its notebook `{notebook}` is not there"));
    }
    let schedule = row.schedule.as_ref().map(|expression| ProposedSchedule {
        expression: expression.clone(),
        time_zone: row.time_zone.clone().unwrap_or_else(|| "UTC".to_owned()),
        paused: !row.active,
    });
    if let Some(schedule) = &schedule {
        let trigger = Trigger::Cron {
            expression: schedule.expression.clone(),
            time_zone: schedule.time_zone.clone(),
        };
        let checked = ScheduleDefinition::new(trigger).validate();
        checked.map_err(|error| format!("its schedule cannot be kept: {error}"))?;
    }
    let mut notes = Vec::new();
    if let Some(environment) = &row.environment {
        notes.push(format!(
            "it ran in the environment `{environment}`; its kernel is the notebook's"
        ));
    }
    let name = row.name.as_deref().unwrap_or(&row.input_filename);
    Ok(ProposedJob {
        identity: identity(&row.id),
        name: job_name(name.trim_end_matches(".ipynb")),
        origin: format!("definition {}", row.id),
        notebook: notebook.to_string(),
        files: row.packaged_files.clone(),
        parameters: row.parameters.clone(),
        parameter_files: Vec::new(),
        settings: RunSettings::default(),
        schedule,
        notes,
    })
}

fn identity(definition: &str) -> String {
    format!("jupyter-scheduler-{definition}")
}

/// A job as a run. The error is a reason for people.
async fn past_run(
    storage: &Storage,
    staging: &Location,
    row: &JobRow,
) -> Result<ProposedRun, String> {
    let state = match row.status.as_str() {
        "COMPLETED" => AttemptState::Succeeded,
        "FAILED" => AttemptState::Failed,
        "STOPPED" => AttemptState::Cancelled,
        other => return Err(format!("it is not over: its status is `{other}`")),
    };
    if !is_name(&row.id) || row.input_filename.is_empty() {
        return Err("its id or file name is none".to_owned());
    }
    let started_at = row.started_at.or(row.created_at);
    let started_at = started_at.ok_or("nobody knows when it began")?;
    let ended_at = row.ended_at.unwrap_or(started_at).max(started_at);
    let (place, notebook) = executed(storage, staging, row).await.unzip();
    let nowhere = || format!("jupyter-scheduler job {}", row.id);
    let run = PastRun {
        tool: Tool::JupyterScheduler,
        identity: row.id.clone(),
        origin: place.clone().unwrap_or_else(nowhere),
        notebook: row.input_filename.clone(),
        job: row.definition.as_deref().map(identity),
        parameters: row.parameters.clone(),
        started_at,
        ended_at,
        state,
        class: None,
        reason: row.status_message.clone(),
        cell: None,
        ename: None,
        evalue: None,
    };
    Ok(ProposedRun {
        run: match state {
            AttemptState::Failed => with_failure(run, notebook.as_ref().and_then(find_error)),
            _ => run,
        },
        executed: place,
    })
}

/// The executed notebook, whose name has the time of its making in a zone that is not known.
async fn executed(
    storage: &Storage,
    staging: &Location,
    row: &JobRow,
) -> Option<(String, Notebook)> {
    let folder = staging.join(&row.id);
    let begin = format!("{}-", row.input_filename.strip_suffix(".ipynb")?);
    let page = storage.list(&folder, None, MOST_NAMES).await.ok()?;
    let is_output = |name: &str| name.starts_with(&begin) && is_notebook(name);
    let entry = page.entries.iter().find(|entry| is_output(&entry.name))?;
    let place = folder.join(&entry.name);
    let bytes = storage.read(&place).await.ok()?;
    let mut notebook = Notebook::parse(&bytes).ok()?;
    remove_error_markers(&mut notebook);
    Some((place.to_string(), notebook))
}

#[cfg(test)]
mod tests;
