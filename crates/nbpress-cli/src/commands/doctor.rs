//! `nbpress doctor`: what is wrong on this machine, and the exact fix.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use nbpress_kernel::{FoundKernel, Kernel, LaunchRequest, LocalProvisioner};

use crate::exit_code;
use crate::printer::{Printer, Style, padded};
use crate::private_python;
use crate::settings::Settings;

/// Check the store, Python and every kernel by starting it.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Set up the private Python environment with a kernel.
    #[arg(long)]
    fix: bool,
    /// Longest time a kernel may take to answer.
    #[arg(long, value_name = "TIME", value_parser = super::run::parse_duration, default_value = "30")]
    start_timeout: Duration,
}

/// One thing looked at.
struct Check {
    what: String,
    verdict: Result<String, Problem>,
}

struct Problem {
    reason: String,
    fix: Option<String>,
}

impl Problem {
    fn new(reason: String, fix: Option<String>) -> Self {
        Self { reason, fix }
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
    let mut problems = 0;
    let mut tell = |check: Check| {
        let what = padded(&check.what, 18);
        match check.verdict {
            Ok(fact) => printer.say(&format!(
                "{} {what} {fact}",
                printer.paint(Style::Green, "✓")
            )),
            Err(problem) => {
                problems += 1;
                printer.say(&format!(
                    "{} {what} {}",
                    printer.paint(Style::Red, "✗"),
                    problem.reason
                ));
                if let Some(fix) = problem.fix {
                    printer.say(&format!("  {} {fix}", printer.paint(Style::Cyan, "fix:")));
                }
            }
        }
    };
    tell(store(settings));
    tell(python(settings));
    let kernels = settings.finder().all();
    if kernels.is_empty() {
        tell(Check {
            what: "kernels".to_owned(),
            verdict: Err(Problem::new(
                "none is installed".to_owned(),
                Some("nbpress doctor --fix".to_owned()),
            )),
        });
    }
    for (name, found) in kernels {
        let what = format!("kernel {name}");
        let verdict = match found {
            Ok(kernel) => start(settings, &kernel, args.start_timeout).await,
            Err(error) => Err(Problem::new(
                error.to_string(),
                Some("repair or remove that file".to_owned()),
            )),
        };
        tell(Check { what, verdict });
    }
    Ok(if problems == 0 {
        exit_code::OK
    } else {
        exit_code::FOUND_PROBLEMS
    })
}

fn store(settings: &Settings) -> Check {
    let home = settings.home.display().to_string();
    let verdict = match settings.store() {
        Ok(_) => Ok(home),
        Err(error) => Err(Problem::new(
            format!("{error:#}"),
            Some("choose a folder you can write to: `export NBPRESS_HOME=FOLDER`".to_owned()),
        )),
    };
    Check {
        what: "store".to_owned(),
        verdict,
    }
}

fn python(settings: &Settings) -> Check {
    let verdict = match private_python::on_path(settings, "python3") {
        Some(path) => Ok(path.display().to_string()),
        None => Err(Problem::new(
            "there is no `python3` on PATH".to_owned(),
            Some(
                "install Python 3.10 or newer; on Debian: `apt-get install python3 python3-venv`"
                    .to_owned(),
            ),
        )),
    };
    Check {
        what: "python".to_owned(),
        verdict,
    }
}

async fn start(
    settings: &Settings,
    kernel: &FoundKernel,
    timeout: Duration,
) -> Result<String, Problem> {
    let environment: &BTreeMap<String, String> = &settings.environment;
    let request = LaunchRequest {
        kernel,
        working_directory: Path::new("/"),
        environment,
    };
    let started = std::time::Instant::now();
    let running = Kernel::start(&LocalProvisioner::default(), &request, timeout)
        .await
        .map_err(|error| {
            let last = error
                .log()
                .trim()
                .lines()
                .last()
                .map(|line| format!(": {line}"))
                .unwrap_or_default();
            Problem::new(format!("{error}{last}"), error.hint(kernel))
        })?;
    let info = running.info().clone();
    let elapsed = started.elapsed();
    running.kill().await;
    Ok(format!(
        "{} {}, {} {}, ready in {} ms",
        info.implementation,
        info.implementation_version,
        info.language(),
        info.language_version(),
        elapsed.as_millis()
    ))
}
