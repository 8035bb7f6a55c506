//! The settings there are: the arguments of a command, under the names that file and environment have for them.

use std::any::TypeId;
use std::ffi::OsString;
use std::time::Duration;

use clap::builder::{OsStr, ValueParser};
use clap::{Arg, ArgAction, Command};

use super::{ConfigurationError, Origin, Value, Values, read_text};

/// The value of an argument that is given without one.
pub(crate) const WITHOUT_VALUE: &str = "auto";

/// Arguments that are no settings.
const NOT_SETTINGS: &[&str] = &["config", "help", "version"];

/// Variables that are understood besides those made of a setting's name: section, key, variable.
const OTHER_NAMES: &[(&str, &str, &str)] = &[
    ("serve", "database", "NBPRESS_DATABASE"),
    ("serve", "mail_from", "NBPRESS_MAIL_FROM"),
    ("serve", "records", "NBPRESS_RECORDS"),
    ("serve", "smtp", "NBPRESS_SMTP"),
    ("serve", "token", "NBPRESS_TOKEN"),
    ("serve", "url", "NBPRESS_URL"),
    ("worker", "server", "NBPRESS_SERVER"),
    ("worker", "token", "NBPRESS_TOKEN"),
];

/// Settings whose value is never shown, and may stand in a file of its own; besides those whose name ends with
/// one of [`SECRET_ENDINGS`].
const SECRETS: &[&str] = &["database", "smtp"];
const SECRET_ENDINGS: &[&str] = &["token", "secret", "password"];

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// On or off.
    Switch,
    Number,
    /// A number, or a text with a unit.
    Measure,
    Text,
    /// Texts; one text is a list of one. In the environment they are separated by commas.
    List,
    /// A text, or `true` for what the argument means without a value.
    Optional,
}

impl Kind {
    fn of(arg: &Arg) -> Self {
        let parses = |kind: TypeId| arg.get_value_parser().type_id() == kind;
        let optional = arg
            .get_num_args()
            .is_some_and(|range| range.min_values() == 0);
        match arg.get_action() {
            ArgAction::SetTrue => Self::Switch,
            ArgAction::Append => Self::List,
            _ if optional => Self::Optional,
            _ if parses(TypeId::of::<u16>()) || parses(TypeId::of::<f64>()) => Self::Number,
            _ if parses(TypeId::of::<Duration>()) || parses(TypeId::of::<u64>()) => Self::Measure,
            _ => Self::Text,
        }
    }

    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Switch => "`true` or `false`",
            Self::Number => "a number",
            Self::Measure => "a text or a number",
            Self::Text => "a text",
            Self::List => "a list of texts",
            Self::Optional => "a text, `true` or `false`",
        }
    }

    /// The texts in a variable.
    pub(super) fn split(self, text: &str) -> Vec<String> {
        match (self, text.to_ascii_lowercase().as_str()) {
            (Self::List, _) => {
                let parts = text.split(',').map(str::trim);
                parts
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect()
            }
            (Self::Switch, "1" | "yes" | "on") => vec!["true".to_owned()],
            (Self::Switch, "0" | "no" | "off") => vec!["false".to_owned()],
            (Self::Optional, "true") => vec![WITHOUT_VALUE.to_owned()],
            _ => vec![text.to_owned()],
        }
    }
}

/// One setting of a command.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// Its name in the file.
    pub(crate) key: String,
    /// Its names in the environment; the first that is set counts.
    pub(crate) variables: Vec<String>,
    pub(crate) kind: Kind,
    /// Whether its value is never shown.
    pub(crate) secret: bool,
    /// The argument.
    pub(crate) arg: Arg,
}

impl Setting {
    fn of(section: &str, arg: &Arg) -> Self {
        let key = arg.get_id().as_str().to_owned();
        let mut variables = vec![format!("NBPRESS_{section}_{key}").to_uppercase()];
        let others = OTHER_NAMES
            .iter()
            .filter(|(its, name, _)| *its == section && *name == key);
        variables.extend(others.map(|(_, _, variable)| (*variable).to_owned()));
        let ends = |ending: &&str| key.ends_with(*ending);
        Self {
            secret: SECRETS.contains(&key.as_str()) || SECRET_ENDINGS.iter().any(ends),
            kind: Kind::of(arg),
            key,
            variables,
            arg: arg.clone(),
        }
    }

