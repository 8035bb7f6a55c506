//! A kernel with the state from just before one cell of a run, for a person to look around in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use nbpress_kernel::kernel::is_idle;
use nbpress_kernel::{FoundKernel, Kernel, KernelEvent, LaunchRequest, Limits, StartError};
use nbpress_protocol::Channel;
use nbpress_record::Resumption;
use nbpress_storage::{Location, LocationError};

use super::{Parent, begin};
use crate::error::ExecuteError;
use crate::execute::{Context, Step};
use crate::options::ExecuteOptions;

/// Why there is no such kernel.
#[derive(Debug, thiserror::Error)]
pub enum RevisitError {
    /// There is no cell to stop before.
    #[error(transparent)]
    Place(#[from] ExecuteError),
    /// The record does not say where the notebook was.
    #[error("the record names no notebook")]
    Source(#[from] LocationError),
    /// No kernel started.
    #[error("failed to start the kernel")]
    Start(#[from] StartError),
    /// The cells before were run again, and the kernel ended in one of them.
    #[error("the kernel ended in cell {} of those that ran again", cell + 1)]
    Ended {
        /// The cell, by its index.
        cell: usize,
    },
}

/// A kernel in the state from just before the parent's failing cell, or the one it is to go on at; how it came to
/// that state, too. Where no copy has it, the code cells before run again in `folder`, and may raise as they did.
///
/// # Errors
/// See [`RevisitError`].
pub async fn revisit(
    context: &Context,
    parent: Parent,
    kernel: &FoundKernel,
    environment: &BTreeMap<String, String>,
    folder: &Path,
) -> Result<(Kernel, Resumption), RevisitError> {
    let notebook = parent.document.notebook.clone();
    let plan: Vec<Step> = notebook
        .cells
        .iter()
        .map(|cell| {
            if cell.is_code() {
                Step::Run
            } else {
                Step::Pass
            }
        })
        .collect();
    let place = parent.place(&notebook, &plan)?;
    let request = LaunchRequest {
        kernel,
        working_directory: folder,
        environment,
        limits: Limits::default(),
    };
    let source = Location::parse(&parent.document.header().source.path)?;
    let mut options = ExecuteOptions::new(source);
    options.resume = Some(Arc::new(parent));
    let begun = begin(
        &context.provisioner,
        &request,
        &options,
        &notebook,
        Some(&place),
        &plan,
    )
    .await?;
    let mut kernel = begun.kernel;
    for (cell, step) in begun.plan.iter().enumerate().take(place.cell) {
        if *step == Step::Run && !run(&mut kernel, &notebook.cells[cell].source).await {
            return Err(RevisitError::Ended { cell });
        }
    }
    let resumption = begun
        .resumption
        .unwrap_or_else(|| place.by(nbpress_record::Way::Rerun, 0, Vec::new()));
    Ok((kernel, resumption))
}

/// Runs code to its end, whatever it says; `false` when the kernel ended.
async fn run(kernel: &mut Kernel, code: &str) -> bool {
    let request = kernel.execute(code, false).await;
    let (mut replied, mut idle) = (false, false);
    while !(replied && idle) {
        match kernel.next().await {
            KernelEvent::Message(channel, message)
                if message.parent_id() == Some(request.as_str()) =>
            {
                replied |= channel == Channel::Shell;
                idle |= is_idle(&message);
            }
            KernelEvent::Message(..) | KernelEvent::Log(_) => {}
            KernelEvent::Exited(_) => return false,
        }
    }
    true
}
