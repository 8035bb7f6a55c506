//! `docs/benchmarks.md`: runs beside papermill first, then ready kernels, resumed runs, the queue and the server; each is written by itself.

use std::fs;
use std::path::Path;

use anyhow::Result;

/// Where the part about ready kernels begins.
pub(super) const READY: &str = "## Ready kernels\n";
/// Where the part about resumed runs begins.
pub(super) const RESUME: &str = "## Resume\n";
/// Where the part about the queue begins.
pub(super) const QUEUE: &str = "## The queue\n";
/// Where the part about the server begins, after that of the queue.
pub(super) const SERVER: &str = "## The server\n";

/// The parts, in their order.
#[derive(Debug)]
struct Page {
    runs: String,
    ready: String,
    resume: String,
    queue: String,
    server: String,
}

/// Replaces what is said about runs.
pub(super) fn write_runs(root: &Path, runs: &str) -> Result<()> {
    write(root, |page| runs.clone_into(&mut page.runs))
}

/// Replaces what is said about ready kernels; begins with [`READY`].
pub(super) fn write_ready(root: &Path, ready: &str) -> Result<()> {
    write(root, |page| ready.clone_into(&mut page.ready))
}

/// Replaces what is said about resumed runs; begins with [`RESUME`].
pub(super) fn write_resume(root: &Path, resume: &str) -> Result<()> {
    write(root, |page| resume.clone_into(&mut page.resume))
}

/// Replaces what is said about the queue; begins with [`QUEUE`].
pub(super) fn write_queue(root: &Path, queue: &str) -> Result<()> {
    write(root, |page| queue.clone_into(&mut page.queue))
}

/// Replaces what is said about the server; begins with [`SERVER`].
pub(super) fn write_server(root: &Path, server: &str) -> Result<()> {
    write(root, |page| server.clone_into(&mut page.server))
}

fn write(root: &Path, change: impl FnOnce(&mut Page)) -> Result<()> {
    let file = root.join("docs/benchmarks.md");
    let mut page = Page::read(&fs::read_to_string(&file)?);
    change(&mut page);
    Ok(fs::write(file, page.text())?)
}

impl Page {
    fn read(text: &str) -> Self {
        let (rest, server) = split(text, SERVER);
        let (rest, queue) = split(rest, QUEUE);
        let (rest, resume) = split(rest, RESUME);
        let (runs, ready) = split(rest, READY);
        let [runs, ready, resume, queue, server] =
            [runs, ready, resume, queue, server].map(str::to_owned);
        Self {
            runs,
            ready,
            resume,
            queue,
            server,
        }
    }

    fn text(&self) -> String {
        let parts = [
            &self.runs,
            &self.ready,
            &self.resume,
            &self.queue,
            &self.server,
        ];
        let parts = parts.map(|part| part.trim());
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{}\n", parts.join("\n\n"))
    }
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
        let text =
            "# Benchmarks\n\nruns\n\n## The queue\n\nqueue\n\n### The server\n\nits server\n";
        let mut page = Page::read(text);
        assert_eq!(page.text(), text);
        "## The server\n\nserved\n".clone_into(&mut page.server);
        let with_server = format!("{text}\n## The server\n\nserved\n");
        assert_eq!(page.text(), with_server);
        let mut page = Page::read(&with_server);
        "## The queue\n\nother\n".clone_into(&mut page.queue);
        assert_eq!(
            page.text(),
            "# Benchmarks\n\nruns\n\n## The queue\n\nother\n\n## The server\n\nserved\n"
        );
    }
}
