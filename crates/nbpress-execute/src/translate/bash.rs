//! Bash and its relatives.

use nbpress_format::parameters::{ParameterValue, python_float_repr};

use super::{Compat, Unwritable, Writer, Written, names};

/// What quoting alone does not make a variable.
/// <https://www.gnu.org/software/bash/manual/html_node/Bash-Variables.html>
const READ_ONLY: &[&str] = &[
    "_",
    "BASHOPTS",
    "BASH_VERSINFO",
    "EUID",
    "PPID",
    "SHELLOPTS",
    "UID",
];

pub(super) struct Bash;

impl Writer for Bash {
    fn language(&self) -> &'static str {
        "bash"
    }

    fn allows(&self, name: &str) -> bool {
        names::is_ascii_word(name, READ_ONLY)
    }

    fn comment(&self, text: &str) -> String {
        format!("# {text}").trim().to_owned()
    }

    fn assignment(&self, name: &str, value: &ParameterValue, mode: Compat, _: &str) -> Written {
        match (value, mode) {
            (ParameterValue::Map(entries), Compat::Safe) => {
                Ok(format!("declare -A {name}={}", associative(self, entries)?))
            }
            _ => Ok(format!("{name}={}", self.value(value, mode)?)),
        }
    }

    fn null(&self) -> Written {
        Ok(String::new())
    }

    fn not_finite(&self, value: f64, _: Compat) -> String {
        python_float_repr(value)
    }

    fn string(&self, text: &str, mode: Compat) -> Written {
        if mode == Compat::Safe && text.contains('\0') {
            return Err(Unwritable("its texts cannot hold the character U+0000"));
        }
        Ok(quote(text))
    }

    fn other(&self, text: &str, mode: Compat) -> Written {
        self.string(text, mode)
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        if mode == Compat::Strict {
            return Ok(format!("({})", self.items(values, " ", mode)?));
        }
        let items: Vec<String> = values
            .iter()
            .map(|value| element(self, value))
            .collect::<Result<_, _>>()?;
        Ok(format!("({})", items.join(" ")))
    }

    fn map(&self, _: &[(ParameterValue, ParameterValue)], _: Compat) -> Written {
        Err(Unwritable(
            "it has no mappings inside others, and papermill writes none at all",
        ))
    }
}

/// One word of an array.
fn element(bash: &Bash, value: &ParameterValue) -> Written {
    match value {
        ParameterValue::Null => Ok("''".to_owned()),
        ParameterValue::List(_) | ParameterValue::Map(_) => {
            Err(Unwritable("its arrays hold texts only"))
        }
        value => bash.value(value, Compat::Safe),
    }
}

fn associative(bash: &Bash, entries: &[(ParameterValue, ParameterValue)]) -> Written {
    let entry = |(key, value): &(ParameterValue, ParameterValue)| {
        let key = key.to_python_str();
        if key.is_empty() {
            return Err(Unwritable("the keys of its arrays cannot be empty"));
        }
        // Quoted always: in a subscript even `@` means something.
        let key = bash.string(&key, Compat::Safe)?;
        let key = if key.starts_with(['\'', '"']) {
            key
        } else {
            format!("'{key}'")
        };
        Ok(format!("[{key}]={}", element(bash, value)?))
    };
    let entries: Vec<String> = entries.iter().map(entry).collect::<Result<_, _>>()?;
    Ok(format!("({})", entries.join(" ")))
}

/// Python's `shlex.quote`.
fn quote(text: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"@%_-+=:,./".contains(&byte);
    if text.is_empty() {
        "''".to_owned()
    } else if text.bytes().all(safe) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\"'\"'"))
    }
}
