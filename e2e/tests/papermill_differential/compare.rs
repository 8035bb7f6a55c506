//! Runs a case on both sides and says where they differ, leaving out what differs on purpose.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use e2e::papermill::Papermill;
use e2e::run::{Folder, Outcome, run_nbpress};
use serde_json::{Value, json};

use crate::deliberate::DELIBERATE;
use crate::normalise;

/// One command line for both sides. The folder holds `in.ipynb` and the files of `SEEDS`.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) notebook: Vec<u8>,
    pub(crate) arguments: Vec<String>,
    /// What papermill's exit code is: a case that fails for another reason than meant compares nothing.
    pub(crate) exit: i32,
    /// Whether papermill's last line on standard error, without the exception's name, must be said by ours too.
    pub(crate) last_error: bool,
}

/// Files beside the input notebook.
const SEEDS: &[(&str, &[u8])] = &[
    ("check.d/check.txt", b"Hello, World\n"),
    ("empty.yaml", b"#empty"),
    ("list.yaml", b"- 1\n- 2\n"),
    ("broken.yaml", b"a: [1\n"),
    (
        "one.yaml",
        b"foo: 1\nbar: from yaml\nday: 2019-01-01\nnested: {k1: v1}\n",
    ),
    ("two.json", br#"{"foo": 54321, "nested": {"k2": "v2"}}"#),
    ("odd-extension.txt", b"foo: odd\n"),
    ("not-a-notebook.ipynb", b"this is no JSON"),
    ("folder/.keep", b""),
];

/// Counts over one test, printed when it ends.
#[derive(Default)]
pub(crate) struct Tally {
    compared: usize,
    equal: usize,
    deliberate: usize,
    failures: Vec<String>,
    used: BTreeSet<usize>,
}

impl Tally {
    /// Counts a comparison and keeps the differences that nobody meant.
    pub(crate) fn add(&mut self, case: &str, differences: Vec<(String, String, String)>) {
        self.compared += 1;
        let mut meant = 0;
        let mut wrong = Vec::new();
        for (place, theirs, ours) in differences {
            if let Some(index) = deliberate(case, &place) {
                self.used.insert(index);
                meant += 1;
            } else {
                wrong.push(format!(
                    "  {place}\n    papermill: {theirs}\n    nbpress:   {ours}"
                ));
            }
        }
        if !wrong.is_empty() {
            self.failures.push(format!("{case}:\n{}", wrong.join("\n")));
        } else if meant > 0 {
            self.deliberate += 1;
        } else {
            self.equal += 1;
        }
    }

    /// Prints the counts (past the test harness's capture) and fails when something differs.
    pub(crate) fn finish(self, what: &str, cases: &[&str]) {
        let Self {
            compared,
            equal,
            deliberate,
            failures,
            used,
        } = self;
        announce(&format!(
            "{what}: {compared} compared, {equal} equal, {deliberate} different on purpose, {} wrong",
            failures.len()
        ));
        assert!(compared > 0, "nothing was compared");
        assert!(
            failures.is_empty(),
            "{} of {compared} differ:\n{}",
            failures.len(),
            failures.join("\n")
        );
        for (index, entry) in DELIBERATE.iter().enumerate() {
            let ours = cases.iter().any(|case| matches(entry.case, case));
            assert!(
                entry.sometimes || used.contains(&index) || !ours,
                "this difference is gone, remove it: {entry:?}"
            );
        }
    }
}

/// Says something where the test harness does not swallow it: the counts are for people to read.
#[expect(
    clippy::explicit_write,
    reason = "`eprintln!` is captured in a test that passes"
)]
pub(crate) fn announce(text: &str) {
    writeln!(std::io::stderr(), "papermill differential: {text}").unwrap();
}

fn deliberate(case: &str, place: &str) -> Option<usize> {
    DELIBERATE
        .iter()
        .position(|entry| matches(entry.case, case) && matches(entry.place, place))
}

