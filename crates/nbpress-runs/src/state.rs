//! The states of runs, and who must act when one fails.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An enum whose variants have one word in the database, the API and the command line.
macro_rules! words {
    ($name:ident, $what:literal, { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                let known = |value: &&Self| value.as_str() == text;
                Self::ALL.iter().find(known).copied().ok_or_else(|| UnknownWord {
                    what: $what,
                    text: text.to_owned(),
                    known: Self::ALL.iter().map(|value| value.as_str()).collect(),
                })
            }
        }
    };
}
pub(crate) use words;

/// A word that names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}")]
pub struct UnknownWord {
    /// What was expected, with its article.
    pub what: &'static str,
    /// What was given.
    pub text: String,
    /// What there is.
    pub known: Vec<&'static str>,
}

impl UnknownWord {
    /// What there is.
    pub fn hint(&self) -> Option<String> {
        Some(format!("one of {}", self.known.join(", ")))
    }
}

/// The state of a run.
///
/// ```text
/// blocked ─► queued ─► running ─► succeeded | failed
///    │          │  ◄─────┘ │ (retry)
///    │          │          └─► cancelling ─► cancelled
///    └─► skipped └─► cancelled
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waits for other runs.
    #[default]
    Blocked,
    /// Waits for a worker, or for the time of its next attempt.
    Queued,
    /// A worker has it.
    Running,
    /// A worker has it and has been asked to stop.
    Cancelling,
    /// Every cell that was to run has run.
    Succeeded,
    /// It ended before that; the class says who must act.
    Failed,
    /// Somebody ended it.
    Cancelled,
    /// It never ran, on purpose: its schedule's overlap rule, or what became of the runs before it.
    Skipped,
}

words!(RunState, "a state of runs", {
    Blocked => "blocked",
    Queued => "queued",
    Running => "running",
    Cancelling => "cancelling",
    Succeeded => "succeeded",
    Failed => "failed",
    Cancelled => "cancelled",
    Skipped => "skipped",
});

impl RunState {
    /// Whether it stays so for ever.
    pub fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Skipped
        )
    }

    /// Whether a worker has it.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Cancelling)
    }
}

/// Who must act so that the next run does not fail.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The notebook's author: a cell raised an exception.
    User,
    /// Whoever set a time limit.
    Timeout,
    /// Whoever gives memory or disk.
    Resource,
    /// Whoever runs the machine: the kernel died, the worker was lost, a store refused.
    Platform,
    /// Whoever began the run: no such kernel, a bad parameter, a missing snapshot.
    Invalid,
    /// Whoever owns the run it waited for.
    Upstream,
}

words!(FailureClass, "a class of failures", {
    User => "user",
    Timeout => "timeout",
    Resource => "resource",
    Platform => "platform",
    Invalid => "invalid",
    Upstream => "upstream",
});

/// What people can be told of.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The first attempt of a run began.
    Started,
    /// A run succeeded.
    Succeeded,
    /// A run failed for good.
    Failed,
    /// A run was not over at its job's deadline.
    Late,
    /// A run succeeded after the one before it failed or was late.
    Recovered,
}

words!(NoticeKind, "a kind of notice", {
    Started => "started",
    Succeeded => "succeeded",
    Failed => "failed",
    Late => "late",
    Recovered => "recovered",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_unknown_ones_are_told_what_there_is() {
        for state in RunState::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
            let json = serde_json::to_string(state).unwrap();
            assert_eq!(json, format!("\"{state}\""));
        }
        let error = "done".parse::<RunState>().unwrap_err();
        assert_eq!(error.to_string(), "`done` is not a state of runs");
        assert!(error.hint().unwrap().contains("succeeded"));
    }
}
