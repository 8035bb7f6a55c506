//! What `--help` says after the options: examples first, then what does not fit an option's line.

use clap::Command;
use clap::error::{ContextKind, ContextValue};

use crate::printer::{Printer, Style, padded};

/// The commands as they are grouped in `nbpress --help`: what is needed most comes first.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    (
        "Notebooks",
        &[
            "run", "resume", "debug", "sweep", "inspect", "runs", "show", "scraps", "export",
            "verify",
        ],
    ),
    (
        "This machine",
        &["demo", "doctor", "kernels", "ready", "kept", "papermill"],
    ),
    (
        "Runs of a server",
        &[
            "submit", "queue", "logs", "cancel", "retry", "restart", "search",
        ],
    ),
    (
        "Jobs and when they run",
        &["job", "schedule", "backfill", "batch", "import"],
    ),
    ("Who may do what", &["user", "token", "share"]),
    (
        "The server itself",
        &[
            "serve", "config", "worker", "pool", "profile", "channel", "index", "audit", "sql",
        ],
    ),
];

/// The command with its subcommands in groups, laid out for stdout.
pub(crate) fn grouped(command: Command, printer: Printer) -> Command {
    let page = printer.for_data();
    let names = GROUPS.iter().flat_map(|(_, names)| *names);
    let longest = names.map(|name| name.len()).max().unwrap_or(0);
    let mut template = "{about}\n\n{usage-heading} {usage}\n".to_owned();
    for (heading, names) in GROUPS {
        let heading = page.paint(Style::Bold, &format!("{heading}:"));
        template = format!("{template}\n{heading}\n");
        for name in *names {
            let found = command.find_subcommand(name).and_then(Command::get_about);
            let about = found.map(ToString::to_string).unwrap_or_default();
            let lead = format!("  {}  ", page.paint(Style::Bold, &padded(name, longest)));
            for line in page.wrap(&lead, longest + 4, &about) {
                template = format!("{template}{line}\n");
            }
        }
    }
    command.help_template(template + "\nOptions:\n{options}{after-help}")
}

/// The error without a suggestion that is not meant for people.
pub(crate) fn without_own(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::Strings(names)) = error.get(ContextKind::SuggestedSubcommand) {
        let known = |name: &&String| {
            GROUPS
                .iter()
                .any(|(_, names)| names.contains(&name.as_str()))
        };
        let names = names.iter().filter(known).cloned().collect();
        error.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(names),
        );
    }
    error
}

/// Of `nbpress`.
pub(crate) const NBPRESS: &str = "\
New here? `nbpress demo` sets up a kernel and runs a notebook.
From papermill? Put `nbpress` before the command you have.";

/// Of `nbpress run`.
pub(crate) const RUN: &str = "\
Examples:
  nbpress run report.ipynb -p region=west -p days=60
  nbpress run report.ipynb out/report.ipynb -f defaults.yaml --timeout 2h
  nbpress run s3://acme/etl.ipynb s3://acme/out/etl.ipynb --if-absent \\
      --secret token=env:API_TOKEN
  id=$(nbpress run -q report.ipynb)    # stdout is the id of the record

Exit codes:
  0    the run succeeded        4    its output was not written
  1    a cell raised            124  a cell or the run took too long
  2    nothing was started      130  stopped by Ctrl-C (128 + signal)
  3    no kernel started        137  out of memory
                                138  the kernel died";

/// Of `nbpress resume`.
pub(crate) const RESUME: &str = "\
Cells before the one that failed run again only where their state was not kept,
or their code has changed. The run is a new one; its record says what came from
the other. What cells did outside the kernel stays done.

Examples:
  nbpress run report.ipynb            # cell 7 raises; mend it
  nbpress resume latest
  nbpress resume run_01k9 fixed.ipynb -o out.ipynb --from 5";

/// Of `nbpress serve`.
pub(crate) const SERVE: &str = "\
Everything is kept in `NBPRESS_HOME`. Kill the server whenever you like: runs
that are on go on, and the next server finds them.

Examples:
  nbpress serve
  nbpress serve notebooks/ --lab
  nbpress serve --database postgres://nbpress@db/nbpress --slots 8

Other commands find the server of this machine by themselves; a server
elsewhere by `NBPRESS_SERVER=http://…` and `NBPRESS_TOKEN`.

Every option is a setting too: `host_name` beneath `[serve]` in nbpress.toml, or
`NBPRESS_SERVE_HOST_NAME`. Settings only, because others see options: `token`,
`smtp`. `nbpress config show` lists them with where they were set.

Secrets that channels may name are variables whose names begin with
`NBPRESS_SECRET_`, and files beneath `NBPRESS_HOME/secrets`; nothing else.";

/// Of `nbpress submit`.
pub(crate) const SUBMIT: &str = "\
Examples:
  nbpress submit report.ipynb -p region=west --wait
  nbpress submit query.sql --pool warehouse
  nbpress submit --job daily-report --preset west

With --wait the exit code is the run's: 0 succeeded, 1 a cell raised,
2 not usable, 124 too long, 130 cancelled, 137 out of memory, 138 the kernel
or its worker died.";

/// Of `nbpress sweep`.
pub(crate) const SWEEP: &str = "\
Values are lists, `a,b,c` (quote what holds a comma: `\"a,b\"`), and ranges with
both ends included: `1..10`, `1..10:2`, `0..1:0.1`, `2026-01-01..2026-01-31`,
`2026-01-01..2026-12-31:7` (days).

Give the same command again to go on with a sweep: points that succeeded are
not run again, and new values add points. A notebook that was changed is a new
sweep.

Examples:
  nbpress sweep report.ipynb -s region=west,east --jobs 2
  nbpress sweep report.ipynb -s 'day=2026-01-01..2026-01-31' \\
      -o 'out/{day}.ipynb' --csv table.csv
  nbpress sweep train.ipynb --points points.csv --cell-timeout 10m

Exit codes:
  0    every point succeeded    4    the table could not be written
  1    some did not             130  stopped by Ctrl-C (128 + signal)
  2    nothing was run";

/// Of `nbpress papermill`.
pub(crate) const PAPERMILL: &str = "\
Examples:
  nbpress papermill in.ipynb out.ipynb -p alpha 0.1 -f defaults.yaml
  nbpress papermill s3://acme/in.ipynb - > out.ipynb
  nbpress papermill in.ipynb --help-notebook

A link to nbpress that is named `papermill` works like this command.";
