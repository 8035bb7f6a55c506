//! R.

use nbpress_format::parameters::ParameterValue;

use super::{Compat, Unwritable, Writer, Written, escape};

/// <https://stat.ethz.ch/R-manual/R-devel/library/base/html/Reserved.html>
const RESERVED: &[&str] = &[
    "if",
    "else",
    "repeat",
    "while",
    "function",
    "for",
    "next",
    "break",
    "in",
    "TRUE",
    "FALSE",
    "NULL",
    "Inf",
    "NaN",
    "NA",
    "NA_integer_",
    "NA_real_",
    "NA_complex_",
    "NA_character_",
];

pub(super) struct R;

impl Writer for R {
    fn language(&self) -> &'static str {
        "R"
    }

    fn name_of<'a>(&self, name: &'a str) -> &'a str {
        name.trim_start_matches('_')
    }

    fn allows(&self, name: &str) -> bool {
        let part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.');
        let behind_dots = name.trim_start_matches('.');
        let number = name.starts_with('.') && behind_dots.starts_with(char::is_numeric);
        let start = name.starts_with(|first: char| first.is_alphabetic() || first == '.');
        start
            && !number
            && name.chars().all(part)
            && !RESERVED.contains(&name)
            && !behind_dots.is_empty()
    }

    fn comment(&self, text: &str) -> String {
        format!("# {text}").trim().to_owned()
    }

    fn null(&self) -> Written {
        Ok("NULL".to_owned())
    }

    fn bool(&self, value: bool) -> &'static str {
        if value { "TRUE" } else { "FALSE" }
    }

    fn not_finite(&self, value: f64, mode: Compat) -> String {
        match mode {
            Compat::Strict => nbpress_format::parameters::python_float_repr(value),
            Compat::Safe if value.is_nan() => "NaN".to_owned(),
            Compat::Safe => if value > 0.0 { "Inf" } else { "-Inf" }.to_owned(),
        }
    }

    fn string(&self, text: &str, mode: Compat) -> Written {
        match mode {
            Compat::Strict => Ok(escape::python(text)),
            Compat::Safe if text.contains('\0') => {
                Err(Unwritable("its texts cannot hold the character U+0000"))
            }
            Compat::Safe => Ok(escape::four_digits(text)),
        }
    }

    fn date(&self, text: &str, time: bool, mode: Compat) -> Written {
        let text = self.string(text, mode)?;
        Ok(if time {
            text
        } else {
            format!("as.Date({text})")
        })
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        Ok(format!("list({})", self.items(values, ", ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        let nameless = |key: &ParameterValue| key.as_text() == Some("");
        if mode == Compat::Safe && entries.iter().any(|(key, _)| nameless(key)) {
            // `list("" = 1)` does not parse.
            let values: Vec<_> = entries.iter().map(|(_, value)| value.clone()).collect();
            let names = self.entries(entries, ", ", mode, |key, _| key.to_owned())?;
            return Ok(format!(
                "structure({}, names = c({names}))",
                self.list(&values, mode)?
            ));
        }
        Ok(format!(
            "list({})",
            self.entries(entries, ", ", mode, |key, value| format!("{key} = {value}"))?
        ))
    }
}
