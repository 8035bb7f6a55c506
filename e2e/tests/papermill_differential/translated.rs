//! Parameters as every language prints them.

use e2e::papermill::Papermill;
use e2e::run::{Folder, Outcome, run_nbpress};
use serde_json::Value;

use crate::compare::Tally;
use crate::executed::Source::Ours;

/// How a translator is asked for.
const LANGUAGES: &[(&str, &str)] = &[
    ("-l", "python"),
    ("-l", "R"),
    ("-l", "scala"),
    ("-l", "julia"),
    ("-l", "matlab"),
    ("-k", ".net-csharp"),
    ("-k", ".net-fsharp"),
    ("-k", ".net-powershell"),
    ("-l", "bash"),
    ("-k", "pysparkkernel"),
    ("-k", "sparkkernel"),
    ("-k", "sparkrkernel"),
];

/// Values in groups; all values of a group go into one notebook. Each is YAML in flow form.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "scalars",
        &[
            "foo",
            "'{\"foo\": \"bar\"}'",
            "'foo space'",
            "\"foo's apostrophe\"",
            "'shell ( is ) <dumb>'",
            "''",
            "'ünï ☕ 😍'",
            "\"two\\nlines\"",
            "\"tab\\there\"",
            "'back\\slash'",
            "'back\\\\slashes'",
            "\"bell\\a\"",
            "\"nul\\0nul\"",
            "\"\\u2028\"",
            "\"\\x85\"",
            "'#'",
            "'//'",
            "'(* *)'",
            "'%d'",
            "'{x}'",
            "'''single'''",
            "12345",
            "-54321",
            "0",
            "1.2345",
            "-5432.1",
            "1.0",
            "-0.0",
            "1.0e+300",
            "1.0e-7",
            "1.0e+16",
            "123456789.123456789",
            "2147483647",
            "2147483648",
            "-2147483648",
            "-2147483649",
            "100000000000000000000",
            "true",
            "false",
            "2019-01-01",
        ],
    ),
    ("null", &["~"]),
    (
        "lists",
        &[
            "[foo]",
            "[foo, '\"bar\"']",
            "[]",
            "[1, 2.5, true]",
            "[[1], [2, [3]]]",
            "[a b, \"c'd\"]",
        ],
    ),
    (
        "maps",
        &[
            "{foo: bar}",
            "{foo: '\"bar\"'}",
            "{foo: [bar]}",
            "{foo: {bar: baz}}",
            "{foo: {bar: '\"baz\"'}}",
            "{}",
            "{a: 1, b: 2.5}",
            "{'a \"key\"': 1}",
            "{\"it's\": 1}",
            "{1: foo}",
            "{1.0: foo}",
            "{~: foo}",
            "{true: foo}",
        ],
    ),
    (
        "lists of maps",
        &["[{foo: bar}]", "[{foo: '\"bar\"'}]", "[{a: [1, {b: 2}]}]"],
    ),
    ("nothing in lists and maps", &["[~]", "{a: ~}"]),
    ("not finite", &[".nan", ".inf", "-.inf"]),
    ("not finite in lists", &["[.nan, .inf]"]),
    (
        "hostile",
        &[
            "$HOME",
            "'$(touch pwned)'",
            "'`touch pwned`'",
            "'\"; touch pwned; \"'",
            "'${x}'",
            "'#{x}'",
            "'$x'",
            "'\\$x'",
        ],
    ),
    ("sets", &["!!set {a}"]),
];

