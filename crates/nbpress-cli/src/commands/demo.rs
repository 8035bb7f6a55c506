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

/// Set up a Python kernel if there is none, write a small notebook and run it with parameters.
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
        context
            .storage
            .write(
                &notebook,
                Bytes::from_static(NOTEBOOK.as_bytes()),
                WriteOptions::overwrite(),
            )
            .await?;
    }
    printer.say(&format!(
        "{} nbpress run {notebook} {output} -p region=west -p days=60 -p discount=0.1\n",
        printer.paint(Style::Dim, "$")
    ));
    let mut options = ExecuteOptions::new(notebook);
    options.output = Some(output);
    options.environment.clone_from(&settings.environment);
    // The private environment's kernel, whatever else is called `python3` on this machine.
    let data = settings.private_python().join("share/jupyter");
    let context = nbpress_execute::Context {
        finder: nbpress_kernel::KernelFinder::new(
            &[(
                "JUPYTER_PATH".to_owned(),
                data.to_string_lossy().into_owned(),
            )]
            .into(),
            &[],
        ),
        ..context
    };
    for (name, value) in [("region", "west"), ("days", "60"), ("discount", "0.1")] {
        options
            .parameters
            .insert(name.to_owned(), ParameterValue::Text(value.to_owned()));
    }
    let (stop, _listening) = signals::listen().context("failed to listen for signals")?;
    let mut observer = CellList::new(printer);
    let started = std::time::Instant::now();
    let finished = execute(&context, &options, &mut observer, stop).await?;
    drop(observer);
    if finished.outcome.status == RunStatus::Succeeded {
        printer.say("");
        for row in table(printer, &read_scraps(&finished.notebook)) {
            printer.say(&format!("  {row}"));
        }
        printer.say("");
    }
    run::tell(
        printer,
        run::Told::Everything,
        &options,
        &finished,
        started.elapsed().as_secs_f64(),
    )?;
    Ok(exit_code::of_run(&finished.outcome))
}
