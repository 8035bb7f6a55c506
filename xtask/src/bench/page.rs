//! `docs/benchmarks.md`: runs beside papermill first, then the other parts, each written by itself.

use std::fs;
use std::path::Path;

use anyhow::Result;

/// Runs beside papermill, before all other parts.
pub(super) const RUNS: &str = "";
/// What begins the part about ready kernels.
pub(super) const READY: &str = "## Ready kernels\n";
/// What begins the part about resumed runs.
pub(super) const RESUME: &str = "## Resume\n";
/// What begins the part about the queue.
pub(super) const QUEUE: &str = "## The queue\n";
/// What begins the part about the server.
pub(super) const SERVER: &str = "## The server\n";
/// What begins the part about the web UI.
pub(super) const UI: &str = "## The web UI\n";

/// The parts, in their order.
const PARTS: [&str; 6] = [RUNS, READY, RESUME, QUEUE, SERVER, UI];

/// Replaces one part by a text that begins as the part does.
pub(super) fn write(root: &Path, part: &str, text: &str) -> Result<()> {
    let file = root.join("docs/benchmarks.md");
    let page = fs::read_to_string(&file)?;
    Ok(fs::write(file, replaced(&page, part, text))?)
}

fn replaced(page: &str, part: &str, text: &str) -> String {
    let mut rest = page;
    let mut parts = PARTS.map(|_| "");
    for (place, heading) in PARTS.iter().enumerate().skip(1).rev() {
        (rest, parts[place]) = split(rest, heading);
    }
    parts[0] = rest;
    if let Some(place) = PARTS.iter().position(|heading| *heading == part) {
        parts[place] = text;
    }
    let parts = parts.map(str::trim);
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}\n", parts.join("\n\n"))
}

/// What is before a line that is this heading, and the rest with it.
fn split<'a>(text: &'a str, heading: &str) -> (&'a str, &'a str) {
    let at = text.find(&format!("\n{heading}"));
    text.split_at(at.map_or(text.len(), |before| before + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_is_replaced_and_the_others_stay() {
        let page =
            "# Benchmarks\n\nruns\n\n## The queue\n\nqueue\n\n### The server\n\nits server\n";
        let with_server = replaced(page, SERVER, "## The server\n\nserved\n");
        assert_eq!(with_server, format!("{page}\n## The server\n\nserved\n"));
        assert_eq!(
            replaced(&with_server, QUEUE, "## The queue\n\nother\n"),
            "# Benchmarks\n\nruns\n\n## The queue\n\nother\n\n## The server\n\nserved\n"
        );
        assert_eq!(
            replaced("# Benchmarks\n\n## The web UI\n\nseen\n", RUNS, "# Runs\n"),
            "# Runs\n\n## The web UI\n\nseen\n"
        );
    }
}
