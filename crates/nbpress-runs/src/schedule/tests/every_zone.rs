//! Every zone of the database, 2020 to 2035.

use std::collections::BTreeMap;
use std::iter;

use jiff::civil::{Date, DateTime, Time, date, time};
use jiff::tz::Offset;

use super::*;

const FIRST_DAY: Date = date(2020, 1, 2);
const LAST_DAY: Date = date(2035, 12, 30);
const YEARS: usize = 16;

/// A stretch of time in which the clocks run evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
    from: Timestamp,
    until: Timestamp,
    offset: Offset,
}

/// The stretches of 2020 to 2035: all that a zone's name stands for in these years.
type History = Vec<Stretch>;

fn history(zone: &TimeZone) -> History {
    let (from, until) = (at("2019-12-01T00:00Z"), at("2036-02-01T00:00Z"));
    let mut stretches = vec![Stretch {
        from,
        until,
        offset: zone.to_offset(from),
    }];
    for change in zone
        .following(from)
        .take_while(|change| change.timestamp() < until)
    {
        let last = stretches.last_mut().unwrap();
        if last.offset != change.offset() {
            last.until = change.timestamp();
            stretches.push(Stretch {
                from: change.timestamp(),
                until,
                offset: change.offset(),
            });
        }
    }
    stretches
}

/// The first instant at which the clocks have come to a time.
fn reached(history: &History, wall: DateTime) -> Timestamp {
    let stretch = history
        .iter()
        .find(|stretch| stretch.offset.to_datetime(stretch.until) > wall)
        .unwrap();
    stretch.offset.to_timestamp(wall).unwrap().max(stretch.from)
}

fn days() -> impl Iterator<Item = Date> {
    iter::successors(Some(FIRST_DAY), |day| day.tomorrow().ok()).take_while(|day| *day <= LAST_DAY)
}

/// Times of the day that say most: some for everybody, and one inside each kind of jump.
fn telling_times(history: &History) -> Vec<Time> {
    let mut times = vec![time(0, 0, 0, 0), time(2, 30, 0, 0)];
    for pair in history.windows(2).rev().take(2) {
        let shown =
            [pair[0], pair[1]].map(|stretch| stretch.offset.to_datetime(pair[1].from).time());
        times.extend(shown);
        times.push(
            shown[0]
                .min(shown[1])
                .wrapping_add(SignedDuration::from_mins(15)),
        );
    }
    times.sort_unstable();
    times.dedup();
    times
}

fn daily(time: Time, zone: &str) -> ScheduleDefinition {
    let mut definition = cron(&format!("{} {} * * *", time.minute(), time.hour()), zone);
    definition.catch_up = CatchUp::All;
    definition.catch_up_window_seconds = LONGEST_WINDOW_SECONDS;
    definition
}

/// Everything that is due from before the first day to after the last, handed out in pieces.
fn all_due(timetable: &Timetable, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let mut found = Vec::new();
    let (mut last, mut now) = (from, from);
    while last < until {
        now = until.min(now + SignedDuration::from_hours(24 * 50));
        loop {
            let due = timetable.due(last, now, 30);
            assert_eq!(due.missed, 0);
            last = due.resume_from;
            if due.fires.is_empty() {
                break;
            }
            found.extend(logical_times(&due.fires));
        }
    }
    found
}

/// Zones by history: most names are one of about a hundred.
fn histories() -> BTreeMap<History, Vec<String>> {
    let mut histories: BTreeMap<History, Vec<String>> = BTreeMap::new();
    let database = TimeZoneDatabase::bundled();
    for name in database.available() {
        let zone = in_zone(name.as_str());
        histories
            .entry(history(&zone))
            .or_default()
            .push(name.to_string());
    }
    histories
}

#[test]
fn a_daily_job_runs_once_on_every_day_of_every_zone() {
    let (mut zones, mut fires, mut moved) = (0, 0, 0);
    let histories = histories();
    for (history, names) in &histories {
        zones += names.len();
        for time in telling_times(history) {
            let expected: Vec<Timestamp> = days()
                .map(|day| reached(history, day.to_datetime(time)))
                .collect();
            assert!(expected.is_sorted_by(|one, next| one < next), "{names:?}");

            let timetable = timetable(&daily(time, &names[0]));
            let just_before = expected[0] - SignedDuration::from_nanos(1);
            let found = all_due(&timetable, just_before, expected[expected.len() - 1]);
            assert_eq!(found, expected, "{time} {names:?}");

            fires += found.len();
            let zone = in_zone(&names[0]);
            moved += found
                .iter()
                .filter(|fire| zone.to_datetime(**fire).time() != time)
                .count();
        }
    }
    println!(
        "{zones} zones ({} histories) x {YEARS} years: {fires} daily fires, {moved} of them at the end of a gap",
        histories.len()
    );
    assert!(zones > 500 && moved > 100);
}

#[test]
fn around_every_change_of_every_zone_times_only_grow() {
    let (mut zones, mut changes, mut fires) = (0, 0, 0);
    let patterns = [
        "*/20 * * * *",
        "30 * * * *",
        "0,30 0-4,23 * * *",
        "45 2 * * SUN",
    ];
    for (history, names) in histories() {
        zones += names.len();
        for (name, pattern) in names
            .iter()
            .flat_map(|name| patterns.map(|pattern| (name, pattern)))
        {
            let timetable = timetable(&cron(pattern, name));
            for pair in history.windows(2) {
                changes += 1;
                let from = pair[1].from - SignedDuration::from_hours(3);
                let found = logical_times(&timetable.upcoming(from, 16));
                assert!(
                    found.is_sorted_by(|one, next| one < next),
                    "{pattern} {name}"
                );
                assert_eq!(found, logical_times(&timetable.upcoming(from, 16)));
                assert_eq!(timetable.next_after(found[3]), Some(found[4]));
                fires += found.len();
            }
        }
    }
    println!(
        "{zones} zones x {YEARS} years x {} patterns: {changes} changes, {fires} fires",
        patterns.len()
    );
    assert!(zones > 500 && changes > 1_000);
}
