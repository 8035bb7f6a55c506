//! The shape of the answer. The answers themselves are compared with papermill's.

use nbpress_format::cell::Cell;
use nbpress_format::json::Json;
use nbpress_format::notebook::Notebook;

use super::{Help, InferError, help, infer, infer_parameter_names};

fn notebook(source: Option<&str>, metadata: &str) -> Notebook {
    let file =
        format!(r#"{{"cells": [], "metadata": {metadata}, "nbformat": 4, "nbformat_minor": 5}}"#);
    let mut notebook = Notebook::parse(file.as_bytes()).unwrap();
    notebook.cells.extend(source.map(|source| {
        let mut cell = Cell::new_code(source);
        let tags = Json::parse(br#"["parameters"]"#).unwrap();
        cell.metadata.insert("tags".to_owned(), tags);
        cell
    }));
    notebook
}

const PYTHON: &str = r#"{"kernelspec": {"name": "python3", "language": "python"}}"#;
const HEAD: &str = "Usage: papermill [OPTIONS] NOTEBOOK_PATH [OUTPUT_PATH]\n\nParameters inferred for notebook 'a.ipynb':\n";

#[test]
fn parameters_are_described() {
    let source = "a: float = 2.25  # Variable a\nb = [\n  1, # one\n  2\n] # type: List[int] numbers\nx = y = 1\nlong_name = 'some text' # why\n";
    let Help {
        text,
        exit_code,
        warnings,
        error,
    } = help(&notebook(Some(source), PYTHON), "a.ipynb", None, None);
    let expected = "  a: float (default 2.25)         Variable a
  b: List[int] (default [1,2])    numbers
  long_name: Unknown type (default 'some text')
                                  why
";
    assert_eq!(text.strip_prefix(HEAD), Some(expected));
    assert_eq!((exit_code, error), (0, None));
    assert_eq!(warnings, ["Unable to parse line 6 'x = y = 1'."]);
}

#[test]
fn what_cannot_be_described_is_told() {
    let nothing = "\n  Can't infer anything about this notebook's parameters. It may not have any parameter defined.\n";
    let r = r#"{"kernelspec": {"name": "ir", "language": "R"}}"#;
    for (source, metadata, text, exit_code, error) in [
        (None, PYTHON, "\n  No cell tagged 'parameters'\n", 1, None),
        (Some(""), PYTHON, nothing, 0, None),
        (Some("a = 1"), r, nothing, 0, None),
        (Some("a = 1"), "{}", "", 1, Some(InferError::NoKernel)),
    ] {
        let help = help(&notebook(source, metadata), "a.ipynb", None, None);
        assert_eq!(help.text.strip_prefix(HEAD), Some(text));
        assert_eq!(
            (help.exit_code, help.error),
            (exit_code, error.map(|error| error.to_string()))
        );
    }
}

#[test]
fn a_notebook_that_names_no_kernel_is_read_for_the_one_given() {
    let unnamed = notebook(Some("a = 1"), "{}");
    let text = help(&unnamed, "a.ipynb", Some("python3"), Some("python")).text;
    assert_eq!(
        text.strip_prefix(HEAD),
        Some("  a: Unknown type (default 1)     \n")
    );
    assert_eq!(
        infer_parameter_names(&unnamed, Some("python3"), Some("python")),
        ["a"]
    );
    assert_eq!(
        infer_parameter_names(&unnamed, None, Some("python")),
        [""; 0]
    );
    assert_eq!(
        infer(&unnamed, Some("python3"), None),
        Err(InferError::NoLanguage)
    );
    let unknown = infer(&unnamed, Some("irust"), Some("Rust")).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "No parameter translator functions specified for kernel 'irust' or language 'Rust'"
    );
}
