//! The few words around what was found.

#[cfg(test)]
mod tests;

use serde::Serialize;
use utoipa::ToSchema;

use crate::text::JOINT;

/// What the index puts before and after what matched. No text that is indexed has them.
pub(crate) const MARK: char = '\u{2}';
pub(crate) const UNMARK: char = '\u{3}';

/// Bytes of a snippet, about.
const LENGTH: usize = 180;
/// Of these before the first match.
const LEAD: usize = 50;

/// A part of a notebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The description in its metadata.
    Description,
    /// Values of a run's parameters.
    Parameters,
    /// Markdown, and raw text.
    Markdown,
    /// Code.
    Source,
    /// The text of outputs.
    Output,
}

/// Some text, and what of it matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Span {
    /// The text.
    pub text: String,
    /// Whether it is what was searched for.
    pub is_match: bool,
}

/// A piece of a notebook around what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Snippet {
    /// Where it is from.
    pub part: Part,
    /// The cell, from 0; absent where it is of no cell.
    pub cell: Option<usize>,
    /// The text in pieces, without line ends.
    pub spans: Vec<Span>,
}

/// A text whose matches are marked, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Marked {
    plain: String,
    /// Bytes of `plain`.
    matches: Vec<(usize, usize)>,
}

impl Marked {
    pub(crate) fn read(text: &str) -> Self {
        let mut marked = Self {
            plain: String::with_capacity(text.len()),
            matches: Vec::new(),
        };
        let mut begin = None;
        for piece in text.split_inclusive([MARK, UNMARK]) {
            let plain = piece.trim_end_matches([MARK, UNMARK]);
            marked.plain.push_str(plain);
            if piece.ends_with(MARK) {
                begin = Some(marked.plain.len());
            } else if piece.ends_with(UNMARK)
                && let Some(begin) = begin.take()
            {
                marked.matches.push((begin, marked.plain.len()));
            }
        }
        marked
    }

    /// How many matches there are.
    pub(crate) fn count(&self) -> usize {
        self.matches.len()
    }

    /// All of it.
    pub(crate) fn whole(&self) -> Vec<Span> {
        self.spans(0, self.plain.len())
    }

    /// The place with the most matches, and where in the text its first match is.
    pub(crate) fn best(&self) -> Option<(usize, Vec<Span>)> {
        let reach = LENGTH - LEAD;
        let within = |begin: usize| {
            let near = self
                .matches
                .iter()
                .filter(move |(from, to)| *from >= begin && *to <= begin + reach);
            near.count()
        };
        // Of equals the first, which `max_by_key` would not give.
        let mut best = self.matches.first()?.0;
        let mut most = within(best);
        for (begin, _) in self.matches.iter().take(200).skip(1) {
            let count = within(*begin);
            if count > most {
                (best, most) = (*begin, count);
            }
        }
        let from = self.word_start(best.saturating_sub(LEAD), best);
        let to = self.word_end(best + reach);
        let mut spans = self.spans(from, to);
        if from > 0 {
            spans.insert(0, plain("… "));
        }
        if to < self.plain.len() {
            spans.push(plain(" …"));
        }
        Some((best, spans))
    }

    /// The beginning, for what was found elsewhere.
    pub(crate) fn beginning(&self) -> Vec<Span> {
        let to = self.word_end(LENGTH);
        let mut spans = self.spans(0, to);
        if to < self.plain.len() {
            spans.push(plain(" …"));
        }
        spans
    }

    /// Where a word begins at or after a place; the place itself where the next match would be passed.
    fn word_start(&self, at: usize, before: usize) -> usize {
        let at = self.plain.floor_char_boundary(at);
        if at == 0 {
            return 0;
        }
        let rest = &self.plain[at..before];
        rest.find(char::is_whitespace).map_or(at, |space| {
            let skipped = rest[space..].find(|c: char| !c.is_whitespace());
            at + space + skipped.unwrap_or(0)
        })
    }

    fn word_end(&self, at: usize) -> usize {
        if at >= self.plain.len() {
            return self.plain.len();
        }
        let at = self.plain.floor_char_boundary(at);
        let shown = &self.plain[..at];
        let space = shown.rfind(char::is_whitespace);
        space.filter(|space| at - space < LEAD).unwrap_or(at)
    }

    fn spans(&self, from: usize, to: usize) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut at = from;
        for (begin, end) in &self.matches {
            let (begin, end) = ((*begin).max(at), (*end).min(to));
            if begin >= end {
                continue;
            }
            push(&mut spans, &self.plain[at..begin], false);
            push(&mut spans, &self.plain[begin..end], true);
            at = end;
        }
        push(&mut spans, &self.plain[at..to.max(at)], false);
        spans
    }
}

fn plain(text: &str) -> Span {
    Span {
        text: text.to_owned(),
        is_match: false,
    }
}

/// Adds a text with its spaces and line ends as one space each.
fn push(spans: &mut Vec<Span>, text: &str, is_match: bool) {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars().filter(|character| *character != JOINT) {
        if !character.is_whitespace() {
            shown.push(character);
        } else if !shown.ends_with(' ') {
            shown.push(' ');
        }
    }
    if !shown.is_empty() {
        spans.push(Span {
            text: shown,
            is_match,
        });
    }
}
