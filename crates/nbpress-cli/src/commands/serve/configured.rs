//! What a server tells its admins of its own settings: their values, and where each was said.

use std::ffi::OsString;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use nbpress_server::Configured;

use crate::args;
use crate::configuration::{self, Configuration, ConfigurationError, Section, Setting, Values};
use crate::settings::Settings;

/// The settings of the server that this process was started as.
///
/// # Errors
/// What file and environment say of them cannot be used.
pub(super) fn configured(
    settings: &Settings,
    file: Option<&Path>,
) -> Result<Vec<Configured>, ConfigurationError> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let sections = Section::all(&args::command());
    let Some(section) = sections.iter().find(|section| section.name == "serve") else {
        return Ok(Vec::new());
    };
    let values = Configuration::read(settings, file, &sections)?.values(settings, section)?;
    let command = configuration::applied(args::command(), settings, &words)?;
    Ok(described(section, &values, command, words))
}

fn described(
    section: &Section,
    values: &Values,
    command: Command,
    words: Vec<OsString>,
) -> Vec<Configured> {
    let matches = command.try_get_matches_from(words).ok();
    let given = matches
        .as_ref()
        .and_then(|read| read.subcommand().map(|(_, given)| given));
    let describe = |setting: &Setting| Configured {
        name: setting.key.clone(),
        value: (!setting.secret).then(|| value(given, setting)).flatten(),
        secret: setting.secret,
        origin: origin(given, setting, values),
        about: about(setting),
    };
    section.settings.iter().map(describe).collect()
}

/// The value as one would write it; `applied` has made those of file and environment the arguments' defaults.
fn value(given: Option<&ArgMatches>, setting: &Setting) -> Option<String> {
    let texts = given?.get_raw(&setting.key)?;
    let texts: Vec<_> = texts.map(|text| text.to_string_lossy()).collect();
    Some(texts.join(", "))
}

fn origin(given: Option<&ArgMatches>, setting: &Setting, values: &Values) -> String {
    let source = given.and_then(|given| given.value_source(&setting.key));
    match (source, values.get(&setting.key)) {
        (Some(ValueSource::CommandLine), _) => "flag".to_owned(),
        (_, Some(value)) => value.origin.to_string(),
        (_, None) => "default".to_owned(),
    }
}

fn about(setting: &Setting) -> String {
    let help = setting.arg.get_help();
    help.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str], file: &str) -> Vec<Configured> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nbpress.toml");
        #[expect(clippy::disallowed_methods, reason = "a file of settings, no notebook")]
        std::fs::write(&path, file).unwrap();
        let settings = Settings {
            environment: [
                ("NBPRESS_CONFIG", path.to_str().unwrap()),
                ("NBPRESS_SERVE_SLOTS", "3"),
                ("NBPRESS_TOKEN", "hush"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            home: folder.path().to_owned(),
        };
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let sections = Section::all(&args::command());
        let section = sections
            .iter()
            .find(|section| section.name == "serve")
            .unwrap();
        let read = Configuration::read(&settings, None, &sections).unwrap();
        let values = read.values(&settings, section).unwrap();
        let command = configuration::applied(args::command(), &settings, &words).unwrap();
        let mut described = described(section, &values, command, words);
        for setting in &mut described {
            setting.origin = setting.origin.replace(path.to_str().unwrap(), "FILE");
        }
        described
    }

    #[test]
    fn each_setting_says_where_it_was_set() {
        let words = ["nbpress", "serve", "/notebooks", "--no-worker"];
        let all = of(
            &words,
            "[serve]\nlisten = \"127.0.0.1:9\"\nhost_name = [\"a\", \"b\"]\n",
        );
        let said = |name: &str| {
            let setting = all.iter().find(|setting| setting.name == name).unwrap();
            (setting.value.as_deref(), setting.origin.as_str())
        };
        assert_eq!(said("folder"), (Some("/notebooks"), "flag"));
        assert_eq!(said("no_worker"), (Some("true"), "flag"));
        assert_eq!(said("listen"), (Some("127.0.0.1:9"), "FILE:2"));
        assert_eq!(said("host_name"), (Some("a, b"), "FILE:3"));
        assert_eq!(said("slots"), (Some("3"), "NBPRESS_SERVE_SLOTS"));
        assert_eq!(said("base_url"), (Some("/"), "default"));
        assert_eq!(said("cull_idle"), (None, "default"));
        assert_eq!(said("token"), (None, "NBPRESS_TOKEN"));
        assert!(
            all.iter()
                .all(|setting| setting.name != "config" && !setting.about.is_empty())
        );
    }
}
