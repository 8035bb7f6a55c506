//! Jobs from the lines of a crontab that run notebooks.
//!
//! The format is that of `crontab -l` (<https://man7.org/linux/man-pages/man5/crontab.5.html>): variables, and
//! lines of five fields or `@daily` with a command. A command is taken over where all of it is understood: what
//! the shell would compute at the time of the run is not, and neither is anything but a notebook.

mod command;
mod shell;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use nbpress_runs::schedule::{ScheduleDefinition, Trigger};

use super::proposal::{LeftOut, Plan, ProposedJob, ProposedSchedule};
use crate::hash::sha256;
use command::NotebookCommand;

/// Largest crontab; cron itself takes far less.
const LARGEST: usize = 16 << 20;
/// Most lines; Debian's cron takes a tenth of them.
const MOST_LINES: usize = 10_000;
/// Longest line, in bytes.
const LONGEST_LINE: usize = 64 << 10;
/// Characters of a line that is shown.
const SHOWN: usize = 60;
/// Digits of the hash that names a line's job.
const DIGITS: usize = 16;
/// Variables that are cron's own, or that a worker has its own of.
const NOT_FOR_KERNELS: [&str; 9] = [
    "CRON_TZ",
    "HOME",
    "LOGNAME",
    "MAILFROM",
    "MAILTO",
    "PATH",
    "RANDOM_DELAY",
    "SHELL",
    "USER",
];

/// What a crontab does not say.
#[derive(Clone, Debug)]
pub struct Place {
    /// The zone of its times where it names none, by its IANA name.
    pub time_zone: String,
    /// The folder in which commands are started.
    pub home: String,
}

/// Why a file is no crontab.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrontabError {
    /// It is far larger than any.
    #[error("the crontab has {found} bytes, more than {LARGEST}")]
    TooLarge {
        /// Its size.
        found: usize,
    },
    /// It has far more lines than any.
    #[error("the crontab has more than {MOST_LINES} lines")]
    TooLong,
    /// It is no text.
    #[error("the crontab is no text: it has a NUL in line {line}")]
    Binary {
        /// From 1.
        line: usize,
    },
}

impl CrontabError {
    /// What to give instead.
    pub fn hint(&self) -> Option<String> {
        Some("give what `crontab -l` prints".to_owned())
    }
}

/// The jobs that a crontab's lines would be, and the lines that are none.
///
/// # Errors
/// The file as a whole is no crontab.
pub fn plan(bytes: &[u8], place: &Place) -> Result<Plan, CrontabError> {
    if bytes.len() > LARGEST {
        return Err(CrontabError::TooLarge { found: bytes.len() });
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let line = bytes[..at].split(|byte| *byte == b'\n').count();
        return Err(CrontabError::Binary { line });
    }
    if bytes
        .split(|byte| *byte == b'\n')
        .nth(MOST_LINES + 1)
        .is_some()
    {
        return Err(CrontabError::TooLong);
    }
    let mut variables = Variables(BTreeMap::from([("HOME".to_owned(), place.home.clone())]));
    let mut plan = Plan::default();
    let mut seen = HashMap::new();
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let shown = shown(at + 1, line);
        match read_line(line, &mut variables, place) {
            Ok(None) => {}
            Ok(Some((schedule, command))) => {
                let job = proposal(at + 1, schedule, command, &variables);
                plan.jobs.push(numbered(job, &mut seen));
            }
            Err(reason) => plan.left_out.push(LeftOut::new(shown, reason)),
        }
    }
    Ok(plan)
}

/// The variables set so far, which hold for the lines below.
struct Variables(BTreeMap<String, String>);

