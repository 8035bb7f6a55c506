//! The story of a run: prepare, find a kernel, open a record, run the cells, publish, close.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nbpress_format::json::Json;
use nbpress_format::notebook::Notebook;
use nbpress_kernel::{
    Enforcement, FoundKernel, Kernel, KernelFinder, LaunchRequest, LocalProvisioner, StartError,
};
use nbpress_record::{
    Document, Event, FailureClass, KernelInfo, NoteLevel, Outcome, RecordError, Recorder,
    RunHeader, RunId, RunStatus, Source, Store,
};
use nbpress_storage::{Location, Storage, StorageErrorKind};
use tokio::sync::watch;

use crate::environment;
use crate::error::ExecuteError;
use crate::keep::Kept;
use crate::options::{CellSelection, ExecuteOptions, Manners};
use crate::parameterize::INJECTED_TAG;
use crate::prepare::{Prepared, prepare};
use crate::publish::Publisher;
use crate::resume::{self, Begun, Place};
use crate::run::{Run, failed, record_failed, stopped};
use crate::stop::Stop;
use crate::tables;

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

impl<'a> OpenRun<'a> {
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

    /// From the kernel's start to its end. An error means that no more can be recorded.
    async fn run(
        &mut self,
        context: &Context,
        options: &'a ExecuteOptions,
        start: &Start<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, RecordError> {
        for text in start.prepared.warnings.iter().cloned() {
            let (level, at) = (NoteLevel::Warning, Timestamp::now());
            record(
                &mut self.recorder,
                observer,
                &Event::Note { level, text, at },
            )?;
        }
        let request = LaunchRequest {
            kernel: start.kernel,
            working_directory: start.working_directory,
            environment: &kernel_environment(options, &self.recorder.run_id()),
            limits: options.limits,
        };
        let (place, plan) = (start.place, start.plan);
        let notebook = &self.recorder.document().notebook;
        let starting = resume::begin(
            &context.provisioner,
            &request,
            options,
            notebook,
            place,
            plan,
        );
        let begun = match unless_stopped(&self.stop, starting).await {
            Ok(Ok(begun)) => begun,
            Ok(Err(error)) => return Ok(not_started(&error, start.kernel)),
            // The process has ended with the future that started it.
            Err(_) => return Ok(stopped_while_starting(&self.stop)),
        };
        let Begun {
            mut kernel,
            plan,
            resumption,
        } = begun;
        let event = Event::KernelStarted {
            kernel: describe(context, options, start.kernel, &kernel),
            at: Timestamp::now(),
        };
        record(&mut self.recorder, observer, &event)?;
        if let Some(enforcement) = kernel.enforcement().filter(|found| !found.complete) {
            record(&mut self.recorder, observer, &limits_warning(enforcement))?;
        }
        if let Some(resumption) = resumption {
            let at = Timestamp::now();
            record(
                &mut self.recorder,
                observer,
                &Event::Resumed { resumption, at },
            )?;
        }
        if let Some(limits) = options.tables {
            tables::begin(limits, &mut kernel, &self.recorder, options).await?;
        }
        self.keep(options, &mut kernel, observer).await?;
        let stop = self.stop.clone();
        let mut run = Run::new(
            kernel,
            (&mut self.recorder, &mut self.publisher),
            observer,
            options,
            stop,
        );
        Ok(run
            .cells(&plan, start.prepared.secret_assignment.as_ref())
            .await)
    }

    async fn keep(
        &mut self,
        options: &ExecuteOptions,
        kernel: &mut Kernel,
        observer: &mut dyn Observer,
    ) -> Result<(), RecordError> {
        let Some(keeping) = &options.keep else {
            return Ok(());
        };
        let run_id = self.recorder.run_id();
        let Some(text) = keeping.begin(kernel, run_id, options).await else {
            return Ok(());
        };
        let (level, at) = (NoteLevel::Warning, Timestamp::now());
        record(
            &mut self.recorder,
            observer,
            &Event::Note { level, text, at },
        )
    }

    /// Records the outcome, publishes the output, closes the record: each whether or not the one
    /// before could be done.
    async fn finish(
        mut self,
        options: &ExecuteOptions,
        observer: &mut dyn Observer,
        mut outcome: Outcome,
    ) -> Finished {
        let run_id = self.recorder.run_id();
        let kept = settle_kept(options, run_id, &outcome);
        let mut unrecorded = self.record_outcome(observer, &mut outcome).err();
        let notebook = self.notebook(&outcome);
        let unpublished = self.publish(options, &notebook).await.err();
        let recorded = options.keep_record || unpublished.is_some();
        // A journal without an end stays as it is; its readers say that the run was cut off.
        if unrecorded.is_none() {
            let closed = if recorded {
                self.recorder.finish().map(drop)
            } else {
                self.recorder.discard()
            };
            unrecorded = closed.err();
        }
        Finished {
            run_id,
            outcome,
            notebook,
            unpublished,
            unrecorded: unrecorded.map(ExecuteError::Record),
            recorded,
            kept,
        }
    }

    fn record_outcome(
        &mut self,
        observer: &mut dyn Observer,
        outcome: &mut Outcome,
    ) -> Result<(), RecordError> {
        let event = run_finished(outcome);
        let written = match self.recorder.append(&event) {
            // A full disk has room now: the run's reserve.
            Err(error) if error.is_disk_full() => self.recorder.append(&event),
            written => written,
        };
        match &written {
            Ok(()) => observer.event(&event, self.recorder.document()),
            Err(error) if outcome.status == RunStatus::Succeeded => {
                *outcome = record_failed(error);
            }
            Err(_) => {}
        }
        written
    }

    /// The output notebook; it says how the run ended even where the journal could not.
    fn notebook(&self, outcome: &Outcome) -> Notebook {
        let document = self.recorder.document();
        if document.outcome().is_some() {
            return document.finished_notebook();
        }
        let mut document = document.clone();
        document.apply(&run_finished(outcome));
        document.into_finished_notebook()
    }

    async fn publish(
        &mut self,
        options: &ExecuteOptions,
        notebook: &Notebook,
    ) -> Result<(), ExecuteError> {
        let Some(publisher) = &mut self.publisher else {
            return Ok(());
        };
        // The signal that ended the run does not end this; another one does.
        self.stop.mark_unchanged();
        let saved = publisher.publish_unless(notebook, self.stop.clone()).await;
        let given_up = || ExecuteError::OutputGivenUp {
            output: output_name(options),
        };
        saved
            .ok_or_else(given_up)?
            .map_err(|source| output_error(options, source))
    }
}

/// What is kept of a run that has ended. Once it went on well from its parent, that one's state is not needed.
fn settle_kept(options: &ExecuteOptions, run_id: RunId, outcome: &Outcome) -> Option<Kept> {
    if let Some(parent) = options.resume.as_ref()
        && outcome.status == RunStatus::Succeeded
    {
        let earlier = parent.earlier.iter().map(|earlier| &earlier.copies);
        for copies in earlier.chain([&parent.copies]) {
            nbpress_kernel::kept::drop_all(copies);
        }
    }
    let keeping = options.keep.as_ref()?;
    keeping.end(run_id, outcome)
}

fn run_finished(outcome: &Outcome) -> Event {
    Event::RunFinished {
        outcome: outcome.clone(),
        at: Timestamp::now(),
    }
}

/// Limits that do not hold, or not for all processes together, are not only noted but said.
fn limits_warning(enforcement: &Enforcement) -> Event {
    Event::Note {
        level: NoteLevel::Warning,
        text: format!("limits: {}", enforcement.text),
        at: Timestamp::now(),
    }
}

fn stopped_while_starting(stop: &watch::Receiver<Stop>) -> Outcome {
    let stop = *stop.borrow();
    let name = nbpress_kernel::process::signal_name(stop.signal);
    Outcome {
        reason: Some(format!("stopped by {name} while the kernel was starting")),
        ..stopped(stop)
    }
}

fn record(
    recorder: &mut Recorder,
    observer: &mut dyn Observer,
    event: &Event,
) -> Result<(), RecordError> {
    recorder.append(event)?;
    observer.event(event, recorder.document());
    Ok(())
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

fn find_kernel(
    finder: &KernelFinder,
    options: &ExecuteOptions,
    prepared: &Prepared,
) -> Result<FoundKernel, ExecuteError> {
    match (&prepared.kernel, &prepared.language) {
        (Some(name), language) => match (finder.by_name(name), language) {
            (Ok(found), _) => Ok(found?),
            // A notebook from elsewhere names a kernel of somebody else's machine; only a kernel
            // asked for by name must be that one.
            (Err(missing), Some(language))
                if options.kernel.is_none() && options.manners == Manners::Nbpress =>
            {
                finder
                    .by_language(language)
                    .map_err(|_| ExecuteError::KernelNotFound(missing))
            }
            (Err(missing), _) => Err(missing.into()),
        },
        (None, Some(language)) => Ok(finder.by_language(language)?),
        (None, None) => Err(ExecuteError::NoKernelNamed {
            notebook: options.source.to_string(),
        }),
    }
}

fn working_directory(options: &ExecuteOptions) -> PathBuf {
    let current = || std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    if let Some(folder) = &options.working_directory {
        return current().join(folder);
    }
    match options.source.is_local().and_then(Path::parent) {
        Some(folder) => current().join(folder),
        None => current(),
    }
}

fn kernel_environment(
    options: &ExecuteOptions,
    run_id: &RunId,
) -> std::collections::BTreeMap<String, String> {
    let mut environment = options.environment.clone();
    environment.insert("NBPRESS_RUN_ID".to_owned(), kernels_run(options, *run_id));
    // papermill's: debugpy otherwise warns about frozen modules in every run.
    environment.insert("PYDEVD_DISABLE_FILE_VALIDATION".to_owned(), "1".to_owned());
    environment
}

/// The run that the kernel is told it is part of.
pub(crate) fn kernels_run(options: &ExecuteOptions, run_id: RunId) -> String {
    let record = || run_id.to_string();
    options.part_of.clone().unwrap_or_else(record)
}

fn header(options: &ExecuteOptions, prepared: &Prepared, working_directory: &Path) -> RunHeader {
    let folder = options
        .source
        .is_local()
        .and_then(Path::parent)
        .map_or(working_directory, |folder| folder);
    RunHeader {
        run_id: options.run_id.unwrap_or_else(RunId::new),
        nbpress_version: env!("CARGO_PKG_VERSION").to_owned(),
        command: options.command.clone(),
        source: Source {
            path: options.source.to_string(),
            sha256: prepared.source_sha256.clone(),
        },
        output_path: options.output.as_ref().map(Location::to_string),
        parameters: prepared.parameters.clone(),
        working_directory: Some(working_directory.display().to_string()),
        platform: environment::platform(),
        git_commit: environment::git_commit(
            &std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()),
        ),
        sweep: options.sweep.clone(),
        parent: options
            .resume
            .as_ref()
            .map(|parent| parent.document.header().run_id),
        tags: options.tags.clone(),
        started_at: Timestamp::now(),
    }
}

/// Empties the outputs of the cells that will run and returns those cells.
fn clear_outputs(notebook: &mut Notebook, options: &ExecuteOptions) -> Vec<Step> {
    let mut source_position = 0;
    let mut plan = Vec::with_capacity(notebook.cells.len());
    for cell in &mut notebook.cells {
        let injected = cell.has_tag(INJECTED_TAG);
        let is_parameters = injected || cell.has_tag("parameters");
        let selected = is_parameters
            || match &options.cells {
                CellSelection::All => true,
                CellSelection::Only(positions) => positions.contains(&source_position),
                CellSelection::Tagged(tags) => tags.iter().any(|tag| cell.has_tag(tag)),
            };
        source_position += usize::from(!injected);
        let skipped = options.skip_tags.iter().any(|tag| cell.has_tag(tag));
        let step = match (selected && !skipped, cell.is_code()) {
            (true, true) => Step::Run,
            (true, false) => Step::Pass,
            (false, _) => Step::Skip,
        };
        if cell.is_code() && (step == Step::Run || options.manners == Manners::Papermill) {
            cell.clear_outputs();
        }
        plan.push(step);
    }
    plan
}

/// What happens to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its code is sent to the kernel.
    Run,
    /// There is nothing to run: Markdown, raw.
    Pass,
    /// It was asked to be left out.
    Skip,
    /// The kernel has what it did in another run, where it was this cell.
    Carry(usize),
}

