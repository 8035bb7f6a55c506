//! A run: one execution with one set of parameters, its attempts and how it ended.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::job::{NotifyRule, RunSettings, UpstreamRule};
use crate::schedule::Deadline;
use crate::state::{FailureClass, RunState, UnknownWord, words};

/// What brought a run about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// A person or a program asked for it.
    Manual,
    /// The time of a schedule came.
    Schedule,
    /// Another job's run ended.
    After,
    /// A webhook was called.
    Webhook,
    /// A point of a sweep.
    Sweep,
    /// A logical time of a backfill.
    Backfill,
    /// A run that is done again, in whole or in part.
    Restart,
    /// Read from somewhere else.
    Import,
}

words!(TriggerKind, "a trigger of runs", {
    Manual => "manual",
    Schedule => "schedule",
    After => "after",
    Webhook => "webhook",
    Sweep => "sweep",
    Backfill => "backfill",
    Restart => "restart",
    Import => "import",
});

/// A run that is to exist. Everything it reads is fixed here.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// Its name: sorts by the time it was made.
    pub id: String,
    /// The team or person it belongs to.
    pub workspace: String,
    /// The job and its version.
    pub job: Option<JobVersionRef>,
    /// The task of the job.
    pub task: Option<String>,
    /// The run of the whole job that this task's run is part of.
    pub parent: Option<String>,
    /// The runs of tasks it waits for, and when it runs once they are over.
    pub upstream: Vec<String>,
    /// Whether it only holds the runs of its tasks.
    pub is_flow: bool,
    /// Whether it waits for others of its lane.
    pub blocked: bool,
    /// What it executes, by SHA-256; empty for a flow.
    pub snapshot: String,
    /// The notebook's path in the snapshot.
    pub notebook: String,
    /// Values for its parameters cell.
    pub parameters: Map<String, Value>,
    /// What brought it about.
    pub trigger: TriggerKind,
    /// Who asked, or the schedule, batch or run that did.
    pub triggered_by: String,
    /// The instant it stands for.
    pub logical: Option<LogicalTime>,
    /// What keeps it from running at the same time as others: a schedule or batch, by id.
    pub lane: Option<String>,
    /// The sweep or backfill it belongs to, and its place in it.
    pub batch: Option<(String, i64)>,
    /// Makes a repeated request harmless, within its workspace.
    pub idempotency_key: Option<String>,
    /// Not before this.
    pub start_at: Option<Timestamp>,
    /// How it runs and who is told.
    pub spec: RunSpec,
    /// Labels.
    pub tags: BTreeMap<String, String>,
}

/// One version of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobVersionRef {
    /// The job, by id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The version, from 1.
    pub version: i64,
}

/// The instant a run stands for, and the data interval that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogicalTime {
    /// The instant.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Beginning of the interval.
    #[schema(value_type = String, format = DateTime)]
    pub interval_start: Timestamp,
    /// End of the interval, not part of it.
    #[schema(value_type = String, format = DateTime)]
    pub interval_end: Timestamp,
    /// The time zone in which its date is meant.
    pub time_zone: String,
}

/// How a run runs and who is told: fixed when the run is made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RunSpec {
    /// How it runs.
    pub settings: RunSettings,
    /// When it runs, once the runs it waits for are over.
    pub rule: UpstreamRule,
    /// Who is told of what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<NotifyRule>,
    /// By when it must be over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
    /// The request that asked for it, as W3C's `traceparent`, where that is traced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// Where it goes on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// Where a run goes on from: with the kernel's state, where that is kept and the same worker has it, else by
/// running the cells before again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Resume {
    /// The run that ended before all its cells had run.
    pub run: String,
    /// The record of its last attempt.
    pub record: String,
    /// What it executed.
    pub snapshot: String,
    /// The cell to go on at, from 0 in the executed notebook; the one it ended in when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<usize>,
}

/// A run as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Run {
    /// Its name.
    pub id: String,
    /// The team or person it belongs to.
    pub workspace: String,
    /// The job and its version.
    pub job: Option<JobVersionRef>,
    /// The task of the job.
    pub task: Option<String>,
    /// The run of the whole job.
    pub parent: Option<String>,
    /// Whether it only holds the runs of its tasks.
    pub is_flow: bool,
    /// What it executes.
    pub snapshot: String,
    /// The notebook's path in the snapshot.
    pub notebook: String,
    /// Values for its parameters cell.
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// Labels.
    pub tags: BTreeMap<String, String>,
    /// What brought it about.
    pub trigger: TriggerKind,
    /// Who asked, or the schedule, batch or run that did.
    pub triggered_by: String,
    /// The instant it stands for.
    pub logical: Option<LogicalTime>,
    /// The sweep or backfill it belongs to.
    pub batch: Option<String>,
    /// Its place in it.
    pub point: Option<i64>,
    /// What state it is in.
    pub state: RunState,
    /// Its current or last attempt, from 1; 0 before the first. Also the fencing number.
    pub attempt: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its first attempt began.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Who must act, if it failed.
    pub class: Option<FailureClass>,
    /// A stable word for what happened: `exception`, `oom`, `worker_lost`.
    pub code: Option<String>,
    /// One sentence for people.
    pub reason: Option<String>,
    /// The cell it ended in, from 0 in the executed notebook.
    pub cell: Option<i64>,
    /// The exception's type.
    pub ename: Option<String>,
    /// The exception's text.
    pub evalue: Option<String>,
    /// The record of its last attempt.
    pub record: Option<String>,
    /// The hash of that record, once the run is over.
    pub record_sha256: Option<String>,
    /// What its last attempt used.
    pub usage: Usage,
    /// Whether its deadline passed before it was over.
    pub late: bool,
    /// Whether it is kept whatever the retention says.
    pub legal_hold: bool,
    /// How it runs and who is told.
    pub spec: RunSpec,
}

