//! `papermill --help-notebook`, and the names behind `Passed unknown parameter`.

use std::path::{Path, PathBuf};

use nbpress_execute::help_notebook::{help, infer, infer_parameter_names};
use nbpress_format::notebook::Notebook;
use serde_json::{Value, json};

use super::Compared;

/// Parameters cells.
#[rustfmt::skip]
const CELLS: &[&str] = &[
    "", "\n\n", "# only a comment", "   # indented comment\n\t", "pass", "import os\nimport sys", "a = 1", "a=1", "a  =  1  ", "a = 1 # help", "a = 1# help", "a = 1 #help # more", "a = 1 #", "a = 1 #   ",
    "a: int = 1", "a:int=1", "a : int=1  # help", "a: \"int\" = 1", "a: 'List[int]' = [] # x", "a: 'int\" = 1", "a: Optional[str] = None", "a: Dict[str, List[int]] = {}", "a: dict[str,int] = {}  # help", "a: typing.List = []", "a: None|str = None", "a: int | None = None # why", "a: Literal['x'] = 'x'", "a: Callable[[int], str] = f", "a: [int] = 1", "a: = 1", "a: int", "a: int  # help", "a: None = None", "a: int[ ] = 1", "a: int , = 1",
    "a = 1 # type: int", "a = 1 # type: int help text", "a = 1 # type:int   help", "a = 1 #type: int", "a = 1 # type: ", "a = 1 # type:", "a = 1 # type: List[int, str] help", "a: str = 1 # type: int help", "a = 1 # types: int", "a = 1 # the type: int", "a = 1 # type: # x",
    "a = '#fff'", "a = \"#fff\" # color", "a = 'x=1'", "a = b = 1", "a == 1", "a += 1", "a -= 1 # x", "a != 1", "a <= 1", "a := 3", "(a := 3)", "a, b = 1, 2", "a.b = 1", "a[0] = 1", "*a, b = x", "f(x=1)", "f(x=1, y=2)", "if a: b = 1", "def f(x):\n    return x\na = 1", "for i in x:\n    y = i  # loop", "  a = 1", "\ta = 1", "1a = 2", "_ = 1", "__a__ = 2", "a1_b2 = 3", "é = 1", "日本 = 'x'  # 説明", "a² = 1", "a-b = 1", "a b = 1", "print('x') # no", "@x\na = 1",
    "a = [\n  1,\n  2,\n]", "a = [ # first\n  1, # one\n  2, # two\n] # last", "a = {\n  'x': 1,\n}\nb = 2 # b", "a = [\n\n  # comment\n  1\n]", "a = \\\n  1", "a = (\n    'x'\n    'y'\n)  # text", "a = \"\"\"\ntext\nmore = x\n\"\"\"", "a = 1\nb\nc = 2", "a = 1\nb = c = 2\nd\ne = 3", "x = {'a': 1,\n'b' : f(c=2, d=3)}\ny = 1", "a = 1; b = 2", "a = 1;", "a = 1 # x = y", "a = 1 # x == y", "# a = 1\nb = 2", "a = 1\n# about b\nb = 2",
    "msg = None", "a = 1\na = 2  # again", "long_parameter_name_with_many_letters = 'value'", "long_parameter_name_with_many_letters = 'value' # help", "a: float = 2.25 # Variable a", "abcdefg: float = 123456 # at", "abcdefgh: float = 123456 # ov", "abcdefgh = 12", "é: str = 'éééé' # ü", "日本: str = '日本' # 日本日本日本日本", "a = 'x\ty'  # tab\there", "a = 1\r\nb = 2\r\n", "a = 1\rb = 2", "a = 1\u{b}b = 2", "a = 1\u{c}b = 2", "a = 1\u{1c}b = 2\u{85}c = 3\u{2028}d = 4", "a = '\u{a0}'", "a\u{a0}= 1", "a = 1 \u{3000}# \u{3000}x\u{3000}", "a: int\u{a0}= 1", "a =", "a = # only help", "= 1", "=", "==", "a = =", "a: int =", "a : int : str = 1", "a: \"\" = 1", "a = 1 \\# x", "a = f'{x}' # f", "a = {\"k\": \"v\"} # json", "a = lambda: 1", "a = None # type: Optional[int]", "%matplotlib inline\na = 1", "!ls\na = 1", "a = !ls", "a = 1 # \u{1f600}", "type = 1 # type: type", "None = 1", "a: None_ = 1",
];

