//! Rust, for notebooks of evcxr.

use nbpress_format::parameters::{Integer, ParameterValue};

use super::{Compat, Unwritable, Writer, Written, alike, escape, names};

/// <https://doc.rust-lang.org/reference/keywords.html>
const RESERVED: &[&str] = &[
    "_", "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

pub(super) struct Rust;

impl Writer for Rust {
    fn language(&self) -> &'static str {
        "Rust"
    }

    fn allows(&self, name: &str) -> bool {
        names::is_word(name, RESERVED)
    }

    fn comment(&self, text: &str) -> String {
        format!("// {text}").trim().to_owned()
    }

    fn assignment(&self, name: &str, value: &ParameterValue, mode: Compat, _: &str) -> Written {
        let kind = match value {
            ParameterValue::Null => ": Option<()>",
            ParameterValue::List(items) if items.is_empty() => ": Vec<&str>",
            ParameterValue::Map(entries) if entries.is_empty() => {
                ": std::collections::BTreeMap<&str, &str>"
            }
            _ => "",
        };
        Ok(format!("let {name}{kind} = {};", self.value(value, mode)?))
    }

    fn null(&self) -> Written {
        Ok("None".to_owned())
    }

    fn int(&self, value: &Integer, _: Compat) -> Written {
        match (value.as_i64(), value.as_i128()) {
            (Some(_), _) => Ok(format!("{value}_i64")),
            (None, Some(_)) => Ok(format!("{value}_i128")),
            (None, None) => Err(Unwritable("its integers have at most 128 bits")),
        }
    }

    fn not_finite(&self, value: f64, _: Compat) -> String {
        if value.is_nan() {
            "f64::NAN"
        } else if value > 0.0 {
            "f64::INFINITY"
        } else {
            "f64::NEG_INFINITY"
        }
        .to_owned()
    }

    fn string(&self, text: &str, _: Compat) -> Written {
        Ok(escape::quoted(text, |character| match character {
            '"' => Some("\\\"".to_owned()),
            ' '..='~' | '\n' | '\r' | '\t' => escape::unicode_escape(character),
            _ => Some(format!("\\u{{{:x}}}", u32::from(character))),
        }))
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        same_types(values.iter())?;
        Ok(format!("vec![{}]", self.items(values, ", ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        same_types(entries.iter().map(|(_, value)| value))?;
        let entries = self.entries(entries, ", ", mode, |key, value| {
            format!("({key}, {value})")
        })?;
        Ok(format!("std::collections::BTreeMap::from([{entries}])"))
    }
}

fn same_types<'a>(values: impl Iterator<Item = &'a ParameterValue>) -> Result<(), Unwritable> {
    let values: Vec<_> = values.cloned().collect();
    let wide = |value: &ParameterValue| matches!(value, ParameterValue::Int(value) if value.as_i64().is_none());
    let sizes_differ = values.iter().any(wide) && !values.iter().all(wide);
    if !alike(&values) || sizes_differ {
        return Err(Unwritable("its lists and maps hold values of one type"));
    }
    if values.contains(&ParameterValue::Null) {
        return Err(Unwritable("a list of nothing but nulls has no type"));
    }
    Ok(())
}
