//! JavaScript and TypeScript.

use nbpress_format::parameters::{Integer, ParameterValue};

use super::{Compat, Writer, Written, escape, names};

/// <https://developer.mozilla.org/docs/Web/JavaScript/Reference/Lexical_grammar#reserved_words>
const RESERVED: &[&str] = &[
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "NaN",
    "Infinity",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Integers up to this size are numbers there, larger ones are not exact.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

pub(super) struct JavaScript;

impl Writer for JavaScript {
    fn language(&self) -> &'static str {
        "JavaScript"
    }

    fn allows(&self, name: &str) -> bool {
        names::is_word(name.trim_start_matches('$'), RESERVED)
    }

    fn comment(&self, text: &str) -> String {
        format!("// {text}").trim().to_owned()
    }

    fn assignment(
        &self,
        name: &str,
        value: &ParameterValue,
        mode: Compat,
        declared: &str,
    ) -> Written {
        Ok(format!(
            "{}{name} = {};",
            keyword(name, declared),
            self.value(value, mode)?
        ))
    }

    fn null(&self) -> Written {
        Ok("null".to_owned())
    }

    fn int(&self, value: &Integer, _: Compat) -> Written {
        let exact = value
            .as_i64()
            .is_some_and(|value| value.unsigned_abs() <= MAX_SAFE_INTEGER);
        Ok(if exact {
            value.to_string()
        } else {
            format!("{value}n")
        })
    }

    fn not_finite(&self, value: f64, _: Compat) -> String {
        if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned()
    }

    fn string(&self, text: &str, _: Compat) -> Written {
        Ok(escape::surrogates(text))
    }

    fn date(&self, text: &str, _: bool, mode: Compat) -> Written {
        Ok(format!("new Date({})", self.string(text, mode)?))
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        Ok(format!("[{}]", self.items(values, ", ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        let entry = |key: &str, value: &str| {
            // Unless computed, this key sets the prototype.
            let key = if key == "\"__proto__\"" {
                "[\"__proto__\"]"
            } else {
                key
            };
            format!("{key}: {value}")
        };
        Ok(format!("{{{}}}", self.entries(entries, ", ", mode, entry)?))
    }
}

/// The keyword that declared a name in the parameters cell, with a space; a REPL allows the same one
/// again and no other. `let` where nothing did.
fn keyword(name: &str, declared: &str) -> &'static str {
    let mut kind = "let ";
    for statement in declared.split(['\n', ';']) {
        let statement = statement.trim();
        let words = ["const ", "let ", "var "];
        let found = words
            .into_iter()
            .find_map(|keyword| Some((keyword, statement.strip_prefix(keyword)?)));
        let (keyword, names) = found.unwrap_or(("", statement));
        let names_it = |part: &str| {
            part.trim_start().strip_prefix(name).is_some_and(|rest| {
                rest.trim_start().starts_with(['=', ':']) && !rest.trim_start().starts_with("==")
            })
        };
        let listed = if keyword.is_empty() {
            names_it(names)
        } else {
            names.split(',').any(names_it)
        };
        if listed && (kind == "let " || !keyword.is_empty()) {
            kind = keyword;
        }
    }
    kind
}
