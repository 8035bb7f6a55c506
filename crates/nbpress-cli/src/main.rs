//! The `nbpress` command.

mod api;
mod args;
mod commands;
mod configuration;
mod exit_code;
mod help;
mod logging;
mod memory;
mod papermill_log;
mod parameters;
mod printer;
mod private_python;
mod progress;
mod report;
mod service;
mod settings;
mod signals;
mod traces;

use std::process::ExitCode;

use crate::printer::Printer;
use crate::settings::Settings;

fn main() -> ExitCode {
    if let Some(code) = nbpress_kernel::guard::serve(std::env::args_os()) {
        return code;
    }
    memory::keep_together();
    let settings = match Settings::read() {
        Ok(settings) => settings,
        Err(error) => {
            let fallback = Settings {
                environment: std::collections::BTreeMap::new(),
                home: "/".into(),
            };
            report::error(Printer::new(&fallback), &error);
            return ExitCode::from(exit_code::USAGE);
        }
    };
    let printer = Printer::new(&settings);
    let command = match args::parse(printer, &settings) {
        Ok(command) => command,
        Err(error) => {
            report::error(printer, &error.into());
            return ExitCode::from(exit_code::USAGE);
        }
    };
    // One thread: a run is one conversation, and kernels are tied to the thread that started them.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            report::error(
                printer,
                &anyhow::Error::new(error).context("failed to start"),
            );
            return ExitCode::from(exit_code::USAGE);
        }
    };
    let code = runtime.block_on(Box::pin(commands::dispatch(printer, &settings, command)));
    ExitCode::from(code.unwrap_or_else(|error| {
        if is_closed_pipe(&error) {
            return exit_code::OK;
        }
        report::error(printer, &error);
        exit_code::of_error(&error)
    }))
}

/// Whoever read our output has had enough (`nbpress show | head`): nothing to report.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io_error = error.downcast_ref::<std::io::Error>();
    io_error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
