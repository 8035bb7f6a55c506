//! Text as it is indexed: without what is no word, and with the ends of words where the tokenizer of SQLite
//! (<https://www.sqlite.org/fts5.html#unicode61_tokenizer>) sees none.

use std::collections::BTreeSet;

/// Ends a word and is not seen; taken out of what is shown.
pub(crate) const JOINT: char = '\u{200b}';

/// Longer runs of characters are data (an image in base64, a hash of hashes), and no words.
const LONGEST_RUN: usize = 256;

/// A text in which nothing but words and what is between them is left. Languages that are written without
/// spaces are cut into characters, so that a phrase of some finds them anywhere.
pub(crate) fn indexed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for run in text.split_inclusive(char::is_whitespace) {
        if run.len() > LONGEST_RUN && !run.chars().any(is_unspaced) {
            out.push(' ');
            continue;
        }
        push_run(&mut out, run);
    }
    out
}

fn push_run(out: &mut String, run: &str) {
    let mut before = ' ';
    for character in run.chars() {
        if character.is_control() && character != '\n' && character != '\t' {
            out.push(' ');
        } else if character != JOINT {
            if is_unspaced(character) && before.is_alphanumeric()
                || is_unspaced(before) && character.is_alphanumeric()
            {
                out.push(JOINT);
            }
            out.push(character);
        }
        before = character;
    }
}

/// Kana, ideographs, and Hangul, whose words have their endings attached.
fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

/// At most `most` bytes, to the end of a character.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Printed text without the escape sequences of terminals (ECMA-48, section 5.4).
pub(crate) fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            out.push(character);
        } else if characters.next() == Some('[') {
            characters.find(|end| ('\u{40}'..='\u{7e}').contains(end));
        }
    }
    out
}

/// The words inside names such as `DataFrame` or `maxRowsPerPage`, each once: a name itself is one word to the
/// tokenizer, and `max_rows` is several already.
pub(crate) fn humps(source: &str, most: usize) -> String {
    let mut seen = BTreeSet::new();
    let mut out = String::new();
    for name in source.split(|c: char| !c.is_alphanumeric()) {
        if name.len() > LONGEST_RUN || !seen.insert(name) {
            continue;
        }
        let mut parts = hump_parts(name);
        if parts.len() < 2 {
            continue;
        }
        // The first part is found by the beginning of the name.
        for part in parts.drain(1..) {
            if out.len() + part.len() > most {
                return out;
            }
            out.push_str(part);
            out.push(' ');
        }
    }
    out
}

fn hump_parts(name: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut before_is_lower = false;
    for (at, character) in name.char_indices() {
        if before_is_lower && character.is_uppercase() {
            parts.push(&name[begin..at]);
            begin = at;
        }
        before_is_lower = character.is_lowercase() || character.is_numeric();
    }
    parts.push(&name[begin..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_word_is_left_out() {
        let image = "iVBORw0KGgo".repeat(100);
        for (text, expected) in [
            ("a\tb\n", "a\tb\n"),
            ("a\0b\u{7}", "a b "),
            ("x \u{200b}y", "x y"),
            (&format!("see {image} there"), "see  there"),
            ("東京 revenue", "東\u{200b}京 revenue"),
            ("Q3東京", "Q3\u{200b}東\u{200b}京"),
        ] {
            assert_eq!(indexed(text), expected);
        }
    }

    #[test]
    fn names_have_words_in_them() {
        for (source, expected) in [
            ("DataFrame", "Frame "),
            (
                "df.maxRowsPerPage(DataFrame, DataFrame)",
                "Rows Per Page Frame ",
            ),
            ("max_rows = HTTP", ""),
            ("x2Y", "Y "),
        ] {
            assert_eq!(humps(source, 100), expected, "{source}");
        }
        assert_eq!(humps("aB cD eF", 4), "B D ");
    }

    #[test]
    fn colours_are_no_words() {
        assert_eq!(without_escapes("\u{1b}[31mred\u{1b}[0m \u{1b}"), "red ");
        assert_eq!(cut("äöü", 3), "ä");
    }
}
