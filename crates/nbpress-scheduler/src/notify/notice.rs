//! Notices: what is told, as it waits in the outbox and as webhooks receive it.

use indexmap::IndexMap;
use jiff::Timestamp;
use nbpress_execute::Secret;
use nbpress_execute::redact::Redactor;
use nbpress_record::CellError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text::{clean, head, one_line, tail};

/// What a run did that somebody wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Its first cell is about to run.
    Started,
    /// It ended well.
    Succeeded,
    /// It ended otherwise, and is not tried again.
    Failed,
    /// It had not ended when it should have.
    Late,
    /// It ended well after one that had failed or was late.
    Recovered,
}

impl NoticeKind {
    /// As it stands in JSON, headers and subjects.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Late => "late",
            Self::Recovered => "recovered",
        }
    }
}

/// What is told. Instants are RFC 3339 in JSON; what is not known is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Stays the same however often it is delivered: receivers know by it what they have already seen.
    pub id: String,
    /// What happened.
    pub kind: NoticeKind,
    /// The workspace of the job.
    pub workspace: String,
    /// The job's name.
    pub job: String,
    /// The notebook's path in the workspace.
    pub notebook: String,
    /// The run; there may be none that is late.
    pub run_id: Option<String>,
    /// Which try of the run, from 1.
    pub attempt: Option<u32>,
    /// The parameters it was given. Secrets do not belong here; see [`prepared`](Self::prepared).
    #[serde(default)]
    pub parameters: IndexMap<String, Value>,
    /// The instant the run stands for.
    pub logical_time: Option<Timestamp>,
    /// IANA name of the zone in which people read the times; UTC without it.
    pub time_zone: Option<String>,
    /// When the attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When the run should have ended.
    pub deadline: Option<Timestamp>,
    /// Why it did not end well.
    pub failure: Option<Failure>,
}

/// Why a run failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Who must act: `user`, `timeout`, `resource`, `platform`, `invalid`, `upstream`.
    pub class: String,
    /// A word for programs, such as `kernel_died`.
    pub code: Option<String>,
    /// One sentence for people.
    pub reason: Option<String>,
    /// The cell in which it happened.
    pub cell: Option<FailingCell>,
}

/// The cell a run ended in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingCell {
    /// Its place in the prepared notebook, from 0.
    pub index: usize,
    /// The line of its code that the traceback points to, from 1.
    pub line: Option<usize>,
    /// That line.
    pub source_line: Option<String>,
    /// The exception's type; absent when a limit or a dead kernel ended the cell.
    pub ename: Option<String>,
    /// The exception's text.
    pub evalue: Option<String>,
    /// The end of the traceback.
    pub traceback: Option<String>,
}

/// Longest name or path, in characters.
const LONGEST_NAME: usize = 200;
/// Longest sentence: reasons, an exception's text, a line of code.
const LONGEST_SENTENCE: usize = 500;
/// Longest value of a parameter, as JSON.
const LONGEST_PARAMETER: usize = 200;
const MOST_PARAMETERS: usize = 50;
const TRACEBACK_LINES: usize = 25;
const LONGEST_TRACEBACK: usize = 2500;

/// What stands in the place of a secret parameter.
const MASK: &str = "[secret]";
/// Shorter secrets are masked as parameters only: elsewhere they would be found by chance.
const SHORTEST_TELLING: usize = 4;

impl Notice {
    /// The notice as it may leave: the parameters with these names masked, and their values replaced
    /// wherever else they stand; everything without control characters and of a bounded length.
    ///
    /// It must be called with the whole texts, before anything shortens them: of a secret that was cut
    /// in two, nobody recognises the halves.
    #[must_use]
    pub fn prepared(mut self, secret_parameters: &[String]) -> Self {
        self.mask(secret_parameters);
        self.shortened()
    }

    fn mask(&mut self, names: &[String]) {
        let mut secrets = Vec::new();
        for (name, value) in &mut self.parameters {
            if names.contains(name) {
                let value = std::mem::replace(value, MASK.into());
                secrets.extend(texts_of(value).into_iter().map(|value| Secret {
                    name: name.clone(),
                    value,
                }));
            }
        }
        if secrets.is_empty() {
            return;
        }
        let redactor = Redactor::new(&secrets);
        for value in self.parameters.values_mut() {
            redact(value, &redactor);
        }
        let texts = self.failure.iter_mut().flat_map(Failure::texts);
        for text in texts {
            *text = redactor.text(std::mem::take(text));
        }
    }

