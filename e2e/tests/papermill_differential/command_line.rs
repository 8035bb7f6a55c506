//! The command line without any kernel: merging, typing, paths, help and refusals.

use serde_json::json;

use crate::compare::{Case, run_all};
use crate::executed::Source::{self, Ours, Papermill};
use crate::executed::{split, with_arguments};

#[rustfmt::skip]
const FLAGS: &[(&str, &str, i32)] = &[
    ("-p", "-p|foo|bar|--parameters|baz|42", 0),
    ("-r", "-r|foo|bar|--parameters_raw|baz|42", 0),
    ("-f twice", "-f|one.yaml|--parameters_file|two.json", 0),
    ("-y", r#"-y|{"foo": "bar"}|--parameters_yaml|{"foo2": ["baz"]}"#, 0),
    ("-y date", "-y|a_date: 2019-01-01", 0),
    ("all empty", "-f|empty.yaml|-y|#empty|-b|I2VtcHR5", 0),
    ("-y over -y", r#"--parameters_yaml|{"foo": "bar"}|-y|{"foo": ["baz"]}"#, 0),
    ("-b over -b", "--parameters_base64|eyJmb28iOiAicmVwbGFjZWQiLCAiYmFyIjogMn0=|-b|eydmb28nOiAxfQ==", 0),
    ("-b date", "-b|YV9kYXRlOiAyMDE5LTAxLTAx", 0),
    ("inject input path", "--inject-input-path", 0),
    ("inject output path", "--inject-output-path", 0),
    ("inject both paths", "--inject-paths", 0),
    ("inject paths, overridden", "--inject-paths|-p|PAPERMILL_INPUT_PATH|mine", 0),
    ("engine", "--engine|nbclient", 0),
    ("kernel", "-k|python3", 0),
    ("language", "-l|python", 0),
    ("kernel and language that nobody has", "-k|xyz|-l|julia|-p|a|1", 0),
    ("progress bar", "--progress-bar", 0),
    ("no progress bar", "--no-progress-bar", 0),
    ("log output", "--log-output", 0),
    ("log output and progress bar", "--log-output|--progress-bar", 0),
    ("no log output", "--no-log-output", 0),
    ("log level", "--log-level|WARNING", 0),
    ("start timeout", "--start-timeout|123", 0),
    ("start timeout, older word", "--start_timeout|123", 0),
    ("execution timeout", "--execution-timeout|123", 0),
    ("report mode", "--report-mode", 0),
    ("report mode with parameters", "--report-mode|-p|a|1", 0),
    ("no report mode", "--no-report-mode", 0),
    ("autosave", "--autosave-cell-every|17", 0),
    ("no saving", "--no-request-save-on-cell-execute", 0),
    ("many", r#"-f|one.yaml|-y|{"yaml_foo": {"yaml_bar": "yaml_baz"}}|-b|eyJiYXNlNjRfZm9vIjogImJhc2U2NF9iYXIifQ==|-p|baz|replace|-r|foo|54321|--kernel|R|--log-output|--autosave-cell-every|17|--no-progress-bar|--start-timeout|321|--execution-timeout|654|--report-mode|-l|R"#, 0),
    ("merge order is by kind, not by place", "-r|a|r|-p|a|p|-y|a: y|-f|one.yaml|-b|YTogYg==", 0),
    ("-y over -f over -b", "-y|foo: y|-b|Zm9vOiBi|-f|one.yaml", 0),
    ("a later key keeps its first place", "-y|{a: 1, b: 2}|-p|a|3|-p|c|4", 0),
    ("merge is shallow", "-f|one.yaml|-f|two.json", 0),
    ("stuck together", "-pfoo|1|--parameters=bar|2", 0),
    ("a value that looks like an option", "-p|a|-1|-r|b|--cwd", 0),
    ("file of another extension", "-f|odd-extension.txt", 0),
];

#[rustfmt::skip]
const TEMPLATES: &[(&str, &str, &str, i32)] = &[
    ("plain", "folder/out.ipynb", "", 0),
    ("plain, unused parameter", "folder/out.ipynb", "-p|baz|quux", 0),
    ("single", "folder/{baz}.ipynb", "-p|baz|quux", 0),
    ("boolean", "folder/{baz}.ipynb", "-p|baz|False", 0),
    ("key", "folder/{bar[baz]}.ipynb", "-y|bar: {baz: quux}", 0),
    ("index", "folder/{bar[0]}.ipynb", "-y|bar: [1, 2, 3]", 0),
    ("last index", "folder/{bar[2]}.ipynb", "-y|bar: [1, 2, 3]", 0),
    ("none", "folder/{baz}.ipynb", "-p|baz|None", 0),
    ("number", "folder/{baz}.ipynb", "-p|baz|42", 0),
    ("padded", "folder/{baz:03d}.ipynb", "-p|baz|42", 0),
    ("float places", "folder/{baz:.03f}.ipynb", "-p|baz|0.3", 0),
    ("several", "{foo}/{baz}.ipynb", "-p|foo|folder|-p|baz|quux", 0),
    ("missing", "{foo}.ipynb", "", 1),
    ("missing among others", "{foo}-{bar}.ipynb", "-p|foo|1", 1),
    ("float as Python prints it", "{a}-{b}-{c}.ipynb", "-p|a|1e16|-p|b|0.1|-p|c|1e-7", 0),
    ("string aligned", "{a:>5}{b:*^7}{c:<4}|.ipynb", "-p|a|x|-p|b|y|-p|c|z", 0),
    ("thousands", "{a:,}-{b:_}.ipynb", "-p|a|1234567|-p|b|1234567", 0),
    ("bases", "{a:x}{a:#o}{a:b}.ipynb", "-p|a|255", 0),
    ("percent and exponent", "{a:.1%}{a:e}{a:g}.ipynb", "-p|a|0.25", 0),
    ("signs", "{a:+d}{a: d}{a:05d}.ipynb", "-p|a|7", 0),
    ("precision cuts strings", "{a:.2}.ipynb", "-p|a|abcdef", 0),
    ("conversion", "{a!r}{a!s}.ipynb", "-p|a|x", 0),
    ("nested format", "{a:{w}}.ipynb", "-p|a|x|-p|w|5", 0),
    ("literal braces", "{{a}}.ipynb", "-p|a|x", 0),
    ("a list as Python prints it", "{a}.ipynb", "-y|a: [1, x, null, true, 1.5]", 0),
    ("a dict as Python prints it", "{a}.ipynb", "-y|a: {k: v, n: 1}", 0),
    ("no index given", "{}.ipynb", "-p|a|x", 1),
    ("single brace", "{a.ipynb", "-p|a|x", 1),
    ("wrong format for a string", "{a:d}.ipynb", "-p|a|x", 1),
    ("index out of range", "{a[5]}.ipynb", "-y|a: [1]", 1),
    ("unknown key", "{a[z]}.ipynb", "-y|a: {b: 1}", 1),
    ("folder that is not there", "absent/out.ipynb", "", 1),
    ("output without extension", "folder/out", "", 0),
];

#[rustfmt::skip]
const REFUSALS: &[(&str, &str, i32)] = &[
    ("no arguments", "", 2),
    ("unknown option", "in.ipynb|out.ipynb|--no-such-option", 2),
    ("missing value", "in.ipynb|out.ipynb|-p|a", 2),
    ("too many arguments", "in.ipynb|out.ipynb|third", 2),
    ("autosave not a number", "in.ipynb|out.ipynb|--autosave-cell-every|x", 2),
    ("unknown log level", "in.ipynb|out.ipynb|--log-level|LOUD", 2),
    ("input is not there", "absent.ipynb|out.ipynb", 1),
    ("input is no notebook", "not-a-notebook.ipynb|out.ipynb", 1),
    ("unknown engine", "in.ipynb|out.ipynb|--engine|none-such", 1),
    ("unknown kernel", "in.ipynb|out.ipynb|-k|none-such", 1),
    ("unknown language and parameters", "in.ipynb|out.ipynb|-k|x|-l|y|-p|a|1|--prepare-only", 1),
    ("parameters file is not there", "in.ipynb|out.ipynb|-f|absent.yaml", 1),
    ("parameters file is broken", "in.ipynb|out.ipynb|-f|broken.yaml", 1),
    ("parameters file is a list", "in.ipynb|out.ipynb|-f|list.yaml", 1),
    ("broken base64", "in.ipynb|out.ipynb|-b|a", 1),
    ("output folder is not there", "in.ipynb|absent/out.ipynb", 1),
    ("notebook on standard output", "in.ipynb|-|--prepare-only|-p|x|1", 0),
    ("no output path, output piped", "in.ipynb|--prepare-only|-p|x|1", 0),
];

/// Words after `-p`: what Python takes for a number, a constant or a string.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "True", "False", "None", "12.51", "10", "hello world", "😍", "+1", "-1", "01", "1_000", " 1 ", "٣", "1.", ".5", "1e5",
    "1_0.5", "nan", "NaN", "inf", "-inf", "Infinity", "true", "null", "0x10", "1L", "[1]", "", "1__0", "_1", "1_", "1e400",
    "-0", "-0.0", "1e-7", "123456789012345678901234567890", "0.1", "1E5", "- 1", "\t7\n", "１２", "1e", "infinity", "+nan",
    "TRUE", "none", "1.5e3", "1e22", "1e16", "123456789.123456789", "0b1", "0o7", "00", "0_0", "\"quoted\"", "a\nb",
];

/// YAML 1.1 values as PyYAML's safe loader without timestamps reads them.
#[rustfmt::skip]
const YAML_VALUES: &[&str] = &[
    "yes", "no", "on", "off", "y", "n", "~", "", "012", "0o12", "0x1F", "0b11", "1_000", "1e5", "1.0e5", "1.0e+5", "12:30:00",
    ".nan", ".inf", "-.inf", "2019-01-01", "2001-12-14t21:59:43.10-05:00", "'single ''quoted'''", "\"dou\\tble\\u263A\"",
    "!!str 1", "!!int '3'", "!!float 2", "[1, [2, {a: b}]]", "{b: 1, a: 2}", "Null", "NULL", "True", "TRUE", "tRUE", "0", "-0",
    "+12", "0.", ".5", "1.", "-1.5", "_1", "1__0", "190:20:30", "685_230.15", "+.INF", "0x_1", "'0'", "<", "é", "1:30", "1:60",
    "+1:30", "1:30.5", "0b", "0x", "08", "09.5", "1e", "-", "- ", "|\n  block\n  text", ">\n  folded\n  text", "|-\n  stripped\n",
    "\"folded\n  in quotes\"", "!!bool yes", "!!null ''", "a#b", "'a: b'", "a:b", "[a, b,]", "{a, b: 1}", "'tab\there'",
];

/// Whole documents after `-y`.
#[rustfmt::skip]
const YAML_DOCUMENTS: &[(&str, &str, i32)] = &[
    ("anchors", "a: &x [1, 2]\nb: *x", 0),
    ("merge keys", "base: &b {x: 1, y: 2}\nd:\n  <<: *b\n  y: 3", 0),
    ("merge several", "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc:\n  <<: [*a, *b]\n  z: 3", 0),
    ("duplicate keys", "a: 1\na: 2", 0),
    ("flow over lines", "{a: 1,\n b: [x,\n  y]}", 0),
    ("equals sign", "a: =", 1),
    ("Python object", "a: !!python/object/apply:os.system ['true']", 1),
    ("unknown tag", "a: !mine 1", 1),
    ("not closed", "a: [1", 1),
    ("tab", "a:\n\t- 1", 1),
    ("two documents", "a: 1\n---\nb: 2", 1),
    ("a list", "[1, 2]", 1),
    ("a list of pairs", "[[a, 1], [b, 2]]", 0),
    ("a word", "word", 1),
    ("null", "~", 0),
    ("comments", "# first\na: 1 # one\n", 0),
    ("number keys", "a: {1: x, 2: y}", 0),
    ("float keys", "a: {2.5: x}", 0),
    ("boolean keys", "a: {yes: x}", 0),
    ("null key", "a: {~: x}", 0),
    ("keys that cannot be sorted", "a: {1: x, b: y}", 1),
    ("document markers", "--- {a: 1}\n...", 0),
    ("directive", "%YAML 1.1\n---\na: 1", 0),
    ("set", "a: !!set {x}", 1),
    ("binary", "a: !!binary aGVsbG8=", 0),
    ("ordered map", "a: !!omap [x: 1, y: 2]", 0),
    ("nested lists", "a:\n- - 1\n  - 2\n- - 3", 0),
    ("complex key", "? [1, 2]\n: x", 1),
];

/// Notebooks for `--help-notebook`.
#[rustfmt::skip]
const HELPED: &[(&str, Source, i32)] = &[
    ("simple", Papermill("simple_execute"), 0),
    ("complex", Papermill("complex_parameters"), 0),
    ("no tag", Papermill("no_parameters"), 1),
    ("R", Papermill("notimplemented_translator"), 0),
    ("typed", Ours("parameters_typed"), 0),
    ("two parameters cells", Ours("two_parameters_cells"), 0),
    ("SQL", Ours("sql_no_kernel"), 1),
    ("unicode", Ours("unicode_names_ünï"), 0),
    ("no kernelspec", Ours("no_kernelspec"), 1),
];

/// Values that papermill refuses, or cannot write.
const REFUSED_YAML_VALUES: &[&str] = &["-", "- "];

/// Sources of parameters cells, read as papermill's inspection reads them.
const PARAMETERS_CELLS: &[&str] = &[
    "a = 2",
    "a: int = 2",
    "a = 2 # type:int",
    "a = False # Nice variable a",
    "a: float = 2.258 # type: int Nice variable a",
    "a = 'this is a string' # type: int Nice variable a",
    "a: List[str] = ['this', 'is', 'a', 'string', 'list'] # Nice variable a",
    "a: List[str] = [\n    'this', # First\n    'is',\n    'a',\n    'string',\n    'list' # Last\n] # Nice variable a",
    "a: List[str] = [\n    'this',\n    'is',\n    'a',\n    'string',\n    'list'\n] # Nice variable a",
    "a: List[str] = [\n 'this', # First\n 'is',\n\n 'a'\n] # Nice variable a\n\nb: float = -2.3432 # My b variable\n",
    "# a comment\n\na = 1\n",
    "a = b = 1",
    "a = 'x=y'",
    "a: None|str = None",
    "a: Dict[str, int] = {'k': 1}",
    "a = {\n  'k': 1,\n}\nb = (1,\n 2)",
    "import os\na = 1",
    "a = 'a string # with a hash'",
    "a = \"\"\"several\nlines\"\"\"",
    "a = 1; b = 2",
    "a  :  int=2   #help",
    "a_very_long_parameter_name_indeed: Optional[List[int]] = None  # and a long help text that goes on",
    "ünï = 'ü'  # größer",
    "print('nothing')",
    "",
];

#[test]
fn parameters_and_flags() {
    let cases: Vec<Case> = FLAGS
        .iter()
        .map(|(name, arguments, exit)| prepared(name, split(arguments), *exit))
        .collect();
    run_all("parameters and flags", &cases);
}

fn prepared(name: &str, arguments: Vec<&str>, exit: i32) -> Case {
    let arguments = ["in.ipynb", "out.ipynb", "--prepare-only"]
        .into_iter()
        .chain(arguments);
    with_arguments(name, Ours("trivial"), arguments, exit)
}

#[test]
fn types_of_values() {
    let names: Vec<String> = (0..WORDS.len()).map(|index| format!("v{index}")).collect();
    let words = names
        .iter()
        .zip(WORDS)
        .flat_map(|(name, word)| ["-p", name, word])
        .collect();
    let mut cases = vec![prepared("words", words, 0)];
    // One document each: a value that cannot be written must not hide the others.
    for value in YAML_VALUES {
        let document = format!("v: {value}");
        let exit = i32::from(REFUSED_YAML_VALUES.contains(value));
        cases.push(prepared(
            &format!("YAML value {value:?}"),
            vec!["-y", &document],
            exit,
        ));
    }
    for (name, document, exit) in YAML_DOCUMENTS {
        cases.push(prepared(
            &format!("YAML document: {name}"),
            vec!["-y", document],
            *exit,
        ));
    }
    run_all(
        &format!("types of values ({} words in one of them)", WORDS.len()),
        &cases,
    );
}

#[test]
fn path_templates() {
    let mut cases: Vec<Case> = TEMPLATES
        .iter()
        .map(|(name, output, arguments, exit)| {
            let paths = ["in.ipynb", *output, "--prepare-only"];
            let arguments = paths.into_iter().chain(split(arguments));
            let mut case = with_arguments(name, Ours("trivial"), arguments, *exit);
            // The sentences users search for.
            case.last_error = name.starts_with("missing") || name.starts_with("folder that");
            case
        })
        .collect();
    let template = [
        "{where}.ipynb",
        "out.ipynb",
        "--prepare-only",
        "-p",
        "where",
        "in",
    ];
    cases.push(with_arguments(
        "input is a template too",
        Ours("trivial"),
        template,
        0,
    ));
    let shadow = [
        "in.ipynb",
        "{pm}.ipynb",
        "--prepare-only",
        "-p",
        "pm",
        "mine",
    ];
    cases.push(with_arguments(
        "a parameter named pm",
        Ours("trivial"),
        shadow,
        0,
    ));
    run_all("path templates", &cases);
}

#[test]
fn help_of_notebooks() {
    let help = ["--help-notebook", "in.ipynb"];
    let mut cases: Vec<Case> = HELPED
        .iter()
        .map(|(name, notebook, exit)| {
            with_arguments(&format!("help: {name}"), *notebook, help, *exit)
        })
        .collect();
    let template = ["--help-notebook", "{n}.ipynb", "-p", "n", "in"];
    cases.push(with_arguments(
        "help: template",
        Ours("trivial"),
        template,
        0,
    ));
    for (index, source) in PARAMETERS_CELLS.iter().enumerate() {
        let name = format!("help: cell {index}: {source:?}");
        let mut case = with_arguments(&name, Ours("trivial"), help, 0);
        case.notebook = with_parameters_cell(source);
        cases.push(case);
    }
    run_all("help of notebooks", &cases);
}

fn with_parameters_cell(source: &str) -> Vec<u8> {
    let cell = json!({
        "cell_type": "code", "execution_count": null, "id": "p", "metadata": {"tags": ["parameters"]},
        "outputs": [], "source": source,
    });
    let kernelspec = json!({"display_name": "p", "language": "python", "name": "python3"});
    let metadata = json!({"kernelspec": kernelspec});
    let notebook =
        json!({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5});
    notebook.to_string().into_bytes()
}

#[test]
fn refusals() {
    let cases: Vec<Case> = REFUSALS
        .iter()
        .map(|(name, arguments, exit)| {
            let mut case = with_arguments(name, Ours("trivial"), split(arguments), *exit);
            case.last_error = SENTENCES.contains(name);
            case
        })
        .collect();
    run_all("refusals", &cases);
}

/// Refusals whose sentence people search for, or scripts read.
const SENTENCES: &[&str] = &["unknown engine", "unknown language and parameters"];
