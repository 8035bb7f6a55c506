//! What an import would bring about.

use nbpress_runs::job::RunSettings;
use serde::Serialize;
use serde_json::{Map, Value};

use super::past_run::PastRun;

/// What an import would bring about, and what it cannot.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Jobs with their schedules.
    pub jobs: Vec<ProposedJob>,
    /// Runs of the past.
    pub runs: Vec<ProposedRun>,
    /// What is not taken over.
    pub left_out: Vec<LeftOut>,
}

/// A job that would be published.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProposedJob {
    /// What names it for all time, so that it is imported once: `crontab-…`, `jupyter-scheduler-…`.
    pub identity: String,
    /// Its name; another one is found where this is taken.
    pub name: String,
    /// Where it was read: `line 7`, a definition's id.
    pub origin: String,
    /// Its notebook: a path or an address.
    pub notebook: String,
    /// Files beside it that it needs, as patterns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Values for its parameters cell.
    pub parameters: Map<String, Value>,
    /// Files of parameters, read when the job is made; values of `parameters` go before theirs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameter_files: Vec<String>,
    /// How it runs.
    pub settings: RunSettings,
    /// When it runs by itself.
    pub schedule: Option<ProposedSchedule>,
    /// What will be different, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A run that would be added. The `job` of the run is a proposed job's identity here.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProposedRun {
    /// The run.
    #[serde(flatten)]
    pub run: PastRun,
    /// Where its executed notebook is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executed: Option<String>,
}

/// A cron schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProposedSchedule {
    /// Five fields, or `@daily` and the like.
    pub expression: String,
    /// A name of the IANA database.
    pub time_zone: String,
    /// Whether it is made without firing.
    pub paused: bool,
}

/// Something that is not taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// What: a location, `line 7: …`.
    pub what: String,
    /// Why.
    pub reason: String,
}

impl LeftOut {
    pub(crate) fn new(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            reason: reason.into(),
        }
    }

    /// Left out because of an error, whose causes are told too.
    pub fn because(what: impl Into<String>, error: &dyn std::error::Error) -> Self {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !reason.contains(&text) {
                reason = format!("{reason}: {text}");
            }
            source = cause.source();
        }
        Self::new(what, reason)
    }
}