#[test]
fn every_language() {
    let mut tally = Tally::default();
    let mut names = Vec::new();
    let mut papermill = Papermill::start();
    for (option, language) in LANGUAGES {
        for (group, values) in GROUPS {
            let outcomes = both(&mut papermill, option, language, values);
            for (value, theirs, ours) in paired(&outcomes, values) {
                let name = format!("{language}: {group}: {value}");
                let difference = (theirs != ours).then(|| ("source".to_owned(), theirs, ours));
                tally.add(&name, difference.into_iter().collect());
                names.push(name);
            }
        }
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    tally.finish("translators", &names);
}

#[test]
fn names_and_comments() {
    let mut tally = Tally::default();
    let mut names = Vec::new();
    let mut papermill = Papermill::start();
    for (option, language) in LANGUAGES {
        let folders = [seeded(), seeded()];
        let arguments = [
            "in.ipynb",
            "out.ipynb",
            "--prepare-only",
            option,
            language,
            "-p",
            "___foo",
            "5",
            "-p",
            "b.c",
            "6",
            "-p",
            "ünï",
            "7",
        ];
        let (theirs, ours) = run_both(&mut papermill, &arguments, &folders);
        let name = format!("{language}: names");
        let (theirs, ours) = (injected(&theirs), injected(&ours));
        let difference = (theirs != ours).then(|| {
            (
                "source".to_owned(),
                format!("{theirs:?}"),
                format!("{ours:?}"),
            )
        });
        tally.add(&name, difference.into_iter().collect());
        names.push(name);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    tally.finish("names of parameters", &names);
}

fn seeded() -> Folder {
    Folder::new(&[("in.ipynb", &std::fs::read(Ours("trivial").path()).unwrap())])
}

fn run_both(
    papermill: &mut Papermill,
    arguments: &[&str],
    folders: &[Folder; 2],
) -> (Outcome, Outcome) {
    let theirs = papermill.run(arguments, &folders[0]);
    let ours: Vec<&str> = std::iter::once("papermill")
        .chain(arguments.iter().copied())
        .collect();
    (theirs, run_nbpress(&ours, &folders[1]))
}

fn both(
    papermill: &mut Papermill,
    option: &str,
    language: &str,
    values: &[&str],
) -> (Outcome, Outcome) {
    let lines: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(index, value)| format!("v{index}: {value}"))
        .collect();
    let yaml = lines.join("\n");
    run_both(
        papermill,
        &[
            "in.ipynb",
            "out.ipynb",
            "--prepare-only",
            option,
            language,
            "-y",
            &yaml,
        ],
        &[seeded(), seeded()],
    )
}

/// The assignments one by one where both sides wrote them, or how the whole run ended where one did not.
fn paired(outcomes: &(Outcome, Outcome), values: &[&str]) -> Vec<(String, String, String)> {
    let (theirs, ours) = (injected(&outcomes.0), injected(&outcomes.1));
    let (Ok(theirs), Ok(ours)) = (&theirs, &ours) else {
        return vec![(values.join(" "), format!("{theirs:?}"), format!("{ours:?}"))];
    };
    let (theirs, ours) = (
        assignments(theirs, values.len()),
        assignments(ours, values.len()),
    );
    values
        .iter()
        .zip(theirs.into_iter().zip(ours))
        .map(|(value, (theirs, ours))| ((*value).to_owned(), theirs, ours))
        .collect()
}

/// The injected cell's source, or the exit code.
fn injected(outcome: &Outcome) -> Result<String, i32> {
    let Some(bytes) = outcome
        .files
        .iter()
        .find(|(path, _)| path.ends_with("out.ipynb"))
        .map(|(_, bytes)| bytes)
    else {
        return Err(outcome.exit);
    };
    let notebook: Value = serde_json::from_str(
        &String::from_utf8_lossy(bytes)
            .replace("NaN", "null")
            .replace("-Infinity", "null")
            .replace("Infinity", "null"),
    )
    .unwrap();
    let cell = notebook["cells"]
        .as_array()
        .unwrap()
        .iter()
        .find(|cell| cell["metadata"]["tags"][0] == "injected-parameters");
    let source = cell.map(|cell| {
        cell["source"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect::<String>()
    });
    source.ok_or(outcome.exit)
}

/// Cuts a source before each line that assigns the next parameter.
fn assignments(source: &str, count: usize) -> Vec<String> {
    let mut parts = vec![String::new(); count + 1];
    let mut next = 0;
    for line in source.split_inclusive('\n') {
        let assigned = line.split('=').next().unwrap_or_default();
        let name = format!("v{next}");
        if next < count && assigned.split([' ', '$']).any(|word| word == name) {
            next += 1;
        }
        parts[next].push_str(line);
    }
    // The comment on the first line belongs to the first parameter.
    let comment = parts.remove(0);
    parts[0].insert_str(0, &comment);
    parts
}
