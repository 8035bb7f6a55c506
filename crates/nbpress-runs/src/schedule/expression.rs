//! Cron expressions as wall-clock times: what is written, checked field by field, and the times of a
//! calendar without zones that match it.

mod part;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;

pub use part::Part;

use super::error::{ScheduleError, shortened};

/// The most bytes an expression may have. A list of all 60 minutes has 169.
pub(super) const LONGEST_EXPRESSION: usize = 256;

/// Names for common expressions.
pub(super) const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * SUN"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// A cron expression of five fields that fires at least once.
///
/// When both day and weekday are given, either suffices, as in every cron. Beyond the usual there are
/// `L` (last day), `LW` (last working day), `15W` (working day nearest to the 15th), `FRI#2` (second
/// Friday) and `FRIL` (last Friday).
#[derive(Clone, Debug)]
pub(super) struct Expression {
    cron: Cron,
    follows_elapsed_time: bool,
}

impl Expression {
    pub(super) fn parse(text: &str) -> Result<Self, ScheduleError> {
        if text.len() > LONGEST_EXPRESSION {
            return Err(ScheduleError::TooLong {
                field: "trigger.expression",
                length: text.len(),
                most: LONGEST_EXPRESSION,
            });
        }
        let fields = five_fields(text)?;
        for (part, field) in Part::ALL.into_iter().zip(fields) {
            part.check(field)?;
        }
        let cron = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build()
            .parse(&fields.join(" "))
            .map_err(|source| ScheduleError::Unreadable {
                expression: text.to_owned(),
                source,
            })?;
        let [minute, hour, ..] = fields;
        let expression = Self {
            cron,
            follows_elapsed_time: minute.contains('*') || hour.contains('*'),
        };
        match expression.at_or_after(EARLIEST) {
            Some(_) => Ok(expression),
            None => Err(ScheduleError::NeverFires {
                expression: text.to_owned(),
            }),
        }
    }

    /// Whether minute or hour is a wildcard. Such a job wants to run every so often; all others want to
    /// run at times of the day.
    pub(super) fn follows_elapsed_time(&self) -> bool {
        self.follows_elapsed_time
    }

    /// The first match strictly after a wall-clock time.
    pub(super) fn after(&self, wall: DateTime) -> Option<DateTime> {
        self.cron.find_next_occurrence(&wall, false).ok()
    }

    /// The first match not before a wall-clock time, which has whole seconds.
    pub(super) fn at_or_after(&self, wall: DateTime) -> Option<DateTime> {
        self.cron.find_next_occurrence(&wall, true).ok()
    }

    /// The last match strictly before a wall-clock time.
    pub(super) fn before(&self, wall: DateTime) -> Option<DateTime> {
        // croner drops fractions of a second, so a time that has some matches itself.
        let has_fraction = wall.subsec_nanosecond() != 0;
        self.cron.find_previous_occurrence(&wall, has_fraction).ok()
    }
}

/// From where the first match of an expression is looked for.
const EARLIEST: DateTime = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);

fn five_fields(text: &str) -> Result<[&str; 5], ScheduleError> {
    let text = text.trim();
    let written = if text.starts_with('@') {
        NICKNAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map(|(_, written)| *written)
            .ok_or_else(|| ScheduleError::Nickname {
                name: shortened(text),
            })?
    } else {
        text
    };
    let fields: Vec<&str> = written.split_whitespace().collect();
    fields
        .try_into()
        .map_err(|fields: Vec<&str>| ScheduleError::FieldCount {
            found: fields.len(),
        })
}
