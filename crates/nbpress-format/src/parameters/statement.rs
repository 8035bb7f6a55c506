//! Splits a cell into statements, with the comments that belong to each.
//!
//! No grammar is checked: any text gives some statements, in time linear in its length.

use super::dialect::{Dialect, Escape, Quote};

/// One statement at the outer level of a cell.
#[derive(Debug, Default)]
pub(super) struct Statement {
    /// Its code without comments; line breaks inside brackets have become spaces.
    pub(super) code: String,
    /// The comment behind its last line, without the marker.
    pub(super) comment: String,
    /// The lines of comment directly above it.
    pub(super) above: Vec<String>,
    /// Whether it is indented, that is, inside something else.
    pub(super) indented: bool,
    /// The lines where it begins and ends, from 0.
    first_line: usize,
    last_line: usize,
}

/// The statements of a cell, in order.
pub(super) fn statements(source: &str, dialect: &Dialect) -> Vec<Statement> {
    let mut splitter = Splitter {
        found: Vec::new(),
        current: Statement::default(),
        line: 0,
        depth: 0,
        fresh: true,
    };
    let mut lexer = Lexer::new(source, dialect);
    while let Some(token) = lexer.next() {
        splitter.take(&token, source);
    }
    splitter.end();
    drop_headings(&mut splitter.found);
    splitter.found
}

/// A comment above several statements heads them all and describes none.
fn drop_headings(statements: &mut [Statement]) {
    for position in 0..statements.len().saturating_sub(1) {
        let next = &statements[position + 1];
        let adjacent =
            next.above.is_empty() && next.first_line == statements[position].last_line + 1;
        if adjacent {
            statements[position].above.clear();
        }
    }
}

/// Where a character stands outside of strings and brackets.
pub(super) fn top_level<'a>(
    code: &'a str,
    dialect: &'a Dialect,
) -> impl Iterator<Item = (usize, char)> + 'a {
    let mut lexer = Lexer::new(code, dialect);
    let mut depth = 0_usize;
    std::iter::from_fn(move || {
        loop {
            match lexer.next()? {
                Token::Character(at, character @ ('(' | '[' | '{')) => {
                    depth += 1;
                    if depth == 1 {
                        return Some((at, character));
                    }
                }
                Token::Character(_, ')' | ']' | '}') => depth = depth.saturating_sub(1),
                Token::Character(at, character) if depth == 0 => return Some((at, character)),
                _ => {}
            }
        }
    })
}

/// The parts of a text between separators outside of strings and brackets.
pub(super) fn split_top_level<'a>(
    code: &'a str,
    separator: char,
    dialect: &'a Dialect,
) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, character) in top_level(code, dialect) {
        if character == separator {
            parts.push(&code[from..at]);
            from = at + separator.len_utf8();
        }
    }
    parts.push(&code[from..]);
    parts
}

enum Token {
    Character(usize, char),
    /// A whole string, its delimiters included.
    String(usize, usize),
    /// The text of a comment, without its markers.
    Comment(usize, usize),
}

struct Lexer<'a> {
    text: &'a str,
    dialect: &'a Dialect,
    at: usize,
    previous: char,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, dialect: &'a Dialect) -> Self {
        Self {
            text,
            dialect,
            at: 0,
            previous: '\n',
        }
    }

    fn next(&mut self) -> Option<Token> {
        let from = self.at;
        let rest = &self.text[from..];
        let first = rest.chars().next()?;
        if let Some(token) = self.comment(rest) {
            return Some(token);
        }
        if let Some(quote) = self
            .dialect
            .quotes
            .iter()
            .find(|quote| self.opens(quote, rest))
        {
            self.at += string_length(rest, quote);
            self.previous = '"';
            return Some(Token::String(from, self.at));
        }
        self.at += first.len_utf8();
        self.previous = first;
        Some(Token::Character(from, first))
    }

    fn comment(&mut self, rest: &str) -> Option<Token> {
        let from = self.at;
        for (open, close) in self.dialect.block_comments {
            if let Some(inside) = rest.strip_prefix(open) {
                let length = inside.find(close).unwrap_or(inside.len());
                let start = from + open.len();
                self.at = (start + length + close.len()).min(self.text.len());
                return Some(Token::Comment(start, start + length));
            }
        }
        let spaced =
            !self.dialect.spaced_comments || self.previous.is_whitespace() || self.previous == ';';
        let marker = self
            .dialect
            .comments
            .iter()
            .find(|marker| spaced && rest.starts_with(**marker))?;
        let end = rest.find('\n').unwrap_or(rest.len());
        self.at += end;
        Some(Token::Comment(from + marker.len(), from + end))
    }

    fn opens(&self, quote: &Quote, rest: &str) -> bool {
        let word = |character: char| {
            character.is_alphanumeric() || matches!(character, '_' | ')' | ']' | '}' | '\'' | '"')
        };
        rest.starts_with(quote.delimiter) && !(quote.not_after_word && word(self.previous))
    }
}

