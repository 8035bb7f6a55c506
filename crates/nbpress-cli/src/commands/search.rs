//! `nbpress search` and `nbpress index`: notebooks and runs of a server by what is in them.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::api::{Api, encoded};
use crate::commands::jobs::field;
use crate::exit_code;
use crate::printer::{Printer, Style, printable};
use crate::settings::Settings;

/// Between two looks at how far the index is.
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);

/// Find notebooks and runs of the server by what is in them.
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Words and "phrases" that are all there; `-word` is not; `title:`, `author:`, `tag:`, `path:`, and `in:text`,
    /// `in:source`, `in:output`. Without any the newest notebooks.
    #[arg(
        value_name = "QUERY",
        allow_hyphen_values = true,
        trailing_var_arg = true
    )]
    query: Vec<String>,
    /// Only what runs made.
    #[arg(long, conflicts_with = "notebooks")]
    runs: bool,
    /// Only notebooks of the served folder.
    #[arg(long)]
    notebooks: bool,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
    /// Print JSON on stdout.
    #[arg(long)]
    json: bool,
}

/// Runs the command and returns its exit code.
pub(crate) async fn search(
    printer: Printer,
    settings: &Settings,
    args: &SearchArgs,
) -> anyhow::Result<u8> {
    let query = encoded(&args.query.join(" "));
    let mut path = format!("/v1/search?q={query}&limit={}", args.limit);
    if args.runs {
        path += "&kind=run";
    } else if args.notebooks {
        path += "&kind=notebook";
    }
    let found = Api::find(settings)?.get(&path).await?;
    if args.json {
        printer.data(&found.to_string())?;
        return Ok(exit_code::OK);
    }
    let page = printer.for_data();
    let hits = found["hits"].as_array().map_or(&[][..], Vec::as_slice);
    for hit in hits {
        for line in lines(page, hit) {
            printer.data(&line)?;
        }
    }
    if hits.is_empty() {
        printer.say("nothing was found");
    } else if !found["next"].is_null() {
        printer.say("there are more: `--limit`");
    }
    Ok(exit_code::OK)
}

/// The place and the title, then a line for each part that matched.
fn lines(page: Printer, hit: &Value) -> Vec<String> {
    let title = page.paint(Style::Bold, &printable(&field(hit, "title")));
    let place = printable(&field(hit, "place"));
    let mut lines = vec![format!("{place}  {title}")];
    for snippet in hit["snippets"].as_array().into_iter().flatten() {
        let cell = snippet["cell"].as_u64();
        let cell = cell
            .map(|cell| format!(" {}", cell + 1))
            .unwrap_or_default();
        let part = format!("{}{cell}: ", field(snippet, "part"));
        let mut text = page.paint(Style::Dim, &part);
        for span in snippet["spans"].as_array().into_iter().flatten() {
            let shown = printable(&field(span, "text"));
            if span["is_match"] == true {
                text += &page.paint(Style::Yellow, &shown);
            } else {
                text += &shown;
            }
        }
        lines.push(format!("  {text}"));
    }
    lines
}

/// The search index of the server.
#[derive(Debug, Args)]
pub(crate) struct IndexArgs {
    #[command(subcommand)]
    command: IndexCommand,
    /// Print JSON on stdout.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum IndexCommand {
    /// Forget what is in it, read everything again, and wait for that.
    Rebuild,
    /// How much is in it, and whether it is being read.
    Status,
}

/// Runs the command and returns its exit code.
pub(crate) async fn index(
    printer: Printer,
    settings: &Settings,
    args: &IndexArgs,
) -> anyhow::Result<u8> {
    let api = Api::find(settings)?;
    let state = match args.command {
        IndexCommand::Status => api.get("/v1/search/index").await?,
        IndexCommand::Rebuild => {
            let state = api.post("/v1/search/index/rebuild", &json!({})).await?;
            followed(printer, &api, state).await?
        }
    };
    if args.json {
        printer.data(&state.to_string())?;
        return Ok(exit_code::OK);
    }
    let rows = ["notebooks", "runs"].map(|kind| {
        let reader = &state[kind];
        let doing = if reader["works"] == true {
            format!("looked at {}, read {}", reader["looked_at"], reader["read"])
        } else {
            "up to date".to_owned()
        };
        vec![kind.to_owned(), state["counts"][kind].to_string(), doing]
    });
    for line in printer.for_data().table(&rows) {
        printer.data(&line)?;
    }
    Ok(exit_code::OK)
}

/// The state once both are read, said on the way.
async fn followed(printer: Printer, api: &Api, mut state: Value) -> anyhow::Result<Value> {
    let mut said = String::new();
    while state["notebooks"]["works"] == true || state["runs"]["works"] == true {
        let read = |kind: &str| state[kind]["read"].as_u64().unwrap_or_default();
        let line = format!(
            "{} notebooks and {} runs read",
            read("notebooks"),
            read("runs")
        );
        if line != said {
            printer.say(&line);
            said = line;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
        state = api.get("/v1/search/index").await?;
    }
    Ok(state)
}
