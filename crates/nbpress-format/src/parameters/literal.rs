//! Reads literals: numbers, texts, truth values, lists and mappings as Python and its relatives write
//! them. Whatever is not one (a call, a name, an interpolated string) is no literal, and no error.

use super::dialect::{self, Dialect, Family};
use super::number_literal::{calculate, number};
use super::value::ParameterValue;

/// How deep lists and mappings may be nested.
const MAX_DEPTH: usize = 64;

/// The value of a whole text.
pub(super) fn parse(text: &str, dialect: &'static Dialect) -> Option<ParameterValue> {
    if dialect.family == Family::Shell {
        return super::shell::parse(text);
    }
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        dialect,
    };
    let value = reader.value()?;
    reader.rest().is_empty().then_some(value)
}

/// The Python literal a text begins with, and its length in bytes.
pub(super) fn prefix(text: &str) -> Option<(ParameterValue, usize)> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        dialect: dialect::python(),
    };
    let value = reader.signed()?;
    Some((value, reader.at))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    dialect: &'static Dialect,
}

impl<'a> Reader<'a> {
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

    /// Sums of products of numbers, and anything else alone.
    fn value(&mut self) -> Option<ParameterValue> {
        let mut sum = self.product()?;
        loop {
            // `->` stands between a key and its value.
            let arrow = self.rest().starts_with("->");
            let add = match () {
                () if self.accept("+") => true,
                () if !arrow && self.accept("-") => false,
                () => return Some(sum),
            };
            let right = self.product()?;
            sum = calculate(
                &sum,
                &right,
                |a, b| {
                    if add {
                        a.checked_add(b)
                    } else {
                        a.checked_sub(b)
                    }
                },
                |a, b| if add { a + b } else { a - b },
            )?;
        }
    }

    fn product(&mut self) -> Option<ParameterValue> {
        let mut product = self.signed()?;
        while self.rest().starts_with('*') && !self.rest().starts_with("**") {
            self.at += 1;
            let right = self.signed()?;
            product = calculate(&product, &right, i128::checked_mul, |a, b| a * b)?;
        }
        Some(product)
    }

    fn signed(&mut self) -> Option<ParameterValue> {
        let negative = self.accept("-");
        if !negative && !self.accept("+") {
            return self.primary();
        }
        match self.primary()? {
            ParameterValue::Int(value) if negative => Some(ParameterValue::Int(value.negated())),
            ParameterValue::Float(value) if negative => Some(ParameterValue::Float(-value)),
            value @ (ParameterValue::Int(_) | ParameterValue::Float(_)) => Some(value),
            _ => None,
        }
    }

    fn primary(&mut self) -> Option<ParameterValue> {
        let rest = self.rest();
        match rest.chars().next()? {
            '[' => self.nested(|reader| reader.items("[", "]").map(ParameterValue::List)),
            '(' => self.nested(Self::parenthesised),
            '{' => self.nested(Self::braced),
            '0'..='9' | '.' => self.number(),
            '"' | '\'' | '`' => self.strings(),
            first if first.is_alphabetic() || matches!(first, '_' | '$' | '@') => self.word(),
            _ => None,
        }
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Option<ParameterValue>,
    ) -> Option<ParameterValue> {
        self.depth += 1;
        let value = if self.depth <= MAX_DEPTH {
            read(self)
        } else {
            None
        };
        self.depth -= 1;
        value
    }

    fn items(&mut self, open: &str, close: &str) -> Option<Vec<ParameterValue>> {
        self.accept(open);
        let mut items = Vec::new();
        loop {
            if self.accept(close) {
                return Some(items);
            }
            items.push(self.value()?);
            if !(self.accept(",") || self.accept(";")) {
                return self.accept(close).then_some(items);
            }
        }
    }

    /// A tuple, or a value in brackets.
    fn parenthesised(&mut self) -> Option<ParameterValue> {
        let from = self.at;
        let mut items = self.items("(", ")")?;
        let inside = self.text[from..self.at - 1].trim_end();
        if items.len() == 1 && !inside.ends_with(',') {
            items.pop()
        } else {
            Some(ParameterValue::List(items))
        }
    }