/// The length of the string a text begins with; to its end, or its line's, where it is not closed.
fn string_length(text: &str, quote: &Quote) -> usize {
    let delimiter = quote.delimiter;
    let bytes = text.as_bytes();
    let mut at = delimiter.len();
    while at < bytes.len() {
        let skip = match quote.escape {
            Escape::Backslash => bytes[at] == b'\\',
            Escape::Backtick => bytes[at] == b'`',
            Escape::Doubled => {
                text.as_bytes()[at..].starts_with(delimiter.as_bytes())
                    && text.as_bytes()[at + delimiter.len()..].starts_with(delimiter.as_bytes())
            }
            Escape::Nothing => false,
        };
        if skip {
            at += 2;
        } else if bytes[at..].starts_with(delimiter.as_bytes()) {
            return at + delimiter.len();
        } else if bytes[at] == b'\n' && !quote.multi_line {
            return at;
        } else {
            at += 1;
        }
    }
    // An escape may have jumped over the end, or into a character.
    text.len()
}

struct Splitter {
    found: Vec<Statement>,
    current: Statement,
    line: usize,
    depth: usize,
    /// Whether nothing but space has been on this line.
    fresh: bool,
}

impl Splitter {
    fn take(&mut self, token: &Token, source: &str) {
        match *token {
            Token::Comment(from, to) => self.comment(&source[from..to]),
            Token::String(from, to) => {
                self.begin();
                self.current.code.push_str(&source[from..to]);
                self.line += source[from..to].matches('\n').count();
            }
            Token::Character(_, '\n') => self.newline(),
            Token::Character(_, ';') if self.depth == 0 => {
                self.end();
                self.fresh = false;
            }
            Token::Character(_, character) => self.character(character),
        }
    }

    fn begin(&mut self) {
        if self.current.code.is_empty() {
            self.current.first_line = self.line;
        }
        self.fresh = false;
    }

    fn character(&mut self, character: char) {
        if character.is_whitespace() {
            if self.current.code.is_empty() {
                self.current.indented |= self.fresh;
            } else if self.depth == 0 || !self.current.code.ends_with([' ', '(', '[', '{']) {
                self.current.code.push(character);
            }
            return;
        }
        self.begin();
        match character {
            '(' | '[' | '{' => self.depth += 1,
            ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.current.code.push(character);
    }

    fn newline(&mut self) {
        let continued = self.current.code.ends_with('\\');
        if continued {
            self.current.code.pop();
        }
        if self.depth > 0 || continued {
            let trimmed = self.current.code.trim_end().len();
            self.current.code.truncate(trimmed);
            if !self.current.code.ends_with(['(', '[', '{']) {
                self.current.code.push(' ');
            }
            self.current.comment.clear();
        } else if self.fresh {
            // A blank line separates a comment from what follows.
            self.current.above.clear();
            self.current.indented = false;
        } else {
            self.end();
        }
        self.line += 1;
        self.fresh = true;
    }

    fn comment(&mut self, text: &str) {
        let text = text.trim();
        if !self.current.code.is_empty() {
            text.clone_into(&mut self.current.comment);
        } else if self.fresh {
            self.current
                .above
                .extend(text.lines().map(|line| line.trim().to_owned()));
        } else if let Some(last) = self
            .found
            .last_mut()
            .filter(|last| last.last_line == self.line)
        {
            // Behind the `;` that ended it.
            text.clone_into(&mut last.comment);
        }
        self.line += text.matches('\n').count();
        self.fresh = false;
    }

    fn end(&mut self) {
        if self.current.code.trim().is_empty() {
            // A line of comment only: it stays above whatever comes.
            self.current.indented = false;
            return;
        }
        let mut done = std::mem::take(&mut self.current);
        done.last_line = self.line;
        done.code.truncate(done.code.trim_end().len());
        self.depth = 0;
        self.found.push(done);
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect;
    use super::statements;

    #[test]
    fn statements_keep_their_comments() {
        let source = "# a heading\na = 1  # one\nb = [1,  # first\n  2,\n]  # last\n\n# about c\nc = '#'; d = \"\"\"x\n# y\"\"\"\n\n  e = 5 \\\n + 1\n# about f\n\nf = 1";
        let found: Vec<_> = statements(source, dialect::python())
            .into_iter()
            .map(|statement| {
                format!(
                    "{}|{}|{}|{}",
                    statement.code,
                    statement.comment,
                    statement.above.join("/"),
                    statement.indented
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                "a = 1|one||false",
                "b = [1, 2, ]|last||false",
                "c = '#'||about c|false",
                "d = \"\"\"x\n# y\"\"\"|||false",
                "e = 5  + 1|||true",
                "f = 1|||false",
            ]
        );
    }

    #[test]
    fn any_text_is_split_without_panic() {
        for source in [
            "'", "\"\\", "((((", "))))", "é'é\\", "'''\\", "/*", "\\\n\\", "'\\é", "=\n=;;=#",
        ] {
            for language in [
                "python",
                "r",
                "bash",
                "typescript",
                "sql",
                "matlab",
                "pwsh",
                "x",
            ] {
                let _ = statements(source, dialect::of(language).0);
            }
        }
    }
}
