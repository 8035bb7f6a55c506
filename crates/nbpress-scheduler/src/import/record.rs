//! An executed notebook as the record of the run that made it.
//!
//! The journal has the events that the notebook proves: which cells ran, in their order, what they showed and
//! how the run ended. Times are those in the notebook; what has none happened when the one before it did.

use jiff::Timestamp;
use nbpress_format::json::{Json, Object};
use nbpress_format::{Cell, Notebook, OutputKind};
use nbpress_record::{
    CellError, CellStatus, CellTiming, Event, FailureClass, Outcome, Record, RecordError,
    RunHeader, RunId, RunState, RunStatus, Source, Store, remove_error_markers,
};
use nbpress_runs::run::AttemptState;
use nbpress_runs::state::FailureClass as Class;

use super::papermill::instant;
use super::past_run::PastRun;

/// Writes the record, unless it is there already.
///
/// # Errors
/// The disk failed, or somebody else writes it at this moment.
pub(super) fn write(
    store: &Store,
    run_id: RunId,
    run: &PastRun,
    mut notebook: Notebook,
) -> Result<Record, RecordError> {
    match store.find(&run_id.to_string()) {
        Ok(record) if record.state() == RunState::Finished => return Ok(record),
        // Whoever began it was killed.
        Ok(_) => store.remove(run_id)?,
        Err(RecordError::NotFound { .. }) => {}
        Err(error) => return Err(error),
    }
    remove_error_markers(&mut notebook);
    let events = events(run, &notebook);
    let mut recorder = store.begin(header(run_id, run), unexecuted(notebook))?;
    recorder.append_all(&events)?;
    recorder.finish()?;
    store.find(&run_id.to_string())
}

fn header(run_id: RunId, run: &PastRun) -> RunHeader {
    let parameters = run.parameters.iter().map(|(name, value)| {
        let value = Json::parse(value.to_string().as_bytes()).unwrap_or(Json::Null);
        (name.clone(), value)
    });
    RunHeader {
        run_id,
        nbpress_version: env!("CARGO_PKG_VERSION").to_owned(),
        command: "import".to_owned(),
        source: Source {
            path: run.notebook.clone(),
            // Of the source, only its name is known.
            sha256: String::new(),
        },
        output_path: Some(run.origin.clone()),
        parameters: parameters.collect(),
        working_directory: None,
        platform: "unknown".to_owned(),
        git_commit: None,
        sweep: None,
        parent: None,
        tags: Object::from([("imported".to_owned(), Json::from(run.tool.as_str()))]),
        started_at: run.started_at,
    }
}

/// The notebook as it was before it ran; the times of its cells' messages come back with their events.
fn unexecuted(mut notebook: Notebook) -> Notebook {
    for cell in &mut notebook.cells {
        cell.clear_outputs();
        cell.metadata.shift_remove("execution");
    }
    notebook
}

fn events(run: &PastRun, notebook: &Notebook) -> Vec<Event> {
    let mut events = Vec::new();
    let mut at = run.started_at;
    for (index, cell) in notebook.cells.iter().enumerate() {
        at = cell_events(run, index, cell, at, &mut events);
    }
    events.push(Event::RunFinished {
        outcome: outcome(run, notebook),
        at: run.ended_at,
    });
    events
}

/// Adds the events of a cell that ran, and answers with the time of its end.
fn cell_events(
    run: &PastRun,
    index: usize,
    cell: &Cell,
    before: Timestamp,
    events: &mut Vec<Event>,
) -> Timestamp {
    let timing = timing(cell);
    let begun = time(cell, "papermill", "start_time").or(timing.busy_at);
    let ended = time(cell, "papermill", "end_time").or(timing.reply_at);
    let failed = run.cell.is_some_and(|failed| failed == index as u64);
    if begun.is_none() && cell.execution_count().is_none() && cell.outputs().is_empty() && !failed {
        return before;
    }
    let at = begun.unwrap_or(before);
    let end = ended.unwrap_or(at).max(at);
    events.push(Event::CellStarted { cell: index, at });
    if let Some(execution_count) = cell.execution_count() {
        events.push(Event::ExecuteInput {
            cell: index,
            execution_count,
            at: timing.input_at.unwrap_or(at),
        });
    }
    events.extend(cell.outputs().iter().map(|output| Event::Output {
        cell: index,
        output: output.clone(),
        display_id: None,
        at: end,
    }));
    events.push(Event::CellFinished {
        cell: index,
        status: if failed {
            CellStatus::Failed
        } else {
            CellStatus::Completed
        },
        execution_count: cell.execution_count(),
        timing,
        error: error(cell),
        at: end,
    });
    end
}

/// The exception a cell shows.
fn error(cell: &Cell) -> Option<CellError> {
    cell.outputs().iter().find_map(|output| match &output.kind {
        OutputKind::Error {
            ename,
            evalue,
            traceback,
        } => Some(CellError {
            ename: ename.clone(),
            evalue: evalue.clone(),
            traceback: traceback.clone(),
        }),
        _ => None,
    })
}

fn timing(cell: &Cell) -> CellTiming {
    let at = |key| time(cell, "execution", key);
    CellTiming {
        busy_at: at("iopub.status.busy"),
        input_at: at("iopub.execute_input"),
        reply_at: at("shell.execute_reply"),
        idle_at: at("iopub.status.idle"),
    }
}

fn time(cell: &Cell, block: &str, key: &str) -> Option<Timestamp> {
    instant(cell.metadata.get(block)?.get(key)?.as_str()?)
}

fn outcome(run: &PastRun, notebook: &Notebook) -> Outcome {
    let status = match run.state {
        AttemptState::Succeeded => RunStatus::Succeeded,
        AttemptState::Cancelled => RunStatus::Cancelled,
        _ => RunStatus::Failed,
    };
    let cell = run.cell.and_then(|cell| usize::try_from(cell).ok());
    let cell = cell.filter(|cell| *cell < notebook.cells.len());
    let shown = cell.and_then(|cell| error(&notebook.cells[cell]));
    let said = run.ename.as_ref().map(|ename| CellError {
        ename: ename.clone(),
        evalue: run.evalue.clone().unwrap_or_default(),
        traceback: Vec::new(),
    });
    Outcome {
        class: run.class.map(class),
        reason: run.reason.clone(),
        cell,
        error: shown.or(said),
        ..Outcome::new(status)
    }
}

fn class(class: Class) -> FailureClass {
    match class {
        Class::User => FailureClass::User,
        Class::Timeout => FailureClass::Timeout,
        Class::Resource => FailureClass::Resource,
        Class::Platform => FailureClass::Platform,
        Class::Invalid | Class::Upstream => FailureClass::Invalid,
    }
}

#[cfg(test)]
mod tests;
