//! `nbpress doctor`: what is wrong on this machine, and the exact fix.

mod kernels;
mod server;

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::exit_code;
use crate::printer::{Printer, Style, columns, padded, plural, printable};
use crate::private_python::{self, State, SystemPython};
use crate::progress::Live;
use crate::report::Fix;
use crate::settings::Settings;

/// The least and the most columns of what is checked.
const WHAT: (usize, usize) = (9, 20);

/// A store with less room than this is about to lose a run.
const ROOM_NEEDED: u64 = 200 << 20;

/// The longest temporary folder whose sockets still have a name the system accepts: 107 bytes
/// (`sun_path` in unix(7)) without `/nbpress-XXXXXX/k-5`.
const LONGEST_TEMPORARY: usize = 107 - 19;

/// Find what is wrong with store, Python and kernels, and the fix.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Only these kernels.
    kernel: Vec<String>,
    /// Look at what `nbpress serve` needs too: database, stores, address, names, limits.
    #[arg(long)]
    server: bool,
    /// The server's file of settings [default: the one `nbpress serve` would find].
    #[arg(long, value_name = "FILE", requires = "server")]
    config: Option<std::path::PathBuf>,
    /// Print JSON on stdout.
    #[arg(long)]
    json: bool,
    /// Set up the private Python environment with a kernel.
    #[arg(long)]
    fix: bool,
    /// Longest time a kernel may take to answer.
    #[arg(long, value_name = "TIME", value_parser = super::run::parse_duration, default_value = "30")]
    start_timeout: Duration,
}

/// One thing looked at.
#[derive(Debug)]
struct Check {
    what: String,
    verdict: Verdict,
}

#[derive(Debug)]
enum Verdict {
    /// It works; a fact about it.
    Works(String),
    /// It matters to some only.
    Note(Problem),
    /// It does not work.
    Broken(Problem),
}

#[derive(Debug)]
struct Problem {
    reason: String,
    /// What helps; of several, one is enough.
    fixes: Vec<Fix>,
}

impl Problem {
    fn new(reason: impl Into<String>, fixes: Vec<Fix>) -> Self {
        Self {
            reason: reason.into(),
            fixes,
        }
    }
}

pub(crate) async fn doctor(
    printer: Printer,
    settings: &Settings,
    args: &DoctorArgs,
) -> anyhow::Result<u8> {
    if args.fix {
        private_python::ensure(printer, settings)?;
    }
    let page = printer.for_data();
    let chosen = kernels::chosen(settings, &args.kernel)?;
    let longest = chosen.keys().map(|name| columns(name)).max();
    let width = longest.unwrap_or(0).clamp(WHAT.0, WHAT.1);
    let mut problems = 0;
    let mut tell = |check: &Check| {
        problems += usize::from(matches!(check.verdict, Verdict::Broken(_)));
        if args.json {
            return printer.data(&described(check).to_string());
        }
        let mut lines = lines(page, width, check).into_iter();
        lines.try_for_each(|line| printer.data(&line))
    };
    if args.kernel.is_empty() {
        tell(&store(settings))?;
        tell(&temporary_folder())?;
        tell(&python(settings, chosen.is_empty()))?;
    }
    if args.server {
        let checks = server::checks(settings, args.config.as_deref()).await;
        checks.iter().try_for_each(&mut tell)?;
    }
    for (name, found) in chosen {
        let live = Live::new(printer);
        live.show(&printable(&format!("starting kernel {name}")));
        let verdict = kernels::verdict(settings, found, args.start_timeout).await;
        drop(live);
        tell(&Check {
            what: printable(&name),
            verdict,
        })?;
    }
    if problems == 0 {
        return Ok(exit_code::OK);
    }
    if !args.json {
        printer.data("")?;
        printer.data(&format!("{} found", plural(problems, "problem")))?;
    }
    Ok(exit_code::FOUND_PROBLEMS)
}

/// A check for programs.
fn described(check: &Check) -> serde_json::Value {
    let (state, text, fixes) = match &check.verdict {
        Verdict::Works(fact) => ("works", fact, &[][..]),
        Verdict::Note(problem) => ("note", &problem.reason, &problem.fixes[..]),
        Verdict::Broken(problem) => ("broken", &problem.reason, &problem.fixes[..]),
    };
    let fixes: Vec<&String> = fixes
        .iter()
        .map(|fix| match fix {
            Fix::Command(text) | Fix::Advice(text) => text,
        })
        .collect();
    serde_json::json!({"check": check.what, "state": state, "text": text, "fixes": fixes})
}

