//! Schedules: when a job fires, what is made up for after a time away, and by when a run is late.
//!
//! All of it is arithmetic on instants, without clock and store. Time zones come from the database in
//! the binary ([`tzdata_version`]), so every machine computes the same times. Where a zone's clocks are
//! put forward or back:
//!
//! - A time of the day (`30 2 * * *`, `0 9-17 * * *`) runs once a day: when it is first shown or, if the
//!   clocks jump over it, at the end of the gap. Times that meet there run once.
//! - A wildcard minute or hour (`*/15 * * * *`, `30 * * * *`) follows the time that really passes: it
//!   runs whenever the clocks show a match.

mod deadline;
mod error;
mod expression;
mod ticks;
mod timetable;
mod zone;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

pub use deadline::Deadline;
pub use error::ScheduleError;
pub use expression::Part;
pub use timetable::{Due, Fire, MOST_COUNTED, ON_TIME, Timetable};
pub use zone::tzdata_version;

/// What makes a job run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// Times of a calendar.
    Cron {
        /// Five fields, minute hour day month weekday, or `@hourly`, `@daily`, `@midnight`, `@weekly`,
        /// `@monthly`, `@yearly`, `@annually`.
        #[schema(example = "30 7 * * MON-FRI")]
        expression: String,
        /// A name of the IANA database.
        #[schema(example = "Europe/Berlin")]
        time_zone: String,
    },
    /// A fixed time apart, whatever clocks do.
    Interval {
        /// From 1 to ten years.
        #[schema(minimum = 1)]
        every_seconds: u64,
        /// An instant at which it fires; others are counted from it, both ways. Without it the
        /// schedule's start, or else 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, format = DateTime)]
        anchor: Option<Timestamp>,
    },
    /// The end of another job's run.
    After {
        /// The other job's name.
        job: String,
        /// Which ends count.
        #[serde(default)]
        on: UpstreamEnd,
    },
    /// A request from outside.
    Webhook {},
}

/// After which ends of another job a job runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamEnd {
    /// It succeeded.
    #[default]
    Success,
    /// It ended.
    Any,
}

/// What is made up for after the scheduler was away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// Nothing that is later than a minute.
    None,
    /// The newest of the times missed.
    #[default]
    Latest,
    /// Each of the times missed.
    All,
}

/// What happens when a run is due and the one before is still on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Overlap {
    /// It waits.
    #[default]
    Queue,
    /// It is skipped.
    Skip,
    /// The one before is cancelled.
    Replace,
    /// It runs beside the others.
    Allow {
        /// How many runs may be on at a time.
        #[schema(minimum = 1)]
        n: u32,
    },
}

/// A schedule as a user gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct ScheduleDefinition {
    /// What makes the job run.
    pub trigger: Trigger,
    /// What is made up for after the scheduler was away.
    #[serde(default)]
    pub catch_up: CatchUp,
    /// How old a missed time may be to be made up for; at most 366 days. Less than a minute counts as
    /// one.
    #[serde(default = "one_day")]
    pub catch_up_window_seconds: u64,
    /// What happens when the run before is still on.
    #[serde(default)]
    pub overlap: Overlap,
    /// How many runs may wait with overlap `queue`; the oldest beyond that are skipped.
    #[serde(default = "ten")]
    #[schema(minimum = 1)]
    pub max_queued: u32,
    /// Starts are spread over this long, each schedule's and time's by an amount of its own; at most a
    /// day.
    #[serde(default)]
    pub jitter_seconds: u64,
    /// The first instant at which it may fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start_at: Option<Timestamp>,
    /// The first instant at which it may no longer fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub end_at: Option<Timestamp>,
}

const DAY_SECONDS: u64 = 86_400;
const LONGEST_INTERVAL_SECONDS: u64 = 3_653 * DAY_SECONDS;
const LONGEST_WINDOW_SECONDS: u64 = 366 * DAY_SECONDS;
const MOST_AT_ONCE: u64 = 1_000;
const LONGEST_JOB_NAME: usize = 256;

fn one_day() -> u64 {
    DAY_SECONDS
}

fn ten() -> u32 {
    10
}

impl ScheduleDefinition {
    /// A schedule with this trigger and every default.
    pub fn new(trigger: Trigger) -> Self {
        Self {
            trigger,
            catch_up: CatchUp::default(),
            catch_up_window_seconds: one_day(),
            overlap: Overlap::default(),
            max_queued: ten(),
            jitter_seconds: 0,
            start_at: None,
            end_at: None,
        }
    }

    /// Whether the schedule can be kept. The work is bounded whatever the texts are.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn validate(&self) -> Result<(), ScheduleError> {
        Timetable::new(self).map(|_| ())
    }

    fn check_bounds(&self) -> Result<(), ScheduleError> {
        match &self.trigger {
            Trigger::Interval { every_seconds, .. } => within(
                "trigger.every_seconds",
                *every_seconds,
                1,
                LONGEST_INTERVAL_SECONDS,
            )?,
            Trigger::After { job, .. } => check_job(job)?,
            Trigger::Cron { .. } | Trigger::Webhook {} => {}
        }
        if let Overlap::Allow { n } = self.overlap {
            within("overlap.allow.n", n.into(), 1, MOST_AT_ONCE)?;
        }
        within("max_queued", self.max_queued.into(), 1, MOST_AT_ONCE)?;
        within("jitter_seconds", self.jitter_seconds, 0, DAY_SECONDS)?;
        within(
            "catch_up_window_seconds",
            self.catch_up_window_seconds,
            0,
            LONGEST_WINDOW_SECONDS,
        )?;
        match (self.start_at, self.end_at) {
            (Some(start_at), Some(end_at)) if end_at <= start_at => {
                Err(ScheduleError::EndsBeforeStart { start_at, end_at })
            }
            _ => Ok(()),
        }
    }

    fn catch_up_window(&self) -> SignedDuration {
        let seconds = i64::try_from(self.catch_up_window_seconds).unwrap_or(i64::MAX);
        SignedDuration::from_secs(seconds)
    }
}

fn within(field: &'static str, value: u64, least: u64, most: u64) -> Result<(), ScheduleError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ScheduleError::OutOfBounds {
        field,
        value,
        least,
        most,
    })
}

fn check_job(name: &str) -> Result<(), ScheduleError> {
    let field = "trigger.job";
    if name.trim().is_empty() {
        return Err(ScheduleError::Empty { field });
    }
    if name.len() > LONGEST_JOB_NAME {
        return Err(ScheduleError::TooLong {
            field,
            length: name.len(),
            most: LONGEST_JOB_NAME,
        });
    }
    Ok(())
}

/// By how much the start of a fire is put off: from nothing to just under `jitter_seconds`, in
/// milliseconds. The same for the same schedule and logical time on every machine.
pub fn jitter(schedule_id: &str, logical_time: Timestamp, jitter_seconds: u64) -> SignedDuration {
    let range = jitter_seconds.saturating_mul(1_000);
    if range == 0 {
        return SignedDuration::ZERO;
    }
    let digest = Sha256::new()
        .chain_update(logical_time.as_nanosecond().to_be_bytes())
        .chain_update(schedule_id)
        .finalize();
    let mut leading = [0; 8];
    leading.copy_from_slice(&digest[..8]);
    let milliseconds = u64::from_be_bytes(leading) % range;
    SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
