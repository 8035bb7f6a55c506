//! Paths inside a workspace, which cannot lead out of it.

use std::fmt;
use std::str::FromStr;

/// File systems allow that many bytes for a name.
const LONGEST_NAME: usize = 255;
/// The most bytes of a path that systems take.
const LONGEST_PATH: usize = 4096;
/// Names that Windows takes for devices, whatever their extension
/// (<https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file>).
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$"];
/// The devices that have a digit.
const NUMBERED_DEVICES: &[&str] = &["com", "lpt"];

/// A path inside a workspace: names joined by `/`, none of which leads elsewhere. The empty path is
/// the workspace's root.
///
/// Whatever [`ContentsPath::parse`] takes is safe to append to a folder or a prefix; only links on
/// disk can lead out, which [`Workspace`](crate::Workspace) refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentsPath(String);

/// Why a text is no path inside a workspace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Two slashes in a row, or an empty name.
    #[error("a name in it is empty")]
    Empty,
    /// `.` or `..`.
    #[error("the name `{name}` leads elsewhere")]
    Dots {
        /// The name.
        name: String,
    },
    /// A slash in a name, a backslash, NUL or another control character.
    #[error("the name `{}` has the character `{}`, which no name may have", name.escape_debug(), character.escape_debug())]
    Character {
        /// The name.
        name: String,
        /// What may not be in it.
        character: char,
    },
    /// `CON`, `nul.txt`, `COM1` and their like.
    #[error("the name `{name}` is that of a device on Windows")]
    Device {
        /// The name.
        name: String,
    },
    /// A name that begins like `C:`.
    #[error("the name `{name}` begins with a drive letter")]
    Drive {
        /// The name.
        name: String,
    },
    /// More than 255 bytes in a name or 4096 in all.
    #[error("the name or path of {length} bytes is longer than {most}")]
    Long {
        /// How long it is in bytes.
        length: usize,
        /// How long it may be.
        most: usize,
    },
}

impl ContentsPath {
    /// The workspace itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads the path of Jupyter's API, already percent-decoded: slashes at the begin and at the
    /// end mean nothing, `""` and `"/"` are the root.
    ///
    /// # Errors
    /// Which name is at fault, and why.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let text = text.trim_matches('/');
        if text.is_empty() {
            return Ok(Self::root());
        }
        check_length(text, LONGEST_PATH)?;
        text.split('/').try_for_each(check_name)?;
        Ok(Self(text.to_owned()))
    }

    /// The path of `name`, which is one name, in this directory.
    ///
    /// # Errors
    /// Why the name is none.
    pub fn join(&self, name: &str) -> Result<Self, PathError> {
        check_name(name)?;
        let path = if self.is_root() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.0)
        };
        check_length(&path, LONGEST_PATH)?;
        Ok(Self(path))
    }

    /// Without slashes at its ends; empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the workspace itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The names from the root down; none for the root.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// Whether a name in it begins with a dot.
    pub fn is_hidden(&self) -> bool {
        self.components().any(|name| name.starts_with('.'))
    }

    /// The directory that holds it; none for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let parent = self.0.rsplit_once('/').map_or("", |(parent, _)| parent);
        Some(Self(parent.to_owned()))
    }

    /// The last name; empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The last name before its last dot, and the rest with the dot: `a.tar` and `.gz`. A dot at
    /// the begin is no such dot.
    pub fn stem_and_extension(&self) -> (&str, &str) {
        let name = self.name();
        match name.rfind('.') {
            Some(dot) if dot > 0 => name.split_at(dot),
            _ => (name, ""),
        }
    }

    /// What follows `directory` in this path; none unless it is in there. Names are compared whole:
    /// `ab` is not in `a`.
    pub fn beneath(&self, directory: &Self) -> Option<&str> {
        if directory.is_root() {
            return (!self.is_root()).then_some(&self.0);
        }
        self.0.strip_prefix(&directory.0)?.strip_prefix('/')
    }

    /// Names that were checked before, appended.
    pub(crate) fn append(&self, names: &str) -> Self {
        match (self.is_root(), names.is_empty()) {
            (_, true) => self.clone(),
            (true, false) => Self(names.to_owned()),
            (false, false) => Self(format!("{}/{names}", self.0)),
        }
    }
}

impl fmt::Display for ContentsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ContentsPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text)
    }
}

fn check_length(text: &str, most: usize) -> Result<(), PathError> {
    let length = text.len();
    if length > most {
        return Err(PathError::Long { length, most });
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), PathError> {
    if name.is_empty() {
        return Err(PathError::Empty);
    }
    check_length(name, LONGEST_NAME)?;
    let owned = || name.to_owned();
    if matches!(name, "." | "..") {
        return Err(PathError::Dots { name: owned() });
    }
    let forbidden = |character: &char| matches!(character, '/' | '\\') || character.is_control();
    if let Some(character) = name.chars().find(forbidden) {
        let name = owned();
        return Err(PathError::Character { name, character });
    }
    if is_device(name) {
        return Err(PathError::Device { name: owned() });
    }
    match name.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => {
            Err(PathError::Drive { name: owned() })
        }
        _ => Ok(()),
    }
}

fn is_device(name: &str) -> bool {
    let stem = name.split(['.', ':']).next().unwrap_or_default();
    let stem = stem.trim_end_matches(' ').to_ascii_lowercase();
    let numbered = NUMBERED_DEVICES.iter().any(|device| {
        let mut rest = stem.strip_prefix(device).unwrap_or_default().chars();
        matches!(
            (rest.next(), rest.next()),
            (Some('0'..='9' | '¹' | '²' | '³'), None)
        )
    });
    numbered || DEVICES.contains(&stem.as_str())
}

#[cfg(test)]
mod tests;
