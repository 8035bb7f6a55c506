//! What a parameter's comment says beyond help: a type, bounds, choices.
//!
//! | comment | meaning |
//! |---|---|
//! | `# 1..365`, `# days to load, 1..365` | from 1 to 365, both included; also `2026-01-01..2026-12-31` |
//! | `# >= 0`, `# > 0 and < 1`, `# 0 < x <= 1` | a comparison, where it is a whole part of the comment |
//! | `# between 0 and 1` | both included |
//! | `# one of: eu, us`, `# choices: eu | us` | one of these |
//! | `# type: int` | the type, where the code declares none |

use std::cmp::Ordering;
use std::fmt;

use super::literal;
use super::value::ParameterValue;

/// The smallest and largest allowed value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bounds {
    /// The smallest.
    pub min: Option<Bound>,
    /// The largest.
    pub max: Option<Bound>,
}

/// One end of a range: a number, or a day as ISO 8601 text.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// Where it ends.
    pub value: ParameterValue,
    /// Whether that value itself is allowed.
    pub inclusive: bool,
}

impl Bounds {
    /// Whether a value is inside; one that cannot be compared is.
    pub fn contain(&self, value: &ParameterValue) -> bool {
        let inside = |bound: &Option<Bound>, wanted: Ordering| match bound {
            None => true,
            Some(bound) => match compare(value, &bound.value) {
                None => !is_nan(value),
                Some(Ordering::Equal) => bound.inclusive,
                Some(found) => found == wanted,
            },
        };
        inside(&self.min, Ordering::Greater) && inside(&self.max, Ordering::Less)
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |bound: &Bound| bound.value.to_python_str();
        let sign = |bound: &Bound, strict: &'static str, inclusive: &'static str| {
            if bound.inclusive { inclusive } else { strict }
        };
        match (&self.min, &self.max) {
            (Some(min), Some(max)) if min.inclusive && max.inclusive => {
                write!(out, "{}..{}", plain(min), plain(max))
            }
            (Some(min), Some(max)) => {
                write!(
                    out,
                    "{} {}, {} {}",
                    sign(min, ">", ">="),
                    plain(min),
                    sign(max, "<", "<="),
                    plain(max)
                )
            }
            (Some(min), None) => write!(out, "{} {}", sign(min, ">", ">="), plain(min)),
            (None, Some(max)) => write!(out, "{} {}", sign(max, "<", "<="), plain(max)),
            (None, None) => Ok(()),
        }
    }
}

fn is_nan(value: &ParameterValue) -> bool {
    matches!(value, ParameterValue::Float(number) if number.is_nan())
}

/// Numbers with numbers, texts (ISO days) with texts.
fn compare(left: &ParameterValue, right: &ParameterValue) -> Option<Ordering> {
    use ParameterValue::{Date, DateTime, Float, Int, String};
    match (left, right) {
        (Int(left), Int(right)) => match (left.as_i128(), right.as_i128()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64().partial_cmp(&right.as_f64()),
        },
        (Int(left), Float(right)) => left.as_f64().partial_cmp(right),
        (Float(left), Int(right)) => left.partial_cmp(&right.as_f64()),
        (Float(left), Float(right)) => left.partial_cmp(right),
        (String(left) | Date(left) | DateTime(left), String(right)) => {
            // A bound without a time of day covers that whole day.
            let shared = left.get(..right.len()).unwrap_or(left);
            Some(shared.cmp(right))
        }
        _ => None,
    }
}

/// What a comment says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Comment {
    /// For people; empty where all of it was for us.
    pub(super) help: String,
    pub(super) annotation: Option<String>,
    pub(super) bounds: Option<Bounds>,
    pub(super) choices: Vec<ParameterValue>,
}

/// Reads a comment, without its marker.
pub(super) fn read_comment(text: &str) -> Comment {
    let mut comment = Comment::default();
    let mut rest = text.trim();
    if let Some(behind) = rest.strip_prefix("type:") {
        let (annotation, behind) = annotation_of_comment(behind.trim_start());
        comment.annotation = (!annotation.is_empty()).then(|| annotation.to_owned());
        rest = behind.trim();
    }
    comment.choices = choices(rest);
    comment.bounds = bounds(rest);
    let all_ours =
        bounds_of_part(rest).is_some() || choices_marker(rest).is_some_and(|at| at.start == 0);
    if !all_ours {
        rest.clone_into(&mut comment.help);
    }
    comment
}

