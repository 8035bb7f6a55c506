//! `nbpress.toml`: a table for each command, each of its keys an argument; whatever is wrong has its line.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::setting::{self, Given};
use super::{ConfigurationError, Kind, Origin, Section, Setting, Value, Values, read_text};

/// What a file says, by table.
#[derive(Debug, Default)]
pub(super) struct File(BTreeMap<&'static str, Values>);

impl File {
    /// Reads and checks all of a file.
    ///
    /// # Errors
    /// It cannot be read, or something in it is not a setting or not its value.
    pub(super) fn read(path: &Path, sections: &[Section]) -> Result<Self, ConfigurationError> {
        let text = read_text(path, None)?;
        Reader { path, text: &text }.file(sections)
    }

    pub(super) fn value(&self, section: &str, key: &str) -> Option<&Value> {
        self.0.get(section)?.get(key)
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn file(&self, sections: &[Section]) -> Result<File, ConfigurationError> {
        let table = DeTable::parse(self.text).map_err(|error| ConfigurationError::Syntax {
            origin: self.at(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        let mut file = File::default();
        for (name, value) in table.get_ref() {
            let names = || sections.iter().map(|section| section.name);
            let section = sections.iter().find(|known| known.name == name.get_ref());
            let section = section.ok_or_else(|| self.unknown("table", name, names()))?;
            let table = value.get_ref().as_table();
            let table = table.ok_or_else(|| self.kind(section.name, value, "a table"))?;
            file.0.insert(section.name, self.section(section, table)?);
        }
        Ok(file)
    }

    fn section(
        &self,
        section: &Section,
        table: &DeTable<'a>,
    ) -> Result<Values, ConfigurationError> {
        let mut values = Values::new();
        for (name, value) in table {
            let (setting, in_file) = section.find(name.get_ref()).ok_or_else(|| {
                let keys = section.settings.iter().map(|setting| setting.key.as_str());
                self.unknown("setting", name, keys)
            })?;
            let origin = self.at(name.span().start);
            let kind = if in_file { Kind::Text } else { setting.kind };
            let Some(texts) = self.texts(setting, kind, value)? else {
                continue;
            };
            let given = Given {
                texts,
                in_file,
                origin: origin.clone(),
            };
            let value = given.into_value()?;
            setting.check(&value)?;
            if values.insert(setting.key.clone(), value).is_some() {
                let key = setting.key.clone();
                return Err(ConfigurationError::Twice { origin, key });
            }
        }
        Ok(values)
    }

    /// The texts an argument is given for a value; `None` where it is as if it were not given.
    fn texts(
        &self,
        setting: &Setting,
        kind: Kind,
        value: &Spanned<DeValue<'a>>,
    ) -> Result<Option<Vec<String>>, ConfigurationError> {
        let text = match (kind, value.get_ref()) {
            (Kind::Switch, DeValue::Boolean(on)) => on.to_string(),
            (Kind::Optional, DeValue::Boolean(false)) => return Ok(None),
            (Kind::Optional, DeValue::Boolean(true)) => setting::WITHOUT_VALUE.to_owned(),
            (Kind::Number | Kind::Measure, DeValue::Integer(number)) => number.to_string(),
            (Kind::Number | Kind::Measure, DeValue::Float(number)) => number.to_string(),
            (Kind::Text | Kind::Measure | Kind::Optional | Kind::List, DeValue::String(text)) => {
                text.clone().into_owned()
            }
            (Kind::List, DeValue::Array(items)) => {
                let text = |item: &Spanned<DeValue<'a>>| {
                    let text = item.get_ref().as_str().map(str::to_owned);
                    text.ok_or_else(|| self.kind(&setting.key, item, kind.expected()))
                };
                return items.iter().map(text).collect::<Result<_, _>>().map(Some);
            }
            _ => return Err(self.kind(&setting.key, value, kind.expected())),
        };
        Ok(Some(vec![text]))
    }

    fn kind(
        &self,
        key: &str,
        value: &Spanned<DeValue<'a>>,
        expected: &'static str,
    ) -> ConfigurationError {
        ConfigurationError::Kind {
            origin: self.at(value.span().start),
            key: key.to_owned(),
            found: found(value.get_ref()),
            expected,
        }
    }

    fn unknown<'n>(
        &self,
        what: &'static str,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        known: impl Iterator<Item = &'n str>,
    ) -> ConfigurationError {
        ConfigurationError::Unknown {
            origin: self.at(name.span().start),
            what,
            nearest: nearest(name.get_ref(), known),
            name: name.get_ref().clone().into_owned(),
        }
    }

    fn at(&self, byte: usize) -> Origin {
        let before = self.text.get(..byte).unwrap_or_default();
        Origin::Line {
            path: self.path.to_owned(),
            line: 1 + before.matches('\n').count(),
        }
    }
}

fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The name that was probably meant.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    /// Below this, two names have nothing to do with each other.
    const ALIKE: f64 = 0.7;
    let name = name.replace('-', "_");
    let alike = known.map(|known| (strsim::jaro_winkler(&name, known), known));
    let (alike, known) = alike.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (alike > ALIKE).then(|| known.to_owned())
}
