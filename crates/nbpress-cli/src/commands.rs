//! One module per command.

pub(crate) mod config;
pub(crate) mod debug;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod jobs;
pub(crate) mod kept;
pub(crate) mod kernel_host;
pub(crate) mod kernels;
pub(crate) mod papermill;
pub(crate) mod places;
pub(crate) mod ready;
mod remote_worker;
pub(crate) mod resume;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod schedules;
pub(crate) mod scraps;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod shares;
pub(crate) mod show;
mod source;
pub(crate) mod submit;
pub(crate) mod sweep;
pub(crate) mod tokens;
pub(crate) mod users;

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
        Command::Resume(args) => Box::pin(resume::resume(printer, settings, &args)).await,
        Command::Debug(args) => Box::pin(debug::debug(printer, settings, &args)).await,
        Command::Kept(args) => kept::kept(printer, settings, &args),
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
        Command::Serve(args) => Box::pin(serve::serve(printer, settings, &args)).await,
        Command::Config(args) => config::config(printer, settings, &args),
        Command::Runner(args) => Box::pin(serve::runner(printer, settings, &args)).await,
        Command::KernelHost(args) => Box::pin(kernel_host::kernel_host(settings, &args)).await,
        Command::Ready(args) => ready::ready(printer, settings, &args).await,
        Command::Submit(args) => submit::submit(printer, settings, &args).await,
        Command::Queue(args) => places::queue(printer, settings, &args).await,
        Command::Logs(args) => submit::logs(printer, settings, &args).await,
        Command::Cancel(args) => submit::cancel(printer, settings, &args).await,
        Command::Retry(args) => submit::retry(printer, settings, &args).await,
        Command::Restart(args) => submit::again(printer, settings, &args, false).await,
        Command::Job(args) => Box::pin(jobs::job(printer, settings, &args)).await,
        Command::Schedule(args) => Box::pin(schedules::schedule(printer, settings, &args)).await,
        Command::Backfill(args) => schedules::backfill(printer, settings, &args).await,
        Command::Batch(args) => schedules::batch(printer, settings, &args).await,
        Command::Pool(args) => places::pool(printer, settings, &args).await,
        Command::Profile(args) => places::profile(printer, settings, &args).await,
        Command::Worker(args) => places::worker(printer, settings, &args).await,
        Command::User(args) => users::user(printer, settings, &args).await,
        Command::Token(args) => tokens::token(printer, settings, &args).await,
        Command::Share(args) => shares::share(printer, settings, &args).await,
        Command::Channel(args) => places::channel(printer, settings, &args).await,
        Command::Import(args) => Box::pin(import::import(printer, settings, &args)).await,
        Command::Search(args) => search::search(printer, settings, &args).await,
        Command::Index(args) => search::index(printer, settings, &args).await,
        Command::Audit(args) => places::audit(printer, settings, &args).await,
        Command::Sql(args) => places::sql(printer, settings, &args).await,
        Command::Doctor(args) => doctor::doctor(printer, settings, &args).await,
    }
}