/// The type of a `# type:` comment ends with the first space outside of brackets.
fn annotation_of_comment(text: &str) -> (&str, &str) {
    let mut depth = 0_i32;
    for (at, character) in text.char_indices() {
        match character {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ if character.is_whitespace() && depth <= 0 => {
                // `int | None` goes on.
                let behind = text[at..].trim_start();
                if !behind.starts_with('|') && !text[..at].trim_end().ends_with('|') {
                    return text.split_at(at);
                }
            }
            _ => {}
        }
    }
    (text, "")
}

fn bounds(text: &str) -> Option<Bounds> {
    let parts = text
        .split([';', '(', ')'])
        .flat_map(|part| part.split(", "));
    let parts = parts.flat_map(|part| part.split(": "));
    let mut found = Bounds::default();
    for part in parts {
        if let Some(part) = bounds_of_part(part) {
            found.min = found.min.or(part.min);
            found.max = found.max.or(part.max);
        }
    }
    let mut words = text.split(|character: char| {
        character.is_whitespace() || matches!(character, ',' | ';' | '(' | ')')
    });
    let range = words.find_map(range);
    match range {
        Some(range) => Some(range),
        None => (found.min.is_some() || found.max.is_some()).then_some(found),
    }
}

/// The bounds that a whole part of a comment says.
fn bounds_of_part(part: &str) -> Option<Bounds> {
    let whole = part.trim();
    let part = whole.trim_end_matches('.');
    range(whole)
        .or_else(|| between(part))
        .or_else(|| comparisons(part))
        .or_else(|| chain(part))
}

/// `1..365`
fn range(text: &str) -> Option<Bounds> {
    let (low, high) = text.split_once("..")?;
    let high = high.trim_start_matches('=');
    let bounds = Bounds {
        min: inclusive(low),
        max: inclusive(high),
    };
    let open = (low.trim().is_empty(), high.trim().is_empty());
    let complete = (bounds.min.is_some() || open.0) && (bounds.max.is_some() || open.1);
    (complete && open != (true, true)).then_some(bounds)
}

/// `between 0 and 1`
fn between(text: &str) -> Option<Bounds> {
    let (low, high) = text.strip_prefix("between ")?.split_once(" and ")?;
    Some(Bounds {
        min: Some(inclusive(low)?),
        max: Some(inclusive(high)?),
    })
}

/// `>= 0`, `> 0 and < 1`
fn comparisons(text: &str) -> Option<Bounds> {
    let mut bounds = Bounds::default();
    for part in text.split(" and ") {
        let part = part.trim();
        let symbol = part
            .find(|character| !matches!(character, '<' | '>' | '='))
            .unwrap_or(part.len());
        let value = end(&part[symbol..])?;
        let inclusive = part[..symbol].ends_with('=');
        let bound = Some(Bound { value, inclusive });
        match &part[..symbol] {
            ">" | ">=" => bounds.min = bound,
            "<" | "<=" => bounds.max = bound,
            _ => return None,
        }
    }
    Some(bounds)
}

/// `0 < x <= 1`
fn chain(text: &str) -> Option<Bounds> {
    let less = |text: &str| if text.starts_with("<=") { 2 } else { 1 };
    let first = text.find('<')?;
    let behind_first = first + less(&text[first..]);
    let second = behind_first + text[behind_first..].find('<')?;
    let behind_second = second + less(&text[second..]);
    let name = text[behind_first..second].trim();
    let word = !name.is_empty()
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || character == '_');
    let bound = |text: &str, width: usize| {
        Some(Bound {
            value: end(text)?,
            inclusive: width == 2,
        })
    };
    word.then(|| {
        Some(Bounds {
            min: Some(bound(&text[..first], behind_first - first)?),
            max: Some(bound(&text[behind_second..], behind_second - second)?),
        })
    })?
}