    /// A mapping, or a list where braces hold one: Python's set, MATLAB's cell.
    fn braced(&mut self) -> Option<ParameterValue> {
        self.accept("{");
        if self.accept("}") {
            let list = self.dialect.family == Family::Matlab;
            return Some(if list {
                ParameterValue::List(Vec::new())
            } else {
                ParameterValue::Map(Vec::new())
            });
        }
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        loop {
            if self.accept("}") {
                break;
            }
            keys.push(self.bare_key().or_else(|| self.value())?);
            if self.accept(":") {
                values.push(self.value()?);
            }
            if !self.accept(",") {
                if !self.accept("}") {
                    return None;
                }
                break;
            }
        }
        if values.is_empty() {
            return Some(ParameterValue::List(keys));
        }
        (keys.len() == values.len())
            .then(|| ParameterValue::Map(keys.into_iter().zip(values).collect()))
    }

    /// JavaScript's `{name: value}`.
    fn bare_key(&mut self) -> Option<ParameterValue> {
        let rest = self.rest();
        let length = word_length(rest);
        let key = &rest[..length];
        if self.dialect.family != Family::JavaScript
            || key.is_empty()
            || !rest[length..].trim_start().starts_with(':')
        {
            return None;
        }
        self.at += length;
        Some(ParameterValue::from(key))
    }

    fn number(&mut self) -> Option<ParameterValue> {
        let rest = self.rest();
        let (value, length) = number(rest)?;
        let behind = &rest[length..];
        let suffix = word_length(behind);
        let known = matches!(
            behind[..suffix].to_ascii_lowercase().as_str(),
            "" | "l"
                | "n"
                | "f"
                | "d"
                | "m"
                | "u"
                | "ul"
                | "i8"
                | "i16"
                | "i32"
                | "i64"
                | "i128"
                | "isize"
                | "u8"
                | "u16"
                | "u32"
                | "u64"
                | "u128"
                | "usize"
                | "f32"
                | "f64"
                | "_f64"
                | "_f32"
                | "_i64"
                | "_i32"
        );
        if !known || (self.dialect.family == Family::Python && suffix > 0) {
            return None;
        }
        self.at += length + suffix;
        let float = matches!(
            behind[..suffix]
                .to_ascii_lowercase()
                .trim_start_matches('_'),
            "f" | "d" | "f32" | "f64"
        );
        Some(match value {
            ParameterValue::Int(value) if float => ParameterValue::Float(value.as_f64()),
            value => value,
        })
    }

    /// One string, or Python's several next to each other.
    fn strings(&mut self) -> Option<ParameterValue> {
        let mut text = self.string("")?;
        while self.dialect.family == Family::Python {
            let rest = self.rest();
            let length = word_length(rest);
            if !rest[length..].starts_with(['"', '\'']) {
                break;
            }
            self.at += length;
            text.push_str(&self.string(&rest[..length])?);
        }
        Some(ParameterValue::String(text))
    }

    fn string(&mut self, prefix: &str) -> Option<String> {
        let rest = &self.text[self.at..];
        let quote = self
            .dialect
            .quotes
            .iter()
            .find(|quote| rest.starts_with(quote.delimiter))?;
        let (text, length) = super::string_literal::read(rest, quote, prefix, self.dialect.family)?;
        self.at += length;
        Some(text)
    }

    /// A constant, a string's prefix, or a call that builds a list or a mapping.
    fn word(&mut self) -> Option<ParameterValue> {
        let rest = self.rest();
        let length = word_length(rest).max(1);
        let (word, behind) = rest.split_at(length);
        if behind.starts_with(['"', '\'']) && self.dialect.family == Family::Python {
            self.at += length;
            let mut text = self.string(word)?;
            if let Some(ParameterValue::String(more)) = self
                .rest()
                .starts_with(['"', '\''])
                .then(|| self.strings())
                .flatten()
            {
                text.push_str(&more);
            }
            return Some(ParameterValue::String(text));
        }
        if let Some(value) = constant(word, self.dialect.family) {
            self.at += length;
            return Some(value);
        }
        let arguments = behind.strip_prefix('!').unwrap_or(behind);
        let close = match arguments.chars().next()? {
            '(' => ")",
            '[' => "]",
            _ => return None,
        };
        let kind = collection(word, self.dialect.family)?;
        self.at = self.text.len() - arguments.len() + 1;
        self.nested(|reader| reader.arguments(kind, close))
    }

