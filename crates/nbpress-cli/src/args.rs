//! The command line.

use std::path::Path;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::commands::config::ConfigArgs;
use crate::commands::debug::DebugArgs;
use crate::commands::demo::DemoArgs;
use crate::commands::doctor::DoctorArgs;
use crate::commands::export::ExportArgs;
use crate::commands::import::ImportArgs;
use crate::commands::inspect::InspectArgs;
use crate::commands::jobs::JobArgs;
use crate::commands::kept::KeptArgs;
use crate::commands::kernel_host::KernelHostArgs;
use crate::commands::kernels::KernelsArgs;
use crate::commands::papermill::{PapermillArgs, with_values_apart};
use crate::commands::places::{
    AuditArgs, ChannelArgs, PoolArgs, ProfileArgs, QueueArgs, SqlArgs, WorkerArgs,
};
use crate::commands::ready::ReadyArgs;
use crate::commands::resume::ResumeArgs;
use crate::commands::run::RunArgs;
use crate::commands::runs::RunsArgs;
use crate::commands::schedules::{BackfillArgs, BatchArgs, ScheduleArgs};
use crate::commands::scraps::ScrapsArgs;
use crate::commands::search::{IndexArgs, SearchArgs};
use crate::commands::serve::{RunnerArgs, ServeArgs};
use crate::commands::shares::ShareArgs;
use crate::commands::show::{ShowArgs, VerifyArgs};
use crate::commands::submit::{AgainArgs, CancelArgs, LogsArgs, RetryArgs, SubmitArgs};
use crate::commands::sweep::SweepArgs;
use crate::commands::tokens::TokenArgs;
use crate::commands::users::UserArgs;
use crate::configuration::{self, ConfigurationError};
use crate::help;
use crate::printer::Printer;
use crate::settings::Settings;

/// Run notebooks with parameters and keep a true record of what happened.
#[derive(Debug, Parser)]
#[command(
    name = "nbpress",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = help::NBPRESS
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(after_help = help::RUN)]
    Run(Box<RunArgs>),
    #[command(after_help = help::RESUME)]
    Resume(Box<ResumeArgs>),
    Debug(DebugArgs),
    Kept(KeptArgs),
    #[command(after_help = help::SWEEP)]
    Sweep(Box<SweepArgs>),
    Inspect(InspectArgs),
    Runs(RunsArgs),
    Show(ShowArgs),
    Export(ExportArgs),
    Scraps(ScrapsArgs),
    Verify(VerifyArgs),
    Kernels(KernelsArgs),
    Ready(ReadyArgs),
    Doctor(DoctorArgs),
    #[command(after_help = help::PAPERMILL)]
    Papermill(Box<PapermillArgs>),
    Demo(DemoArgs),
    #[command(after_help = help::SERVE)]
    Serve(Box<ServeArgs>),
    Config(ConfigArgs),
    #[command(after_help = help::SUBMIT)]
    Submit(Box<SubmitArgs>),
    Queue(QueueArgs),
    Logs(LogsArgs),
    Cancel(CancelArgs),
    Retry(RetryArgs),
    /// Do a run of the server again, from the tasks that did not succeed.
    Restart(AgainArgs),
    Job(JobArgs),
    Schedule(ScheduleArgs),
    Backfill(BackfillArgs),
    Batch(BatchArgs),
    Pool(PoolArgs),
    Profile(ProfileArgs),
    Worker(WorkerArgs),
    Channel(ChannelArgs),
    User(UserArgs),
    Token(TokenArgs),
    Share(ShareArgs),
    /// Take over what papermill, jupyter-scheduler and cron have and did.
    Import(ImportArgs),
    Search(SearchArgs),
    Index(IndexArgs),
    Audit(AuditArgs),
    /// Ask the server with SQL: `runs`, `params`, `scraps` and `cells`.
    Sql(SqlArgs),
    #[command(hide = true)]
    Runner(RunnerArgs),
    #[command(hide = true)]
    KernelHost(KernelHostArgs),
}

/// Reads the command line; prints help or a usage error and ends the process where that is the
/// answer. A binary named `papermill` is `nbpress papermill`.
///
/// # Errors
/// What file and environment say of the command's settings cannot be used.
pub(crate) fn parse(printer: Printer, settings: &Settings) -> Result<Command, ConfigurationError> {
    let mut words: Vec<_> = std::env::args_os().collect();
    let named = words
        .first()
        .and_then(|word| Path::new(word).file_name().map(ToOwned::to_owned));
    if named.is_some_and(|name| name == "papermill") {
        words.insert(1, "papermill".into());
    }
    if words.get(1).is_some_and(|word| word == "papermill") {
        words = with_values_apart(words);
    }
    let command = configuration::applied(Arguments::command(), settings, &words)?;
    let command = help::grouped(command, printer);
    let read = command.try_get_matches_from(words);
    let read = read.and_then(|matches| Arguments::from_arg_matches(&matches));
    let read = read.unwrap_or_else(|error| help::without_own(error).exit());
    Ok(read.command)
}

/// The whole command line, for those who ask what there is.
pub(crate) fn command() -> clap::Command {
    Arguments::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_one_group_of_the_help() {
        let command = Arguments::command();
        let visible = command
            .get_subcommands()
            .filter(|command| !command.is_hide_set());
        let mut names: Vec<&str> = visible.map(clap::Command::get_name).collect();
        let mut grouped: Vec<&str> = help::GROUPS
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        names.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(names, grouped);
    }
}
