//! Which paths a snapshot may hold: relative, beneath its root, and the same file on every machine.

/// The longest path, in bytes; with the folder before it, it stays below what Linux takes.
const LONGEST_PATH: usize = 1024;
/// The longest segment, in bytes, as file systems have it.
const LONGEST_SEGMENT: usize = 255;

/// Why a text is no path of a snapshot. Every kind but [`PathError::Empty`] carries the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing is there.
    #[error("a path may not be empty")]
    Empty,
    /// It begins at the root of the machine.
    #[error("`{path}` is absolute")]
    Absolute {
        /// As it was given.
        path: String,
    },
    /// A `..` leads out of the folder.
    #[error("`{path}` leads upwards with `..`")]
    Upwards {
        /// As it was given.
        path: String,
    },
    /// `a//b`, `./a` and `a/` name a file by more than one text.
    #[error("`{path}` has an empty or `.` segment")]
    NotPlain {
        /// As it was given.
        path: String,
    },
    /// NUL ends a path for the system; line breaks and escapes fool whoever reads a listing.
    #[error("`{}` contains a control character", path.escape_debug())]
    Control {
        /// As it was given.
        path: String,
    },
    /// Not a separator here, but one on Windows.
    #[error("`{path}` contains a backslash")]
    Backslash {
        /// As it was given.
        path: String,
    },
    /// Snapshots name files by text.
    #[error("the name of `{path}` is not UTF-8")]
    NotText {
        /// With U+FFFD for what is no text.
        path: String,
    },
    /// No file system would take it.
    #[error("`{begin}…` is {bytes} bytes long")]
    TooLong {
        /// Its first characters.
        begin: String,
        /// Its length, or that of its longest segment.
        bytes: usize,
    },
}

impl PathError {
    /// What would be right.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Empty => Some("name the file relative to the root: `data/sales.csv`".to_owned()),
            Self::Absolute { path } | Self::NotPlain { path } => plain(path, "/"),
            Self::Backslash { path } => plain(path, "\\"),
            Self::Upwards { .. } => Some(
                "a snapshot holds files beneath its root; choose a root that is further up"
                    .to_owned(),
            ),
            Self::Control { .. } | Self::NotText { .. } => Some("rename the file".to_owned()),
            Self::TooLong { .. } => Some(format!(
                "at most {LONGEST_PATH} bytes, and {LONGEST_SEGMENT} between two `/`"
            )),
        }
    }
}

/// The same path as it should be written, where that is a path.
fn plain(path: &str, separator: &str) -> Option<String> {
    let segments: Vec<&str> = path
        .split(separator)
        .filter(|segment| !segment.is_empty() && *segment != ".")
        .collect();
    let right = segments.join("/");
    check_relative_path(&right)
        .is_ok()
        .then(|| format!("relative to the root it would be `{right}`"))
}

/// Checks a path that somebody else chose: relative, `/` between its segments, without `.`, `..`,
/// backslashes and control characters, at most 1,024 bytes long.
///
/// # Errors
/// What is wrong; [`PathError::hint`] says what would be right.
///
/// ```
/// use nbpress_scheduler::snapshot::check_relative_path;
///
/// assert!(check_relative_path("data/sales.csv").is_ok());
/// let error = check_relative_path("/data//sales.csv").unwrap_err();
/// assert_eq!(error.hint().unwrap(), "relative to the root it would be `data/sales.csv`");
/// ```
pub fn check_relative_path(text: &str) -> Result<(), PathError> {
    let path = || text.to_owned();
    let longest_segment = text.split('/').map(str::len).max().unwrap_or(0);
    if text.is_empty() {
        return Err(PathError::Empty);
    }
    if text.len() > LONGEST_PATH || longest_segment > LONGEST_SEGMENT {
        return Err(PathError::TooLong {
            begin: text.chars().take(40).collect(),
            bytes: if text.len() > LONGEST_PATH {
                text.len()
            } else {
                longest_segment
            },
        });
    }
    if text.chars().any(char::is_control) {
        return Err(PathError::Control { path: path() });
    }
    if text.split(['/', '\\']).any(|segment| segment == "..") {
        return Err(PathError::Upwards { path: path() });
    }
    if text.contains('\\') {
        return Err(PathError::Backslash { path: path() });
    }
    if text.starts_with('/') {
        return Err(PathError::Absolute { path: path() });
    }
    if text.split('/').any(|segment| matches!(segment, "" | ".")) {
        return Err(PathError::NotPlain { path: path() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tricks_and_what_would_be_right() {
        let long_name = "n".repeat(256);
        let long_path = "d/".repeat(600) + "n";
        let cases: &[(&str, &str, &str)] = &[
            ("", "a path may not be empty", "name the file relative"),
            ("/etc/passwd", "is absolute", "would be `etc/passwd`"),
            ("//etc//passwd", "is absolute", "would be `etc/passwd`"),
            ("../secret", "leads upwards", "further up"),
            ("a/../../secret", "leads upwards", "further up"),
            ("a/..", "leads upwards", "further up"),
            ("..", "leads upwards", "further up"),
            ("..\\secret", "leads upwards", "further up"),
            ("/../a", "leads upwards", "further up"),
            ("./a", "empty or `.` segment", "would be `a`"),
            ("a//b", "empty or `.` segment", "would be `a/b`"),
            ("a/", "empty or `.` segment", "would be `a`"),
            ("a/./b", "empty or `.` segment", "would be `a/b`"),
            ("data\\x.csv", "backslash", "would be `data/x.csv`"),
            ("a\0b", "`a\\0b` contains a control", "rename"),
            ("a\nb", "`a\\nb` contains a control", "rename"),
            ("a\u{1b}[2Jb", "control character", "rename"),
            (&long_name, "is 256 bytes long", "at most 1024"),
            (&long_path, "is 1201 bytes long", "at most 1024"),
        ];
        for (path, expected, right) in cases {
            let error = check_relative_path(path).expect_err(path);
            let hint = error.hint().unwrap_or_default();
            assert!(error.to_string().contains(expected), "{path:?}: {error}");
            assert!(hint.contains(right), "{path:?}: {hint}");
        }
    }

    #[test]
    fn odd_but_honest_names() {
        for path in [
            "a",
            ".env",
            "...",
            "..a",
            "a/.git/config",
            "a b%20.csv",
            "naïve/日本.csv",
            "C:x",
            "~",
            "-rf",
            "*",
        ] {
            assert_eq!(check_relative_path(path), Ok(()), "{path}");
        }
    }
}