    /// `c(1, 2)`, `list(a = 1)`, `Map("a" -> 1)`.
    fn arguments(&mut self, kind: Collection, close: &str) -> Option<ParameterValue> {
        let (mut items, mut keys) = (Vec::new(), Vec::new());
        while !self.accept(close) {
            let named = self.argument_name();
            let item = match named {
                Some(_) => None,
                None => Some(self.value()?),
            };
            match (named, item) {
                (Some(name), _) => {
                    keys.push(ParameterValue::String(name));
                    items.push(self.value()?);
                }
                (None, Some(key)) if self.accept("->") || self.accept("=>") || self.accept("=") => {
                    keys.push(key);
                    items.push(self.value()?);
                }
                (None, item) => items.extend(item),
            }
            if !self.accept(",") && !self.rest().starts_with(close) {
                return None;
            }
        }
        match (kind, keys.len()) {
            (Collection::Wrapper, 0) if items.len() == 1 => items.pop(),
            (Collection::Map, 0) if items.is_empty() => Some(ParameterValue::Map(Vec::new())),
            (Collection::List, 0) => Some(ParameterValue::List(items)),
            (Collection::List | Collection::Map, keyed) if keyed == items.len() => {
                Some(ParameterValue::Map(keys.into_iter().zip(items).collect()))
            }
            _ => None,
        }
    }

    /// `name =`, not `name ==`.
    fn argument_name(&mut self) -> Option<String> {
        let rest = self.rest();
        let length = word_length(rest);
        let behind = rest[length..].trim_start();
        if length == 0
            || rest.starts_with(|first: char| first.is_ascii_digit())
            || !behind.starts_with('=')
            || behind.starts_with("==")
            || behind.starts_with("=>")
        {
            return None;
        }
        self.at = self.text.len() - behind.len() + 1;
        Some(rest[..length].to_owned())
    }
}

#[derive(Clone, Copy)]
enum Collection {
    List,
    Map,
    /// `Some(5)`, `int(5)`: the value inside.
    Wrapper,
}

fn collection(word: &str, family: Family) -> Option<Collection> {
    match (word, family) {
        ("c" | "list", Family::R) => Some(Collection::List),
        ("dict", Family::Python) => Some(Collection::Map),
        (_, Family::Python) => None,
        ("Dict", Family::Julia) => Some(Collection::Map),
        ("List" | "Seq" | "Array" | "Vector" | "vec" | "Set" | "listOf", _) => {
            Some(Collection::List)
        }
        ("Map" | "mapOf", _) => Some(Collection::Map),
        ("Some", _) => Some(Collection::Wrapper),
        _ => None,
    }
}

fn constant(word: &str, family: Family) -> Option<ParameterValue> {
    Some(match (word, family) {
        ("True" | "TRUE" | "true" | "$true" | "$True", _) => ParameterValue::Bool(true),
        ("False" | "FALSE" | "false" | "$false" | "$False", _) => ParameterValue::Bool(false),
        ("T", Family::R) => ParameterValue::Bool(true),
        ("F", Family::R) => ParameterValue::Bool(false),
        ("None" | "NULL" | "null" | "nothing" | "undefined" | "NA" | "$null" | "$Null", _) => {
            ParameterValue::Null
        }
        ("NaN", _) => ParameterValue::Float(f64::NAN),
        ("Inf" | "Infinity", _) => ParameterValue::Float(f64::INFINITY),
        _ => return None,
    })
}

/// Letters, digits, `_`, and a `$` or `@` in front.
fn word_length(text: &str) -> usize {
    let start = usize::from(text.starts_with(['$', '@']));
    let word = |character: char| character.is_alphanumeric() || character == '_';
    text[start..]
        .find(|character| !word(character))
        .map_or(text.len(), |end| end + start)
}