/// Metadata of notebooks whose parameters cell is `a = 1`, and the kernel and language asked for.
#[rustfmt::skip]
const LANGUAGES: &[(&str, Option<&str>, Option<&str>)] = &[
    ("{}", None, None),
    ("{}", Some("python3"), None),
    ("{}", None, Some("python")),
    ("{}", Some("python3"), Some("python")),
    ("{}", Some(""), Some("")),
    (r#"{"kernelspec": {"name": "python3", "display_name": "x"}}"#, None, None),
    (r#"{"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}}"#, None, None),
    (r#"{"kernelspec": {"name": "python3", "display_name": "x", "language": "R"}, "language_info": {"name": "python"}}"#, None, None),
    (r#"{"kernelspec": {"name": "ir", "display_name": "x", "language": "R"}, "language_info": {"name": "R"}}"#, None, None),
    (r#"{"kernelspec": {"name": "ir", "display_name": "x", "language": "R"}, "language_info": {"name": "R"}}"#, None, Some("python")),
    (r#"{"kernelspec": {"name": "ir", "display_name": "x", "language": "R"}, "language_info": {"name": "R"}}"#, Some("python"), None),
    (r#"{"kernelspec": {"name": "bash", "display_name": "x"}, "language_info": {"name": "python"}}"#, None, None),
    (r#"{"kernelspec": {"name": "pysparkkernel", "display_name": "x"}, "language_info": {"name": "x"}}"#, None, None),
    (r#"{"kernelspec": {"name": "sparkkernel", "display_name": "x"}, "language_info": {"name": "python"}}"#, None, None),
    (r#"{"kernelspec": {"name": "rust", "display_name": "x"}, "language_info": {"name": "Rust"}}"#, None, None),
    (r#"{"kernelspec": {"name": "x", "display_name": "x"}, "language_info": {"name": "julia"}}"#, None, None),
    (r#"{"kernelspec": {"name": "x", "display_name": "x"}, "language_info": {"name": "Python"}}"#, None, None),
    (r#"{"language_info": {"name": "python"}}"#, None, None),
    (r#"{"language_info": {"name": ""}, "kernelspec": {"name": "k", "display_name": "x", "language": "scala"}}"#, None, None),
];

/// Paths of papermill's notebooks and of one for each case above.
pub(crate) fn notebooks(folder: &Path) -> Vec<PathBuf> {
    let mut notebooks = papermills(folder);
    assert!(
        notebooks.len() > 20,
        "papermill's notebooks are in {}",
        folder.display()
    );
    notebooks.sort();
    let python = r#"{"kernelspec": {"name": "python3", "display_name": "x"}, "language_info": {"name": "python"}}"#;
    let cells = CELLS.iter().map(|source| (*source, python));
    let languages = LANGUAGES.iter().map(|(metadata, ..)| ("a = 1", *metadata));
    notebooks.extend(
        cells
            .chain(languages)
            .enumerate()
            .map(|(index, (source, metadata))| {
                let metadata: Value = serde_json::from_str(metadata).unwrap();
                write(&format!("cell_{index}.ipynb"), source, &metadata)
            }),
    );
    notebooks
}

fn papermills(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                papermills(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "ipynb")
        })
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "tests write local files")]
fn write(name: &str, source: &str, metadata: &Value) -> PathBuf {
    let cell = json!({
        "cell_type": "code", "execution_count": null, "id": "a", "outputs": [], "source": source,
        "metadata": {"tags": ["parameters"]},
    });
    let notebook =
        json!({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5});
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, notebook.to_string()).unwrap();
    path
}

#[expect(clippy::disallowed_methods, reason = "tests read local files")]
fn read(path: &Path) -> Notebook {
    Notebook::parse(&std::fs::read(path).unwrap()).unwrap()
}

/// Which names are asked for with which kernel and language.
pub(crate) fn questions(notebooks: &[PathBuf]) -> Value {
    let overrides = LANGUAGES
        .iter()
        .map(|&(_, kernel, language)| (kernel, language));
    let own = notebooks.len() - LANGUAGES.len();
    let others = std::iter::repeat_n((None, None), own);
    notebooks
        .iter()
        .zip(others.chain(overrides))
        .map(|(path, (kernel, language))| json!([path, kernel, language]))
        .collect()
}

pub(crate) fn compare_help(notebooks: &[PathBuf], answers: &Value) -> Compared {
    let mut compared = Compared::new("--help-notebook");
    for (index, path) in notebooks.iter().enumerate() {
        let notebook = read(path);
        let ours = help(&notebook, path.to_str().unwrap(), None, None);
        let ours = json!({
            "text": ours.text, "exit_code": ours.exit_code, "warnings": ours.warnings, "error": ours.error,
        });
        let source = notebook
            .parameters_cell()
            .map(|cell| notebook.cells[cell].source.clone());
        compared.case(
            &(path, source),
            &ours.to_string(),
            &answers[index].to_string(),
        );
    }
    compared
}

pub(crate) fn compare_names(notebooks: &[PathBuf], answers: &Value) -> Compared {
    let mut compared = Compared::new("names");
    for (index, question) in questions(notebooks).as_array().unwrap().iter().enumerate() {
        let notebook = read(&notebooks[index]);
        let (kernel, language) = (question[1].as_str(), question[2].as_str());
        let ours = match infer(&notebook, kernel, language) {
            Ok(_) => json!(infer_parameter_names(&notebook, kernel, language)).to_string(),
            Err(error) => error.to_string(),
        };
        let theirs = match answers[index]["message"].as_str() {
            Some(message) => message.to_owned(),
            None => answers[index]["value"].to_string(),
        };
        compared.case(question, &ours, &theirs);
    }
    compared
}
