//! Programs that only run another one: `nice`, `flock`, `timeout`, `sh -c`.

use nbpress_runs::job::RunSettings;

use super::seconds;

/// The command inside of all programs that only wrap it. What they do becomes settings, or a note.
///
/// # Errors
/// A reason for people.
pub(super) fn without<'a>(
    words: &'a [String],
    settings: &mut RunSettings,
    notes: &mut Vec<String>,
) -> Result<&'a [String], String> {
    let mut words = words;
    while let Some((first, rest)) = words.split_first() {
        let name = first.rsplit('/').next().unwrap_or_default();
        words = match (name, rest.first().map(String::as_str)) {
            ("nohup" | "exec" | "time" | "chronic" | "command", _) => rest,
            ("uv" | "poetry" | "pipenv" | "pixi", Some("run")) => after_options(&rest[1..], &[]),
            ("env", _) => after_options(rest, &["-u"]),
            ("nice", _) => after_options(rest, &["-n"]),
            ("ionice", _) => after_options(rest, &["-c", "-n"]),
            ("flock", _) => {
                let note = "instead of `flock`, a run waits for the one before";
                notes.push(note.to_owned());
                let inner = after_options(rest, &["-w", "-E"]);
                inner.get(1..).unwrap_or_default()
            }
            ("timeout", _) => {
                let inner = after_options(rest, &["-k", "-s"]);
                let (time, inner) = inner.split_first().ok_or("its `timeout` has no time")?;
                let limit = seconds(time)?;
                settings.timeouts.run_seconds = limit.unwrap_or(settings.timeouts.run_seconds);
                inner
            }
            _ => match assignment(first) {
                Some((name, value)) => {
                    settings
                        .environment
                        .insert(name.to_owned(), value.to_owned());
                    rest
                }
                None => return Ok(words),
            },
        };
    }
    Ok(words)
}

/// What follows options of one word each, and of two for those that take a value.
fn after_options<'a>(words: &'a [String], with_value: &[&str]) -> &'a [String] {
    let mut words = words;
    while let Some((first, rest)) = words
        .split_first()
        .filter(|(first, _)| first.starts_with('-'))
    {
        words = if with_value.contains(&first.as_str()) {
            rest.get(1..).unwrap_or_default()
        } else {
            rest
        };
    }
    words
}

/// `NAME=value` before a command.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let mut chars = name.chars();
    let begins = chars.next()?;
    let is_name = (begins.is_ascii_alphabetic() || begins == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_');
    is_name.then_some((name, value))
}

/// The text that `sh -c TEXT` runs.
pub(super) fn of_shell(words: &[String]) -> Option<&str> {
    let [shell, flag, text] = words else {
        return None;
    };
    let name = shell.rsplit('/').next().unwrap_or_default();
    let is_shell = ["sh", "bash", "dash", "zsh"].contains(&name);
    (is_shell && ["-c", "-lc", "-ic"].contains(&flag.as_str())).then_some(text.as_str())
}
