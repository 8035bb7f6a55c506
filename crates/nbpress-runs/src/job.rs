//! A job: what runs, with what, and what happens when it fails.

mod keep;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::error::Invalid;
use crate::schedule::Deadline;
use crate::state::{FailureClass, NoticeKind};

pub use keep::{Cells, Keep};

/// Most tasks of a job.
const MOST_TASKS: usize = 200;
/// Longest name of a job, task, pool, preset or tag, in bytes.
const LONGEST_NAME: usize = 128;

/// One version of a job: never changed, so that a run can point to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobDefinition {
    /// What people should know about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The notebooks, in any order; one is enough.
    pub tasks: Vec<Task>,
    /// Named sets of parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub presets: BTreeMap<String, Map<String, Value>>,
    /// Labels for finding its runs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Who is told of what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<NotifyRule>,
    /// By when a run must be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
}

/// One notebook of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Its name within the job.
    #[serde(default = "main_task")]
    pub key: String,
    /// The snapshot it runs, by SHA-256.
    pub snapshot: String,
    /// The notebook's path in the snapshot.
    pub notebook: String,
    /// Where the notebook was published from; editing it there changes no run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The folder its files are relative to, if it is not the notebook's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The files published with it, as patterns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What the notebook's parameters cell declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema: Vec<ParameterSchema>,
    /// Values for it. A text `${tasks.load.scraps.rows}` stands for a value an earlier task reported.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
    /// The tasks it waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// When it runs, once they are over.
    #[serde(default)]
    pub rule: UpstreamRule,
    /// How it runs.
    #[serde(default)]
    pub settings: RunSettings,
}

fn main_task() -> String {
    "main".to_owned()
}

/// How a notebook runs; the same for a task of a job and for a run without one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RunSettings {
    /// A kernel other than the notebook's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Variables of the kernel's environment, besides the worker's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Secret parameters by where the worker finds their value: `env:NAME` or `file:PATH`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// The profile, by name; the default one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The pool a slot is taken from while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// From -10 to 10; a run one higher goes before runs that have waited 15 minutes longer.
    pub priority: i64,
    /// How often it is tried again.
    pub retry: RetryPolicy,
    /// When the state of its kernel is kept. Its limits then hold for each process by itself: a control group
    /// would end with the kernel.
    #[serde(skip_serializing_if = "Keep::is_off")]
    pub keep: Keep,
    /// How long things may take.
    pub timeouts: Timeouts,
}

/// When a task runs, given how the tasks before it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamRule {
    /// All succeeded.
    #[default]
    AllSuccess,
    /// All are over.
    AllDone,
    /// At least one failed: a clean-up, an alarm.
    AnyFailed,
}

/// How often a run is tried again, by who must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetryPolicy {
    /// After an exception in a cell.
    pub user: u32,
    /// After the kernel died or the worker was lost.
    pub platform: u32,
    /// After a time limit.
    pub timeout: u32,
    /// After memory ran out; each on the next larger profile.
    pub resource: u32,
    /// Seconds before the first; doubled each time, ten minutes at most.
    pub delay_seconds: u32,
    /// Go on where the attempt before failed, where its state is kept, instead of from the beginning.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resume: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            user: 0,
            platform: 3,
            timeout: 0,
            resource: 1,
            delay_seconds: 10,
            resume: false,
        }
    }
}

impl RetryPolicy {
    /// How many more attempts a class of failures is given.
    pub fn attempts(self, class: FailureClass) -> u32 {
        match class {
            FailureClass::User => self.user,
            FailureClass::Platform => self.platform,
            FailureClass::Timeout => self.timeout,
            FailureClass::Resource => self.resource,
            FailureClass::Invalid | FailureClass::Upstream => 0,
        }
    }

    /// Seconds to wait after `failures` failures.
    pub fn delay(self, failures: u32) -> i64 {
        let doubled = i64::from(self.delay_seconds) << failures.saturating_sub(1).min(10);
        doubled.min(600)
    }
}

/// How long things may take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// One attempt, from the start of its kernel.
    pub run_seconds: u32,
    /// One cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell_seconds: Option<u32>,
    /// The kernel's start.
    pub start_seconds: u32,
    /// Waiting for a worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_seconds: Option<u32>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            run_seconds: 86_400,
            cell_seconds: None,
            start_seconds: 120,
            queue_seconds: None,
        }
    }
}

/// Who is told of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotifyRule {
    /// Of what.
    pub on: BTreeSet<NoticeKind>,
    /// The channel, by name.
    pub channel: String,
}

/// What a notebook's parameters cell says about one parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ParameterSchema {
    /// Its name in the notebook's code.
    pub name: String,
    /// Its type, as the notebook writes it: `int`, `list[str]`, `date | None`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The default, where it is a literal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Whether it must be given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The only values allowed; empty where all are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Value>,
    /// Smallest and largest value, as the notebook writes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<String>,
    /// What the comment says about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub help: String,
}

