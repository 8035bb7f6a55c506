//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::demo::DemoArgs;
use crate::commands::doctor::DoctorArgs;
use crate::commands::export::ExportArgs;
use crate::commands::kernels::KernelsArgs;
use crate::commands::run::RunArgs;
use crate::commands::scraps::ScrapsArgs;
use crate::commands::show::{RunsArgs, ShowArgs, VerifyArgs};

/// Run notebooks with parameters and keep a true record of what happened.
#[derive(Debug, Parser)]
#[command(
    name = "nbpress",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Box<RunArgs>),
    Runs(RunsArgs),
    Show(ShowArgs),
    Export(ExportArgs),
    Scraps(ScrapsArgs),
    Verify(VerifyArgs),
    Kernels(KernelsArgs),
    Doctor(DoctorArgs),
    Demo(DemoArgs),
}

/// Reads the command line; prints help or a usage error and ends the process where that is the
/// answer.
pub(crate) fn parse() -> Command {
    Arguments::parse().command
}
