//! One of the five fields of a cron expression, and what may stand in it.

use crate::schedule::error::{ScheduleError, shortened};

/// A field of a cron expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Of the hour, 0 to 59.
    Minute,
    /// Of the day, 0 to 23.
    Hour,
    /// Of the month, 1 to 31.
    Day,
    /// Of the year, 1 to 12 or JAN to DEC.
    Month,
    /// 0 to 7 or SUN to SAT; 0 and 7 are Sundays.
    Weekday,
}

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Part {
    /// In the order in which they are written.
    pub(super) const ALL: [Self; 5] = [
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::Month,
        Self::Weekday,
    ];

    /// `minute`, `weekday`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
            Self::Weekday => "weekday",
        }
    }

    /// With its article, for "… is not a minute".
    pub(in crate::schedule) fn singular(self) -> String {
        let article = if self == Self::Hour { "an" } else { "a" };
        format!("{article} {}", self.name())
    }

    /// What may stand in it, with an example.
    pub(in crate::schedule) fn grammar(self) -> String {
        let values = match self {
            Self::Minute => "0-59, as `30`, `0,30`, `0-10` or `*/5`",
            Self::Hour => "0-23, as `7`, `8,12`, `9-17` or `*/2`",
            Self::Day => "1-31, as `1`, `1,15`, `1-7`, `*/2`, `L` or `15W`",
            Self::Month => "1-12 or JAN-DEC, as `3`, `JAN,JUL`, `6-8` or `*/3`",
            Self::Weekday => "0-7 or SUN-SAT, as `1`, `MON-FRI`, `SAT,SUN`, `FRI#2` or `FRIL`",
        };
        format!("{} is `*` or {values}", self.name())
    }

    /// The largest value.
    pub(in crate::schedule) fn most(self) -> u32 {
        match self {
            Self::Minute => 59,
            Self::Hour => 23,
            Self::Day => 31,
            Self::Month => 12,
            Self::Weekday => 7,
        }
    }

    fn least(self) -> u32 {
        match self {
            Self::Minute | Self::Hour | Self::Weekday => 0,
            Self::Day | Self::Month => 1,
        }
    }

    /// Whether everything in a field is understood. croner alone would take empty lists, names in any
    /// field and names run together.
    pub(super) fn check(self, field: &str) -> Result<(), ScheduleError> {
        if field == "*" {
            return Ok(());
        }
        field.split(',').try_for_each(|item| self.check_item(item))
    }

    fn check_item(self, item: &str) -> Result<(), ScheduleError> {
        let wrong = || ScheduleError::Part {
            part: self,
            text: shortened(item),
        };
        match item.split_once('/') {
            Some((range, step)) => {
                if range != "*" && !self.is_range(range) {
                    return Err(wrong());
                }
                match number(step).ok_or_else(wrong)? {
                    0 => Err(wrong()),
                    many if many > self.most() => Err(ScheduleError::Step {
                        part: self,
                        step: shortened(step),
                    }),
                    _ => Ok(()),
                }
            }
            None if self.value(item).is_some() || self.is_range(item) || self.is_special(item) => {
                Ok(())
            }
            None => Err(wrong()),
        }
    }

    fn is_range(self, text: &str) -> bool {
        let Some((first, last)) = text.split_once('-') else {
            return false;
        };
        let last = match self {
            // A week that ends on Sunday.
            Self::Weekday if last.eq_ignore_ascii_case("SUN") => Some(7),
            _ => self.value(last),
        };
        self.value(first)
            .zip(last)
            .is_some_and(|(first, last)| first <= last)
    }

    /// Days that depend on the month: `L`, `LW`, `15W`; `FRI#2`, `FRIL`, `FRI#L`.
    fn is_special(self, text: &str) -> bool {
        let text = text.to_ascii_uppercase();
        let is_value = |text: &str| self.value(text).is_some();
        match self {
            Self::Day => {
                text == "L" || text == "LW" || text.strip_suffix('W').is_some_and(is_value)
            }
            Self::Weekday => match text.split_once('#') {
                Some((day, nth)) => {
                    is_value(day) && matches!(nth, "1" | "2" | "3" | "4" | "5" | "L")
                }
                None => text.strip_suffix('L').is_some_and(is_value),
            },
            Self::Minute | Self::Hour | Self::Month => false,
        }
    }

    fn value(self, text: &str) -> Option<u32> {
        let position = |names: &[&str]| {
            let at = names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(text));
            at.and_then(|at| u32::try_from(at).ok())
        };
        let named = match self {
            Self::Month => position(&MONTHS).map(|at| at + 1),
            Self::Weekday => position(&WEEKDAYS),
            Self::Minute | Self::Hour | Self::Day => None,
        };
        named
            .or_else(|| number(text))
            .filter(|value| (self.least()..=self.most()).contains(value))
    }
}

/// Digits only: no sign, and not so many that they overflow.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