impl JobDefinition {
    /// Whether its tasks can run: named once, in an order without circles, with sensible numbers.
    ///
    /// # Errors
    /// The first field that is not usable.
    pub fn validate(&self) -> Result<(), Invalid> {
        if self.tasks.is_empty() {
            return Err(Invalid::new("tasks", "a job needs at least one task"));
        }
        if self.tasks.len() > MOST_TASKS {
            let found = self.tasks.len();
            let message = format!("{found} tasks are more than the {MOST_TASKS} a job may have");
            return Err(Invalid::new("tasks", message));
        }
        let keys: BTreeSet<&str> = self.tasks.iter().map(|task| task.key.as_str()).collect();
        for (at, task) in self.tasks.iter().enumerate() {
            let field = |name: &str| format!("tasks[{at}].{name}");
            check_name(&field("key"), &task.key)?;
            if self.tasks[..at].iter().any(|other| other.key == task.key) {
                let message = format!("two tasks are named `{}`", task.key);
                return Err(Invalid::new(field("key"), message));
            }
            for upstream in &task.depends_on {
                if !keys.contains(upstream.as_str()) {
                    let message = format!("no task is named `{upstream}`");
                    return Err(Invalid::new(field("depends_on"), message));
                }
            }
            task.settings.validate(&format!("tasks[{at}].settings."))?;
        }
        for name in self.presets.keys() {
            check_name("presets", name)?;
        }
        for (name, value) in &self.tags {
            check_name("tags", name)?;
            check_name("tags", value)?;
        }
        if let Some(deadline) = &self.deadline {
            deadline.validate().map_err(|error| {
                let invalid = Invalid::from(error);
                Invalid {
                    field: format!("deadline.{}", invalid.field),
                    ..invalid
                }
            })?;
        }
        self.in_order().map(drop)
    }

    /// The tasks so that each comes after those it waits for.
    ///
    /// # Errors
    /// They wait for each other in a circle.
    pub fn in_order(&self) -> Result<Vec<&Task>, Invalid> {
        let mut ordered: Vec<&Task> = Vec::with_capacity(self.tasks.len());
        let mut left: Vec<&Task> = self.tasks.iter().collect();
        while !left.is_empty() {
            let before = left.len();
            left.retain(|task| {
                let ready = task
                    .depends_on
                    .iter()
                    .all(|upstream| ordered.iter().any(|done| done.key == *upstream));
                if ready {
                    ordered.push(task);
                }
                !ready
            });
            if left.len() == before {
                let circle: Vec<&str> = left.iter().map(|task| task.key.as_str()).collect();
                let message = format!("tasks wait for each other: `{}`", circle.join("`, `"));
                return Err(Invalid::new("tasks.depends_on", message));
            }
        }
        Ok(ordered)
    }
}

impl RunSettings {
    /// Whether its names and numbers can be used; `prefix` goes before the names of fields.
    ///
    /// # Errors
    /// The first field that is not usable.
    pub fn validate(&self, prefix: &str) -> Result<(), Invalid> {
        let field = |name: &str| format!("{prefix}{name}");
        if !(-10..=10).contains(&self.priority) {
            let message = format!("`{}` is not between -10 and 10", self.priority);
            return Err(Invalid::new(field("priority"), message));
        }
        if let Some(pool) = &self.pool {
            check_name(&field("pool"), pool)?;
        }
        for name in self.environment.keys() {
            if name.is_empty() || name.contains(['=', '\0']) {
                let message = format!("`{name}` is not the name of an environment variable");
                return Err(Invalid::new(field("environment"), message));
            }
        }
        for (name, source) in &self.secrets {
            let known = source.starts_with("env:") || source.starts_with("file:");
            if !known {
                let message = format!("the secret `{name}` does not say where its value is");
                return Err(Invalid::new(field("secrets"), message)
                    .with_hint("write `env:VARIABLE` or `file:PATH`; values are never stored"));
            }
        }
        self.validate_keep(prefix)?;
        let retry = self.retry;
        let most = [retry.user, retry.platform, retry.timeout, retry.resource];
        if most.iter().any(|&count| count > 20) {
            return Err(Invalid::new(
                field("retry"),
                "more than 20 attempts of a class",
            ));
        }
        for (name, seconds) in [
            ("run_seconds", self.timeouts.run_seconds),
            ("start_seconds", self.timeouts.start_seconds),
            ("cell_seconds", self.timeouts.cell_seconds.unwrap_or(1)),
        ] {
            if seconds == 0 {
                let message = "a time limit of 0 seconds ends every run";
                return Err(Invalid::new(field(&format!("timeouts.{name}")), message));
            }
        }
        Ok(())
    }

    fn validate_keep(&self, prefix: &str) -> Result<(), Invalid> {
        if self.keep.is_off() && self.retry.resume {
            let message = "nothing is kept that an attempt could go on from";
            return Err(Invalid::new(format!("{prefix}retry.resume"), message)
                .with_hint("set `keep` to `every` or to a number of seconds"));
        }
        if !self.keep.is_off() && !self.secrets.is_empty() {
            let message = "the state of a kernel that is told secrets is not kept";
            return Err(Invalid::new(format!("{prefix}keep"), message));
        }
        Ok(())
    }
}

/// Names go into URLs, terminals and file names: not empty, not long, nothing that cannot be seen.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(field: &str, name: &str) -> Result<(), Invalid> {
    let bad = |char: char| char.is_control() || matches!(char, '/' | '\\');
    let message = if name.trim().is_empty() {
        "a name must not be empty".to_owned()
    } else if name.len() > LONGEST_NAME {
        format!(
            "a name has at most {LONGEST_NAME} bytes, this has {}",
            name.len()
        )
    } else if name.trim() != name {
        format!("`{name}` begins or ends with a blank")
    } else if let Some(found) = name.chars().find(|&char| bad(char)) {
        format!("a name must not contain {found:?}")
    } else {
        return Ok(());
    };
    Err(Invalid::new(field, message))
}

#[cfg(test)]
mod tests;