impl Variables {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

fn shown(number: usize, line: &[u8]) -> String {
    let text = String::from_utf8_lossy(&line[..line.len().min(4 * SHOWN)]);
    let text = text.trim();
    let short: String = text.chars().take(SHOWN).collect();
    let more = if short.len() < text.len() || line.len() > 4 * SHOWN {
        "…"
    } else {
        ""
    };
    format!("line {number}: {short}{more}")
}

/// A line's schedule and command; nothing where it has none. The error is a reason for people.
fn read_line(
    line: &[u8],
    variables: &mut Variables,
    place: &Place,
) -> Result<Option<(ProposedSchedule, NotebookCommand)>, String> {
    let begin = line.trim_ascii_start();
    if begin.is_empty() || begin.starts_with(b"#") {
        return Ok(None);
    }
    if line.len() > LONGEST_LINE {
        return Err(format!(
            "it has {} bytes, more than {LONGEST_LINE}",
            line.len()
        ));
    }
    let text = str::from_utf8(line).map_err(|_| "it is no text".to_owned())?;
    let text = text.trim();
    if let Some((name, value)) = assignment(text) {
        variables.0.insert(name.to_owned(), value.to_owned());
        return Ok(None);
    }
    let (expression, command) = split(text).ok_or("it has no five fields and a command")?;
    let zone = ["CRON_TZ", "TZ"]
        .iter()
        .find_map(|name| variables.get(name));
    let time_zone = zone.unwrap_or_else(|| place.time_zone.clone());
    let schedule = schedule(expression, time_zone)?;
    let command = command::understand(&shell_text(command)?, &|name| variables.get(name))?;
    Ok(Some((schedule, command)))
}

/// `NAME = value`, the value in quotes or not.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim().trim_matches(['"', '\'']);
    let mut chars = name.chars();
    let begins = chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if !begins || !chars.all(|char| char.is_ascii_alphanumeric() || char == '_') {
        return None;
    }
    let value = value.trim();
    let quoted = ['"', '\''].iter().find_map(|quote| {
        let inner = value.strip_prefix(*quote)?;
        inner.strip_suffix(*quote)
    });
    Some((name, quoted.unwrap_or(value)))
}

/// The fields of the time, with single blanks, and the command.
fn split(line: &str) -> Option<(String, &str)> {
    let count = if line.starts_with('@') { 1 } else { 5 };
    let mut fields = Vec::with_capacity(count);
    let mut rest = line;
    for _ in 0..count {
        let end = rest.find([' ', '\t'])?;
        fields.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    (!rest.is_empty()).then(|| (fields.join(" "), rest))
}

fn schedule(expression: String, time_zone: String) -> Result<ProposedSchedule, String> {
    if expression == "@reboot" {
        return Err("`@reboot` is no time".to_owned());
    }
    let trigger = Trigger::Cron {
        expression: expression.clone(),
        time_zone: time_zone.clone(),
    };
    let checked = ScheduleDefinition::new(trigger).validate();
    checked.map_err(|error| error.to_string())?;
    Ok(ProposedSchedule {
        expression,
        time_zone,
        paused: false,
    })
}

/// cron ends the command at a `%` and gives what follows to its standard input; `\%` is a `%`.
fn shell_text(command: &str) -> Result<String, String> {
    let mut text = String::with_capacity(command.len());
    let mut chars = command.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' if chars.peek() == Some(&'%') => text.extend(chars.next()),
            '%' => return Err("its `%` begins a text for its standard input".to_owned()),
            _ => text.push(char),
        }
    }
    Ok(text)
}

fn proposal(
    number: usize,
    schedule: ProposedSchedule,
    command: NotebookCommand,
    variables: &Variables,
) -> ProposedJob {
    let mut settings = command.settings;
    for (name, value) in &variables.0 {
        if !NOT_FOR_KERNELS.contains(&name.as_str()) {
            let entry = settings.environment.entry(name.clone());
            entry.or_insert_with(|| value.clone());
        }
    }
    let mut notes = command.notes;
    if let Some(mail) = variables.get("MAILTO").filter(|mail| !mail.is_empty()) {
        notes.push(format!(
            "cron mailed what it printed to `{mail}`; make a channel and publish with `--notify`"
        ));
    }
    let name = std::path::Path::new(&command.notebook).file_stem();
    let name = name.map_or_else(|| "notebook".into(), |stem| stem.to_string_lossy());
    let identity = format!(
        "{}\n{}\n{}",
        schedule.expression, schedule.time_zone, command.text
    );
    let digest = sha256(identity);
    ProposedJob {
        identity: format!("crontab-{}", &digest[..DIGITS]),
        name: job_name(&name),
        origin: format!("line {number}"),
        notebook: command.notebook,
        files: Vec::new(),
        parameters: command.parameters,
        parameter_files: command.parameter_files,
        settings,
        schedule: Some(schedule),
        notes,
    }
}

/// A name that a job may have.
pub(super) fn job_name(text: &str) -> String {
    let plain = |char: char| char.is_control() || matches!(char, '/' | '\\');
    let text: String = text
        .chars()
        .map(|c| if plain(c) { '-' } else { c })
        .collect();
    let mut end = text.len().min(100);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    match text[..end].trim() {
        "" => "notebook".to_owned(),
        name => name.to_owned(),
    }
}

/// A line that is there twice runs twice: the second one is another job.
fn numbered(mut job: ProposedJob, seen: &mut HashMap<String, usize>) -> ProposedJob {
    let count = seen.entry(job.identity.clone()).or_insert(0);
    *count += 1;
    if *count > 1 {
        job.identity = format!("{}.{count}", job.identity);
    }
    job
}
