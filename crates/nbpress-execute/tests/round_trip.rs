//! Parameters written as code, run by the real interpreters, come back as the same values.
//!
//! Many cases run in one process per language. Languages whose interpreter is not installed are named
//! in the output; Python, Bash and Node must be there.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "papermill_reference/generator.rs"]
#[expect(dead_code, reason = "shared with the comparison with papermill")]
mod generator;
#[path = "round_trip/languages.rs"]
mod languages;

use std::path::Path;
use std::process::Command;

use indexmap::IndexMap;
use nbpress_execute::translate::{Compat, TranslateError, translate};
use nbpress_format::parameters::{Integer, ParameterValue};

use self::generator::Random;
use self::languages::{LANGUAGES, Language, Shape};

const CASES: usize = 1500;

/// Texts that run in one language or another when they are not escaped.
const ATTACKS: &[&str] = &[
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    "\"; touch pwned; \"",
    "${IFS}$(touch pwned)",
    "\\",
    "\\\"",
    "\\'",
    "'",
    "\"",
    "'''",
    "\"\"\"",
    "$",
    "$x",
    "${x}",
    "${require('fs').writeFileSync('pwned','')}",
    "\"+require('fs')+\"",
    "\"); system(\"touch pwned\"); (\"",
    "'); system('touch pwned'); ('",
    "#{1}",
    "%s%n",
    "*/",
    "*)",
    "--",
    "\n",
    "\r\n",
    "a\nsystem('touch pwned')",
    "\u{2028}",
    "\u{85}",
    "\u{feff}",
    "\u{201d}; x",
    "~",
    "*",
    "!",
    "!!",
    "-n",
    "=a",
    "[0]=x",
    "@",
    "__proto__",
    "C:\\new\\u0041\\x41\\101",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{80}a9",
    "\u{e9}1",
    "\u{1f600}f",
    "\u{0}1",
];

#[test]
fn values_come_back_from_the_real_interpreters() {
    let mut failures = Vec::new();
    for language in LANGUAGES {
        let Some(program) = language.program.iter().find(|program| installed(program)) else {
            assert!(!language.required, "{} is not installed", language.name);
            println!("{}: no interpreter installed", language.name);
            continue;
        };
        let (compared, mut differences) = compare(language, program);
        println!("{} ({program}): {compared} values came back", language.name);
        failures.append(&mut differences);
    }
    assert!(
        failures.is_empty(),
        "{} differences\n{}",
        failures.len(),
        failures[..failures.len().min(40)].join("\n")
    );
}

#[expect(clippy::disallowed_methods, reason = "tests start interpreters")]
fn installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}

