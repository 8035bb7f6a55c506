//! Octave, whose double-quoted texts know escapes, and are bytes.

use nbpress_format::parameters::ParameterValue;

use super::matlab::{self, doubled};
use super::{Compat, Writer, Written, escape};

pub(super) struct Octave;

impl Writer for Octave {
    fn language(&self) -> &'static str {
        "Octave"
    }

    fn allows(&self, name: &str) -> bool {
        const MORE: &[&str] = &[
            "do",
            "until",
            "unwind_protect",
            "unwind_protect_cleanup",
            "end_try_catch",
            "__FILE__",
            "__LINE__",
        ];
        let ends = |name: &str| {
            name.strip_prefix("end")
                .is_some_and(|rest| matlab::RESERVED.contains(&rest))
        };
        super::names::is_ascii_word(name, matlab::RESERVED) && !MORE.contains(&name) && !ends(name)
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

    fn not_finite(&self, value: f64, _: Compat) -> String {
        nbpress_format::parameters::python_float_repr(value)
    }

    fn string(&self, text: &str, _: Compat) -> Written {
        Ok(octave_text(text))
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        Ok(format!("{{{}}}", self.items(values, ", ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        if entries.is_empty() {
            return Ok("containers.Map()".to_owned());
        }
        // A cell as a value would be taken for several.
        matlab::map(self, entries, mode, octave_text)
    }
}

/// Octal escapes, which end after three digits; what is not ASCII stays.
fn octave_text(text: &str) -> String {
    escape::quoted(text, |character| match character {
        '"' => doubled(character, '"'),
        '\\' | '\n' | '\r' | '\t' => escape::unicode_escape(character),
        _ if character.is_ascii_control() => Some(format!("\\{:03o}", u32::from(character))),
        _ => None,
    })
}
