//! Scala.

use nbpress_format::parameters::{Integer, ParameterValue, python_float_repr};

use super::{Compat, Writer, Written, escape, names};

/// <https://docs.scala-lang.org/scala3/reference/syntax.html#keywords>
const RESERVED: &[&str] = &[
    "_",
    "abstract",
    "case",
    "catch",
    "class",
    "def",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "final",
    "finally",
    "for",
    "forSome",
    "given",
    "if",
    "implicit",
    "import",
    "lazy",
    "macro",
    "match",
    "new",
    "null",
    "object",
    "override",
    "package",
    "private",
    "protected",
    "return",
    "sealed",
    "super",
    "then",
    "this",
    "throw",
    "trait",
    "true",
    "try",
    "type",
    "val",
    "var",
    "while",
    "with",
    "yield",
];

pub(super) struct Scala;

impl Writer for Scala {
    fn language(&self) -> &'static str {
        "Scala"
    }

    fn allows(&self, name: &str) -> bool {
        names::is_word(name, RESERVED)
    }

    fn comment(&self, text: &str) -> String {
        format!("// {text}").trim().to_owned()
    }

    fn assignment(&self, name: &str, value: &ParameterValue, mode: Compat, _: &str) -> Written {
        Ok(format!("val {name} = {}", self.value(value, mode)?))
    }

    fn null(&self) -> Written {
        Ok("None".to_owned())
    }

    fn int(&self, value: &Integer, mode: Compat) -> Written {
        Ok(match value.as_i64() {
            None if mode == Compat::Safe => format!("BigInt(\"{value}\")"),
            _ => escape::long(value),
        })
    }

    fn not_finite(&self, value: f64, mode: Compat) -> String {
        match mode {
            Compat::Strict => python_float_repr(value),
            Compat::Safe if value.is_nan() => "Double.NaN".to_owned(),
            Compat::Safe => if value > 0.0 {
                "Double.PositiveInfinity"
            } else {
                "Double.NegativeInfinity"
            }
            .to_owned(),
        }
    }

    fn string(&self, text: &str, mode: Compat) -> Written {
        Ok(match mode {
            Compat::Strict => escape::python(text),
            Compat::Safe => escape::surrogates(text),
        })
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        Ok(format!("Seq({})", self.items(values, ", ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        Ok(format!(
            "Map({})",
            self.entries(entries, ", ", mode, |key, value| format!(
                "{key} -> {value}"
            ))?
        ))
    }
}