fn compare(language: &Language, program: &str) -> (usize, Vec<String>) {
    let mut source = language.prelude.to_owned();
    let mut expected = Vec::new();
    for value in values(language.shape) {
        let parameters = IndexMap::from([("p0".to_owned(), value.clone())]);
        match translate(
            language.name,
            language.name,
            &parameters,
            "Parameters",
            Compat::Safe,
        ) {
            Ok(code) => {
                source.push_str(&(language.case)(&code));
                expected.push((value, code));
            }
            Err(TranslateError::Unrepresentable { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    source.push_str(language.end);
    let folder = tempfile::tempdir().unwrap();
    let output = run(language, program, folder.path(), &source);
    let lines: Vec<_> = output.lines().collect();
    assert!(
        !folder.path().join("pwned").exists(),
        "{}: a value was executed",
        language.name
    );
    assert_eq!(lines.len(), expected.len(), "{}: {output}", language.name);
    let mut differences = Vec::new();
    for ((value, code), line) in expected.iter().zip(&lines) {
        let wanted = (language.canonical)(value);
        if wanted != *line {
            differences.push(format!(
                "{}: {value:?}\n{code}  wanted {wanted}\n  got    {line}",
                language.name
            ));
        }
    }
    (expected.len(), differences)
}

#[expect(clippy::disallowed_methods, reason = "tests start interpreters")]
fn run(language: &Language, program: &str, folder: &Path, source: &str) -> String {
    let file = folder.join(language.file);
    std::fs::write(&file, source).unwrap();
    let execute = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        let output = command
            .args(arguments)
            .current_dir(folder)
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{}: {}",
            language.name,
            complaint.chars().take(3000).collect::<String>()
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let file = file.to_str().unwrap();
    if !language.compiled {
        return execute(program, &[language.arguments, &[file]].concat());
    }
    let binary = folder.join("compiled");
    execute(
        program,
        &[language.arguments, &["-o", binary.to_str().unwrap(), file]].concat(),
    );
    execute(binary.to_str().unwrap(), &[])
}

/// The attacks alone, in a list and in a mapping, then random values.
fn values(shape: Shape) -> Vec<ParameterValue> {
    let mut random = Random(7);
    let mut values = Vec::new();
    for attack in ATTACKS {
        let text = ParameterValue::from(*attack);
        values.push(ParameterValue::List(vec![text.clone(), text.clone()]));
        values.push(ParameterValue::Map(vec![(text.clone(), text.clone())]));
        values.push(text);
    }
    values.extend((0..CASES).map(|_| value(&mut random, shape, 2)));
    values
}

fn value(random: &mut Random, shape: Shape, depth: usize) -> ParameterValue {
    let nested = depth > 0 && (shape == Shape::Any || depth == 2);
    match random.below(if nested { 7 } else { 5 }) {
        0 if shape != Shape::Alike => ParameterValue::Null,
        1 if shape != Shape::Alike => ParameterValue::Bool(random.below(2) == 1),
        2 if shape != Shape::Alike => integer(random),
        3 if shape != Shape::Alike => float(random),
        5 if shape == Shape::Alike => {
            (ParameterValue::List)((0..random.below(4)).map(|_| text(random)).collect())
        }
        5 => ParameterValue::List(
            (0..random.below(4))
                .map(|_| value(random, shape, depth - 1))
                .collect(),
        ),
        6 => {
            let key = |at: usize, random: &mut Random| {
                ParameterValue::from(format!("{at}{}", text(random).to_python_str()).as_str())
            };
            let inside = |random: &mut Random| {
                if shape == Shape::Alike {
                    text(random)
                } else {
                    value(random, shape, depth - 1)
                }
            };
            ParameterValue::Map(
                (0..random.below(4))
                    .map(|at| (key(at, random), inside(random)))
                    .collect(),
            )
        }
        _ if depth == 2 && shape == Shape::Alike && random.below(2) == 0 => match random.below(3) {
            0 => integer(random),
            1 => float(random),
            _ => ParameterValue::Bool(random.below(2) == 1),
        },
        _ => text(random),
    }
}

fn text(random: &mut Random) -> ParameterValue {
    const ANY: [std::ops::Range<u32>; 5] = [
        0x20..0x7f,
        0x01..0x20,
        0x7f..0x250,
        0x2010..0x2030,
        0x1f600..0x1f610,
    ];
    let mut text = String::new();
    for _ in 0..random.below(8) {
        let range = &ANY[[0, 0, 0, 1, 2, 3, 4][random.below(7)]];
        let span = usize::try_from(range.end - range.start).unwrap();
        let code = range.start + u32::try_from(random.below(span)).unwrap();
        text.extend(char::from_u32(code));
        if random.below(6) == 0 {
            text.push_str(random.pick(ATTACKS).trim_matches('\0'));
        }
    }
    ParameterValue::String(text)
}

fn integer(random: &mut Random) -> ParameterValue {
    let digits = (random.next() >> random.below(64)).to_string();
    let digits = if random.below(20) == 0 {
        format!("{digits}000000000000")
    } else {
        digits
    };
    ParameterValue::Int(Integer::from_digits(random.below(2) == 1, &digits, 10).unwrap())
}

fn float(random: &mut Random) -> ParameterValue {
    const SPECIAL: [f64; 9] = [
        0.0,
        -0.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        1e16,
    ];
    match random.below(4) {
        0 => ParameterValue::Float(random.pick(&SPECIAL)),
        1 => ParameterValue::Float(random.below(100_000) as f64 / 1000.0),
        _ => ParameterValue::Float(f64::from_bits(random.next())),
    }
}
