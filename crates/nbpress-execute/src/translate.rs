//! Writes parameters as code in a kernel's language, as data that cannot execute.
//!
//! papermill's translators are the reference: for its twelve kernels and languages the text is
//! byte for byte what papermill writes, except where that would not be the value. The differences,
//! all of [`Compat::Safe`]:
//!
//! | language | papermill | here |
//! |---|---|---|
//! | all | any name | names the language does not have are refused, in both modes |
//! | all | sets, bytes and dates unescaped between quotes | escaped |
//! | R, Scala, Julia, C#, F# | `nan`, `inf` | the language's own spelling |
//! | R, Julia | `\xe9` (a byte) for é | `\u00e9` |
//! | R | U+0000 written | refused, R has no such text |
//! | Julia | `$` interpolates | `\$` |
//! | Scala, C# | `\x1b`, Scala's `\U0001f600` | `\u001b`, surrogate pairs |
//! | MATLAB | backslashes doubled, controls as `\n` | as they are, controls as `char(10)` |
//! | PowerShell | `$( )` and backticks execute, `\n` is two characters | escaped |
//! | C# | `None` refused; lists of unlike items do not compile | `null`, `new object[]` |
//! | Scala, C#, F# | integers over 64 bits with `L` do not compile | the big integer of the language |
//! | F# | lists of unlike items do not compile | items boxed |
//! | bash | mappings refused, nested lists are syntax errors | `declare -A`; nested ones refused |
//!
//! SQL, JavaScript, TypeScript, Rust and Octave are ours alone.

mod bash;
mod escape;
mod javascript;
mod julia;
mod matlab;
mod names;
mod net;
mod octave;
mod powershell;
mod python;
mod r;
mod rust;
mod scala;
mod sql;

use indexmap::IndexMap;
use nbpress_format::parameters::{Integer, ParameterValue, python_float_repr};

/// Which text to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// Data only, in valid code.
    #[default]
    Safe,
    /// papermill's bytes, even where they execute or do not compile. Names are checked all the same.
    Strict,
}

/// Why parameters cannot be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TranslateError {
    /// Nothing is known about the language.
    #[error("no translator writes parameters for kernel `{kernel}` or language `{language}`")]
    NoTranslator {
        /// The kernel's name.
        kernel: String,
        /// The language's.
        language: String,
    },
    /// The name is none in that language; it could be code.
    #[error("`{name}` is not a name that {language} allows")]
    InvalidName {
        /// The name.
        name: String,
        /// The language.
        language: &'static str,
    },
    /// The language has no such value.
    #[error("parameter `{name}` cannot be written in {language}: {what}")]
    Unrepresentable {
        /// The parameter.
        name: String,
        /// The language.
        language: &'static str,
        /// What it does not have.
        what: &'static str,
    },
}

impl TranslateError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoTranslator { .. } => Some(
                "name a language that is known with `--language`, such as `python` or `r`"
                    .to_owned(),
            ),
            Self::InvalidName { .. } => None,
            Self::Unrepresentable { .. } => {
                Some("pass it as a text in JSON and parse that in the notebook".to_owned())
            }
        }
    }
}

/// Writes one assignment per parameter under a comment, in the language of a kernel. The kernel's
/// name decides before the language, as in papermill.
///
/// # Errors
/// No translator is known, or a name or value does not exist in the language.
pub fn translate(
    kernel_name: &str,
    language: &str,
    parameters: &IndexMap<String, ParameterValue>,
    comment: &str,
    mode: Compat,
) -> Result<String, TranslateError> {
    translate_over("", kernel_name, language, parameters, (comment, mode))
}

/// As [`translate`], for a cell that runs after the parameters cell `declared`: JavaScript refuses to
/// declare a name again with another keyword.
///
/// # Errors
/// As [`translate`].
pub fn translate_over(
    declared: &str,
    kernel_name: &str,
    language: &str,
    parameters: &IndexMap<String, ParameterValue>,
    (comment, mode): (&str, Compat),
) -> Result<String, TranslateError> {
    let writer = find(kernel_name, language).ok_or_else(|| TranslateError::NoTranslator {
        kernel: kernel_name.to_owned(),
        language: language.to_owned(),
    })?;
    let mut code = writer.comment(&one_line(comment));
    code.push('\n');
    for (name, value) in parameters {
        let written_name = writer.name_of(name);
        if !writer.allows(written_name) {
            return Err(TranslateError::InvalidName {
                name: name.clone(),
                language: writer.language(),
            });
        }
        let assignment = writer
            .assignment(written_name, value, mode, declared)
            .map_err(|Unwritable(what)| TranslateError::Unrepresentable {
                name: name.clone(),
                language: writer.language(),
                what,
            })?;
        code.push_str(&assignment);
        code.push('\n');
    }
    Ok(code)
}

/// A comment must not end early.
fn one_line(comment: &str) -> String {
    comment
        .replace(
            |character: char| {
                character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
            },
            " ",
        )
        .replace("*)", "* )")
}