/// What an attempt used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Usage {
    /// Processor time, in seconds.
    pub cpu_seconds: Option<f64>,
    /// The most memory it held, in bytes.
    pub peak_memory_bytes: Option<i64>,
    /// From its start to its end, in seconds.
    pub wall_seconds: Option<f64>,
    /// What it wrote, in bytes.
    pub disk_bytes: Option<i64>,
}

/// One try of a run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Attempt {
    /// The run.
    pub run: String,
    /// From 1.
    pub number: i64,
    /// The worker that has or had it.
    pub worker: String,
    /// Its record.
    pub record: String,
    /// The hash of its record, once it is over and if it left one.
    pub record_sha256: Option<String>,
    /// `running`, or how it ended: `succeeded`, `failed`, `cancelled`, `lost`.
    pub state: AttemptState,
    /// The profile it ran on.
    pub profile: String,
    /// When a worker took it.
    #[schema(value_type = String, format = DateTime)]
    pub claimed_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Who must act, if it failed.
    pub class: Option<FailureClass>,
    /// A stable word for what happened.
    pub code: Option<String>,
    /// One sentence for people.
    pub reason: Option<String>,
    /// What it used.
    pub usage: Usage,
}

/// The state of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// A worker has it.
    Running,
    /// Every cell that was to run has run.
    Succeeded,
    /// It ended before that.
    Failed,
    /// Somebody ended it.
    Cancelled,
    /// Its worker went silent; what it did after that does not count.
    Lost,
}

words!(AttemptState, "a state of attempts", {
    Running => "running",
    Succeeded => "succeeded",
    Failed => "failed",
    Cancelled => "cancelled",
    Lost => "lost",
});

/// An attempt that a worker has taken: all it needs to begin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Claim {
    /// The run.
    pub run: String,
    /// The attempt, and fencing number.
    pub attempt: i64,
    /// The name its record must have.
    pub record: String,
    /// The team or person it belongs to.
    pub workspace: String,
    /// The job's name.
    pub job: Option<String>,
    /// The task of the job.
    pub task: Option<String>,
    /// What to execute.
    pub snapshot: String,
    /// The notebook's path in the snapshot.
    pub notebook: String,
    /// Values for its parameters cell.
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// Labels.
    pub tags: BTreeMap<String, String>,
    /// The instant it stands for.
    pub logical: Option<LogicalTime>,
    /// How it runs.
    pub settings: RunSettings,
    /// The size it runs in.
    pub profile: crate::profile::Profile,
    /// The request that asked for it, as W3C's `traceparent`, where that is traced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// Where it goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// How an attempt ended, as the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttemptEnd {
    /// `succeeded`, `failed` or `cancelled`.
    pub state: AttemptState,
    /// Who must act, if it failed.
    pub class: Option<FailureClass>,
    /// A stable word for what happened.
    pub code: Option<String>,
    /// One sentence for people.
    pub reason: Option<String>,
    /// The cell it ended in.
    pub cell: Option<i64>,
    /// The exception's type.
    pub ename: Option<String>,
    /// The exception's text, shortened.
    pub evalue: Option<String>,
    /// The hash of its record; absent where nothing was started.
    pub record_sha256: Option<String>,
    /// What it used.
    #[serde(default)]
    pub usage: Usage,
    /// The values it reported.
    #[serde(default)]
    pub scraps: Vec<ScrapValue>,
    /// Its cells.
    #[serde(default)]
    pub cells: Vec<CellSummary>,
}

impl AttemptEnd {
    /// An end of which only the state is known.
    pub fn new(state: AttemptState) -> Self {
        Self {
            state,
            class: None,
            code: None,
            reason: None,
            cell: None,
            ename: None,
            evalue: None,
            record_sha256: None,
            usage: Usage::default(),
            scraps: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// A failure.
    pub fn failed(class: FailureClass, code: &str, reason: impl Into<String>) -> Self {
        Self {
            class: Some(class),
            code: Some(code.to_owned()),
            reason: Some(reason.into()),
            ..Self::new(AttemptState::Failed)
        }
    }
}

/// A value a run reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScrapValue {
    /// Its name.
    pub name: String,
    /// The value.
    #[schema(value_type = Object)]
    pub value: Value,
    /// The number it is, where it is one.
    pub number: Option<f64>,
}

/// What a list of cells shows of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CellSummary {
    /// Its place, from 0.
    pub index: i64,
    /// Its id.
    pub id: Option<String>,
    /// What became of it.
    pub status: String,
    /// How long it took.
    pub duration_seconds: Option<f64>,
}

/// What became of the report that an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It was taken down now.
    Recorded,
    /// It had been taken down before, with the same record.
    Repeated,
    /// The attempt is not the current one any more; nothing was changed.
    Fenced,
}
