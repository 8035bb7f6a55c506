//! What a run is to do, before anything of it is written or started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nbpress_format::notebook::Notebook;
use nbpress_kernel::{FoundKernel, KernelFinder};
use nbpress_record::{RunHeader, RunId, Source};
use nbpress_storage::Location;

use crate::environment;
use crate::error::ExecuteError;
use crate::options::{CellSelection, ExecuteOptions, Manners};
use crate::parameterize::INJECTED_TAG;
use crate::prepare::Prepared;

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

pub(super) fn find_kernel(
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

pub(super) fn working_directory(options: &ExecuteOptions) -> PathBuf {
    let current = || std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    if let Some(folder) = &options.working_directory {
        return current().join(folder);
    }
    match options.source.is_local().and_then(Path::parent) {
        Some(folder) => current().join(folder),
        None => current(),
    }
}

pub(super) fn kernel_environment(
    options: &ExecuteOptions,
    run_id: &RunId,
) -> BTreeMap<String, String> {
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

pub(super) fn header(
    options: &ExecuteOptions,
    prepared: &Prepared,
    working_directory: &Path,
) -> RunHeader {
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
pub(super) fn clear_outputs(notebook: &mut Notebook, options: &ExecuteOptions) -> Vec<Step> {
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
