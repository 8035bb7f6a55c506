//! Which names a listing shows, how they are sorted, and how they are cut into pages.

use std::cmp::{Ordering, Reverse};

use crate::entry::{Column, Entry, Kind, ListOptions, Order};

/// Whether Jupyter shows a name: not what its `hide_globs` match, and hidden names only if asked
/// (<https://jupyter-server.readthedocs.io/en/latest/other/full-config.html>).
pub(crate) fn shows(name: &str, show_hidden: bool) -> bool {
    let is_noise = matches!(name, "__pycache__" | ".DS_Store")
        || [".pyc", ".pyo", "~"].iter().any(|end| name.ends_with(end));
    !is_noise && (show_hidden || !name.starts_with('.'))
}

/// Whether a listing has a name.
pub(crate) fn has(name: &str, options: &ListOptions) -> bool {
    let contains = || {
        name.to_lowercase()
            .contains(&options.contains.to_lowercase())
    };
    shows(name, options.show_hidden) && (options.contains.is_empty() || contains())
}

/// A name, with what it is sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The column's value in any unit; none where there is none.
    pub(crate) value: Option<i128>,
}

/// What an entry is sorted by.
pub(crate) fn value(entry: &Entry, order: Order) -> Option<i128> {
    let is_directory = entry.kind == Kind::Directory;
    match order.by {
        Column::Name | Column::Kind => None,
        Column::Modified => Some(entry.last_modified.as_nanosecond()).filter(|_| !is_directory),
        Column::Size => entry.size.map(i128::from),
    }
}

/// One page of the candidates, sorted.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) page: Vec<Candidate>,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
    pub(crate) total: usize,
}

/// Sorts no more than it must: a page of many candidates takes time in proportion to these.
pub(crate) fn cut(mut found: Vec<Candidate>, options: &ListOptions) -> Cut {
    let total = found.len();
    let order = options.order;
    if let Some(after) = options
        .after
        .as_deref()
        .and_then(|after| last_of(after, order))
    {
        found.retain(|candidate| compare(order, &after, candidate) == Ordering::Less);
    }
    let skip = options.skip.min(found.len());
    let end = skip.saturating_add(options.limit.max(1));
    let more = found.len() > end;
    if more {
        found.select_nth_unstable_by(end, |a, b| compare(order, a, b));
        found.truncate(end);
    }
    match order {
        None => found.sort_unstable_by(|a, b| a.name.cmp(&b.name)),
        Some(order) => sort(&mut found, order),
    }
    let page = found.split_off(skip);
    let next = page.last().filter(|_| more);
    let next = next.map(|last| cursor(last, order));
    Cut { page, next, total }
}

/// As [`compare`], with the case of every name taken away once.
fn sort(found: &mut [Candidate], order: Order) {
    if order.descending && order.by == Column::Name {
        found
            .sort_by_cached_key(|a| (is_file(a), Reverse((a.name.to_lowercase(), a.name.clone()))));
        return;
    }
    found.sort_by_cached_key(|a| (a.name.to_lowercase(), a.name.clone()));
    found.sort_by(|a, b| by_column(order, a, b));
}

fn is_file(candidate: &Candidate) -> bool {
    candidate.kind != Kind::Directory
}

fn compare(order: Option<Order>, a: &Candidate, b: &Candidate) -> Ordering {
    let Some(order) = order else {
        return a.name.cmp(&b.name);
    };
    let names = || {
        let folded = a.name.to_lowercase().cmp(&b.name.to_lowercase());
        let names = folded.then_with(|| a.name.cmp(&b.name));
        if order.by == Column::Name {
            directed(order, names)
        } else {
            names
        }
    };
    by_column(order, a, b).then_with(names)
}

fn by_column(order: Order, a: &Candidate, b: &Candidate) -> Ordering {
    match order.by {
        Column::Name => is_file(a).cmp(&is_file(b)),
        Column::Kind => directed(order, a.kind.cmp(&b.kind)),
        Column::Modified | Column::Size => match (a.value, b.value) {
            (Some(a), Some(b)) => directed(order, a.cmp(&b)),
            (a, b) => a.is_none().cmp(&b.is_none()),
        },
    }
}

