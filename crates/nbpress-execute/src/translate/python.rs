//! Python.

use nbpress_format::parameters::{PYTHON_KEYWORDS, ParameterValue};

use super::{Compat, Writer, Written, escape, names};

pub(super) struct Python;

impl Writer for Python {
    fn language(&self) -> &'static str {
        "Python"
    }

    fn allows(&self, name: &str) -> bool {
        names::is_word(name, PYTHON_KEYWORDS)
    }

    fn comment(&self, text: &str) -> String {
        format!("# {text}").trim().to_owned()
    }

    fn null(&self) -> Written {
        Ok("None".to_owned())
    }

    fn bool(&self, value: bool) -> &'static str {
        if value { "True" } else { "False" }
    }

    fn not_finite(&self, value: f64, _: Compat) -> String {
        let name = if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        };
        format!("float('{name}')")
    }

    fn string(&self, text: &str, _: Compat) -> Written {
        Ok(escape::python(text))
    }

    /// Without an import, which would rebind `datetime` where the notebook has
    /// `from datetime import datetime`.
    fn date(&self, text: &str, time: bool, _: Compat) -> Written {
        let kind = if time { "datetime" } else { "date" };
        // `fromisoformat` reads `Z` only since Python 3.11.
        let text = text
            .strip_suffix(['Z', 'z'])
            .map_or_else(|| text.to_owned(), |text| format!("{text}+00:00"));
        Ok(format!(
            "__import__(\"datetime\").{kind}.fromisoformat({})",
            escape::python(&text)
        ))
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        Ok(format!("[{}]", self.items(values, ", ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        Ok(format!(
            "{{{}}}",
            self.entries(entries, ", ", mode, |key, value| format!("{key}: {value}"))?
        ))
    }
}
