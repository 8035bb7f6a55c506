//! Reading, upgrading, validating and writing, compared with nbformat itself on its own fixtures, on
//! those of papermill, nbclient and scrapbook, on ours, and on thousands of damaged notebooks.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests read fixtures and start the reference implementation themselves"
)]

mod compare;
mod mutants;
mod reference;
mod tricky_json;

use std::fs;
use std::path::{Path, PathBuf};

use nbpress_format::{Notebook, Problem};

use crate::compare::{Strictness, compare};
use crate::reference::{Case, reference_folder};

#[test]
fn notebooks_of_the_reference_packages() {
    let folder = reference_folder().join("sdist");
    let cases = cases_in(&folder);
    assert!(
        cases.len() >= 70,
        "only {} notebooks in {}",
        cases.len(),
        folder.display()
    );
    compare(&cases, Strictness::Exact);
}

#[test]
fn notebooks_of_this_repository() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/notebooks");
    let cases = cases_in(&folder);
    assert!(
        cases.len() >= 50,
        "only {} notebooks in {}",
        cases.len(),
        folder.display()
    );
    compare(&cases, Strictness::Exact);
}

#[test]
fn tricky_json() {
    compare(&tricky_json::cases(), Strictness::Exact);
}

/// A damaged notebook may be refused where nbformat goes on with it, but a valid one may not, and
/// none may pass in silence.
#[test]
fn damaged_notebooks() {
    let cases = mutants::cases();
    assert!(cases.len() >= 3000, "only {} cases", cases.len());
    compare(&cases, Strictness::InvalidMayBeRefused);
}

#[test]
fn invalid_fixtures_are_refused_or_reported_with_reason_and_place() {
    let folder = reference_folder().join("sdist/nbformat-5.11.1/tests");
    for (file, expected) in [
        ("no_min_version.ipynb", "`nbformat_minor` is missing"),
        ("test3_no_metadata.ipynb", "`metadata` is missing"),
        ("test3_no_worksheets.ipynb", "`worksheets` is missing"),
        (
            "test3_worksheet_with_no_cells.ipynb",
            "`worksheets[0].cells` is missing",
        ),
        (
            "invalid.ipynb",
            "`cells[0]`: `source` is missing\n\
             `cells[2]`: `heading` is no kind of cell\n\
             `cells[3].outputs[0]`: `bad stream` is no kind of output",
        ),
        (
            "invalid_cell_id.ipynb",
            "`cells[0].id`: must be 1 to 64 letters, digits, `-` and `_`",
        ),
        (
            "invalid_unique_cell_id.ipynb",
            "`cells[1].id`: `dup` is the id of an earlier cell",
        ),
        ("v4_5_no_cell_id.ipynb", "`cells[0]`: `id` is missing"),
        (
            "v4_5_invalid_metadata.ipynb",
            "`cells[0].metadata.jupyter`: must be object, not string\n\
             `cells[0].metadata.execution`: must be object, not string\n\
             `cells[0].metadata.collapsed`: must be boolean, not string\n\
             `cells[0].metadata.scrolled`: must be true, false or `auto`\n\
             `cells[0].metadata.name`: must be string, not integer\n\
             `cells[0].metadata.tags`: must be array, not string\n\
             `metadata.kernelspec`: must be object, not string\n\
             `metadata.authors`: must be array, not string",
        ),
        ("test4plus.ipynb", ""),
        ("test4.5.ipynb", ""),
        ("test2.ipynb", ""),
        ("test3.ipynb", ""),
    ] {
        let bytes = fs::read(folder.join(file)).unwrap();
        let found = match Notebook::parse_and_validate(&bytes) {
            Err(error) => error.to_string(),
            Ok((_, problems)) => {
                let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
                lines.join("\n")
            }
        };
        assert_eq!(found, expected, "{file}");
    }
}

/// Every notebook below a folder.
fn cases_in(folder: &Path) -> Vec<Case> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    let case = |file: PathBuf| Case {
        name: file.strip_prefix(folder).unwrap().display().to_string(),
        bytes: fs::read(&file).unwrap(),
    };
    files.into_iter().map(case).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "ipynb")
        {
            files.push(path);
        }
    }
}
