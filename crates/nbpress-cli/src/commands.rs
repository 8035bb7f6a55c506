//! One module per command.

pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod inspect;
pub(crate) mod kernels;
pub(crate) mod papermill;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod scraps;
pub(crate) mod show;
mod source;
pub(crate) mod sweep;

use crate::args::Command;
use crate::printer::Printer;
use crate::settings::Settings;

/// Runs a command and returns its exit code.
pub(crate) async fn dispatch(
    printer: Printer,
    settings: &Settings,
    command: Command,
) -> anyhow::Result<u8> {
    match command {
        Command::Run(args) => Box::pin(run::run(printer, settings, &args)).await,
        Command::Sweep(args) => sweep::sweep(printer, settings, &args).await,
        Command::Inspect(args) => inspect::inspect(printer, settings, &args).await,
        Command::Papermill(args) => Box::pin(papermill::papermill(printer, settings, &args)).await,
        Command::Demo(args) => Box::pin(demo::demo(printer, settings, &args)).await,
        Command::Show(args) => show::show(printer, settings, &args),
        Command::Runs(args) => runs::runs(printer, settings, &args),
        Command::Export(args) => export::export(printer, settings, &args).await,
        Command::Scraps(args) => scraps::scraps(printer, settings, &args).await,
        Command::Verify(args) => show::verify(printer, settings, &args),
        Command::Kernels(args) => kernels::kernels(printer, settings, &args),
        Command::Doctor(args) => doctor::doctor(printer, settings, &args).await,
    }
}
