//! Text of strangers made fit for a message: no control characters, not too long, no markup.

/// What stands where something was left out.
const LEFT_OUT: char = '…';

/// `text` without terminal escape sequences
/// (ECMA-48, <https://ecma-international.org/publications-and-standards/standards/ecma-48/>), with no
/// control characters but line ends and tabs; characters that change the direction of text become
/// visible (<https://trojansource.codes>).
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\x1b' => skip_escape_sequence(&mut chars),
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\n' | '\t' => out.push(char),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            _ if char.is_control() => out.push(' '),
            _ => out.push(char),
        }
    }
    out
}

fn skip_escape_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next() {
        // A control sequence: parameters, then one final character.
        Some('[') => {
            chars.find(|end| ('\x40'..='\x7e').contains(end));
        }
        // A string for the terminal (its title, a link), up to BEL or ESC `\`.
        Some(']' | 'P' | '^' | '_' | 'X') => {
            chars.find(|end| matches!(end, '\x07' | '\x1b'));
            chars.next_if_eq(&'\\');
        }
        // Intermediate characters, then a final one: `ESC ( B`.
        Some(' '..='/') => {
            chars.find(|end| ('\x30'..='\x7e').contains(end));
        }
        _ => {}
    }
}

/// [`clean`] text as one line of at most `limit` characters: any run of white space is one space.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let text = clean(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    head(&words.join(" "), limit)
}

/// The beginning of `text`, at most `limit` characters.
pub(super) fn head(text: &str, limit: usize) -> String {
    if text.chars().nth(limit).is_none() {
        return text.to_owned();
    }
    text.chars()
        .take(limit.saturating_sub(1))
        .chain([LEFT_OUT])
        .collect()
}

/// The end of `text`: at most this many lines and characters, beginning with a whole line if one fits.
pub(super) fn tail(text: &str, lines: usize, limit: usize) -> String {
    let text = text.trim_end();
    let all: Vec<&str> = text.lines().collect();
    if all.len() <= lines && text.chars().nth(limit).is_none() {
        return text.to_owned();
    }
    // One line and two characters are for the mark.
    let mut room = limit.saturating_sub(2);
    let fits = |line: &&str| {
        let needed = line.chars().count() + 1;
        let fits = needed <= room;
        room = room.saturating_sub(needed);
        fits
    };
    let last = all.iter().rev().take(lines.saturating_sub(1)).copied();
    let mut kept: Vec<&str> = last.take_while(fits).collect();
    kept.reverse();
    if kept.is_empty() {
        return head(all.last().unwrap_or(&""), limit);
    }
    format!("{LEFT_OUT}\n{}", kept.join("\n"))
}

/// Text inside an HTML element or a quoted attribute.
pub(super) fn escape_html(text: &str) -> String {
    escape(text, |char| match char {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    })
}

/// `text` with some characters replaced.
pub(super) fn escape(text: &str, instead: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match instead(char) {
            Some(other) => out.push_str(other),
            None => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_text_becomes_one_plain_line() {
        for (text, expected) in [
            ("daily\r\nBcc: x@evil.example", "daily Bcc: x@evil.example"),
            ("\u{1b}[0;31mred\u{1b}[0m \u{1b}]0;title\u{7}end", "red end"),
            ("a\u{202e}b\u{0}c\u{85}d", "a\u{fffd}b c d"),
            ("\u{1b}", ""),
            ("äöü 日本", "äöü 日本"),
            ("0123456789abc", "012345678…"),
        ] {
            assert_eq!(
                one_line(text, expected.chars().count().max(10)),
                expected,
                "{text:?}"
            );
        }
    }

    #[test]
    fn shortened_text_stays_as_it_is_when_shortened_again() {
        let long = "äé".repeat(500);
        let many = (0..500).map(|n| format!("line {n}")).collect::<Vec<_>>();
        for text in [long.as_str(), &many.join("\n"), "", "one", "a\nb\n"] {
            let first = head(text, 40);
            assert!(first.chars().count() <= 40, "{first}");
            assert_eq!(head(&first, 40), first);
            let last = tail(text, 5, 40);
            assert!(last.chars().count() <= 40 && last.lines().count() <= 5);
            assert_eq!(tail(&last, 5, 40), last);
        }
        assert!(tail(&many.join("\n"), 5, 400).ends_with("line 498\nline 499"));
    }
}
