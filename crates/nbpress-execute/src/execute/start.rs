//! From the start of the kernel to its end.

use jiff::Timestamp;
use nbpress_format::json::Json;
use nbpress_kernel::{Enforcement, FoundKernel, Kernel, LaunchRequest, StartError};
use nbpress_record::{Event, FailureClass, KernelInfo, NoteLevel, Outcome, RecordError, Recorder};
use tokio::sync::watch;

use super::plan::kernel_environment;
use super::{Context, Observer, OpenRun, Start, unless_stopped};
use crate::environment;
use crate::options::ExecuteOptions;
use crate::resume::{self, Begun};
use crate::run::{Run, failed, stopped};
use crate::stop::Stop;
use crate::tables;

impl<'a> OpenRun<'a> {
    /// From the kernel's start to its end. An error means that no more can be recorded.
    pub(super) async fn run(
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
