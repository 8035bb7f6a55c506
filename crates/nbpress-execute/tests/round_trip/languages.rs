//! How each interpreter is started, and how it prints a value: `n`, `t`, `f`, `i` and digits, `d` and
//! the float's bits, `s` and the text's bytes, `[…]`, `{…}` sorted by key.

use std::fmt::Write as _;

use nbpress_format::parameters::ParameterValue;

/// Which values a language can hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Any,
    /// Lists and mappings of single values.
    Flat,
    /// Lists and mappings of texts.
    Alike,
}

pub(crate) struct Language {
    /// Also the name of its translator.
    pub(crate) name: &'static str,
    pub(crate) program: &'static [&'static str],
    pub(crate) required: bool,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) compiled: bool,
    pub(crate) file: &'static str,
    pub(crate) prelude: &'static str,
    pub(crate) case: fn(&str) -> String,
    pub(crate) end: &'static str,
    pub(crate) shape: Shape,
    pub(crate) canonical: fn(&ParameterValue) -> String,
}

pub(crate) const LANGUAGES: &[Language] = &[
    Language {
        name: "python",
        program: &["python3"],
        required: true,
        arguments: &[],
        compiled: false,
        file: "cases.py",
        prelude: include_str!("../reference/print_values.py"),
        case: |code| format!("{code}show(p0)\n"),
        end: "",
        shape: Shape::Any,
        canonical: |value| print(value, &Words::EXACT),
    },
    Language {
        name: "javascript",
        program: &["node"],
        required: true,
        arguments: &[],
        compiled: false,
        file: "cases.cjs",
        prelude: include_str!("../reference/print_values.js"),
        case: |code| format!("{{\n{code}show(p0);\n}}\n"),
        end: "",
        shape: Shape::Any,
        canonical: |value| {
            print(
                value,
                &Words {
                    integers: |value| exact_integer(value),
                    ..Words::EXACT
                },
            )
        },
    },
    Language {
        name: "bash",
        program: &["bash"],
        required: true,
        arguments: &[],
        compiled: false,
        file: "cases.sh",
        prelude: include_str!("../reference/print_values.sh"),
        case: |code| format!("unset p0\n{code}show\n"),
        end: "",
        shape: Shape::Flat,
        canonical: shell,
    },
    Language {
        name: "R",
        program: &["Rscript"],
        required: false,
        arguments: &["--vanilla"],
        compiled: false,
        file: "cases.R",
        prelude: include_str!("../reference/print_values.R"),
        case: |code| format!("{code}show(p0)\n"),
        end: "",
        shape: Shape::Any,
        canonical: |value| {
            print(
                value,
                &Words {
                    integers: float,
                    empty_map: "[]",
                    digits: 14,
                    ..Words::EXACT
                },
            )
        },
    },
    Language {
        name: "octave",
        program: &["octave-cli"],
        required: false,
        arguments: &["--norc", "--quiet"],
        compiled: false,
        file: "cases.m",
        prelude: include_str!("../reference/print_values.m"),
        case: |code| format!("{code}show(p0);\n"),
        end: "",
        shape: Shape::Any,
        canonical: |value| {
            print(
                value,
                &Words {
                    integers: float,
                    null: "dnan",
                    ..Words::EXACT
                },
            )
        },
    },
    Language {
        name: "sql",
        program: &["python3"],
        required: true,
        arguments: &[],
        compiled: false,
        file: "cases.py",
        prelude: include_str!("../reference/print_values_sql.py"),
        case: |code| format!("show({})\n", ParameterValue::from(code).to_python_repr()),
        end: "",
        shape: Shape::Alike,
        canonical: |value| {
            print(
                value,
                &Words {
                    boolean: ["i1", "i0"],
                    integers: sqlite_integer,
                    ..Words::EXACT
                },
            )
        },
    },
    Language {
        name: "rust",
        program: &["rustc"],
        required: true,
        arguments: &["--edition", "2024", "-A", "warnings"],
        compiled: true,
        file: "cases.rs",
        prelude: include_str!("../reference/print_values.rs.txt"),
        case: |code| format!("{{\n{code}show(&p0);\n}}\n"),
        end: "}\n",
        shape: Shape::Alike,
        canonical: |value| print(value, &Words::EXACT),
    },
];

