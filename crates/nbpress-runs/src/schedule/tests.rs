//! Schedules as a user gives them, and the times that come out.

mod catching_up;
mod daylight_saving;
mod definition;
mod every_zone;
mod random_expressions;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::*;

fn cron(expression: &str, time_zone: &str) -> ScheduleDefinition {
    ScheduleDefinition::new(Trigger::Cron {
        expression: expression.to_owned(),
        time_zone: time_zone.to_owned(),
    })
}

fn every(seconds: u64) -> ScheduleDefinition {
    ScheduleDefinition::new(Trigger::Interval {
        every_seconds: seconds,
        anchor: None,
    })
}

fn timetable(definition: &ScheduleDefinition) -> Timetable {
    Timetable::new(definition).unwrap()
}

/// An instant written with its offset: `2026-03-29T03:00+02:00`.
fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn in_zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

fn logical_times(fires: &[Fire]) -> Vec<Timestamp> {
    fires.iter().map(|fire| fire.logical_time).collect()
}

/// As the clocks of a zone show them, with the offset.
fn shown(times: &[Timestamp], zone: &str) -> Vec<String> {
    let zone = in_zone(zone);
    times
        .iter()
        .map(|time| {
            time.to_zoned(zone.clone())
                .strftime("%Y-%m-%dT%H:%M%:z")
                .to_string()
        })
        .collect()
}
