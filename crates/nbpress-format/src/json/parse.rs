//! Text to values: one pass, no recursion deeper than [`MAX_DEPTH`].

use std::borrow::Cow;

use super::place::Place;
use super::scan;
use super::{Json, Number, Object};

/// The deepest nesting accepted. Python gives up near 1000 for lack of stack; no notebook needs 20.
pub const MAX_DEPTH: usize = 512;

/// Where a text stops being JSON, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct JsonError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Why.
    pub kind: JsonErrorKind,
}

/// Why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonErrorKind {
    /// The text ends inside a value.
    #[error("the text ends in the middle of a value")]
    UnexpectedEnd,
    /// No value starts here.
    #[error("a value was expected")]
    ExpectedValue,
    /// An object's key is missing or unquoted.
    #[error("a quoted key was expected")]
    ExpectedKey,
    /// A key without its colon.
    #[error("`:` was expected")]
    ExpectedColon,
    /// An item that is neither followed by another nor by the end.
    #[error("`,` or the closing bracket was expected")]
    ExpectedCommaOrEnd,
    /// A number that breaks off.
    #[error("malformed number")]
    BadNumber,
    /// A backslash sequence JSON does not know.
    #[error("unknown escape sequence")]
    BadEscape,
    /// A control character inside a string.
    #[error("unescaped control character in a string")]
    ControlCharacter,
    /// Half of a surrogate pair.
    #[error("lone surrogate, which no UTF-8 file can hold")]
    LoneSurrogate,
    /// Bytes that are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A byte order mark (U+FEFF) before the value.
    #[error("byte order mark at the start")]
    ByteOrderMark,
    /// Something follows the value.
    #[error("text after the end of the value")]
    TrailingText,
    /// Deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl JsonError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self.kind {
            JsonErrorKind::ByteOrderMark => "save the file as UTF-8 without a byte order mark",
            JsonErrorKind::NotUtf8 => "save the file as UTF-8",
            JsonErrorKind::LoneSurrogate => {
                "half of an emoji was cut off here; delete the `\\u` escape or the output that holds it"
            }
            JsonErrorKind::UnexpectedEnd => "the file may have been cut off while it was copied",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// What to do with text that is not Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Strict,
    Lossy,
}

/// Parses a text that stands at `place`: where a notebook of format 4 holds texts as lists of lines, they are joined.
pub(super) fn parse(bytes: &[u8], policy: Text, place: Place) -> Result<Json, JsonError> {
    let text = match policy {
        Text::Strict => Cow::Borrowed(
            std::str::from_utf8(bytes)
                .map_err(|error| located(bytes, error.valid_up_to(), JsonErrorKind::NotUtf8))?,
        ),
        Text::Lossy => String::from_utf8_lossy(bytes),
    };
    Parser::new(&text, 0, policy).run(place)
}

/// Parses a text that will be placed `depth` levels deep inside another document.
pub(crate) fn parse_embedded(text: &str, depth: usize) -> Result<Json, JsonError> {
    Parser::new(text, depth, Text::Strict).run(Place::Elsewhere)
}

fn located(bytes: &[u8], at: usize, kind: JsonErrorKind) -> JsonError {
    let before = &bytes[..at.min(bytes.len())];
    let lines = before.split(|&byte| byte == b'\n');
    let (line, last) = lines.enumerate().last().unwrap_or((0, before));
    JsonError {
        line: line + 1,
        column: String::from_utf8_lossy(last).chars().count() + 1,
        kind,
    }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    policy: Text,
    /// The entries of the objects that are open, so that each becomes a map of its own size.
    entries: Vec<(String, Json)>,
}

type Parsed<T> = Result<T, JsonErrorKind>;

