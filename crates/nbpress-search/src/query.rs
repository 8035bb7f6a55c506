//! What people type, and what the index is asked for it.

#[cfg(test)]
mod tests;

use crate::text;

/// The longest query that is read, in bytes.
const LONGEST: usize = 1000;
/// The most words and phrases of a query.
const MOST_CLAUSES: usize = 32;
/// A word of fewer characters is found as it is, a longer one as the beginning of others as well.
const SHORTEST_BEGINNING: usize = 3;

/// A query: words and `"phrases"` that must all be there, `-` before what must not, `title:`, `author:`, `tag:` and
/// `path:` before what must be in that part, and `in:text`, `in:source` or `in:output` for where the rest must be.
///
/// Words are also beginnings of words; case and accents do not matter. Any text is a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    clauses: Vec<Clause>,
    columns: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Clause {
    text: String,
    is_phrase: bool,
    is_negated: bool,
    columns: Option<&'static str>,
}

/// A field's name, and the columns it means.
const FIELDS: &[(&str, &str)] = &[
    ("title", "title"),
    ("author", "authors"),
    ("tag", "tags"),
    ("path", "path"),
];

/// A place that `in:` names, and the columns it means.
const PLACES: &[(&str, &str)] = &[
    ("text", "title description markdown"),
    ("markdown", "title description markdown"),
    ("source", "source names"),
    ("code", "source names"),
    ("output", "output"),
    ("parameters", "parameters"),
];

impl Query {
    /// Reads a query. What cannot be meant otherwise is a word.
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let mut rest = text::cut(text, LONGEST).trim_start();
        while !rest.is_empty() && query.clauses.len() < MOST_CLAUSES {
            rest = query.take(rest).trim_start();
        }
        query
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// What must match, in FTS5's own syntax; none where everything does.
    pub(crate) fn wanted(&self) -> Option<String> {
        let wanted = self.clauses.iter().filter(|clause| !clause.is_negated);
        self.joined(wanted, " AND ")
    }

    /// What must not match, in FTS5's own syntax.
    pub(crate) fn unwanted(&self) -> Option<String> {
        let unwanted = self.clauses.iter().filter(|clause| clause.is_negated);
        self.joined(unwanted, " OR ")
    }

    fn joined<'a>(&self, clauses: impl Iterator<Item = &'a Clause>, with: &str) -> Option<String> {
        let all: Vec<String> = clauses.map(|clause| clause.to_fts(self.columns)).collect();
        (!all.is_empty()).then(|| all.join(with))
    }

    /// Reads the first clause and returns what follows it.
    fn take<'a>(&mut self, rest: &'a str) -> &'a str {
        let negated = rest
            .strip_prefix('-')
            .filter(|rest| !begins_with_space(rest));
        let is_negated = negated.is_some();
        let rest = negated.unwrap_or(rest);
        let (columns, after) = match field(rest) {
            Some(("in", after)) => {
                let (place, after) = value(after);
                let known = PLACES
                    .iter()
                    .find(|(name, _)| place.text.eq_ignore_ascii_case(name));
                if let Some((_, columns)) = known.filter(|_| !is_negated) {
                    self.columns = Some(columns);
                    return after;
                }
                (None, rest)
            }
            Some((columns, after)) => (Some(columns), after),
            None => (None, rest),
        };
        let (mut clause, after) = value(after);
        // Nothing else makes a word, and a phrase of none would be found nowhere.
        if clause.text.chars().any(char::is_alphanumeric) {
            clause.is_negated = is_negated;
            clause.columns = columns;
            self.clauses.push(clause);
        }
        after
    }
}

/// `in` or the columns of a field that is named, and what follows the colon.
fn field(text: &str) -> Option<(&'static str, &str)> {
    let (name, after) = text.split_once(':')?;
    if after.is_empty() || begins_with_space(after) {
        return None;
    }
    if name.eq_ignore_ascii_case("in") {
        return Some(("in", after));
    }
    let known = FIELDS
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known));
    known.map(|(_, columns)| (*columns, after))
}

fn begins_with_space(text: &str) -> bool {
    text.is_empty() || text.starts_with(char::is_whitespace)
}

/// A phrase to the closing quotation mark or the end, or a word; and what follows.
fn value(text: &str) -> (Clause, &str) {
    let (text, rest, is_phrase) = if let Some(phrase) = text.strip_prefix('"') {
        let (phrase, rest) = phrase.split_once('"').unwrap_or((phrase, ""));
        (phrase, rest, true)
    } else {
        let end = text.find(|c: char| c.is_whitespace() || c == '"');
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        (word, rest, false)
    };
    let clause = Clause {
        text: text.to_owned(),
        is_phrase,
        is_negated: false,
        columns: None,
    };
    (clause, rest)
}

impl Clause {
    /// <https://www.sqlite.org/fts5.html#full_text_query_syntax>: between quotation marks everything is text, and
    /// a quotation mark is two.
    fn to_fts(&self, elsewhere: Option<&str>) -> String {
        let quoted = format!("\"{}\"", text::indexed(&self.text).replace('"', "\"\""));
        let length = self.text.chars().filter(|c| c.is_alphanumeric()).count();
        let found = if self.is_phrase || length < SHORTEST_BEGINNING {
            quoted
        } else {
            // A word itself counts more than the words that begin with it.
            format!("({quoted} OR {quoted} *)")
        };
        match self.columns.or(elsewhere) {
            Some(columns) => format!("({{{columns}}} : {found})"),
            None => found,
        }
    }
}