fn inclusive(text: &str) -> Option<Bound> {
    Some(Bound {
        value: end(text)?,
        inclusive: true,
    })
}

/// A number or a day.
fn end(text: &str) -> Option<ParameterValue> {
    let text = text.trim();
    if super::calendar::is_date(text) || super::calendar::is_datetime(text) {
        return Some(ParameterValue::from(text));
    }
    let (value, length) = literal::prefix(text)?;
    let number = matches!(value, ParameterValue::Int(_) | ParameterValue::Float(_));
    (number && length == text.len()).then_some(value)
}

fn choices_marker(text: &str) -> Option<std::ops::Range<usize>> {
    let lower = text.to_ascii_lowercase();
    ["one of:", "choices:", "one of ["]
        .iter()
        .find_map(|marker| {
            let start = lower.find(marker)?;
            let word = start == 0 || !lower.as_bytes()[start - 1].is_ascii_alphanumeric();
            word.then_some(start..start + marker.trim_end_matches('[').len())
        })
}

/// `one of: eu, us`
fn choices(text: &str) -> Vec<ParameterValue> {
    let Some(marker) = choices_marker(text) else {
        return Vec::new();
    };
    let list = &text[marker.end..];
    let list = list.split([';', ')']).next().unwrap_or(list).trim();
    let list = list
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'))
        .unwrap_or(list);
    let list = list.trim_end_matches('.');
    let separator = if list.contains('|') { '|' } else { ',' };
    let parts = list.split(separator).flat_map(|part| part.split(" or "));
    let part = |part: &str| {
        let part = part.trim();
        let part = part.strip_prefix("or ").unwrap_or(part).trim();
        let value = literal::prefix(part)
            .filter(|(_, length)| *length == part.len())
            .map(|(value, _)| value);
        (!part.is_empty()).then(|| value.unwrap_or_else(|| ParameterValue::from(part)))
    };
    parts.filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::read_comment;

    #[test]
    fn comments_say_bounds_choices_types_and_help() {
        for (comment, expected) in [
            ("1..365", "|1..365||"),
            ("days to load, 1..365", "days to load, 1..365|1..365||"),
            ("how many (1..10)", "how many (1..10)|1..10||"),
            ("0.5..", "|>= 0.5||"),
            ("2026-01-01..2026-12-31", "|2026-01-01..2026-12-31||"),
            (">= 0", "|>= 0||"),
            ("> 0 and < 1", "|> 0, < 1||"),
            ("0 < x <= 1", "|> 0, <= 1||"),
            ("between -1 and 1", "|-1..1||"),
            ("the rate; >= 0; <= 1", "the rate; >= 0; <= 1|0..1||"),
            ("one of: eu, us", "||'eu' 'us'|"),
            (
                "where; one of: eu | us",
                "where; one of: eu | us||'eu' 'us'|",
            ),
            ("one of: 1, 2 or 3", "||1 2 3|"),
            ("choices: 'a', None", "||'a' None|"),
            ("type: int the count", "the count|||int"),
            (
                "type: dict[str, int] | None why",
                "why|||dict[str, int] | None",
            ),
            ("type:float 0..1", "|0..1||float"),
            (
                "retries when latency > 5 seconds",
                "retries when latency > 5 seconds|||",
            ),
            ("see section 3... and more", "see section 3... and more|||"),
            ("etc.. and so on", "etc.. and so on|||"),
            ("a <b> c <d>", "a <b> c <d>|||"),
            ("", "|||"),
            ("..", "..|||"),
        ] {
            let read = read_comment(comment);
            let choices: Vec<_> = read
                .choices
                .iter()
                .map(super::ParameterValue::to_python_repr)
                .collect();
            let text = format!(
                "{}|{}|{}|{}",
                read.help,
                read.bounds
                    .map(|bounds| bounds.to_string())
                    .unwrap_or_default(),
                choices.join(" "),
                read.annotation.unwrap_or_default()
            );
            assert_eq!(text, expected, "{comment}");
        }
    }
}
