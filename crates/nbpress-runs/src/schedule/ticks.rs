//! The instants at which a trigger fires, without beginning and end.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::expression::Expression;
use super::zone::{first_shown, latest_shown_before};

/// The instants at which a trigger fires.
#[derive(Clone, Debug)]
pub(super) enum Ticks {
    /// A cron expression on the clocks of a zone.
    Calendar(Box<Calendar>),
    /// A fixed time apart, through an anchor.
    Interval {
        /// Nanoseconds.
        every: i128,
        /// Nanoseconds since 1970.
        anchor: i128,
    },
    /// Not by the clock.
    Never,
}

#[derive(Clone, Debug)]
pub(super) struct Calendar {
    pub(super) expression: Expression,
    pub(super) zone: TimeZone,
}

const NANOSECONDS: i128 = 1_000_000_000;

impl Ticks {
    pub(super) fn interval(every_seconds: u64, anchor: Timestamp) -> Self {
        Self::Interval {
            every: i128::from(every_seconds) * NANOSECONDS,
            anchor: anchor.as_nanosecond(),
        }
    }

    /// The first strictly after an instant.
    pub(super) fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Calendar(calendar) => calendar.next_after(instant),
            Self::Interval { every, anchor } => {
                let passed = (instant.as_nanosecond() - anchor).div_euclid(*every);
                Timestamp::from_nanosecond(anchor + (passed + 1) * every).ok()
            }
            Self::Never => None,
        }
    }

    /// The last strictly before an instant.
    pub(super) fn last_before(&self, instant: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Calendar(calendar) => calendar.last_before(instant),
            Self::Interval { every, anchor } => {
                let passed = (instant.as_nanosecond() - 1 - anchor).div_euclid(*every);
                Timestamp::from_nanosecond(anchor + passed * every).ok()
            }
            Self::Never => None,
        }
    }

    /// How many there are strictly between two instants. Those of a calendar have to be walked through:
    /// `most` ends that.
    pub(super) fn count(&self, after: Timestamp, before: Timestamp, most: u64) -> u64 {
        if let Self::Interval { every, anchor } = self {
            let up_to = |nanosecond: i128| (nanosecond - anchor).div_euclid(*every);
            let between = up_to(before.as_nanosecond() - 1) - up_to(after.as_nanosecond());
            return u64::try_from(between).unwrap_or(0);
        }
        let mut count = 0;
        let mut at = after;
        while count < most {
            match self.next_after(at) {
                Some(next) if next < before => at = next,
                _ => break,
            }
            count += 1;
        }
        count
    }
}

impl Calendar {
    fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        if self.expression.follows_elapsed_time() {
            self.next_wildcard(instant)
        } else {
            self.next_fixed(instant)
        }
    }

    fn last_before(&self, instant: Timestamp) -> Option<Timestamp> {
        if self.expression.follows_elapsed_time() {
            self.last_wildcard(instant)
        } else {
            self.last_fixed(instant)
        }
    }

    /// Times of the day: each runs when it is first shown, so that it runs once where clocks are put
    /// back, and at the end of the gap where they are put forward.
    fn next_fixed(&self, instant: Timestamp) -> Option<Timestamp> {
        let mut wall = self.zone.to_datetime(instant);
        loop {
            wall = self.expression.after(wall)?;
            let shown = first_shown(&self.zone, wall)?;
            if shown > instant {
                return Some(shown);
            }
        }
    }

    fn last_fixed(&self, instant: Timestamp) -> Option<Timestamp> {
        let mut wall = latest_shown_before(&self.zone, instant);
        loop {
            wall = self.expression.before(wall)?;
            let shown = first_shown(&self.zone, wall)?;
            if shown < instant {
                return Some(shown);
            }
        }
    }

    /// Every so often: each time the clocks show a match. Between two changes of the clocks the offset
    /// is constant, so the search goes from change to change.
    fn next_wildcard(&self, instant: Timestamp) -> Option<Timestamp> {
        let mut offset = self.zone.to_offset(instant);
        let mut changes = self.zone.following(instant);
        let mut wall = self.expression.after(offset.to_datetime(instant))?;
        loop {
            let shown = offset.to_timestamp(wall).ok()?;
            match changes.next() {
                Some(change) if change.timestamp() <= shown => {
                    offset = change.offset();
                    let since = offset.to_datetime(change.timestamp());
                    wall = self.expression.at_or_after(since)?;
                }
                _ => return Some(shown),
            }
        }
    }

    fn last_wildcard(&self, instant: Timestamp) -> Option<Timestamp> {
        let mut until = instant;
        for change in self.zone.preceding(instant) {
            let wall = self.expression.before(change.offset().to_datetime(until))?;
            let shown = change.offset().to_timestamp(wall).ok()?;
            if shown >= change.timestamp() {
                return Some(shown);
            }
            until = change.timestamp();
        }
        let first_offset = self.zone.to_offset(Timestamp::MIN);
        let wall = self.expression.before(first_offset.to_datetime(until))?;
        first_offset.to_timestamp(wall).ok()
    }
}
