//! Source code in five colours: keywords, strings, numbers, comments and the names of functions.
//!
//! One pass over the text with a table of words for each language. A grammar would know more, and
//! take time that depends on what strangers wrote.

mod language;
#[cfg(test)]
mod tests;

use std::fmt;

use language::Habit;
pub(crate) use language::Language;

use crate::html::Html;

/// A line longer than this makes its block scroll.
const WIDE: usize = 66;

/// Whether a source scrolls sideways: what does must be reached by keyboard, what does not should not
/// stop it.
pub(crate) fn is_wide(source: &str) -> bool {
    source.lines().any(|line| line.len() > WIDE)
}

/// What a piece of source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Plain,
    Keyword,
    Text,
    Number,
    Comment,
    Function,
}

/// Writes source with its colours; plain where the language is unknown.
pub(crate) fn write(
    html: &mut Html<'_>,
    source: &str,
    language: Option<&'static Language>,
) -> fmt::Result {
    each(source, language, |class, piece| span(html, class, piece))
}

/// Gives the pieces of a source, one after the other, with what they are.
pub(crate) fn each(
    source: &str,
    language: Option<&'static Language>,
    mut piece: impl FnMut(Class, &str) -> fmt::Result,
) -> fmt::Result {
    let Some(language) = language else {
        return piece(Class::Plain, source);
    };
    let mut rest = source;
    let mut plain = source;
    while !rest.is_empty() {
        let (class, length) = language.token(source, rest);
        if class != Class::Plain {
            piece(Class::Plain, &plain[..plain.len() - rest.len()])?;
            piece(class, &rest[..length])?;
            plain = &rest[length..];
        }
        rest = &rest[length..];
    }
    piece(Class::Plain, plain)
}

/// Writes the source of a cell: lines that are magics or shell commands are marked, and a magic for
/// the whole cell says its language.
pub(crate) fn write_cell(
    html: &mut Html<'_>,
    source: &str,
    language: Option<&'static Language>,
) -> fmt::Result {
    let Some(magic) = source.strip_prefix("%%") else {
        return write(html, source, language);
    };
    let end = source.find('\n').unwrap_or(source.len());
    span(html, Class::Function, &source[..end])?;
    let name = magic.split_whitespace().next().unwrap_or_default();
    // `%%time` and its like hold the notebook's own language.
    let language = Language::named(name).or(language);
    write(html, &source[end..], language)
}

/// Writes one piece.
pub(crate) fn span(html: &mut Html<'_>, class: Class, text: &str) -> fmt::Result {
    if text.is_empty() {
        return Ok(());
    }
    html.raw(match class {
        Class::Plain => return html.text(text),
        Class::Keyword => "<span class=\"k\">",
        Class::Text => "<span class=\"s\">",
        Class::Number => "<span class=\"n\">",
        Class::Comment => "<span class=\"c\">",
        Class::Function => "<span class=\"f\">",
    })?;
    html.text(text)?;
    html.raw("</span>")
}

impl Language {
    /// The class and length of what `rest`, the end of `source`, begins with.
    fn token(&self, source: &str, rest: &str) -> (Class, usize) {
        if let Some(length) = self.comment(source, rest) {
            return (Class::Comment, length);
        }
        if let Some(length) = self.text(rest) {
            return (Class::Text, length);
        }
        let Some(first) = rest.chars().next() else {
            return (Class::Plain, 0);
        };
        if first.is_ascii_digit() {
            return (Class::Number, number(rest));
        }
        if self.is_magic(source, rest) {
            return (Class::Function, line(rest));
        }
        if is_word(first) || self.word_starts.contains(&first) {
            return self.word(rest);
        }
        (Class::Plain, first.len_utf8())
    }

    fn comment(&self, source: &str, rest: &str) -> Option<usize> {
        for (start, end) in self.block_comments {
            if let Some(body) = rest.strip_prefix(start) {
                let length = body.find(end).map_or(body.len(), |at| at + end.len());
                return Some(start.len() + length);
            }
        }
        let starts = self.line_comments.iter().any(|mark| rest.starts_with(mark));
        // `a#b` and `${#a}` are no comments of a shell.
        let apart = !self.has(Habit::CommentApart) || begins_word(source, rest);
        (starts && apart).then(|| line(rest))
    }

    fn text(&self, rest: &str) -> Option<usize> {
        let body = self.prefixed(rest);
        let start = rest.len() - body.len();
        let quote = self.quotes.iter().find(|quote| body.starts_with(*quote))?;
        let after = &body[quote.len()..];
        if self.has(Habit::Lifetimes) && *quote == "'" && !is_character(after) {
            return None;
        }
        let many_lines = quote.len() > 1 || *quote == "`" || self.has(Habit::StringsOverLines);
        Some(start + quote.len() + closing(after, quote, many_lines))
    }

    /// Without the letters that may be before a quote, as in `f"…"`.
    fn prefixed<'t>(&self, rest: &'t str) -> &'t str {
        let body = rest.trim_start_matches(|c| self.string_prefixes.contains(&c));
        if rest.len() - body.len() <= 2 {
            body
        } else {
            rest
        }
    }

    fn is_magic(&self, source: &str, rest: &str) -> bool {
        self.has(Habit::Magics) && rest.starts_with(['%', '!']) && !rest.starts_with("!=") && {
            let before = &source[..source.len() - rest.len()];
            let before = before.trim_end_matches([' ', '\t']);
            before.is_empty() || before.ends_with('\n')
        }
    }

    fn word(&self, rest: &str) -> (Class, usize) {
        let length = rest
            .char_indices()
            .find(|(index, c)| {
                !(is_word(*c)
                    || c.is_ascii_digit()
                    || (*index == 0 && self.word_starts.contains(c)))
            })
            .map_or(rest.len(), |(index, _)| index);
        let word = &rest[..length];
        let known = if self.has(Habit::AnyCase) {
            let lower = word.to_ascii_lowercase();
            self.keywords.contains(&lower.as_str())
        } else {
            self.keywords.contains(&word)
        };
        if known {
            (Class::Keyword, length)
        } else if rest[length..].starts_with('(') {
            (Class::Function, length)
        } else {
            (Class::Plain, length)
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

fn begins_word(source: &str, rest: &str) -> bool {
    let before = source[..source.len() - rest.len()].chars().next_back();
    before.is_none_or(char::is_whitespace)
}

/// Digits with what belongs to them: `0xff`, `1_000`, `1.5e-3`, `10L`.
fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut length = 1;
    while let Some(byte) = bytes.get(length) {
        let exponent = matches!(bytes[length - 1], b'e' | b'E') && !rest.starts_with("0x");
        let part = byte.is_ascii_alphanumeric()
            || *byte == b'_'
            || (*byte == b'.' && bytes.get(length + 1).is_none_or(|next| *next != b'.'))
            || (exponent && matches!(byte, b'+' | b'-'));
        if !part {
            break;
        }
        length += 1;
    }
    length
}

/// How long a string is from after its first quote to after its last; to the end of the line where it
/// is not closed in it.
fn closing(after: &str, quote: &str, many_lines: bool) -> usize {
    let mut escaped = false;
    for (index, byte) in after.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\n' if !many_lines => return index,
            _ if after.as_bytes()[index..].starts_with(quote.as_bytes()) => {
                return index + quote.len();
            }
            _ => {}
        }
    }
    after.len()
}

/// Whether a quote in a language with lifetimes begins a character: `'a'`, `'\n'`.
fn is_character(after: &str) -> bool {
    let mut characters = after.chars();
    match characters.next() {
        Some('\\') => true,
        Some(_) => characters.next() == Some('\''),
        None => false,
    }
}