impl<'a> Parser<'a> {
    fn new(text: &'a str, depth: usize, policy: Text) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            depth,
            policy,
            entries: Vec::new(),
        }
    }

    fn run(mut self, place: Place) -> Result<Json, JsonError> {
        self.document(place)
            .map_err(|kind| located(self.bytes, self.at, kind))
    }

    fn document(&mut self, place: Place) -> Parsed<Json> {
        if self.text.starts_with('\u{feff}') {
            return Err(JsonErrorKind::ByteOrderMark);
        }
        let value = self.value(place)?;
        self.skip_space();
        if self.at < self.bytes.len() {
            Err(JsonErrorKind::TrailingText)
        } else {
            Ok(value)
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn literal(&mut self, word: &str, value: Json) -> Parsed<Json> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(value);
        }
        Err(JsonErrorKind::ExpectedValue)
    }

    fn value(&mut self, place: Place) -> Parsed<Json> {
        self.skip_space();
        let number = |word| Json::Number(Number::from_text(word));
        match self.peek() {
            None => Err(JsonErrorKind::UnexpectedEnd),
            Some(b'{') => self.nested(|parser| parser.placed_object(place)),
            Some(b'[') if place == Place::Text => self.nested(Self::lines),
            Some(b'[') => self.nested(|parser| parser.array(place.item())),
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b't') => self.literal("true", Json::Bool(true)),
            Some(b'f') => self.literal("false", Json::Bool(false)),
            Some(b'n') => self.literal("null", Json::Null),
            Some(b'N') => self.literal("NaN", number("NaN")),
            Some(b'I') => self.literal("Infinity", number("Infinity")),
            Some(b'-') if self.bytes.get(self.at + 1) == Some(&b'I') => {
                self.literal("-Infinity", number("-Infinity"))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(JsonErrorKind::ExpectedValue),
        }
    }

    fn nested(&mut self, read: impl Fn(&mut Self) -> Parsed<Json>) -> Parsed<Json> {
        if self.depth == MAX_DEPTH {
            return Err(JsonErrorKind::TooDeep);
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn array(&mut self, place: Place) -> Parsed<Json> {
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(place)?);
            if self.ends(b']')? {
                return Ok(Json::Array(items));
            }
        }
    }

    /// One text of a list of lines; the list itself where something else is in it.
    fn lines(&mut self) -> Parsed<Json> {
        let start = self.at;
        let mut text = String::new();
        self.skip_space();
        let is_text = loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                break false;
            }
            self.string_into(&mut text)?;
            if self.ends(b']')? {
                break true;
            }
        };
        if is_text {
            return Ok(Json::String(text));
        }
        self.at = start;
        self.array(Place::Elsewhere)
    }

    fn placed_object(&mut self, place: Place) -> Parsed<Json> {
        let start = self.at;
        let object = self.object(place)?;
        if place.misjudged(&object) {
            self.at = start;
            return self.object(Place::Elsewhere).map(Json::Object);
        }
        Ok(Json::Object(object))
    }

    fn object(&mut self, place: Place) -> Parsed<Object> {
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Object::new());
        }
        let first = self.entries.len();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'"') => {}
                Some(_) => return Err(JsonErrorKind::ExpectedKey),
                None => return Err(JsonErrorKind::UnexpectedEnd),
            }
            let key = self.string()?;
            self.skip_space();
            match self.peek() {
                Some(b':') => self.at += 1,
                Some(_) => return Err(JsonErrorKind::ExpectedColon),
                None => return Err(JsonErrorKind::UnexpectedEnd),
            }
            let value = self.value(place.under(&key))?;
            self.entries.push((key, value));
            if self.ends(b'}')? {
                return Ok(self.entries.drain(first..).collect());
            }
        }
    }

    /// After an item: true at the closing bracket, false after a comma.
    fn ends(&mut self, close: u8) -> Parsed<bool> {
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(true)
            }
            Some(_) => Err(JsonErrorKind::ExpectedCommaOrEnd),
            None => Err(JsonErrorKind::UnexpectedEnd),
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Parsed<Json> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits();
        if digits == 0 || (leading_zero && digits > 1) {
            return Err(JsonErrorKind::BadNumber);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(JsonErrorKind::BadNumber);
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(JsonErrorKind::BadNumber);
            }
        }
        Ok(Json::Number(Number::from_text(&self.text[start..self.at])))
    }

    fn string(&mut self) -> Parsed<String> {
        let mut out = String::new();
        self.string_into(&mut out)?;
        Ok(out)
    }

    fn string_into(&mut self, out: &mut String) -> Parsed<()> {
        self.at += 1;
        loop {
            let start = self.at;
            self.at += scan::plain(&self.bytes[start..]);
            out.push_str(&self.text[start..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                Some(_) => return Err(JsonErrorKind::ControlCharacter),
                None => return Err(JsonErrorKind::UnexpectedEnd),
            }
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        let Some(byte) = self.peek() else {
            return Err(JsonErrorKind::UnexpectedEnd);
        };
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => {
                self.at -= 1;
                return Err(JsonErrorKind::BadEscape);
            }
        })
    }

    fn unicode_escape(&mut self) -> Parsed<char> {
        let first = self.hex4()?;
        if let Some(char) = char::from_u32(first) {
            return Ok(char);
        }
        let resume = self.at;
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let second = self.hex4()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return char::from_u32(code).ok_or(JsonErrorKind::LoneSurrogate);
            }
            self.at = resume;
        }
        match self.policy {
            Text::Strict => Err(JsonErrorKind::LoneSurrogate),
            Text::Lossy => Ok(char::REPLACEMENT_CHARACTER),
        }
    }

    fn hex4(&mut self) -> Parsed<u32> {
        let Some(digits) = self.bytes.get(self.at..self.at + 4) else {
            return Err(JsonErrorKind::UnexpectedEnd);
        };
        let mut code = 0;
        for &digit in digits {
            let value = char::from(digit)
                .to_digit(16)
                .ok_or(JsonErrorKind::BadEscape)?;
            code = code * 16 + value;
        }
        self.at += 4;
        Ok(code)
    }
}
