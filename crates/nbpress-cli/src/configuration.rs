//! What a command is told by a file and by the environment, where its flags say nothing.
//!
//! A setting is an argument of `nbpress serve` or `nbpress worker run`: `--host-name` is `host_name` in the
//! file's table of the command and `NBPRESS_SERVE_HOST_NAME` in the environment. Their values become the defaults
//! of the arguments, so that flags win and one parser reads all of them.

mod error;
mod file;
mod setting;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Command;

use crate::settings::Settings;

pub(crate) use error::ConfigurationError;
pub(crate) use setting::{Kind, Section, Setting, WITHOUT_VALUE};

use file::File;
use setting::Given;

/// The file's name wherever it is looked for.
const NAME: &str = "nbpress.toml";

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A line of the file; the first is 1.
    Line { path: PathBuf, line: usize },
    /// A variable of the environment.
    Variable(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Variable(name) => formatter.write_str(name),
        }
    }
}

/// A value that is set outside the command line: one text, or several where a flag may be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) texts: Vec<String>,
    pub(crate) origin: Origin,
}

/// The values of one section, by key.
pub(crate) type Values = BTreeMap<String, Value>;

/// The file that is used, read and checked; all of its sections.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    /// The file, where there is one.
    pub(crate) path: Option<PathBuf>,
    file: File,
}

impl Configuration {
    /// Reads the file that is named, or the first of those looked for that exists.
    ///
    /// # Errors
    /// A file that is named is not there, or a file says what it may not.
    pub(crate) fn read(
        settings: &Settings,
        named: Option<&Path>,
        sections: &[Section],
    ) -> Result<Self, ConfigurationError> {
        let path = find(settings, named);
        let file = match &path {
            Some(path) => File::read(path, sections)?,
            None => File::default(),
        };
        Ok(Self { path, file })
    }

    /// The values of a section: the environment's before the file's.
    ///
    /// # Errors
    /// A value is not of its setting's kind, or a secret's file cannot be read.
    pub(crate) fn values(
        &self,
        settings: &Settings,
        section: &Section,
    ) -> Result<Values, ConfigurationError> {
        let mut values = Values::new();
        for setting in &section.settings {
            let variable = variable(settings, setting).map(Given::into_value);
            let line = || self.file.value(section.name, &setting.key);
            if let Some(value) = variable.transpose()?.or(line().cloned()) {
                setting.check(&value)?;
                values.insert(setting.key.clone(), value);
            }
        }
        Ok(values)
    }
}

/// The file that is used.
fn find(settings: &Settings, named: Option<&Path>) -> Option<PathBuf> {
    let named = named.map(Path::to_path_buf);
    if let Some(path) = named.or_else(|| settings.get("NBPRESS_CONFIG").map(PathBuf::from)) {
        return Some(path);
    }
    let personal = settings.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let personal = personal.or_else(|| Some(Path::new(settings.get("HOME")?).join(".config")));
    let folders = [
        Some(PathBuf::new()),
        personal.map(|folder| folder.join("nbpress")),
        Some(PathBuf::from("/etc/nbpress")),
    ];
    let mut paths = folders
        .into_iter()
        .flatten()
        .map(|folder| folder.join(NAME));
    paths.find(|path| path.is_file())
}

/// What the environment says of a setting, by the first of its names that is set.
fn variable(settings: &Settings, setting: &Setting) -> Option<Given> {
    setting.variables.iter().find_map(|name| {
        let given = |name: &str, in_file| {
            Some(Given {
                texts: setting.kind.split(settings.get(name)?),
                in_file,
                origin: Origin::Variable(name.to_owned()),
            })
        };
        let in_file = || given(&format!("{name}_FILE"), true);
        given(name, false).or_else(|| setting.secret.then(in_file).flatten())
    })
}

/// `command` with the values of file and environment as defaults of the command that `words` name.
///
/// # Errors
/// Something that is set cannot be used.
pub(crate) fn applied(
    command: Command,
    settings: &Settings,
    words: &[OsString],
) -> Result<Command, ConfigurationError> {
    let sections = Section::all(&command);
    let asks = |help: &str| words.iter().any(|word| word == help);
    let Some(section) = sections.iter().find(|section| section.is_named_by(words)) else {
        return Ok(command);
    };
    if asks("--help") || asks("-h") {
        return Ok(command);
    }
    let named = config_flag(words);
    let values = Configuration::read(settings, named.as_deref(), &sections)?;
    let values = values.values(settings, section)?;
    Ok(section.with_defaults(command, &values))
}

/// The value of `--config`, which is needed before the other words can be understood.
fn config_flag(words: &[OsString]) -> Option<PathBuf> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--config" {
            return words.next().map(PathBuf::from);
        }
        if let Some(path) = word
            .to_str()
            .and_then(|word| word.strip_prefix("--config="))
        {
            return Some(path.into());
        }
    }
    None
}

/// Reads a text of ours.
///
/// # Errors
/// It cannot be read, or is not UTF-8.
fn read_text(path: &Path, origin: Option<&Origin>) -> Result<String, ConfigurationError> {
    #[expect(clippy::disallowed_methods, reason = "our own state, never a notebook")]
    std::fs::read_to_string(path).map_err(|source| ConfigurationError::Unreadable {
        path: path.to_owned(),
        origin: origin.cloned(),
        source,
    })
}

#[cfg(test)]
mod tests;
