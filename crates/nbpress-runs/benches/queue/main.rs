//! How fast the store is: `queue PART URL` measures one part on one empty database and prints a figure per line.
//!
//! | part | what |
//! |---|---|
//! | `rates` | enqueue, claim, finish and list with 1, 8 and 32 at a time, beside transactions of one row |
//! | `schedules` | 100,000 schedules that are due in the same minute |
//! | `fill` | a million runs that are over, written past the store; they stay there |
//! | `pages` | pages of the list by filter, of a database that was filled |
//! | `disk` | how often a second the disk can promise something (`URL` is a folder) |
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that measures and prints"
)]

mod direct;
mod disk;
mod fill;
mod pages;
mod rates;
mod samples;
mod schedules;

use std::error::Error;
use std::process::ExitCode;

use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What is measured, where and how much of it.
struct Bench {
    url: String,
    quick: bool,
}

impl Bench {
    /// `whole`, or a hundredth of it for a quick look.
    fn amount(&self, whole: i64) -> i64 {
        if self.quick { whole / 100 } else { whole }
    }
}

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let given: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = given
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let [part, url] = words.as_slice() else {
        println!("usage: queue rates|schedules|fill|pages|disk URL [--quick]");
        return ExitCode::SUCCESS;
    };
    let bench = Bench {
        url: (*url).to_owned(),
        quick: given.iter().any(|word| word == "--quick"),
    };
    match run(part, &bench) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{}", json!({"error": error.to_string()}));
            ExitCode::FAILURE
        }
    }
}

/// One thread, as the server has.
fn run(part: &str, bench: &Bench) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match part {
            "rates" => Box::pin(rates::measure(bench)).await,
            "schedules" => Box::pin(schedules::measure(bench)).await,
            "fill" => Box::pin(fill::fill(bench)).await,
            "pages" => Box::pin(pages::measure(bench)).await,
            "disk" => disk::measure(&bench.url),
            other => Err(format!("there is no part `{other}`").into()),
        }
    })
}

/// Prints a figure, with the load of the machine at that time.
fn print(mut figure: Value) {
    figure["load"] = json!(load());
    println!("{figure}");
}

/// How many processes want a processor, on average over the last minute.
fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}