    /// What the argument says of a value.
    ///
    /// # Errors
    /// The argument does not take it.
    pub(super) fn check(&self, value: &Value) -> Result<(), ConfigurationError> {
        let parser = match self.kind {
            Kind::Switch => ValueParser::bool(),
            _ => self.arg.get_value_parser().clone(),
        };
        // Only the values matter, not what else the argument stands beside.
        let alone = Arg::new("value").long("value").value_parser(parser);
        let alone = alone.require_equals(true).action(ArgAction::Append);
        let words = value.texts.iter().map(|text| format!("--value={text}"));
        let command = Command::new("configuration")
            .no_binary_name(true)
            .arg(alone);
        let Err(error) = command.try_get_matches_from(words) else {
            return Ok(());
        };
        Err(ConfigurationError::Invalid {
            origin: value.origin.clone(),
            key: self.key.clone(),
            message: if self.secret {
                "it cannot be used".to_owned()
            } else {
                reason(&error)
            },
        })
    }
}

/// Why a value was not taken, in one sentence and without the name of the argument.
fn reason(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.trim_start_matches("error: ").replace('\'', "`");
    let (what, why) = line
        .split_once(" for `--value=<value>`")
        .unwrap_or((&line, ""));
    format!("{what}{why}")
}

/// The settings of one command.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// The table's name in the file.
    pub(crate) name: &'static str,
    /// The command's words.
    command: &'static [&'static str],
    /// In the order of the command's help.
    pub(crate) settings: Vec<Setting>,
}

impl Section {
    /// Those of a command line.
    pub(crate) fn all(root: &Command) -> Vec<Self> {
        let of = |name, words: &'static [&'static str]| {
            let mut command = root;
            for word in words {
                command = command.find_subcommand(word)?;
            }
            let is_setting = |arg: &&Arg| !NOT_SETTINGS.contains(&arg.get_id().as_str());
            Some(Self {
                name,
                command: words,
                settings: command
                    .get_arguments()
                    .filter(is_setting)
                    .map(|arg| Setting::of(name, arg))
                    .collect(),
            })
        };
        let all = [of("serve", &["serve"]), of("worker", &["worker", "run"])];
        all.into_iter().flatten().collect()
    }

    /// Whether these words, of which the first is the program, name its command.
    pub(super) fn is_named_by(&self, words: &[OsString]) -> bool {
        let given = words.iter().skip(1);
        given.len() >= self.command.len()
            && given.zip(self.command).all(|(word, name)| word == name)
    }

    /// The setting of a key, and whether the key names a file that has the value.
    pub(super) fn find(&self, key: &str) -> Option<(&Setting, bool)> {
        let named = |key: &str| self.settings.iter().find(|setting| setting.key == key);
        let in_file = || named(key.strip_suffix("_file")?).filter(|setting| setting.secret);
        let found = named(key).map(|setting| (setting, false));
        found.or_else(|| Some((in_file()?, true)))
    }

    /// The command line with these values where flags say nothing.
    pub(super) fn with_defaults(&self, root: Command, values: &Values) -> Command {
        below(root, self.command, &|mut command| {
            for (key, value) in values {
                command = command.mut_arg(key, |arg| with_default(arg, value));
            }
            command
        })
    }
}

fn below(command: Command, words: &[&'static str], change: &dyn Fn(Command) -> Command) -> Command {
    match words.split_first() {
        None => change(command),
        Some((word, rest)) => command.mut_subcommand(*word, |command| below(command, rest, change)),
    }
}

fn with_default(arg: Arg, value: &Value) -> Arg {
    let arg = if Kind::of(&arg) == Kind::Switch {
        // A flag can take back what a file has switched on: `--no-worker=false`.
        arg.action(ArgAction::Set)
            .value_parser(ValueParser::bool())
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
    } else {
        arg
    };
    arg.default_values(value.texts.iter().map(OsStr::from))
        .hide_default_value(true)
}

/// A value before the file that may have it was read.
pub(super) struct Given {
    pub(super) texts: Vec<String>,
    /// Whether the text is the path of a file that has the value.
    pub(super) in_file: bool,
    pub(super) origin: Origin,
}

impl Given {
    /// # Errors
    /// The file cannot be read.
    pub(super) fn into_value(self) -> Result<Value, ConfigurationError> {
        let Self {
            mut texts, origin, ..
        } = self;
        if self.in_file {
            for text in &mut texts {
                let secret = read_text(text.as_ref(), Some(&origin))?;
                secret.trim_end_matches(['\r', '\n']).clone_into(text);
            }
        }
        Ok(Value { texts, origin })
    }
}
