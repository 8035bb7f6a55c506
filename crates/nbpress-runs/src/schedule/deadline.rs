//! The time of day by which a run should be finished.

use jiff::Timestamp;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{ScheduleError, shortened};
use super::expression::Expression;
use super::ticks::{Calendar, Ticks};
use super::zone::zone;

/// A time of day by which a run should be finished: `07:00` in `Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Deadline {
    /// Hours and minutes, `00:00` to `23:59`.
    #[schema(example = "07:00")]
    pub by: String,
    /// A name of the IANA database.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
}

impl Deadline {
    /// Whether it can be kept.
    ///
    /// # Errors
    /// The time cannot be read, or there is no such zone.
    pub fn validate(&self) -> Result<(), ScheduleError> {
        self.ticks().map(|_| ())
    }

    /// The first instant strictly after another at which it is this time of the day. Where clocks are
    /// put forward over it, that is the end of the gap; where they show it twice, it is the first time,
    /// as for a daily schedule.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn after(&self, instant: Timestamp) -> Result<Timestamp, ScheduleError> {
        Ok(self.ticks()?.next_after(instant).unwrap_or(Timestamp::MAX))
    }

    fn ticks(&self) -> Result<Ticks, ScheduleError> {
        let by = time_of_day(&self.by)?;
        let zone = zone("time_zone", &self.time_zone)?;
        let expression = Expression::parse(&format!("{} {} * * *", by.minute(), by.hour()))?;
        Ok(Ticks::Calendar(Box::new(Calendar { expression, zone })))
    }
}

fn time_of_day(text: &str) -> Result<Time, ScheduleError> {
    let read = || {
        let (hour, minute) = text.split_once(':')?;
        let two_digits = |text: &str| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        Time::new(two_digits(hour)?, two_digits(minute)?, 0, 0).ok()
    };
    read().ok_or_else(|| ScheduleError::TimeOfDay {
        field: "by",
        text: shortened(text),
    })
}