/// What a language does not have.
#[derive(Debug)]
struct Unwritable(&'static str);

type Written = Result<String, Unwritable>;

/// How one language writes values. Values are written from the inside out; what a method gets as
/// `items` is code already.
trait Writer: Sync {
    /// The language, for messages.
    fn language(&self) -> &'static str;

    /// The name as it is written; R drops leading underscores.
    fn name_of<'a>(&self, name: &'a str) -> &'a str {
        name
    }

    /// Whether this is a name.
    fn allows(&self, name: &str) -> bool;

    fn comment(&self, text: &str) -> String;

    /// The whole line.
    fn assignment(
        &self,
        name: &str,
        value: &ParameterValue,
        mode: Compat,
        _declared: &str,
    ) -> Written {
        Ok(format!("{name} = {}", self.value(value, mode)?))
    }

    fn null(&self) -> Written;

    fn bool(&self, value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }

    fn int(&self, value: &Integer, _mode: Compat) -> Written {
        Ok(value.to_string())
    }

    /// A finite float is written by Python's rules in every language.
    fn not_finite(&self, value: f64, mode: Compat) -> String;

    fn string(&self, text: &str, mode: Compat) -> Written;

    /// A value papermill knows no translation for, by its `str()`.
    fn other(&self, text: &str, mode: Compat) -> Written {
        match mode {
            Compat::Strict => Ok(format!("\"{text}\"")),
            Compat::Safe => self.string(text, mode),
        }
    }

    fn date(&self, text: &str, _time: bool, mode: Compat) -> Written {
        self.string(text, mode)
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written;

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written;

    fn value(&self, value: &ParameterValue, mode: Compat) -> Written {
        match value {
            ParameterValue::Null => self.null(),
            ParameterValue::Bool(value) => Ok(self.bool(*value).to_owned()),
            ParameterValue::Int(value) => self.int(value, mode),
            ParameterValue::Float(value) if value.is_finite() => Ok(python_float_repr(*value)),
            ParameterValue::Float(value) => Ok(self.not_finite(*value, mode)),
            ParameterValue::String(text) | ParameterValue::Text(text) => self.string(text, mode),
            ParameterValue::Date(text) => self.date(text, false, mode),
            ParameterValue::DateTime(text) => self.date(text, true, mode),
            ParameterValue::Other(text) => self.other(text, mode),
            ParameterValue::List(values) => self.list(values, mode),
            ParameterValue::Map(entries) => self.map(entries, mode),
        }
    }

    /// A mapping's key: texts as texts, anything else by its `str()`, as papermill does.
    fn key(&self, key: &ParameterValue, mode: Compat) -> Written {
        match key {
            ParameterValue::String(text) | ParameterValue::Text(text) => self.string(text, mode),
            key => self.other(&key.to_python_str(), mode),
        }
    }

    /// The items, joined.
    fn items(&self, values: &[ParameterValue], separator: &str, mode: Compat) -> Written {
        let items: Vec<String> = values
            .iter()
            .map(|value| self.value(value, mode))
            .collect::<Result<_, _>>()?;
        Ok(items.join(separator))
    }

    /// The entries, each put together, joined.
    fn entries(
        &self,
        entries: &[(ParameterValue, ParameterValue)],
        separator: &str,
        mode: Compat,
        entry: fn(&str, &str) -> String,
    ) -> Written {
        let write = |(key, value): &(ParameterValue, ParameterValue)| {
            Ok(entry(&self.key(key, mode)?, &self.value(value, mode)?))
        };
        let entries: Vec<String> = entries
            .iter()
            .map(write)
            .collect::<Result<_, Unwritable>>()?;
        Ok(entries.join(separator))
    }
}

/// Whether all items have one type, so that a typed language can put them into one list.
fn alike(values: &[ParameterValue]) -> bool {
    values
        .windows(2)
        .all(|pair| std::mem::discriminant(&pair[0]) == std::mem::discriminant(&pair[1]))
}

/// The translator of a kernel, else of a language: papermill's names exactly, then ours in any case.
fn find(kernel_name: &str, language: &str) -> Option<&'static dyn Writer> {
    let ours = || {
        named_by_us(&kernel_name.to_ascii_lowercase())
            .or_else(|| named_by_us(&language.to_ascii_lowercase()))
    };
    named_by_papermill(kernel_name)
        .or_else(|| named_by_papermill(language))
        .or_else(ours)
}

fn named_by_papermill(name: &str) -> Option<&'static dyn Writer> {
    Some(match name {
        "python" | "pysparkkernel" => &python::Python,
        "R" | "sparkrkernel" => &r::R,
        "scala" | "sparkkernel" => &scala::Scala,
        "julia" => &julia::Julia,
        "matlab" => &matlab::Matlab,
        ".net-csharp" => &net::CSharp,
        ".net-fsharp" => &net::FSharp,
        ".net-powershell" => &powershell::PowerShell,
        "bash" => &bash::Bash,
        _ => return None,
    })
}

fn named_by_us(name: &str) -> Option<&'static dyn Writer> {
    Some(match name {
        "javascript" | "typescript" | "deno" | "tslab" | "jslab" => &javascript::JavaScript,
        "sql" | "spark-sql" | "trino" | "duckdb" => &sql::Sql,
        "rust" => &rust::Rust,
        "octave" => &octave::Octave,
        "ipython" | "ipython3" => &python::Python,
        "r" | "ir" => &r::R,
        "sh" | "zsh" => &bash::Bash,
        "c#" | "csharp" => &net::CSharp,
        "f#" | "fsharp" => &net::FSharp,
        "pwsh" | "powershell" => &powershell::PowerShell,
        other => return named_by_papermill(other),
    })
}

#[cfg(test)]
mod tests;
