//! Parameters as every language prints them.

use std::path::Path;

use crate::compare::Tally;
use crate::executed::Source::Ours;
use e2e::papermill::Papermill;
use e2e::run::{Folder, Outcome, run_nbpress};

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

#[rustfmt::skip]
/// Values in groups; all values of a group go into one notebook. Each is YAML in flow form.
const GROUPS: &[(&str, &[&str])] = &[
    ("scalars", &[
        "foo", "'{\"foo\": \"bar\"}'", "'foo space'", "\"foo's apostrophe\"", "'shell ( is ) <dumb>'", "''", "'ünï ☕ 😍'",
        "\"two\\nlines\"", "\"tab\\there\"", "'back\\slash'", "'back\\\\slashes'", "\"bell\\a\"", "\"\\u2028\"", "\"\\x85\"",
        "'#'", "'//'", "'(* *)'", "'%d'", "'{x}'", "'''single'''", "12345", "-54321", "0", "1.2345", "-5432.1", "1.0", "-0.0",
        "1.0e+300", "1.0e-7", "1.0e+16", "123456789.123456789", "2147483647", "2147483648", "-2147483648", "-2147483649",
        "100000000000000000000", "true", "false", "2019-01-01",
    ]),
    ("nul", &["\"nul\\0nul\""]),
    ("null", &["~"]),
    ("lists", &["[foo]", "[foo, '\"bar\"']", "[]", "[1, 2, 3]", "[a b, \"c'd\"]"]),
    ("mixed lists", &["[1, 2.5, true]"]),
    ("lists of lists", &["[[1], [2, 3]]", "[[1], [2, [3]]]"]),
    ("maps", &[
        "{foo: bar}", "{foo: '\"bar\"'}", "{}", "{a: 1, b: 2.5}", "{'a \"key\"': 1}", "{\"it's\": 1}", "{1: foo}", "{1.0: foo}",
        "{~: foo}", "{true: foo}",
    ]),
    ("maps of lists and maps", &["{foo: [bar]}", "{foo: {bar: baz}}", "{foo: {bar: '\"baz\"'}}"]),
    ("lists of maps", &["[{foo: bar}]", "[{foo: '\"bar\"'}]", "[{a: [1, {b: 2}]}]"]),
    ("nothing in lists", &["[~]"]),
    ("nothing in maps", &["{a: ~}"]),
    ("not finite", &[".nan", ".inf", "-.inf"]),
    ("not finite in lists", &["[.nan, .inf]"]),
    ("hostile", &[
        "$HOME", "'$(touch pwned)'", "'`touch pwned`'", "'\"; touch pwned; \"'", "'${x}'", "'#{x}'", "'$x'", "'\\$x'",
    ]),
    ("sets", &["!!set {a}"]),
];

/// papermill's own spelling, for those who depend on it.
#[test]
fn as_papermill_prints_them() {
    every_language("--strict-compat", "translators with --strict-compat");
}

/// Without the switch nothing may differ but what would otherwise not be the language, or be executed.
#[test]
fn as_data() {
    every_language("", "translators");
}

fn every_language(switch: &str, what: &str) {
    let mut tally = Tally::default();
    let mut names = Vec::new();
    let mut papermill = Papermill::start();
    for (option, language) in LANGUAGES {
        for (group, values) in GROUPS {
            let lines = values
                .iter()
                .enumerate()
                .map(|(index, value)| format!("v{index}: {value}"));
            let yaml = lines.collect::<Vec<_>>().join("\n");
            let sources = both(&mut papermill, &[option, language, "-y", &yaml], switch);
            for (value, theirs, ours) in paired(&sources, values) {
                let name = format!("{language}{switch}: {group}: {value}");
                let difference = (theirs != ours).then(|| ("source".to_owned(), theirs, ours));
                tally.add(&name, difference.into_iter().collect());
                names.push(name);
            }
        }
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    tally.finish(what, &names);
}

#[test]
fn names() {
    let mut tally = Tally::default();
    let mut names = Vec::new();
    let mut papermill = Papermill::start();
    for (option, language) in LANGUAGES {
        for (kind, parameter) in [
            ("usual", "foo_1"),
            ("underscores", "___foo"),
            ("dot", "b.c"),
            ("letters", "größe"),
        ] {
            let (theirs, ours) = both(
                &mut papermill,
                &[option, language, "-p", parameter, "5"],
                "",
            );
            let name = format!("name: {kind}: {language}");
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
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    tally.finish("names of parameters", &names);
}

/// The injected cell's source on both sides, or the exit code where there is none.
fn both(
    papermill: &mut Papermill,
    arguments: &[&str],
    switch: &str,
) -> (Result<String, i32>, Result<String, i32>) {
    let folders = [seeded(), seeded()];
    let paths = ["in.ipynb", "out.ipynb", "--prepare-only"];
    let theirs: Vec<&str> = paths.into_iter().chain(arguments.iter().copied()).collect();
    let ours: Vec<&str> = ["papermill"]
        .into_iter()
        .chain(theirs.iter().copied())
        .chain((!switch.is_empty()).then_some(switch))
        .collect();
    let theirs = papermill.run(&theirs, &folders[0]);
    let ours = run_nbpress(&ours, &folders[1]);
    (injected(&theirs, papermill), injected(&ours, papermill))
}

fn seeded() -> Folder {
    Folder::new(&[("in.ipynb", &std::fs::read(Ours("trivial").path()).unwrap())])
}

/// The assignments one by one where both sides wrote them, or how the whole run ended where one did not.
fn paired(
    sources: &(Result<String, i32>, Result<String, i32>),
    values: &[&str],
) -> Vec<(String, String, String)> {
    let (Ok(theirs), Ok(ours)) = sources else {
        return vec![(
            values.join(" "),
            format!("{:?}", sources.0),
            format!("{:?}", sources.1),
        )];
    };
    let (theirs, ours) = (
        assignments(theirs, values.len()),
        assignments(ours, values.len()),
    );
    let pairs = values.iter().zip(theirs.into_iter().zip(ours));
    pairs
        .map(|(value, (theirs, ours))| ((*value).to_owned(), theirs, ours))
        .collect()
}

fn injected(outcome: &Outcome, reader: &mut Papermill) -> Result<String, i32> {
    let bytes = outcome
        .files
        .get(Path::new("out.ipynb"))
        .ok_or(outcome.exit)?;
    let notebook = reader
        .read(&String::from_utf8_lossy(bytes))
        .map_err(|_| outcome.exit)?
        .notebook;
    let cells = notebook["cells"].as_array().into_iter().flatten();
    let cell = cells
        .into_iter()
        .find(|cell| cell["metadata"]["tags"][0] == "injected-parameters");
    cell.and_then(|cell| cell["source"].as_str())
        .map(str::to_owned)
        .ok_or(outcome.exit)
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
