//! Walking a document with the place at hand.

use std::borrow::Cow;

use super::{MOST_PROBLEMS, NEWEST_MINOR, Problem};
use crate::json::{Json, Object};

/// The longest key, in characters, that is named whole in a place.
const LONGEST_KEY: usize = 100;

/// Judges one value.
pub(super) type Rule = fn(&mut Check, &Json);

/// What an object must look like.
pub(super) struct Shape {
    /// Whether fields not listed are forbidden.
    pub(super) closed: bool,
    pub(super) fields: &'static [Field],
}

/// One field of a shape.
pub(super) struct Field {
    name: &'static str,
    required: bool,
    /// The minor version that brought it.
    since: u64,
    rule: Rule,
}

impl Field {
    pub(super) const fn required(name: &'static str, rule: Rule) -> Self {
        Self {
            name,
            required: true,
            since: 0,
            rule,
        }
    }

    pub(super) const fn optional(name: &'static str, rule: Rule) -> Self {
        Self {
            name,
            required: false,
            since: 0,
            rule,
        }
    }

    pub(super) const fn since(mut self, minor: u64) -> Self {
        self.since = minor;
        self
    }
}

/// A walk through a document.
pub(super) struct Check {
    minor: u64,
    place: String,
    problems: Vec<Problem>,
}

impl Check {
    pub(super) fn new(minor: u64) -> Self {
        Self {
            minor,
            place: String::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Vec<Problem> {
        self.problems
    }

    pub(super) fn minor(&self) -> u64 {
        self.minor
    }

    /// Whether the document says it is newer than what is known.
    pub(super) fn is_newer(&self) -> bool {
        self.minor > NEWEST_MINOR
    }

    pub(super) fn problem(&mut self, reason: impl Into<String>) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem {
                place: self.place.clone(),
                reason: reason.into(),
            });
        }
    }

    /// A problem at a step from here.
    pub(super) fn problem_at(&mut self, step: &str, reason: String) {
        self.at(step, |check| check.problem(reason));
    }

    pub(super) fn wrong(&mut self, expected: &str, found: &Json) {
        self.problem(format!("must be {expected}, not {}", found.kind()));
    }

    /// Goes on at a field.
    pub(super) fn at_key(&mut self, key: &str, walk: impl FnOnce(&mut Self)) {
        let key = shortened(key);
        let mut chars = key.chars();
        let is_name = chars
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && chars.all(|char| char.is_ascii_alphanumeric() || char == '_');
        let step = match (is_name, self.place.is_empty()) {
            (true, true) => key.into_owned(),
            (true, false) => format!(".{key}"),
            (false, _) => format!("[{}]", Json::from(&*key).to_compact()),
        };
        self.at(&step, walk);
    }

    fn at(&mut self, step: &str, walk: impl FnOnce(&mut Self)) {
        let length = self.place.len();
        self.place.push_str(step);
        walk(self);
        self.place.truncate(length);
    }

    pub(super) fn object<'a>(&mut self, value: &'a Json) -> Option<&'a Object> {
        if value.as_object().is_none() {
            self.wrong("object", value);
        }
        value.as_object()
    }

    /// Judges every item of a list.
    pub(super) fn each(&mut self, value: &Json, rule: Rule) {
        let Json::Array(items) = value else {
            return self.wrong("array", value);
        };
        for (index, item) in items.iter().enumerate() {
            self.at(&format!("[{index}]"), |check| rule(check, item));
        }
    }

    /// Judges every value of an object, by its key.
    pub(super) fn each_value(
        &mut self,
        value: &Json,
        mut rule: impl FnMut(&mut Self, &str, &Json),
    ) {
        for (key, value) in self.object(value).into_iter().flatten() {
            self.at_key(key, |check| rule(check, key, value));
        }
    }

    pub(super) fn shape(&mut self, value: &Json, shape: &Shape) {
        if let Some(object) = self.object(value) {
            self.shape_of(object, shape);
        }
    }

    pub(super) fn shape_of(&mut self, object: &Object, shape: &Shape) {
        let minor = self.minor;
        let known = || {
            shape
                .fields
                .iter()
                .filter(move |field| field.since <= minor)
        };
        for field in known() {
            match object.get(field.name) {
                Some(value) => self.at_key(field.name, |check| (field.rule)(check, value)),
                None if field.required => self.problem(format!("`{}` is missing", field.name)),
                None => {}
            }
        }
        if shape.closed && !self.is_newer() {
            for key in object.keys() {
                if known().all(|field| field.name != key) {
                    self.problem(format!("`{key}` is not a field of format 4.{minor}"));
                }
            }
        }
    }
}

fn shortened(key: &str) -> Cow<'_, str> {
    match key.char_indices().nth(LONGEST_KEY) {
        None => key.into(),
        Some((end, _)) => format!("{}…", &key[..end]).into(),
    }
}
