//! A run, what is done to it, and everything that must be true afterwards.

use std::fs;
use std::path::PathBuf;

use e2e::live::{
    Live, Stage, assert_valid_notebooks, cell_statuses, markers, poll, processes_with,
};
use e2e::place;
use serde_json::Value;

pub(crate) const BEFORE: &str = "print before";
pub(crate) const NEVER: &str = "print never";

/// What is run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// A notebook in `fixtures/notebooks`.
    Fixture(&'static str),
    /// Cells for the test kernel.
    Cells(&'static [&'static str]),
}

/// One way to end.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) source: Source,
    pub(crate) arguments: &'static [&'static str],
    /// What happens to the run while it goes on.
    pub(crate) action: fn(&mut Live),
    pub(crate) exit: i32,
    /// `failed (user)`: the status and, in parentheses, the class.
    pub(crate) status: &'static str,
    /// Words that the reason must have.
    pub(crate) reason: &'static [&'static str],
    /// papermill's status of each code cell.
    pub(crate) cells: &'static [&'static str],
    /// How many error markers point at the failure.
    pub(crate) markers: usize,
}

/// A run that nobody meddles with and that fails as the notebook's author must mend.
pub(crate) const PLAIN: Scenario = Scenario {
    source: Source::Cells(&[]),
    arguments: &[],
    action: |_| {},
    exit: 1,
    status: "failed (user)",
    reason: &[],
    cells: &["completed", "failed", "pending"],
    markers: 2,
};

/// Plays scenarios, each in a folder of its own, and has the real nbformat read all outputs.
pub(crate) fn play(scenarios: &[Scenario]) {
    let stages: Vec<Stage> = scenarios.iter().map(|_| Stage::new()).collect();
    let outputs: Vec<PathBuf> = scenarios
        .iter()
        .zip(&stages)
        .map(|(scenario, stage)| scenario.play(stage))
        .collect();
    assert_valid_notebooks(&outputs);
}

impl Scenario {
    /// Plays it and returns the output notebook's path.
    pub(crate) fn play(&self, stage: &Stage) -> PathBuf {
        let notebook = match self.source {
            Source::Fixture(name) => place::fixture(name),
            Source::Cells(cells) => stage.notebook("in.ipynb", "testkernel", cells),
        };
        let notebook = notebook.display().to_string();
        let mut arguments = vec![notebook.as_str(), "out.ipynb"];
        arguments.extend(self.arguments);
        let mut live = stage.run(&arguments);
        (self.action)(&mut live);
        let ended = live.end();
        let named = format!("{:?} {:?}\n{}", self.source, self.arguments, ended.stderr);

        let outcome = ended.outcome();
        let reason = outcome["reason"].as_str().unwrap_or_default();
        assert_eq!(ended.exit, self.exit, "exit code of {named}\n{reason}");
        assert_eq!(status(&outcome), self.status, "{named}\n{reason}");
        for word in self.reason {
            assert!(
                reason.contains(word),
                "`{word}` is not in `{reason}`: {named}"
            );
        }
        let output = stage.read("out.ipynb");
        assert_eq!(cell_statuses(&output), self.cells, "{named}");
        assert_eq!(markers(&output), self.markers, "{named}");
        let own = &output["metadata"]["nbpress"];
        assert_eq!(own["status"], outcome["status"], "{named}");
        assert_eq!(own["reason"], outcome["reason"], "{named}");
        let exception = &output["metadata"]["papermill"]["exception"];
        assert_eq!(
            *exception == true,
            self.cells.contains(&"failed"),
            "{named}"
        );

        assert_markers_point_at_the_failure(&output);

        // The record says the same.
        let id = ended.run_id();
        let shown = stage.nbpress(&["show", &id]);
        assert_eq!(shown.exit, 0, "{}", shown.stderr);
        let shown = shown.stdout.join("\n");
        assert!(shown.contains(&in_words(self.status)), "{shown}");
        let journal = stage.nbpress(&["show", "--json", &id]);
        assert_eq!(
            journal.stdout, ended.stdout,
            "what was shown is what is on file: {named}"
        );
        let exported = stage.nbpress(&["export", &id, "exported.ipynb"]);
        assert_eq!(exported.exit, 0, "{}", exported.stderr);
        let same = fs::read(stage.path("exported.ipynb")).unwrap()
            == fs::read(stage.path("out.ipynb")).unwrap();
        assert!(same, "the record's notebook is not the output: {named}");
        assert_nothing_left(&id);
        stage.path("out.ipynb")
    }
}

/// A status as `nbpress show` says it to people.
pub(crate) fn in_words(status: &str) -> String {
    [
        ("(user)", "(in the notebook)"),
        ("(timeout)", "(took too long)"),
        ("(resource)", "(memory or disk)"),
        ("(platform)", "(on the machine)"),
        ("(invalid)", "(could not start)"),
    ]
    .iter()
    .fold(status.to_owned(), |text, (class, words)| {
        text.replace(class, words)
    })
}

/// The second marker stands right before the cell that failed.
fn assert_markers_point_at_the_failure(notebook: &Value) {
    let cells = notebook["cells"].as_array().unwrap();
    let anchor = cells.iter().position(|cell| {
        cell["source"]
            .to_string()
            .contains("id=\\\"papermill-error-cell\\\"")
    });
    if let Some(anchor) = anchor {
        let status = &cells[anchor + 1]["metadata"]["papermill"]["status"];
        assert_eq!(status, "failed", "{notebook:#}");
    }
}

/// `failed (user)`, `cancelled`, `succeeded`.
pub(crate) fn status(outcome: &Value) -> String {
    let status = outcome["status"].as_str().unwrap_or("none");
    match outcome["class"].as_str() {
        Some(class) => format!("{status} ({class})"),
        None => status.to_owned(),
    }
}

/// No process that the run's kernel started is alive.
pub(crate) fn assert_nothing_left(run_id: &str) {
    let left = || processes_with(&format!("NBPRESS_RUN_ID={run_id}"));
    // Killed is killed, but the last moment of a process may come a moment later.
    let gone = poll(|| left().is_empty().then_some(()));
    assert!(gone.is_some(), "still alive: {:?}", left());
}
