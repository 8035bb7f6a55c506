//! When a schedule fires: next, in the coming days, and what is due after a time away.

use std::iter;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ScheduleError;
use super::expression::Expression;
use super::ticks::{Calendar, Ticks};
use super::zone::zone;
use super::{CatchUp, ScheduleDefinition, Trigger};

/// How late a fire may be that is not a missed one.
pub const ON_TIME: SignedDuration = SignedDuration::from_secs(60);

/// Missed times of a cron schedule are counted one by one, up to this many: more than a day of minutes.
pub const MOST_COUNTED: u64 = 2_000;

const INSTANT: SignedDuration = SignedDuration::from_nanos(1);

/// One time for which a run is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fire {
    /// The instant the run stands for, whenever it really starts.
    #[schema(value_type = String, format = DateTime)]
    pub logical_time: Timestamp,
    /// Where the data it looks at begins: the tick before, even one before the schedule's start.
    #[schema(value_type = String, format = DateTime)]
    pub interval_start: Timestamp,
    /// Where the data it looks at ends, not included: the logical time.
    #[schema(value_type = String, format = DateTime)]
    pub interval_end: Timestamp,
    /// The time zone in which the logical time has its date: an IANA name.
    pub zone: String,
}

/// What is to be started now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Due {
    /// Oldest first.
    pub fires: Vec<Fire>,
    /// Everything up to here, included, is decided: the next call's `last`.
    #[schema(value_type = String, format = DateTime)]
    pub resume_from: Timestamp,
    /// Times that were passed over. Cron schedules count up to 2,000: then it is at least that many.
    pub missed: u64,
}

/// A schedule, ready to be asked when it fires. It fires from `start_at` on, and before `end_at`.
#[derive(Clone, Debug)]
pub struct Timetable {
    ticks: Ticks,
    zone: String,
    start_at: Option<Timestamp>,
    end_at: Option<Timestamp>,
    catch_up: CatchUp,
    window: SignedDuration,
}

impl Timetable {
    /// The timetable of a schedule. One whose trigger is not the clock never fires.
    ///
    /// # Errors
    /// What [`ScheduleDefinition::validate`] refuses.
    pub fn new(definition: &ScheduleDefinition) -> Result<Self, ScheduleError> {
        definition.check_bounds()?;
        let start_at = definition.start_at;
        let mut zone_name = "UTC".to_owned();
        let ticks = match &definition.trigger {
            Trigger::Cron {
                expression,
                time_zone,
            } => {
                let expression = Expression::parse(expression)?;
                let zone = zone("trigger.time_zone", time_zone)?;
                zone.iana_name()
                    .unwrap_or(time_zone)
                    .clone_into(&mut zone_name);
                Ticks::Calendar(Box::new(Calendar { expression, zone }))
            }
            Trigger::Interval {
                every_seconds,
                anchor,
            } => Ticks::interval(
                *every_seconds,
                anchor.or(start_at).unwrap_or(Timestamp::UNIX_EPOCH),
            ),
            Trigger::After { .. } | Trigger::Webhook {} => Ticks::Never,
        };
        Ok(Self {
            ticks,
            zone: zone_name,
            start_at,
            end_at: definition.end_at,
            catch_up: definition.catch_up,
            window: definition.catch_up_window(),
        })
    }

    /// The first logical time strictly after an instant.
    pub fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let from = match self.start_at {
            Some(start_at) => instant.max(just_before(start_at)),
            None => instant,
        };
        self.ticks
            .next_after(from)
            .filter(|next| self.end_at.is_none_or(|end_at| *next < end_at))
    }

    /// The next `count` fires strictly after an instant.
    pub fn upcoming(&self, now: Timestamp, count: usize) -> Vec<Fire> {
        self.fires_after(now).take(count).collect()
    }

    /// What is to be started at `now` if everything up to `last` has been decided, by the catch-up
    /// policy: at most `limit` fires (at least one), the oldest first. Call it again from
    /// [`Due::resume_from`] until there are none.
    ///
    /// A clock that was put back makes nothing due twice: nothing is, until it has passed `last`.
    pub fn due(&self, last: Timestamp, now: Timestamp, limit: usize) -> Due {
        if now <= last {
            return Due {
                fires: Vec::new(),
                resume_from: last,
                missed: 0,
            };
        }
        let limit = limit.max(1);
        let fires: Vec<Fire> = self
            .fires_after(self.caught_up_from(last, now))
            .take_while(|fire| fire.logical_time <= now)
            .take(limit)
            .collect();
        let decided = match fires.last() {
            Some(newest) if fires.len() == limit => newest.logical_time,
            _ => now,
        };
        let first_kept = fires
            .first()
            .map_or_else(|| just_after(now), |fire| fire.logical_time);
        Due {
            resume_from: decided,
            missed: self.count(last, first_kept),
            fires,
        }
    }

    /// The instant after which ticks are still run.
    fn caught_up_from(&self, last: Timestamp, now: Timestamp) -> Timestamp {
        let window = match self.catch_up {
            CatchUp::None => ON_TIME,
            CatchUp::Latest | CatchUp::All => self.window.max(ON_TIME),
        };
        let oldest = now.checked_sub(window).map_or(Timestamp::MIN, just_before);
        let from = last.max(oldest);
        match self.catch_up {
            CatchUp::None | CatchUp::All => from,
            CatchUp::Latest => self
                .last_at(now)
                .map_or(from, |newest| from.max(just_before(newest))),
        }
    }

    /// The last logical time not after an instant.
    fn last_at(&self, instant: Timestamp) -> Option<Timestamp> {
        let until = just_after(instant);
        let until = self.end_at.map_or(until, |end_at| until.min(end_at));
        self.ticks
            .last_before(until)
            .filter(|last| self.start_at.is_none_or(|start_at| *last >= start_at))
    }

    fn count(&self, after: Timestamp, before: Timestamp) -> u64 {
        let after = self
            .start_at
            .map_or(after, |start_at| after.max(just_before(start_at)));
        let before = self.end_at.map_or(before, |end_at| before.min(end_at));
        self.ticks.count(after, before, MOST_COUNTED)
    }

    fn fires_after(&self, instant: Timestamp) -> impl Iterator<Item = Fire> {
        let first = self.next_after(instant).map(|next| {
            let previous = self.ticks.last_before(next).unwrap_or(next);
            (previous, next)
        });
        iter::successors(first, |(_, at)| Some((*at, self.next_after(*at)?))).map(
            |(previous, at)| Fire {
                logical_time: at,
                interval_start: previous,
                interval_end: at,
                zone: self.zone.clone(),
            },
        )
    }
}

fn just_before(instant: Timestamp) -> Timestamp {
    instant.checked_sub(INSTANT).unwrap_or(Timestamp::MIN)
}

fn just_after(instant: Timestamp) -> Timestamp {
    instant.checked_add(INSTANT).unwrap_or(Timestamp::MAX)
}
