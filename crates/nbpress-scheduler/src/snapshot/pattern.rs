//! Patterns for the files of a snapshot, and which folders need not be looked into.

use globset::{GlobBuilder, GlobMatcher};

use super::error::SnapshotError;
use super::path::{PathError, check_relative_path};

/// One pattern relative to the root: `*` and `?` stay within a segment, `**` crosses segments,
/// `{a,b}` and `[a-z]` as usual. `data/` stands for everything below `data`.
///
/// A hidden name matches only where the pattern has a segment for it that begins with a dot:
/// `**` never finds `.git`, and `.git/**` does not find `.git/.lock`.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    whole: GlobMatcher,
    /// The segments before the first with a wildcard.
    literal: Vec<String>,
    /// How many segments a match has; `None` when it can have any number.
    depth: Option<usize>,
    /// The segments that begin with a dot.
    hidden: Vec<GlobMatcher>,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, SnapshotError> {
        let whole = match text.strip_suffix('/') {
            Some(folder) => format!("{folder}/**"),
            None => text.to_owned(),
        };
        check_pattern_path(text, &whole)?;
        let segments: Vec<&str> = whole.split('/').collect();
        let literal = segments
            .iter()
            .take_while(|segment| !segment.contains(is_wild));
        let hidden = segments.iter().filter(|segment| segment.starts_with('.'));
        // Braces may hold separators; then the number of segments is not known.
        let is_open = whole.contains("**") || whole.contains('{');
        Ok(Self {
            text: text.to_owned(),
            literal: literal.map(|segment| (*segment).to_owned()).collect(),
            depth: (!is_open).then_some(segments.len()),
            hidden: hidden
                .map(|segment| matcher(text, segment))
                .collect::<Result<_, _>>()?,
            whole: matcher(text, &whole)?,
        })
    }

    /// As it was given.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is for this file.
    pub(super) fn matches(&self, path: &str) -> bool {
        self.whole.is_match(path) && self.names_hidden(path)
    }

    /// Whether it matches the path or a folder above it, hidden or not: what an exclusion does.
    pub(super) fn covers(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at);
        let mut above = ends.chain([path.len()]);
        above.any(|end| {
            path.get(..end)
                .is_some_and(|path| self.whole.is_match(path))
        })
    }

    /// Whether a file in this folder or further down can match. The root is the empty path.
    pub(super) fn reaches(&self, folder: &str) -> bool {
        if folder.is_empty() {
            return true;
        }
        let segments: Vec<&str> = folder.split('/').collect();
        let agrees = self
            .literal
            .iter()
            .zip(&segments)
            .all(|(one, other)| one == other);
        agrees && self.depth.is_none_or(|depth| segments.len() < depth) && self.names_hidden(folder)
    }

    fn names_hidden(&self, path: &str) -> bool {
        let mut hidden = path.split('/').filter(|segment| segment.starts_with('.'));
        hidden.all(|segment| self.hidden.iter().any(|own| own.is_match(segment)))
    }
}

fn is_wild(char: char) -> bool {
    matches!(char, '*' | '?' | '[' | ']' | '{' | '}')
}

/// A pattern leads nowhere that a path may not lead. A backslash is refused, too: it would escape
/// a wildcard here and separate folders elsewhere.
fn check_pattern_path(text: &str, whole: &str) -> Result<(), SnapshotError> {
    let refuse = |source| SnapshotError::PatternPath {
        pattern: text.to_owned(),
        source,
    };
    check_relative_path(whole).map_err(refuse)?;
    // Alternatives in braces are segments of their own.
    if whole
        .split(['/', '{', '}', ','])
        .any(|segment| segment == "..")
    {
        return Err(refuse(PathError::Upwards {
            path: whole.to_owned(),
        }));
    }
    Ok(())
}

fn matcher(text: &str, glob: &str) -> Result<GlobMatcher, SnapshotError> {
    GlobBuilder::new(glob)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|source| SnapshotError::Pattern {
            pattern: text.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_patterns_match() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("*.csv", &["a.csv"], &["d/a.csv", ".a.csv", "a.txt"]),
            (
                "data/**",
                &["data/a", "data/x/y"],
                &["data", "data/.a", "data/.x/a", "b/a"],
            ),
            ("data/", &["data/a", "data/x/y"], &["data", "data/.a"]),
            ("**/*.py", &["a.py", "x/y/a.py"], &[".git/a.py", "x/.a.py"]),
            (
                ".config/*",
                &[".config/a"],
                &[".config/.a", "x/.config/a", ".other/a"],
            ),
            ("**/.env", &[".env", "x/.env"], &[".git/.env"]),
            ("{a/b,c}/*.py", &["a/b/x.py", "c/x.py"], &["a/x.py"]),
            ("[ab]?.csv", &["a1.csv"], &["c1.csv", "a/.csv"]),
        ];
        for (text, matching, others) in cases {
            let pattern = Pattern::parse(text).unwrap();
            for path in *matching {
                assert!(pattern.matches(path), "`{text}` and `{path}`");
                let folders: Vec<_> = path.match_indices('/').map(|(at, _)| &path[..at]).collect();
                for folder in folders {
                    assert!(pattern.reaches(folder), "`{text}` and folder `{folder}`");
                }
            }
            for path in *others {
                assert!(!pattern.matches(path), "`{text}` and `{path}`");
            }
        }
    }

    #[test]
    fn folders_that_need_no_look() {
        for (text, folder, expected) in [
            ("*.csv", "data", false),
            ("*.csv", "", true),
            ("data/*.csv", "data", true),
            ("data/*.csv", "data/x", false),
            ("data/*.csv", "other", false),
            ("data/x/**", "data", true),
            ("**/*.py", "a/b/c", true),
            ("**/*.py", "a/.git", false),
            (".git/**", ".git", true),
        ] {
            let pattern = Pattern::parse(text).unwrap();
            assert_eq!(pattern.reaches(folder), expected, "`{text}` and `{folder}`");
        }
    }

    #[test]
    fn an_exclusion_covers_what_is_below() {
        let pattern = Pattern::parse("data/old").unwrap();
        assert!(pattern.covers("data/old") && pattern.covers("data/old/x/y"));
        assert!(!pattern.covers("data/older") && !pattern.covers("data"));
        assert!(Pattern::parse("**/.cache").unwrap().covers("a/.cache/x"));
    }

    #[test]
    fn patterns_that_are_refused() {
        for (text, expected) in [
            ("../*", "leads upwards"),
            ("a/../b", "leads upwards"),
            ("{..,a}/b", "leads upwards"),
            ("/etc/*", "is absolute"),
            ("", "may not be empty"),
            ("a\0", "control character"),
            ("a\\*", "backslash"),
            ("{a", "unclosed alternate"),
            ("[z-a]", "invalid range"),
        ] {
            let error = Pattern::parse(text).expect_err(text);
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(source.contains(expected), "{text:?}: {source}");
        }
    }
}
