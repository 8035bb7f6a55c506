//! Why a schedule is refused: which field, what is wrong with it, and what would be right.

use croner::errors::CronError;
use jiff::Timestamp;

use super::expression::{LONGEST_EXPRESSION, NICKNAMES, Part};

/// A schedule or a deadline that cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// A text is longer than anything meant.
    #[error("{length} bytes are too many")]
    TooLong {
        /// Which field.
        field: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The most it may have.
        most: usize,
    },
    /// A text that must say something is empty.
    #[error("it is empty")]
    Empty {
        /// Which field.
        field: &'static str,
    },
    /// A number is too small or too large.
    #[error("`{value}` is not from {least} to {most}")]
    OutOfBounds {
        /// Which field.
        field: &'static str,
        /// As given.
        value: u64,
        /// The smallest that is allowed.
        least: u64,
        /// The largest that is allowed.
        most: u64,
    },
    /// A cron expression does not have five fields.
    #[error("a cron expression has five fields, not {found}")]
    FieldCount {
        /// How many it has.
        found: usize,
    },
    /// A name such as `@daily` that there is not.
    #[error("there is no `{name}`")]
    Nickname {
        /// As given.
        name: String,
    },
    /// One field of a cron expression cannot be read.
    #[error("`{text}` is not {}", .part.singular())]
    Part {
        /// Which of the five.
        part: Part,
        /// The piece that is wrong.
        text: String,
    },
    /// A step that is longer than what its field counts, such as every 90 minutes.
    #[error("a step of `{step}` is longer than the {} it counts in", .part.name())]
    Step {
        /// Which of the five fields.
        part: Part,
        /// What stands after the slash.
        step: String,
    },
    /// The cron library refuses what looked right.
    #[error("`{expression}` cannot be read")]
    Unreadable {
        /// As given.
        expression: String,
        /// In the library's words.
        #[source]
        source: CronError,
    },
    /// No date is ever like this.
    #[error("`{expression}` never fires")]
    NeverFires {
        /// As given.
        expression: String,
    },
    /// There is no such time zone.
    #[error("there is no time zone `{name}`")]
    UnknownZone {
        /// Which field.
        field: &'static str,
        /// As given, shortened.
        name: String,
        /// A zone with nearly this name.
        similar: Option<String>,
    },
    /// A time of day cannot be read.
    #[error("`{text}` is not a time of day")]
    TimeOfDay {
        /// Which field.
        field: &'static str,
        /// As given, shortened.
        text: String,
    },
    /// The end is not after the start.
    #[error("`{end_at}` is not after the start, `{start_at}`")]
    EndsBeforeStart {
        /// When it starts.
        start_at: Timestamp,
        /// When it ends.
        end_at: Timestamp,
    },
}

impl ScheduleError {
    /// The field that is wrong, with its path from the definition: `trigger.expression`.
    pub fn field(&self) -> &'static str {
        match self {
            Self::TooLong { field, .. }
            | Self::Empty { field }
            | Self::OutOfBounds { field, .. }
            | Self::UnknownZone { field, .. }
            | Self::TimeOfDay { field, .. } => field,
            Self::FieldCount { .. }
            | Self::Nickname { .. }
            | Self::Part { .. }
            | Self::Step { .. }
            | Self::Unreadable { .. }
            | Self::NeverFires { .. } => "trigger.expression",
            Self::EndsBeforeStart { .. } => "end_at",
        }
    }

    /// What would be right.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::TooLong { most, .. } => Some(format!("at most {most} bytes")),
            Self::FieldCount { found } => Some(format!(
                "five fields: minute hour day month weekday, as in `30 7 * * MON-FRI`{}",
                if *found > 5 {
                    "; there are no seconds and no years"
                } else {
                    ""
                }
            )),
            Self::Nickname { .. } => {
                let names: Vec<String> = NICKNAMES
                    .iter()
                    .map(|(name, _)| format!("`{name}`"))
                    .collect();
                Some(format!("one of {}", names.join(", ")))
            }
            Self::Part { part, .. } => Some(part.grammar()),
            Self::Step { part, .. } => Some(format!(
                "at most {}: steps begin anew where the field does; a trigger of kind `interval` counts on",
                part.most()
            )),
            Self::Unreadable { .. } => Some(format!(
                "five fields of at most {LONGEST_EXPRESSION} bytes: minute hour day month weekday"
            )),
            Self::NeverFires { .. } => Some("a day that its month has".to_owned()),
            Self::UnknownZone { similar, .. } => Some(match similar {
                Some(name) => format!("did you mean `{name}`?"),
                None => "a name of the IANA database, as `Europe/Berlin` or `UTC`".to_owned(),
            }),
            Self::TimeOfDay { .. } => Some("hours and minutes, from `00:00` to `23:59`".to_owned()),
            Self::EndsBeforeStart { .. } => Some("leave it out, or end later".to_owned()),
            Self::Empty { .. } | Self::OutOfBounds { .. } => None,
        }
    }
}

/// A text as an error shows it: not longer than anybody reads.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN: usize = 64;
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
