//! Julia.

use nbpress_format::parameters::{ParameterValue, python_float_repr};

use super::{Compat, Writer, Written, escape, names};

/// <https://docs.julialang.org/en/v1/base/base/#Keywords>
const RESERVED: &[&str] = &[
    "baremodule",
    "begin",
    "break",
    "catch",
    "const",
    "continue",
    "do",
    "else",
    "elseif",
    "end",
    "export",
    "false",
    "finally",
    "for",
    "function",
    "global",
    "if",
    "import",
    "let",
    "local",
    "macro",
    "module",
    "quote",
    "return",
    "struct",
    "true",
    "try",
    "using",
    "while",
];

pub(super) struct Julia;

impl Writer for Julia {
    fn language(&self) -> &'static str {
        "Julia"
    }

    fn allows(&self, name: &str) -> bool {
        names::is_word(name, RESERVED)
    }

    fn comment(&self, text: &str) -> String {
        format!("# {text}").trim().to_owned()
    }

    fn null(&self) -> Written {
        Ok("nothing".to_owned())
    }

    fn not_finite(&self, value: f64, mode: Compat) -> String {
        match mode {
            Compat::Strict => python_float_repr(value),
            Compat::Safe if value.is_nan() => "NaN".to_owned(),
            Compat::Safe => if value > 0.0 { "Inf" } else { "-Inf" }.to_owned(),
        }
    }

    fn string(&self, text: &str, mode: Compat) -> Written {
        Ok(match mode {
            Compat::Strict => escape::python(text),
            Compat::Safe => escape::quoted(text, |character| match character {
                '$' => Some("\\$".to_owned()),
                // Up to U+007F a byte is the character.
                '\0'..='\x7f' if character != '"' => escape::unicode_escape(character),
                _ => escape::four_digits_escape(character),
            }),
        })
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        Ok(format!("[{}]", self.items(values, ", ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        Ok(format!(
            "Dict({})",
            self.entries(entries, ", ", mode, |key, value| format!(
                "{key} => {value}"
            ))?
        ))
    }
}
