//! `nbpress demo`: from nothing to a run with a table, charts and scraps.

use std::path::PathBuf;

use anyhow::Context as _;
use bytes::Bytes;
use clap::Args;
use nbpress_execute::{ExecuteOptions, execute};
use nbpress_format::parameters::ParameterValue;
use nbpress_record::{RunStatus, read_scraps};
use nbpress_storage::{Location, WriteOptions};

use crate::commands::run;
use crate::commands::scraps::table;
use crate::exit_code;
use crate::printer::{Printer, Style};
use crate::progress::CellList;
use crate::settings::Settings;
use crate::{private_python, signals};

const NOTEBOOK: &str = include_str!("../../assets/demo.ipynb");

/// The parameters of its one run.
const PARAMETERS: [(&str, &str); 3] = [("region", "west"), ("days", "60"), ("discount", "0.1")];

/// Set up a Python kernel and run a small notebook.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where to put the notebook and its output.
    #[arg(default_value = "nbpress-demo")]
    folder: PathBuf,
}

pub(crate) async fn demo(
    printer: Printer,
    settings: &Settings,
    args: &DemoArgs,
) -> anyhow::Result<u8> {
    private_python::ensure(printer, settings)?;
    std::fs::create_dir_all(&args.folder)
        .with_context(|| format!("failed to make the folder `{}`", args.folder.display()))?;
    let in_folder = |name: &str| Location::parse(&args.folder.join(name).to_string_lossy());
    let (notebook, output) = (in_folder("demo.ipynb")?, in_folder("demo.out.ipynb")?);
    let context = settings.context()?;
    if context.storage.head(&notebook).await?.is_none() {
        let bytes = Bytes::from_static(NOTEBOOK.as_bytes());
        let written = context
            .storage
            .write(&notebook, bytes, WriteOptions::overwrite());
        written.await?;
    }
    let kernel = kernel_choice(settings);
    let command = Command {
        program: program(settings),
        kernel,
    };
    let given: String = PARAMETERS
        .map(|(name, value)| format!(" -p {name}={value}"))
        .concat();
    let command_line = command.line(&format!("run {notebook} {output}"), &given);
    let prompt = printer.paint(Style::Dim, "$ ");
    for line in printer.command(2, &command_line) {
        printer.say(&line.replacen("  ", &prompt, 1));
    }
    printer.say("");

    let mut options = ExecuteOptions::new(notebook.clone());
    options.output = Some(output);
    options.kernel = kernel.map(str::to_owned);
    options.environment.clone_from(&settings.environment);
    for (name, value) in PARAMETERS {
        let value = ParameterValue::Text(value.to_owned());
        options.parameters.insert(name.to_owned(), value);
    }
    let (stop, _listening) = signals::listen().context("failed to listen for signals")?;
    let mut observer = CellList::new(printer);
    let _answering = observer.answer_stop(stop.clone());
    let started = std::time::Instant::now();
    let finished = Box::pin(execute(&context, &options, &mut observer, stop)).await?;
    drop(observer);
    let succeeded = finished.outcome.status == RunStatus::Succeeded;
    if succeeded {
        printer.say("\nscraps");
        for row in table(&read_scraps(&finished.notebook)) {
            printer.say(&printer.fit(&format!("  {row}")));
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    run::tell(printer, run::Told::Everything, &options, &finished, seconds)?;
    if succeeded {
        printer.say("\ntry next");
        let sweep = command.line(
            &format!("sweep {notebook}"),
            " -s region=north,south,east,west",
        );
        for next in [
            command.line("show latest", ""),
            command.line(
                &format!("run {notebook}"),
                " -p region=east -p discount=0.2",
            ),
            sweep,
        ] {
            printer.say_all(&printer.command(2, &next));
        }
    }
    Ok(exit_code::of_finished(&finished))
}

/// The kernel to ask for: none where the notebook's own `python3` is that of the private environment.
fn kernel_choice(settings: &Settings) -> Option<&'static str> {
    let found = settings.finder().by_name("python3");
    let own = found.is_ok_and(|kernel| {
        kernel.is_ok_and(|kernel| kernel.folder.starts_with(settings.private_python()))
    });
    (!own).then_some(private_python::KERNEL)
}

/// Commands as they can be typed here.
struct Command {
    program: String,
    kernel: Option<&'static str>,
}

impl Command {
    fn line(&self, words: &str, parameters: &str) -> String {
        let kernel = self.kernel.filter(|_| !parameters.is_empty());
        let kernel = kernel.map_or_else(String::new, |kernel| format!(" -k {kernel}"));
        format!("{} {words}{kernel}{parameters}", self.program)
    }
}

/// `nbpress` where the shell finds this program by that name, otherwise its path.
fn program(settings: &Settings) -> String {
    let plain = || "nbpress".to_owned();
    let Ok(own) = std::env::current_exe() else {
        return plain();
    };
    let found = private_python::on_path(settings, "nbpress");
    if found.and_then(|found| found.canonicalize().ok()) == own.canonicalize().ok() {
        return plain();
    }
    let current = std::env::current_dir().unwrap_or_default();
    let path = own.strip_prefix(&current).unwrap_or(&own);
    path.display().to_string()
}
