//! C# and F#.

use nbpress_format::parameters::{Integer, ParameterValue, python_float_repr};

use super::{Compat, Unwritable, Writer, Written, alike, escape, names};

/// <https://learn.microsoft.com/dotnet/csharp/language-reference/keywords/>
const CSHARP_RESERVED: &[&str] = &[
    "_",
    "abstract",
    "as",
    "base",
    "bool",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "checked",
    "class",
    "const",
    "continue",
    "decimal",
    "default",
    "delegate",
    "do",
    "double",
    "else",
    "enum",
    "event",
    "explicit",
    "extern",
    "false",
    "finally",
    "fixed",
    "float",
    "for",
    "foreach",
    "goto",
    "if",
    "implicit",
    "in",
    "int",
    "interface",
    "internal",
    "is",
    "lock",
    "long",
    "namespace",
    "new",
    "null",
    "object",
    "operator",
    "out",
    "override",
    "params",
    "private",
    "protected",
    "public",
    "readonly",
    "ref",
    "return",
    "sbyte",
    "sealed",
    "short",
    "sizeof",
    "stackalloc",
    "static",
    "string",
    "struct",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "uint",
    "ulong",
    "unchecked",
    "unsafe",
    "ushort",
    "using",
    "virtual",
    "void",
    "volatile",
    "while",
];

/// <https://learn.microsoft.com/dotnet/fsharp/language-reference/keyword-reference>
const FSHARP_RESERVED: &[&str] = &[
    "_",
    "abstract",
    "and",
    "as",
    "assert",
    "base",
    "begin",
    "class",
    "const",
    "default",
    "delegate",
    "do",
    "done",
    "downcast",
    "downto",
    "elif",
    "else",
    "end",
    "exception",
    "extern",
    "false",
    "finally",
    "fixed",
    "for",
    "fun",
    "function",
    "global",
    "if",
    "in",
    "inherit",
    "inline",
    "interface",
    "internal",
    "lazy",
    "let",
    "match",
    "member",
    "module",
    "mutable",
    "namespace",
    "new",
    "not",
    "null",
    "of",
    "open",
    "or",
    "override",
    "private",
    "public",
    "rec",
    "return",
    "select",
    "sig",
    "static",
    "struct",
    "then",
    "to",
    "true",
    "try",
    "type",
    "upcast",
    "use",
    "val",
    "void",
    "when",
    "while",
    "with",
    "yield",
    "asr",
    "land",
    "lor",
    "lsl",
    "lsr",
    "lxor",
    "mod",
];

pub(super) struct CSharp;

impl Writer for CSharp {
    fn language(&self) -> &'static str {
        "C#"
    }

    fn allows(&self, name: &str) -> bool {
        names::is_word(name, CSHARP_RESERVED)
    }

    fn comment(&self, text: &str) -> String {
        format!("// {text}").trim().to_owned()
    }

    fn assignment(&self, name: &str, value: &ParameterValue, mode: Compat, _: &str) -> Written {
        match (value, mode) {
            (ParameterValue::Null, Compat::Strict) => {
                Err(Unwritable("papermill writes no null there"))
            }
            (ParameterValue::Null, Compat::Safe) => Ok(format!("object {name} = null;")),
            _ => Ok(format!("var {name} = {};", self.value(value, mode)?)),
        }
    }

    fn null(&self) -> Written {
        Ok("null".to_owned())
    }

    fn int(&self, value: &Integer, mode: Compat) -> Written {
        Ok(match value.as_i64() {
            None if mode == Compat::Safe => {
                format!("System.Numerics.BigInteger.Parse(\"{value}\")")
            }
            _ => escape::long(value),
        })
    }

    fn not_finite(&self, value: f64, mode: Compat) -> String {
        match mode {
            Compat::Strict => python_float_repr(value),
            Compat::Safe if value.is_nan() => "double.NaN".to_owned(),
            Compat::Safe => if value > 0.0 {
                "double.PositiveInfinity"
            } else {
                "double.NegativeInfinity"
            }
            .to_owned(),
        }
    }

    /// `\x` takes up to four digits there.
    fn string(&self, text: &str, mode: Compat) -> Written {
        Ok(match mode {
            Compat::Strict => escape::python(text),
            Compat::Safe => escape::four_digits(text),
        })
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        let nothing_shared =
            values.is_empty() || !alike(values) || values.contains(&ParameterValue::Null);
        if mode == Compat::Strict && values.contains(&ParameterValue::Null) {
            return Err(Unwritable("papermill writes no null there"));
        }
        let kind = if mode == Compat::Safe && nothing_shared {
            "new object[]"
        } else {
            "new []"
        };
        Ok(format!("{kind} {{ {} }}", self.items(values, ", ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        if mode == Compat::Strict
            && entries
                .iter()
                .any(|(_, value)| *value == ParameterValue::Null)
        {
            return Err(Unwritable("papermill writes no null there"));
        }
        let entries = self.entries(entries, ", ", mode, |key, value| {
            format!("{{ {key} , {value} }}")
        })?;
        Ok(format!("new Dictionary<string,Object>{{ {entries} }}"))
    }
}

pub(super) struct FSharp;

impl Writer for FSharp {
    fn language(&self) -> &'static str {
        "F#"
    }

    fn allows(&self, name: &str) -> bool {
        names::is_word(name, FSHARP_RESERVED)
    }

    fn comment(&self, text: &str) -> String {
        format!("(* {text} *)")
    }

    fn assignment(&self, name: &str, value: &ParameterValue, mode: Compat, _: &str) -> Written {
        Ok(format!("let {name} = {}", self.value(value, mode)?))
    }

    fn null(&self) -> Written {
        Ok("None".to_owned())
    }

    fn int(&self, value: &Integer, mode: Compat) -> Written {
        Ok(match value.as_i64() {
            None if mode == Compat::Safe => format!("{value}I"),
            _ => escape::long(value),
        })
    }

    fn not_finite(&self, value: f64, mode: Compat) -> String {
        match mode {
            Compat::Safe if value.is_infinite() => {
                if value > 0.0 { "infinity" } else { "-infinity" }.to_owned()
            }
            _ => python_float_repr(value),
        }
    }

    /// `\x` takes two digits and means the character, as in Python.
    fn string(&self, text: &str, _: Compat) -> Written {
        Ok(escape::python(text))
    }

    fn list(&self, values: &[ParameterValue], mode: Compat) -> Written {
        if mode == Compat::Safe && !alike(values) {
            let boxed = |value| Ok(format!("box ({})", self.value(value, mode)?));
            let items: Vec<String> = values
                .iter()
                .map(boxed)
                .collect::<Result<_, Unwritable>>()?;
            return Ok(format!("[ {} ]", items.join("; ")));
        }
        Ok(format!("[ {} ]", self.items(values, "; ", mode)?))
    }

    fn map(&self, entries: &[(ParameterValue, ParameterValue)], mode: Compat) -> Written {
        let entries = self.entries(entries, "; ", mode, |key, value| {
            format!("({key}, {value} :> IComparable)")
        })?;
        Ok(format!("[ {entries} ] |> Map.ofList"))
    }
}
