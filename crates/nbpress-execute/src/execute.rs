//! The story of a run: prepare, find a kernel, open a record, run the cells, publish, close.

mod finish;
mod plan;
mod start;

use std::path::Path;

use nbpress_format::notebook::Notebook;
use nbpress_kernel::{FoundKernel, KernelFinder, LocalProvisioner};
use nbpress_record::{Document, Event, Outcome, Recorder, RunId, Store};
use nbpress_storage::{Location, Storage, StorageErrorKind};
use tokio::sync::watch;

use crate::error::ExecuteError;
use crate::keep::Kept;
use crate::options::ExecuteOptions;
use crate::prepare::{Prepared, prepare};
use crate::publish::Publisher;
use crate::resume::Place;
use crate::run::record_failed;
use crate::stop::Stop;

pub use plan::Step;

pub(crate) use plan::kernels_run;

use plan::{clear_outputs, find_kernel, header, working_directory};

/// What a run needs from its surroundings.
#[derive(Debug)]
pub struct Context {
    /// Reads the source and writes the output.
    pub storage: Storage,
    /// Keeps the record.
    pub store: Store,
    /// Finds kernels.
    pub finder: KernelFinder,
    /// Starts them.
    pub provisioner: LocalProvisioner,
}

/// Is told of every event, after it has been recorded.
pub trait Observer {
    /// `document` is the notebook as of this event.
    fn event(&mut self, event: &Event, document: &Document);
}

/// A run that ended, well or badly.
#[derive(Debug)]
pub struct Finished {
    /// Its id.
    pub run_id: RunId,
    /// How it ended.
    pub outcome: Outcome,
    /// The output notebook.
    pub notebook: Notebook,
    /// Why the output could not be published, if so; the record is complete all the same.
    pub unpublished: Option<ExecuteError>,
    /// Why the record could not be closed, if so; what was recorded until then can be read.
    pub unrecorded: Option<ExecuteError>,
    /// Whether a record of it exists.
    pub recorded: bool,
    /// What is kept of the state of its kernel, where that was wanted and the run did not succeed.
    pub kept: Option<Kept>,
}

impl Finished {
    /// The position in [`Finished::notebook`] of the cell the run ended in: papermill's markers may
    /// have moved it.
    pub fn failing_cell(&self) -> Option<usize> {
        let cell = self.outcome.cell?;
        let markers = |upto: usize| {
            self.notebook.cells[..upto]
                .iter()
                .filter(|cell| cell.has_tag(nbpress_record::ERROR_MARKER_TAG))
                .count()
        };
        // At most two markers stand before it.
        (cell..self.notebook.cells.len().min(cell + 3)).find(|&at| {
            at - markers(at) == cell
                && !self.notebook.cells[at].has_tag(nbpress_record::ERROR_MARKER_TAG)
        })
    }
}

/// Executes a notebook.
///
/// A run that starts always ends in [`Finished`], whatever happens to its kernel; the journal holds
/// every event before `observer` hears of it. `stop` ends the run early.
///
/// # Errors
/// Nothing was started: the notebook, its parameters, its kernel or the output cannot be used.
pub async fn execute(
    context: &Context,
    options: &ExecuteOptions,
    observer: &mut dyn Observer,
    stop: watch::Receiver<Stop>,
) -> Result<Finished, ExecuteError> {
    let prepared = unless_stopped(&stop, prepare(&context.storage, options)).await??;
    let kernel = find_kernel(&context.finder, options, &prepared)?;
    let working_directory = working_directory(options);
    let mut document = prepared.notebook.clone();
    let plan = clear_outputs(&mut document, options);
    let parent = options.resume.as_deref();
    let place = parent
        .map(|parent| parent.place(&document, &plan))
        .transpose()?;
    let header = header(options, &prepared, &working_directory);
    let first = Event::RunStarted {
        header: header.clone(),
        notebook: document.clone(),
    };
    let mut open = OpenRun {
        recorder: context.store.begin(header, document)?,
        publisher: options
            .output
            .as_ref()
            .map(|output| Publisher::new(&context.storage, output, options)),
        stop,
    };
    if let Err(error) = open.first_save(options).await {
        open.recorder.discard()?;
        return Err(error);
    }
    observer.event(&first, open.recorder.document());
    let start = Start {
        kernel: &kernel,
        working_directory: &working_directory,
        prepared: &prepared,
        plan: &plan,
        place: place.as_ref(),
    };
    let outcome = Box::pin(open.run(context, options, &start, observer)).await;
    let outcome = outcome.unwrap_or_else(|error| record_failed(&error));
    Ok(open.finish(options, observer, outcome).await)
}

/// Whether a notebook could be executed: loads and prepares it and finds its kernel. Nothing is
/// started and nothing is written.
///
/// # Errors
/// The notebook, its parameters or its kernel cannot be used.
pub async fn check(context: &Context, options: &ExecuteOptions) -> Result<(), ExecuteError> {
    let prepared = prepare(&context.storage, options).await?;
    find_kernel(&context.finder, options, &prepared).map(drop)
}

/// Does what comes before a run, which leaves nothing behind when it is broken off.
async fn unless_stopped<T>(
    stop: &watch::Receiver<Stop>,
    work: impl Future<Output = T>,
) -> Result<T, ExecuteError> {
    let mut stop = stop.clone();
    tokio::select! {
        Ok(stop) = stop.wait_for(|stop| stop.times > 0) => {
            Err(ExecuteError::Stopped { signal: stop.signal })
        }
        done = work => Ok(done),
    }
}

/// What is to be run, on what.
struct Start<'a> {
    kernel: &'a FoundKernel,
    working_directory: &'a Path,
    prepared: &'a Prepared,
    plan: &'a [Step],
    /// Where to go on, of a run that has a parent.
    place: Option<&'a Place>,
}

/// A run whose record is open.
struct OpenRun<'a> {
    recorder: Recorder,
    publisher: Option<Publisher<'a>>,
    stop: watch::Receiver<Stop>,
}

impl OpenRun<'_> {
    /// Shows that the output can be written before a kernel is started for it.
    async fn first_save(&mut self, options: &ExecuteOptions) -> Result<(), ExecuteError> {
        let notebook = &self.recorder.document().notebook;
        let Some(publisher) = &mut self.publisher else {
            return Ok(());
        };
        if !publisher.starts_with_a_save() {
            return Ok(());
        }
        unless_stopped(&self.stop, publisher.publish(notebook))
            .await?
            .map_err(|source| output_error(options, source))
    }
}

fn output_name(options: &ExecuteOptions) -> String {
    let output = options.output.as_ref().map(Location::to_string);
    output.unwrap_or_default()
}

fn output_error(options: &ExecuteOptions, source: nbpress_storage::StorageError) -> ExecuteError {
    let output = output_name(options);
    if matches!(source.kind(), StorageErrorKind::AlreadyExists { .. }) {
        return ExecuteError::OutputExists { output };
    }
    ExecuteError::Output { output, source }
}