/// `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    loop {
        if matches(rest, text) {
            return true;
        }
        let mut characters = text.chars();
        if characters.next().is_none() {
            return false;
        }
        text = characters.as_str();
    }
}

/// Runs every case and compares exit code, standard output, the files that appeared and the notebooks in them.
pub(crate) fn run_all(what: &str, cases: &[Case]) {
    let mut tally = Tally::default();
    let mut papermill = Papermill::start();
    for case in cases {
        let seeds: Vec<(&str, &[u8])> = SEEDS
            .iter()
            .copied()
            .chain([("in.ipynb", case.notebook.as_slice())])
            .collect();
        let (theirs_folder, ours_folder) = (Folder::new(&seeds), Folder::new(&seeds));
        let arguments: Vec<&str> = case.arguments.iter().map(String::as_str).collect();
        let ours_arguments: Vec<&str> = std::iter::once("papermill")
            .chain(arguments.iter().copied())
            .collect();
        let (theirs, ours) = std::thread::scope(|scope| {
            let ours = scope.spawn(|| run_nbpress(&ours_arguments, &ours_folder));
            (
                papermill.run(&arguments, &theirs_folder),
                ours.join().unwrap(),
            )
        });
        if theirs.exit != case.exit {
            let end = theirs.stderr.lines().last().unwrap_or_default();
            let said = format!("exit code {}: {end}", theirs.exit);
            tally.add(
                &case.name,
                vec![(
                    "the reference itself".to_owned(),
                    said,
                    case.exit.to_string(),
                )],
            );
            continue;
        }
        let unsaid = unsaid_sentence(case, &theirs, &ours);
        let theirs = seen(&theirs, theirs_folder.path(), case, &mut papermill);
        let ours = seen(&ours, ours_folder.path(), case, &mut papermill);
        let mut differences = normalise::differences(&theirs, &ours);
        differences.extend(unsaid);
        tally.add(&case.name, differences);
    }
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    tally.finish(what, &names);
}

/// The sentence of papermill's error where it matters and ours does not say it.
fn unsaid_sentence(
    case: &Case,
    theirs: &Outcome,
    ours: &Outcome,
) -> Option<(String, String, String)> {
    let last = theirs.stderr.trim_end().lines().last()?;
    let sentence = last
        .split_once("Error: ")
        .or_else(|| last.split_once("Exception: "))
        .map_or(last, |(_, said)| said);
    let missing = case.last_error && !ours.stderr.contains(sentence);
    missing.then(|| {
        (
            "stderr".to_owned(),
            sentence.to_owned(),
            ours.stderr.clone(),
        )
    })
}

/// Everything about an outcome that is compared, as one value.
fn seen(outcome: &Outcome, folder: &Path, case: &Case, reader: &mut Papermill) -> Value {
    let folder = folder.display().to_string();
    let ids = normalise::cell_ids(&case.notebook);
    let mut document = |text: &str| match reader.read(text) {
        Ok(read) => json!({
            "notebook": normalise::notebook(&read.notebook, &folder, &ids),
            "canonical": read.canonical,
            "invalid": read.invalid.map(|reason| reason.lines().next().map(str::to_owned)),
        }),
        Err(error) => json!({"unreadable": error}),
    };
    let mut files = serde_json::Map::new();
    for (name, bytes) in &outcome.files {
        let text = String::from_utf8_lossy(bytes);
        let value = match name.extension() {
            Some(extension) if extension == "ipynb" => document(&text),
            _ if text.starts_with('{') => document(&text),
            _ => json!(normalise::text(&text, &folder)),
        };
        files.insert(name.display().to_string(), value);
    }
    let stdout = if outcome.stdout.starts_with('{') {
        document(&outcome.stdout)
    } else {
        json!(normalise::text(&outcome.stdout, &folder))
    };
    json!({"exit": outcome.exit, "stdout": stdout, "files": files})
}
