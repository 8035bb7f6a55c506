//! Reads a type annotation, of Python first, and of the other languages as far as they look alike.
//!
//! One grammar serves all: names with arguments in `[]`, `<>` or `{}`, `|` between alternatives, `[]`
//! or `?` behind a type, literals.

use super::kind::ParameterType;
use super::literal;
use super::value::ParameterValue;

/// How deep annotations may be nested.
const MAX_DEPTH: usize = 32;

/// The type an annotation says; [`ParameterType::Other`] where it cannot be understood.
pub fn parse_annotation(text: &str) -> ParameterType {
    let text = text.trim();
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    match reader.alternatives() {
        Some(kind) if reader.rest().is_empty() => kind,
        _ => ParameterType::Other(text.to_owned()),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

enum Argument {
    Kind(ParameterType),
    Value(ParameterValue),
}

impl<'a> Reader<'a> {
    /// What is left, from the next character that is not a space.
    fn rest(&mut self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    fn accept(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn alternatives(&mut self) -> Option<ParameterType> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut members = Vec::new();
        loop {
            members.push(match self.argument()? {
                Argument::Kind(kind) => kind,
                // TypeScript writes literals bare; Python's forward references look the same.
                Argument::Value(ParameterValue::String(name))
                    if members.is_empty() && !self.followed_by_bar() =>
                {
                    parse_annotation(&name)
                }
                Argument::Value(ParameterValue::Null) => ParameterType::Null,
                Argument::Value(value) => ParameterType::Literal(vec![value]),
            });
            if !self.accept("|") {
                self.depth -= 1;
                return Some(ParameterType::union(members));
            }
        }
    }

    fn followed_by_bar(&mut self) -> bool {
        self.rest().starts_with('|')
    }

    /// A type or a literal, with the `[]` and `?` behind it.
    fn argument(&mut self) -> Option<Argument> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        if first == '"' || first == '\'' || first == '-' || first.is_ascii_digit() {
            let (value, length) = literal::prefix(rest)?;
            self.at += length;
            return Some(Argument::Value(value));
        }
        let mut kind = if self.accept("(") {
            let inner = self.alternatives()?;
            self.accept(")").then_some(inner)?
        } else {
            self.named()?
        };
        loop {
            if self.accept("[]") {
                kind = ParameterType::List(Box::new(kind));
            } else if self.accept("?") {
                kind = ParameterType::union(vec![kind, ParameterType::Null]);
            } else {
                return Some(Argument::Kind(kind));
            }
        }
    }

    fn named(&mut self) -> Option<ParameterType> {
        let rest = self.rest();
        let word = |character: char| {
            character.is_alphanumeric() || matches!(character, '_' | '.' | ':' | '&')
        };
        let length = rest
            .find(|character| !word(character))
            .unwrap_or(rest.len());
        let name = &rest[..length];
        if name.is_empty() {
            return None;
        }
        let from = self.at;
        self.at += length;
        let close = match self.rest().chars().next() {
            Some('[') if !self.rest().starts_with("[]") => "]",
            Some('<') => ">",
            Some('{') => "}",
            _ => {
                return Some(
                    named(name, Vec::new())
                        .unwrap_or_else(|| ParameterType::Other(name.to_owned())),
                );
            }
        };
        self.at += 1;
        let arguments = self.arguments(close, last_word(name) == "Literal")?;
        let written = self.text[from..self.at].trim();
        Some(named(name, arguments).unwrap_or_else(|| ParameterType::Other(written.to_owned())))
    }

    fn arguments(&mut self, close: &str, values: bool) -> Option<Vec<Argument>> {
        let mut arguments = Vec::new();
        loop {
            if self.accept(close) {
                return Some(arguments);
            }
            if values {
                let (value, length) = literal::prefix(self.rest())?;
                self.at += length;
                arguments.push(Argument::Value(value));
            } else if self.accept("...") {
                // `tuple[int, ...]`
            } else {
                arguments.push(Argument::Kind(self.alternatives()?));
            }
            if !self.accept(",") {
                return self.accept(close).then_some(arguments);
            }
        }
    }
}

fn last_word(name: &str) -> &str {
    name.rsplit(['.', ':', '&']).next().unwrap_or(name)
}

/// The type a name means; `None` where it is not known.
fn named(name: &str, arguments: Vec<Argument>) -> Option<ParameterType> {
    let name = last_word(name);
    if name == "Literal" {
        let value = |argument| {
            if let Argument::Value(value) = argument {
                Some(value)
            } else {
                None
            }
        };
        let values: Vec<_> = arguments.into_iter().filter_map(value).collect();
        return (!values.is_empty()).then_some(ParameterType::Literal(values));
    }
    let kinds: Vec<ParameterType> = arguments
        .into_iter()
        .filter_map(|argument| {
            if let Argument::Kind(kind) = argument {
                Some(kind)
            } else {
                None
            }
        })
        .collect();
    if kinds.is_empty() {
        return simple(name);
    }
    let mut given = kinds.iter().cloned();
    let mut next = || Box::new(given.next().unwrap_or(ParameterType::Any));
    match name.to_ascii_lowercase().as_str() {
        "list" | "sequence" | "mutablesequence" | "iterable" | "collection" | "set"
        | "frozenset" | "seq" | "vector" | "vec" | "array" | "abstractset" | "readonlyarray"
        | "ienumerable" | "mutableset" => Some(ParameterType::List(next())),
        "tuple" => Some(ParameterType::List(Box::new(ParameterType::union(kinds)))),
        "dict" | "mapping" | "mutablemapping" | "map" | "record" | "dictionary" | "hashmap"
        | "btreemap" | "ordereddict" | "defaultdict" => Some(ParameterType::Dict(next(), next())),
        "optional" | "option" | "nullable" => {
            Some(ParameterType::union(vec![*next(), ParameterType::Null]))
        }
        "union" => Some(ParameterType::union(kinds)),
        // `Annotated[int, …]`, `Final[int]`: the first argument is the type.
        "annotated" | "final" | "classvar" => Some(*next()),
        "varchar" | "char" | "string" => Some(ParameterType::String),
        _ => None,
    }
}

fn simple(name: &str) -> Option<ParameterType> {
    let kind = match name.to_ascii_lowercase().as_str() {
        "any" | "object" | "unknown" => ParameterType::Any,
        "none" | "nonetype" | "null" | "nothing" | "undefined" | "unit" => ParameterType::Null,
        "bool" | "boolean" => ParameterType::Bool,
        "int" | "integer" | "long" | "short" | "bigint" | "smallint" | "tinyint" | "int8"
        | "int16" | "int32" | "int64" | "int128" | "i8" | "i16" | "i32" | "i64" | "i128"
        | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "uint" | "uint8"
        | "uint16" | "uint32" | "uint64" => ParameterType::Int,
        "float" | "double" | "real" | "number" | "numeric" | "float16" | "float32" | "float64"
        | "f32" | "f64" => ParameterType::Float,
        "str" | "string" | "text" | "varchar" | "char" | "character" | "abstractstring" => {
            ParameterType::String
        }
        "date" | "localdate" => ParameterType::Date,
        "datetime" | "timestamp" | "localdatetime" => ParameterType::DateTime,
        "list" | "tuple" | "set" | "frozenset" | "sequence" | "iterable" | "array" | "vector"
        | "vec" | "seq" => ParameterType::any_list(),
        "dict" | "mapping" | "map" | "record" | "dictionary" | "hashmap" => {
            ParameterType::any_dict()
        }
        _ => return None,
    };
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::parse_annotation;

    #[test]
    fn annotations_are_read_in_many_spellings() {
        for (annotation, expected) in [
            ("int", "int"),
            ("builtins.str", "str"),
            ("list[int]", "list[int]"),
            ("List[str]", "list[str]"),
            ("typing.Dict[str, float]", "dict[str, float]"),
            ("Optional[int]", "int | None"),
            ("int | None", "int | None"),
            ("None | str", "str | None"),
            ("Union[int, str, None]", "int | str | None"),
            ("Union[Optional[int], list[str]]", "int | list[str] | None"),
            (
                "Literal['a', \"b\", 3, None, True, -1]",
                "Literal['a', 'b', 3, None, True, -1]",
            ),
            ("datetime.date", "date"),
            ("datetime.datetime", "datetime"),
            ("tuple[int, ...]", "list[int]"),
            ("tuple[int, str]", "list[int | str]"),
            ("'int'", "int"),
            ("\"list[int]\"", "list[int]"),
            ("pd.DataFrame", "pd.DataFrame"),
            ("Callable[[int], str]", "Callable[[int], str]"),
            ("Annotated[int, 'help']", "int"),
            ("Any", "any"),
            ("list[list[int]]", "list[list[int]]"),
            ("list[pathlib.Path]", "list[pathlib.Path]"),
            // TypeScript, Scala, Rust, Julia, C#
            ("number", "float"),
            ("string[]", "list[str]"),
            ("\"a\" | \"b\"", "Literal['a', 'b']"),
            ("string | null", "str | None"),
            ("(string | number)[]", "list[str | float]"),
            ("Record<string, number>", "dict[str, float]"),
            ("Option[Int]", "int | None"),
            ("Map[String, Seq[Double]]", "dict[str, list[float]]"),
            ("&str", "str"),
            ("Vec<i64>", "list[int]"),
            ("Union{Nothing, Int64}", "int | None"),
            ("Vector{Float64}", "list[float]"),
            ("int?", "int | None"),
            ("!!", "!!"),
            ("list[int", "list[int"),
        ] {
            assert_eq!(
                parse_annotation(annotation).to_string(),
                expected,
                "{annotation}"
            );
        }
        let deep = "list[".repeat(10_000);
        assert_eq!(parse_annotation(&deep).to_string(), deep);
    }
}
