//! PowerShell, whose double-quoted texts run `$( )`.

use nbpress_format::parameters::{Integer, ParameterValue};

use super::{Compat, Writer, Written, escape, names};

/// Automatic variables that cannot be assigned.
/// <https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_automatic_variables>
const RESERVED: &[&str] = &[
    "true",
    "false",
    "null",
    "_",
    "args",
    "input",
    "this",
    "error",
    "home",
    "pid",
    "host",
    "executioncontext",
    "shellid",
];

pub(super) struct PowerShell;

impl Writer for PowerShell {
    fn language(&self) -> &'static str {
        "PowerShell"
    }

    fn allows(&self, name: &str) -> bool {
        names::is_word(name, &[]) && !RESERVED.contains(&name.to_ascii_lowercase().as_str())
    }

    fn comment(&self, text: &str) -> String {
        format!("# {text}").trim().to_owned()
    }

    fn assignment(&self, name: &str, value: &ParameterValue, mode: Compat, _: &str) -> Written {
        Ok(format!("${name} = {}", self.value(value, mode)?))
    }

    fn null(&self) -> Written {
        Ok("$Null".to_owned())
    }

    fn bool(&self, value: bool) -> &'static str {
        if value { "$True" } else { "$False" }
    }

    fn int(&self, value: &Integer, mode: Compat) -> Written {
        Ok(match value.as_i64() {
            // A longer literal becomes a decimal or a double.
            None if mode == Compat::Safe => format!("[bigint]\"{value}\""),
            _ => value.to_string(),
        })
    }

    fn not_finite(&self, value: f64, _: Compat) -> String {
        let name = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "PositiveInfinity"
        } else {
            "NegativeInfinity"
        };
        format!("[double]::{name}")
    }

    fn string(&self, text: &str, mode: Compat) -> Written {
        let quote = |character| (character == '"').then(|| "`\"".to_owned());
        Ok(match mode {
            Compat::Strict => escape::quoted(text, |character| {
                quote(character).or_else(|| escape::unicode_escape(character))
            }),
            Compat::Safe => escape::quoted(text, |character| {
                quote(character).or_else(|| backtick(character))
            }),
        })
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        if let (Compat::Safe, [ParameterValue::List(_)]) = (mode, values) {
            // `@(@(1))` is one flat list; the comma makes a list of one.
            return Ok(format!("@(,{})", self.items(values, ", ", mode)?));
        }
        Ok(format!("@({})", self.items(values, ", ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        Ok(format!(
            "@{{{}}}",
            self.entries(entries, "\n ", mode, |key, value| format!(
                "{key} = {value}"
            ))?
        ))
    }
}

/// <https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_special_characters>.
/// Everything that is not ASCII is escaped: PowerShell takes curly quotes for quotes.
fn backtick(character: char) -> Option<String> {
    Some(match character {
        '`' => "``".to_owned(),
        '$' => "`$".to_owned(),
        '\n' => "`n".to_owned(),
        '\r' => "`r".to_owned(),
        '\t' => "`t".to_owned(),
        ' '..='~' => return None,
        _ => format!("`u{{{:x}}}", u32::from(character)),
    })
}