    /// Every text bounded; a notice that was shortened stays as it is.
    #[must_use]
    pub(super) fn shortened(mut self) -> Self {
        let names = [&mut self.workspace, &mut self.job, &mut self.notebook];
        for name in names.into_iter().chain(&mut self.run_id) {
            *name = one_line(name, LONGEST_NAME);
        }
        let parameters = std::mem::take(&mut self.parameters).into_iter();
        self.parameters = parameters
            .take(MOST_PARAMETERS)
            .map(|(name, value)| (one_line(&name, LONGEST_NAME), short_value(value)))
            .collect();
        if let Some(failure) = &mut self.failure {
            failure.shorten();
        }
        self
    }
}

impl Failure {
    /// A failure of which no more is known than who must act.
    pub fn of_class(class: impl Into<String>) -> Self {
        Self {
            class: class.into(),
            ..Self::default()
        }
    }

    fn shorten(&mut self) {
        let cell = self.cell.as_mut();
        let traceback = cell.and_then(|cell| cell.traceback.take());
        for text in self.texts() {
            *text = one_line(text, LONGEST_SENTENCE);
        }
        if let Some(cell) = &mut self.cell {
            cell.traceback =
                traceback.map(|text| tail(&clean(&text), TRACEBACK_LINES, LONGEST_TRACEBACK));
        }
    }

    fn texts(&mut self) -> Vec<&mut String> {
        let mut texts = vec![&mut self.class];
        texts.extend(&mut self.code);
        texts.extend(&mut self.reason);
        if let Some(cell) = &mut self.cell {
            texts.extend(&mut cell.source_line);
            texts.extend(&mut cell.ename);
            texts.extend(&mut cell.evalue);
            texts.extend(&mut cell.traceback);
        }
        texts
    }
}

impl FailingCell {
    /// The cell at `index` of the prepared notebook, in which nothing was raised.
    pub fn at(index: usize) -> Self {
        Self {
            index,
            ..Self::default()
        }
    }

    /// The cell at `index` of the prepared notebook with this code, which ran as `In [count]` and raised
    /// `error`.
    pub fn raised(index: usize, source: &str, count: Option<u64>, error: &CellError) -> Self {
        let traceback = clean(&error.traceback.join("\n"));
        let line = count.and_then(|count| line_of(&traceback, count));
        let code = line.and_then(|line| source.lines().nth(line - 1));
        Self {
            index,
            line: code.and(line),
            source_line: code.map(|code| code.trim().to_owned()),
            ename: Some(error.ename.clone()),
            evalue: Some(error.evalue.clone()),
            traceback: Some(traceback),
        }
    }
}

/// The line of the cell that a traceback names last: IPython's `Cell In[4], line 12`.
fn line_of(traceback: &str, count: u64) -> Option<usize> {
    let (_, rest) = traceback.rsplit_once(&format!("Cell In[{count}], line "))?;
    let digits = rest.split(|char: char| !char.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|&line| line > 0)
}

/// The texts in a secret that can be told from others where they are printed.
fn texts_of(value: Value) -> Vec<String> {
    let texts = match value {
        Value::String(text) => vec![text],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.into_iter().flat_map(texts_of).collect(),
        Value::Object(fields) => fields.into_iter().flat_map(|(_, v)| texts_of(v)).collect(),
        Value::Null | Value::Bool(_) => Vec::new(),
    };
    let telling = |text: &String| text.chars().count() >= SHORTEST_TELLING;
    texts.into_iter().filter(telling).collect()
}

fn redact(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => *text = redactor.text(std::mem::take(text)),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, redactor)),
        Value::Object(fields) => fields.values_mut().for_each(|item| redact(item, redactor)),
        Value::Number(number) => {
            let text = number.to_string();
            let shown = redactor.text(text.clone());
            if shown != text {
                *value = shown.into();
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// A long value becomes the beginning of its text.
fn short_value(value: Value) -> Value {
    let value = plain_value(value);
    let text = match &value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let short = head(&text, LONGEST_PARAMETER);
    if short == text { value } else { short.into() }
}

/// A value whose texts are plain lines.
fn plain_value(value: Value) -> Value {
    match value {
        Value::String(text) => one_line(&text, LONGEST_PARAMETER).into(),
        Value::Array(items) => items.into_iter().map(plain_value).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (one_line(&name, LONGEST_NAME), plain_value(value)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests;
