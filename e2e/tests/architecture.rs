//! The rules about the shape of the source that no compiler checks.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test that reads the repository's own files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Which of our crates each crate may name. Arrows go down only; a new line here is a design decision.
const ARROWS: &[(&str, &[&str])] = &[
    ("nbpress-format", &[]),
    ("nbpress-storage", &[]),
    ("nbpress-ui", &[]),
    ("nbpress-trace", &[]),
    ("nbpress-contents", &["nbpress-format", "nbpress-storage"]),
    ("nbpress-protocol", &["nbpress-format"]),
    ("nbpress-record", &["nbpress-format", "nbpress-storage"]),
    ("nbpress-kernel", &["nbpress-protocol"]),
    (
        "nbpress-execute",
        &[
            "nbpress-format",
            "nbpress-protocol",
            "nbpress-kernel",
            "nbpress-storage",
            "nbpress-record",
        ],
    ),
    ("nbpress-render", &["nbpress-format"]),
    ("nbpress-search", &["nbpress-format"]),
    ("nbpress-tables", &[]),
    ("nbpress-runs", &["nbpress-format", "nbpress-record"]),
    (
        "nbpress-scheduler",
        &[
            "nbpress-format",
            "nbpress-storage",
            "nbpress-record",
            "nbpress-kernel",
            "nbpress-execute",
            "nbpress-runs",
            "nbpress-trace",
        ],
    ),
    (
        "nbpress-server",
        &[
            "nbpress-format",
            "nbpress-storage",
            "nbpress-contents",
            "nbpress-protocol",
            "nbpress-record",
            "nbpress-kernel",
            "nbpress-execute",
            "nbpress-render",
            "nbpress-runs",
            "nbpress-scheduler",
            "nbpress-search",
            "nbpress-tables",
            "nbpress-trace",
            "nbpress-ui",
        ],
    ),
    (
        "nbpress-cli",
        &[
            "nbpress-format",
            "nbpress-storage",
            "nbpress-contents",
            "nbpress-protocol",
            "nbpress-record",
            "nbpress-kernel",
            "nbpress-execute",
            "nbpress-render",
            "nbpress-runs",
            "nbpress-scheduler",
            "nbpress-search",
            "nbpress-trace",
            "nbpress-server",
        ],
    ),
    ("xtask", &[]),
    // The client that benchmarks and their test ask a server with.
    ("e2e", &["nbpress-kernel", "nbpress-protocol"]),
];

/// Names that say nothing about what is inside, and so end up holding everything.
const FORBIDDEN_MODULES: &[&str] = &[
    "utils", "util", "helpers", "common", "misc", "types", "core", "shared", "mod",
];

const LONGEST_FILE: usize = 800;
const LONGEST_ARCHITECTURE: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// Every Rust file of the workspace, by its path from the root.
fn rust_files() -> Vec<(PathBuf, String)> {
    let root = root();
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = ["crates", "xtask", "e2e", "fuzz"]
        .iter()
        .map(|name| root.join(name))
        .collect();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.map(Result::unwrap) {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                if entry.file_name() != "target" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&root).unwrap().to_path_buf(), text));
            }
        }
    }
    assert!(
        files.len() > 20,
        "the walk found {} files only",
        files.len()
    );
    files
}

#[test]
fn crates_name_only_the_crates_below_them() {
    let metadata = MetadataCommand::new()
        .current_dir(root())
        .no_deps()
        .exec()
        .unwrap();
    let allowed: BTreeMap<&str, BTreeSet<&str>> = ARROWS
        .iter()
        .map(|(name, below)| (*name, below.iter().copied().collect()))
        .collect();
    let members: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some(allowed) = allowed.get(name) else {
            wrong.push(format!("{name} has no line in ARROWS"));
            continue;
        };
        for dependency in &package.dependencies {
            let ours = members.contains(dependency.name.as_str());
            // Tests may reach further: a crate's tests start the test kernel, which is two crates up.
            if ours
                && dependency.kind != DependencyKind::Development
                && !allowed.contains(dependency.name.as_str())
            {
                wrong.push(format!("{name} must not name {}", dependency.name));
            }
        }
    }
    let gone = allowed.keys().filter(|name| !members.contains(**name));
    wrong.extend(gone.map(|name| format!("{name} is in ARROWS but not in the workspace")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_says_what_it_is() {
    let silent: Vec<PathBuf> = rust_files()
        .into_iter()
        .filter(|(path, text)| !path.ends_with("tests.rs") && !text.starts_with("//! "))
        .map(|(path, _)| path)
        .collect();
    assert!(
        silent.is_empty(),
        "these files do not start with `//! `: {silent:#?}"
    );
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    let named = |path: &Path| {
        path.iter().any(|part| {
            let part = part.to_string_lossy();
            FORBIDDEN_MODULES.contains(&part.strip_suffix(".rs").unwrap_or(&part))
        })
    };
    let wrong: Vec<PathBuf> = rust_files()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| named(path))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut long = Vec::new();
    for (path, text) in rust_files() {
        let test = path.ends_with("tests.rs") || path.iter().any(|part| part == "tests");
        let lines = text
            .lines()
            .take_while(|line| *line != "#[cfg(test)]")
            .count();
        if !test && lines > LONGEST_FILE {
            long.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert!(
        long.is_empty(),
        "longer than {LONGEST_FILE} lines without their tests: {long:#?}"
    );
}

#[test]
fn the_architecture_fits_in_one_sitting() {
    let Ok(text) = fs::read_to_string(root().join("docs/architecture.md")) else {
        panic!("docs/architecture.md is missing");
    };
    let lines = text.lines().count();
    assert!(
        lines <= LONGEST_ARCHITECTURE,
        "docs/architecture.md has {lines} lines"
    );
    for (name, _) in ARROWS
        .iter()
        .filter(|(name, _)| name.starts_with("nbpress-"))
    {
        assert!(
            text.contains(name),
            "docs/architecture.md does not say what {name} is"
        );
    }
}