struct Words {
    null: &'static str,
    boolean: [&'static str; 2],
    empty_map: &'static str,
    integers: fn(&ParameterValue) -> String,
    /// How many significant digits of floats survive; 17 are all.
    digits: usize,
}

impl Words {
    const EXACT: Self = Self {
        null: "n",
        boolean: ["t", "f"],
        empty_map: "{}",
        integers: |value| format!("i{}", value.to_python_str()),
        digits: 17,
    };
}

fn print(value: &ParameterValue, words: &Words) -> String {
    match value {
        ParameterValue::Null => words.null.to_owned(),
        ParameterValue::Bool(value) => words.boolean[usize::from(!value)].to_owned(),
        ParameterValue::Int(_) if words.digits < 17 => rounded(value, words.digits),
        ParameterValue::Int(_) => (words.integers)(value),
        ParameterValue::Float(_) if words.digits < 17 => rounded(value, words.digits),
        ParameterValue::Float(_) => float(value),
        ParameterValue::List(items) => {
            format!(
                "[{}]",
                items
                    .iter()
                    .map(|item| print(item, words))
                    .collect::<Vec<_>>()
                    .join(",")
            )
        }
        ParameterValue::Map(entries) if entries.is_empty() => words.empty_map.to_owned(),
        ParameterValue::Map(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{}:{}", print(key, words), print(value, words)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
        other => hex(&other.to_python_str()),
    }
}

fn hex(text: &str) -> String {
    text.bytes().fold("s".to_owned(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn number(value: &ParameterValue) -> f64 {
    match value {
        ParameterValue::Int(value) => value.as_f64(),
        ParameterValue::Float(value) => *value,
        _ => f64::NAN,
    }
}

fn float(value: &ParameterValue) -> String {
    let number = number(value);
    if number.is_nan() {
        "dnan".to_owned()
    } else {
        format!("d{:016x}", number.to_bits())
    }
}

/// R reads decimal digits with an error in the last bits, so only the first digits are compared.
fn rounded(value: &ParameterValue, digits: usize) -> String {
    let number = number(value);
    if number.is_nan() {
        return "dnan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "dinf" } else { "d-inf" }.to_owned();
    }
    let text = format!("{number:.*e}", digits - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    format!(
        "d{mantissa}e{}{:02}",
        if exponent < 0 { '-' } else { '+' },
        exponent.abs()
    )
}

/// Integers up to 2^53 - 1 are numbers, others are BigInts.
fn exact_integer(value: &ParameterValue) -> String {
    if number(value).abs() < 9_007_199_254_740_992.0 {
        float(value).replace("d8000000000000000", "d0000000000000000")
    } else {
        (Words::EXACT.integers)(value)
    }
}

/// SQLite has 64 bits; what is larger becomes a float there.
fn sqlite_integer(value: &ParameterValue) -> String {
    let fits = matches!(value, ParameterValue::Int(value) if value.as_i64().is_some());
    if fits {
        (Words::EXACT.integers)(value)
    } else {
        float(value)
    }
}

/// A shell has texts only.
fn shell(value: &ParameterValue) -> String {
    let text = |value: &ParameterValue| match value {
        ParameterValue::Null => hex(""),
        ParameterValue::Bool(value) => hex(&value.to_string()),
        value => hex(&value.to_python_str()),
    };
    match value {
        ParameterValue::List(items) => {
            format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(","))
        }
        ParameterValue::Map(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{}:{}", text(key), text(value)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
        value => text(value),
    }
}
