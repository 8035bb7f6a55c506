//! Text by columns: cut, filled up, broken between words; and what a terminal must not obey.

use unicode_width::UnicodeWidthChar;

/// Columns of a tab in code.
const TAB: &str = "    ";

/// One printable line: escape sequences removed, control characters as spaces, and those that change
/// the direction of text visible (<https://trojansource.codes>).
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in without_ansi(text).chars() {
        match char {
            '\t' => out.push_str(TAB),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            _ if char.is_control() => out.push(' '),
            _ => out.push(char),
        }
    }
    out
}

/// `text` without terminal escape sequences
/// (ECMA-48, <https://ecma-international.org/publications-and-standards/standards/ecma-48/>).
pub(crate) fn without_ansi(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char != '\x1b' {
            out.push(char);
            continue;
        }
        match chars.next() {
            // A control sequence: parameters, then one final character.
            Some('[') => {
                chars.find(|end| ('\x40'..='\x7e').contains(end));
            }
            // A string for the terminal (its title, a link), up to BEL or ESC `\`.
            Some(']' | 'P' | '^' | '_' | 'X') => {
                chars.find(|end| *end == '\x07' || *end == '\x1b');
                chars.next_if_eq(&'\\');
            }
            // Intermediate characters, then a final one: `ESC ( B`.
            Some(' '..='/') => {
                chars.find(|end| ('\x30'..='\x7e').contains(end));
            }
            _ => {}
        }
    }
    out
}

/// Columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(of_char).sum()
}

fn of_char(char: char) -> usize {
    char.width().unwrap_or(0)
}

/// `text` cut to `width` columns, an ellipsis where something is missing.
pub(crate) fn fitted(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let kept = text.chars().take_while(|&char| {
        used += of_char(char);
        used <= width
    });
    kept.collect::<String>() + "…"
}

/// A path cut to `width` columns at its beginning: its end is what tells paths apart.
pub(crate) fn fitted_path(path: &str, width: usize) -> String {
    if columns(path) <= width {
        return path.to_owned();
    }
    let mut used = 1;
    let tail = path.char_indices().rev().take_while(|&(_, char)| {
        used += of_char(char);
        used <= width
    });
    let from = tail.last().map_or(path.len(), |(index, _)| index);
    format!("…{}", &path[from..])
}

/// `text` fitted and filled up with spaces to exactly `width` columns.
pub(crate) fn padded(text: &str, width: usize) -> String {
    let text = fitted(text, width);
    let used = columns(&text);
    text + &" ".repeat(width.saturating_sub(used))
}

/// `text` broken between words into lines of at most `width` columns, of which the first line has
/// already used `first` and the others will be indented by `indent`. A word that is longer stays
/// whole: it may be a path that somebody copies.
pub(crate) fn wrapped(
    text: &str,
    first: usize,
    indent: usize,
    width: Option<usize>,
) -> Vec<String> {
    let Some(width) = width else {
        return vec![text.to_owned()];
    };
    let mut lines = vec![String::new()];
    let mut used = first;
    for word in text.split(' ') {
        let line = lines.len();
        let Some(last) = lines.last_mut() else { break };
        let needed = columns(word) + usize::from(!last.is_empty());
        // A word that fits on no line stays where it is unless the next line gives it more room.
        let gains = !last.is_empty() || (line == 1 && first > indent);
        if used + needed > width && gains {
            lines.push(word.to_owned());
            used = indent + columns(word);
            continue;
        }
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(word);
        used += needed;
    }
    lines
}

/// `1 line`, `2 lines`.
pub(crate) fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A duration as people say it: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of seconds"
    )]
    let whole = seconds.round() as u64;
    match whole {
        ..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_fitted_by_columns() {
        for (text, width, expected) in [
            ("short", 10, "short"),
            ("exactly ten", 11, "exactly ten"),
            ("too long", 5, "too …"),
            ("日本語です", 6, "日本…"),
        ] {
            assert_eq!(fitted(text, width), expected);
        }
        assert_eq!(padded("ab", 4), "ab  ");
        assert_eq!(padded("日本語", 4), "日… ");
    }

    #[test]
    fn paths_keep_their_ends() {
        for (path, width, expected) in [
            ("a/b.ipynb", 9, "a/b.ipynb"),
            ("folder/b.ipynb", 8, "…b.ipynb"),
            ("日本/語.ipynb", 9, "…語.ipynb"),
        ] {
            assert_eq!(fitted_path(path, width), expected);
        }
    }

    #[test]
    fn text_is_broken_between_words() {
        let lines = |text, first, indent| wrapped(text, first, indent, Some(10));
        assert_eq!(lines("one two three", 0, 2), ["one two", "three"]);
        assert_eq!(lines("one two three", 7, 2), ["one", "two", "three"]);
        assert_eq!(
            lines("one /a/long/path x", 0, 2),
            ["one", "/a/long/path", "x"]
        );
        assert_eq!(lines("/a/long/path", 4, 2), ["", "/a/long/path"]);
        assert_eq!(lines("/a/long/path", 2, 2), ["/a/long/path"]);
        assert_eq!(lines("", 0, 2), [""]);
        assert_eq!(wrapped("one two three", 7, 2, None), ["one two three"]);
    }

    #[test]
    fn escapes_are_removed_not_obeyed() {
        for (text, expected) in [
            ("\x1b[31mred\x1b[0m\rover", "red over"),
            ("\x1b]0;title\x07!", "!"),
            ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("\x1b(Bplain", "plain"),
            ("a\tb", "a    b"),
            ("\u{202e}evil", "\u{fffd}evil"),
            ("cut \x1b[3", "cut "),
        ] {
            assert_eq!(printable(text), expected);
        }
    }

    #[test]
    fn durations_read_well() {
        for (seconds, expected) in [
            (0.04, "0.0 s"),
            (9.94, "9.9 s"),
            (9.96, "10 s"),
            (59.4, "59 s"),
            (59.7, "1 min 0 s"),
            (185.0, "3 min 5 s"),
            (7440.0, "2 h 4 min"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }
}
