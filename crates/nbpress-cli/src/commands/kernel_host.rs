//! `nbpress kernel-host`: the process behind one interactive kernel, which a server starts.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use nbpress_kernel::LocalProvisioner;

use crate::exit_code;
use crate::memory;
use crate::settings::Settings;

/// This program, also after a newer one has taken its place on the disk.
pub(crate) const THIS_PROGRAM: &str = "/proc/self/exe";

/// Serve one interactive kernel: what a server starts.
#[derive(Debug, Args)]
pub(crate) struct KernelHostArgs {
    /// The kernel's folder.
    folder: PathBuf,
}

/// Runs the command and returns its exit code.
pub(crate) async fn kernel_host(settings: &Settings, args: &KernelHostArgs) -> anyhow::Result<u8> {
    let provisioner = LocalProvisioner {
        guard: Some(PathBuf::from(THIS_PROGRAM)),
        ..settings.provisioner()
    };
    let host = nbpress_kernel::host::run(&args.folder, &settings.environment, provisioner);
    let ended = tokio::select! {
        ended = host => ended,
        never = memory::give_back() => match never {},
    };
    ended.with_context(|| format!("failed to serve the kernel in `{}`", args.folder.display()))?;
    Ok(exit_code::OK)
}
