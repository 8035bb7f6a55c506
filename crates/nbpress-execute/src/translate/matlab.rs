//! MATLAB, whose double-quoted texts know no escape but `""`.

use nbpress_format::parameters::{ParameterValue, python_float_repr};

use super::{Compat, Writer, Written, escape, names};

/// <https://www.mathworks.com/help/matlab/ref/iskeyword.html>
pub(super) const RESERVED: &[&str] = &[
    "break",
    "case",
    "catch",
    "classdef",
    "continue",
    "else",
    "elseif",
    "end",
    "for",
    "function",
    "global",
    "if",
    "otherwise",
    "parfor",
    "persistent",
    "return",
    "spmd",
    "switch",
    "try",
    "while",
];

pub(super) struct Matlab;

impl Writer for Matlab {
    fn language(&self) -> &'static str {
        "MATLAB"
    }

    fn allows(&self, name: &str) -> bool {
        is_name(name)
    }

    fn comment(&self, text: &str) -> String {
        format!("% {text}").trim().to_owned()
    }

    fn assignment(&self, name: &str, value: &ParameterValue, mode: Compat, _: &str) -> Written {
        Ok(format!("{name} = {};", self.value(value, mode)?))
    }

    fn null(&self) -> Written {
        Ok("NaN".to_owned())
    }

    /// `nan` and `inf` are functions there.
    fn not_finite(&self, value: f64, _: Compat) -> String {
        python_float_repr(value)
    }

    fn string(&self, text: &str, mode: Compat) -> Written {
        Ok(match mode {
            Compat::Strict => escape::quoted(text, |character| {
                doubled(character, '"').or_else(|| escape::unicode_escape(character))
            }),
            Compat::Safe => pieces(text, '"').join(" + "),
        })
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        Ok(format!("{{{}}}", self.items(values, ", ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        map(self, entries, mode, |key| match mode {
            Compat::Strict => {
                let key = escape::escaped(key, |character| {
                    doubled(character, '\'').or_else(|| escape::unicode_escape(character))
                });
                format!("'{key}'")
            }
            Compat::Safe => {
                let pieces = pieces(key, '\'');
                if pieces.len() == 1 {
                    pieces.concat()
                } else {
                    format!("[{}]", pieces.join(", "))
                }
            }
        })
    }
}

/// Names begin with a letter.
pub(super) fn is_name(name: &str) -> bool {
    names::is_ascii_word(name, RESERVED) && !name.starts_with('_')
}

/// Keys are char arrays; papermill does not escape those that are no texts, and they need none.
pub(super) fn map(
    writer: &dyn Writer,
    entries: &[(ParameterValue, ParameterValue)],
    mode: Compat,
    key: impl Fn(&str) -> String,
) -> Written {
    let keys: Vec<_> = entries
        .iter()
        .map(|(name, _)| match (name.as_text(), mode) {
            (None, Compat::Strict) => format!("'{}'", name.to_python_str()),
            (Some(text), _) => key(text),
            (None, Compat::Safe) => key(&name.to_python_str()),
        })
        .collect();
    let values: Vec<_> = entries.iter().map(|(_, value)| value.clone()).collect();
    Ok(format!(
        "containers.Map({{{}}}, {{{}}})",
        keys.join(", "),
        writer.items(&values, ", ", mode)?
    ))
}

pub(super) fn doubled(character: char, quote: char) -> Option<String> {
    (character == quote).then(|| format!("{quote}{quote}"))
}

/// The text in quotes, with `char(…)` for each run of control characters. The first piece is in
/// quotes, so that the whole has their type.
fn pieces(text: &str, quote: char) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut controls: Vec<String> = Vec::new();
    let wrap = |plain: &str| format!("{quote}{plain}{quote}");
    let code = |controls: &[String]| match controls {
        [one] => format!("char({one})"),
        many => format!("char([{}])", many.join(", ")),
    };
    for character in text.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            if controls.is_empty() && (!plain.is_empty() || pieces.is_empty()) {
                pieces.push(wrap(&std::mem::take(&mut plain)));
            }
            controls.push(u32::from(character).to_string());
        } else {
            if !controls.is_empty() {
                pieces.push(code(&std::mem::take(&mut controls)));
            }
            plain.push_str(&doubled(character, quote).unwrap_or_else(|| character.to_string()));
        }
    }
    if !controls.is_empty() {
        pieces.push(code(&controls));
    }
    if !plain.is_empty() || pieces.is_empty() {
        pieces.push(wrap(&plain));
    }
    pieces
}
