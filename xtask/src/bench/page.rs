//! `docs/benchmarks.md`: runs beside papermill first, the queue after them; each is written by itself.

use std::fs;
use std::path::Path;

use anyhow::Result;

/// Where the part about the queue begins.
pub(super) const QUEUE: &str = "## The queue\n";

/// Replaces what is said about runs.
pub(super) fn write_runs(root: &Path, runs: &str) -> Result<()> {
    let (_, queue) = parts(root)?;
    write(root, runs, &queue)
}

/// Replaces what is said about the queue; begins with [`QUEUE`].
pub(super) fn write_queue(root: &Path, queue: &str) -> Result<()> {
    let (runs, _) = parts(root)?;
    write(root, &runs, queue)
}

fn parts(root: &Path) -> Result<(String, String)> {
    let text = fs::read_to_string(root.join("docs/benchmarks.md"))?;
    let at = text.find(QUEUE).unwrap_or(text.len());
    let (runs, queue) = text.split_at(at);
    Ok((runs.to_owned(), queue.to_owned()))
}

fn write(root: &Path, runs: &str, queue: &str) -> Result<()> {
    let text = format!("{}\n\n{}", runs.trim_end(), queue);
    Ok(fs::write(
        root.join("docs/benchmarks.md"),
        format!("{}\n", text.trim_end()),
    )?)
}
