//! Reads one string literal.

use super::dialect::{Escape, Family, Quote};

/// The text of the string literal that `source` begins with, and its length in bytes. `None` where
/// it is not closed, computes something (interpolation), or is no text (`b""`).
pub(super) fn read(
    source: &str,
    quote: &Quote,
    prefix: &str,
    family: Family,
) -> Option<(String, usize)> {
    let prefix = prefix.to_ascii_lowercase();
    if !prefix
        .chars()
        .all(|letter| matches!(letter, 'r' | 'u' | 'f'))
    {
        return None;
    }
    let raw = prefix.contains('r');
    let mut text = String::new();
    let mut rest = &source[quote.delimiter.len()..];
    loop {
        if let Some(behind) = rest.strip_prefix(quote.delimiter) {
            if quote.escape == Escape::Doubled && behind.starts_with(quote.delimiter) {
                text.push_str(quote.delimiter);
                rest = &behind[quote.delimiter.len()..];
                continue;
            }
            return Some((text, source.len() - behind.len()));
        }
        let mut characters = rest.chars();
        let character = characters.next()?;
        rest = characters.as_str();
        if interpolates(character, rest, &prefix, quote, family) {
            return None;
        }
        match (character, quote.escape) {
            ('\\', Escape::Backslash) if raw => {
                text.push('\\');
                text.push(characters.next()?);
                rest = characters.as_str();
            }
            ('\\', Escape::Backslash) => rest = escape(rest, &mut text)?,
            ('`', Escape::Backtick) => {
                text.push(powershell_escape(characters.next()?));
                rest = characters.as_str();
            }
            _ => text.push(character),
        }
    }
}

fn interpolates(character: char, rest: &str, prefix: &str, quote: &Quote, family: Family) -> bool {
    match family {
        Family::Python => prefix.contains('f') && matches!(character, '{' | '}'),
        Family::JavaScript => quote.delimiter == "`" && character == '$' && rest.starts_with('{'),
        Family::Julia => character == '$',
        Family::PowerShell => character == '$' && quote.escape == Escape::Backtick,
        _ => false,
    }
}

/// Reads what follows a backslash; gives what is left. Unknown escapes stay as they are, as in Python.
fn escape<'a>(rest: &'a str, text: &mut String) -> Option<&'a str> {
    let mut characters = rest.chars();
    let first = characters.next()?;
    let rest = characters.as_str();
    let simple = match first {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0'..='7' => return octal(first, rest, text),
        'x' => return numeric(rest, 2, text),
        'u' if rest.starts_with('{') => {
            let (digits, rest) = rest[1..].split_once('}')?;
            text.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
            return Some(rest);
        }
        'u' => return numeric(rest, 4, text),
        'U' => return numeric(rest, 8, text),
        'N' => return None,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'v' => '\x0b',
        '\n' => return Some(rest),
        '\\' | '\'' | '"' | '`' | '$' => first,
        _ => {
            text.push('\\');
            first
        }
    };
    text.push(simple);
    Some(rest)
}

fn numeric<'a>(rest: &'a str, digits: usize, text: &mut String) -> Option<&'a str> {
    let code = u32::from_str_radix(rest.get(..digits)?, 16).ok()?;
    text.push(char::from_u32(code)?);
    Some(&rest[digits..])
}

fn octal<'a>(first: char, rest: &'a str, text: &mut String) -> Option<&'a str> {
    let more = rest
        .bytes()
        .take(2)
        .take_while(|byte| (b'0'..=b'7').contains(byte))
        .count();
    let code = u32::from_str_radix(&format!("{first}{}", &rest[..more]), 8).ok()?;
    text.push(char::from_u32(code)?);
    Some(&rest[more..])
}

fn powershell_escape(character: char) -> char {
    match character {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        other => other,
    }
}