fn directed(order: Order, ordering: Ordering) -> Ordering {
    if order.descending {
        ordering.reverse()
    } else {
        ordering
    }
}

/// Says where a page ended, whatever happens to the entry meanwhile: kind, value and, after a slash, the name. A
/// name alone in the order of names.
fn cursor(last: &Candidate, order: Option<Order>) -> String {
    let name = &last.name;
    let value = last.value.map(|value| value.to_string());
    match order {
        None => name.clone(),
        Some(_) => format!(
            "{}.{}/{name}",
            last.kind.as_str(),
            value.unwrap_or_default()
        ),
    }
}

/// None for what is no cursor: the listing begins at its begin.
fn last_of(cursor: &str, order: Option<Order>) -> Option<Candidate> {
    let candidate = |name: &str, kind, value| Candidate {
        name: name.to_owned(),
        kind,
        value,
    };
    if order.is_none() {
        return Some(candidate(cursor, Kind::File, None));
    }
    let (place, name) = cursor.split_once('/')?;
    let (kind, value) = place.split_once('.')?;
    let kinds = [Kind::Directory, Kind::Notebook, Kind::File];
    let kind = kinds.into_iter().find(|known| known.as_str() == kind)?;
    Some(candidate(name, kind, value.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_never_shown_and_hidden_names_when_asked() {
        for (name, expected) in [
            ("a.ipynb", (true, true)),
            (".profile", (false, true)),
            ("__pycache__", (false, false)),
            (".DS_Store", (false, false)),
            ("a.pyc", (false, false)),
            ("a.pyo", (false, false)),
            ("a~", (false, false)),
            ("a.py", (true, true)),
            ("__pycache__.txt", (true, true)),
        ] {
            assert_eq!((shows(name, false), shows(name, true)), expected, "{name}");
        }
    }

    fn candidates() -> Vec<Candidate> {
        let candidate = |(name, kind, value): (&str, Kind, Option<i128>)| Candidate {
            name: name.to_owned(),
            kind,
            value,
        };
        [
            ("d", Kind::File, Some(1)),
            ("B.ipynb", Kind::Notebook, Some(3)),
            ("z", Kind::Directory, None),
            ("c", Kind::File, Some(3)),
            ("A", Kind::Directory, None),
            ("a", Kind::File, Some(2)),
        ]
        .map(candidate)
        .to_vec()
    }

    #[test]
    fn pages_of_any_order_meet() {
        for (order, expected) in [
            ("", "A B.ipynb a c d z"),
            ("name", "A z a B.ipynb c d"),
            ("-name", "z A d c B.ipynb a"),
            ("kind", "A z B.ipynb a c d"),
            ("-kind", "a c d B.ipynb A z"),
            ("modified", "d a B.ipynb c A z"),
            ("-size", "B.ipynb c a d A z"),
        ] {
            for limit in [1, 2, 4, 6, usize::MAX] {
                let mut options = ListOptions {
                    limit,
                    order: Order::parse(order),
                    ..ListOptions::default()
                };
                let mut names: Vec<String> = Vec::new();
                loop {
                    let skipped = ListOptions {
                        skip: names.len(),
                        after: None,
                        ..options.clone()
                    };
                    let cut = cut(candidates(), &options);
                    assert_eq!(cut.total, 6);
                    assert_eq!(cut.page, super::cut(candidates(), &skipped).page);
                    names.extend(cut.page.into_iter().map(|candidate| candidate.name));
                    options.after = cut.next;
                    if options.after.is_none() {
                        break;
                    }
                }
                assert_eq!(names.join(" "), expected, "{order}, {limit} at once");
            }
        }
    }

    #[test]
    fn a_search_is_whatever_the_case() {
        let options = ListOptions {
            contains: "RePort".to_owned(),
            ..ListOptions::default()
        };
        for (name, expected) in [("a report.ipynb", true), ("REPORT", true), ("repo", false)] {
            assert_eq!(has(name, &options), expected, "{name}");
        }
    }
}