fn describe(
    context: &Context,
    options: &ExecuteOptions,
    found: &FoundKernel,
    kernel: &Kernel,
) -> KernelInfo {
    let info = kernel.info();
    // A record that will be thrown away needs no list of packages.
    let environment = options
        .keep_record
        .then(|| environment::packages(found))
        .flatten();
    KernelInfo {
        name: kernel.name().to_owned(),
        implementation: info.implementation.clone(),
        implementation_version: info.implementation_version.clone(),
        language: info.language().to_owned(),
        language_version: info.language_version().to_owned(),
        protocol_version: info.protocol_version.clone(),
        environment: environment.and_then(|packages| {
            context
                .store
                .put_blob(Json::Object(packages).to_compact().as_bytes())
                .ok()
        }),
        pid: Some(kernel.process_id()),
        limits: kernel
            .enforcement()
            .map(|enforcement| enforcement.text.clone()),
    }
}

fn not_started(error: &StartError, kernel: &FoundKernel) -> Outcome {
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        reason = format!("{reason}: {cause}");
        source = cause.source();
    }
    if let Some(last) = error.log().trim().lines().last() {
        reason = format!("{reason}: {last}");
    }
    if let Some(hint) = error.hint(kernel) {
        reason = format!("{reason}; {hint}");
    }
    let class = match error {
        StartError::Timeout { .. } => FailureClass::Timeout,
        StartError::Launch(_) => FailureClass::Invalid,
        StartError::ExitedEarly { exit, .. } if exit.out_of_memory => FailureClass::Resource,
        StartError::ExitedEarly { .. } => FailureClass::Platform,
    };
    let signal = match error {
        StartError::ExitedEarly { exit, .. } => exit.signal,
        _ => None,
    };
    Outcome {
        reason: Some(reason),
        signal,
        ..failed(class)
    }
}