fn lines(page: Printer, width: usize, check: &Check) -> Vec<String> {
    let (style, mark, text) = match &check.verdict {
        Verdict::Works(fact) => (Style::Green, "✓", fact),
        Verdict::Note(problem) => (Style::Dim, "·", &problem.reason),
        Verdict::Broken(problem) => (Style::Red, "✗", &problem.reason),
    };
    let what = padded(&check.what, width);
    let lead = format!("{} {what}  ", page.paint(style, mark));
    let mut lines = page.wrap(&lead, 4, &printable(text));
    if let Verdict::Note(problem) | Verdict::Broken(problem) = &check.verdict {
        for (index, fix) in problem.fixes.iter().enumerate() {
            let word = if index == 0 { "fix:" } else { "or:" };
            lines.extend(fix_lines(
                page,
                &format!("    {}", page.paint(Style::Cyan, word)),
                fix,
            ));
        }
    }
    lines
}

fn fix_lines(page: Printer, lead: &str, fix: &Fix) -> Vec<String> {
    match fix {
        Fix::Advice(advice) => page.wrap(&format!("{lead} "), 6, &printable(advice)),
        Fix::Command(command) => {
            let command = printable(command);
            let beside = page.wrap(&format!("{lead} "), 6, &command);
            if beside.len() == 1 {
                return beside;
            }
            let below = page.command(6, &command);
            std::iter::once(lead.to_owned()).chain(below).collect()
        }
    }
}

fn store(settings: &Settings) -> Check {
    let home = settings.home.display().to_string();
    let elsewhere = || Fix::command("export NBPRESS_HOME=\"$HOME/nbpress\"");
    let verdict = match settings.store().and_then(|_| try_writing(&settings.home)) {
        Err(error) => {
            let mut causes = error.chain().skip(1);
            let cause = causes.next_back().map(|cause| format!(": {cause}"));
            let reason = format!("`{home}` cannot be written{}", cause.unwrap_or_default());
            Verdict::Broken(Problem::new(reason, vec![elsewhere()]))
        }
        Ok(()) => match free_bytes(&settings.home) {
            Some(free) if free < ROOM_NEEDED => {
                let reason = format!("only {} MiB are free in `{home}`", free >> 20);
                let fixes = vec![Fix::advice("make room there"), elsewhere()];
                Verdict::Broken(Problem::new(reason, fixes))
            }
            Some(free) => Verdict::Works(format!("{home}, {} GiB free", free >> 30)),
            None => Verdict::Works(home),
        },
    };
    Check {
        what: "store".to_owned(),
        verdict,
    }
}

/// Writes a file and removes it: permissions alone do not tell of quotas and read-only mounts.
fn try_writing(folder: &Path) -> anyhow::Result<()> {
    let file = folder.join(format!(".nbpress-doctor-{}", std::process::id()));
    let written = std::fs::File::create(&file).and_then(|_| std::fs::remove_file(&file));
    written.context("failed to write a file")
}

fn free_bytes(folder: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(folder).ok()?;
    space.f_bavail.checked_mul(space.f_frsize)
}

/// Kernels get their sockets there.
fn temporary_folder() -> Check {
    let folder = std::env::temp_dir();
    let shown = folder.display();
    let fix = || vec![Fix::command("export TMPDIR=/tmp")];
    let verdict = if folder.as_os_str().len() > LONGEST_TEMPORARY {
        let reason = format!("the name of `{shown}` is too long for the sockets of kernels");
        Verdict::Broken(Problem::new(reason, fix()))
    } else if let Err(error) = try_writing(&folder) {
        let cause = error.root_cause().to_string();
        let reason = format!("`{shown}` cannot be written: {cause}");
        Verdict::Broken(Problem::new(reason, fix()))
    } else {
        Verdict::Works(shown.to_string())
    };
    Check {
        what: "temporary".to_owned(),
        verdict,
    }
}

/// The private Python environment, and what is needed to make it. Only where there is no kernel at all
/// is its absence a problem.
fn python(settings: &Settings, needed: bool) -> Check {
    let folder = settings.private_python().display().to_string();
    let problem = |reason: String| Problem::new(reason, vec![Fix::command("nbpress doctor --fix")]);
    let verdict = match private_python::state(settings) {
        State::Ready => Verdict::Works(format!("private environment in {folder}")),
        State::Outdated => {
            let reason = format!("the private environment in `{folder}` is of another version");
            Verdict::Note(problem(reason))
        }
        State::Unfinished => {
            let reason = format!("the private environment in `{folder}` is not complete");
            Verdict::Broken(problem(reason))
        }
        State::Missing if needed => Verdict::Broken(missing_python(settings)),
        State::Missing => Verdict::Note(missing_python(settings)),
    };
    Check {
        what: "python".to_owned(),
        verdict,
    }
}

fn missing_python(settings: &Settings) -> Problem {
    let make = || Fix::command("nbpress doctor --fix");
    let none = "no private environment yet";
    if private_python::on_path(settings, "uv").is_some() {
        return Problem::new(none, vec![make()]);
    }
    let Some(python) = SystemPython::find(settings) else {
        let reason = format!("{none}: there is no `python3` on PATH");
        return Problem::new(reason, vec![private_python::install_python(settings)]);
    };
    match python.problem(settings) {
        Some((reason, fix)) => Problem::new(format!("{none}: {reason}"), vec![fix]),
        None => Problem::new(none, vec![make()]),
    }
}
