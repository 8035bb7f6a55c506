//! Random expressions beside an evaluator that looks at every minute.

use std::cell::Cell;
use std::collections::BTreeSet;

use jiff::civil::DateTime;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;

use super::*;

/// One field: as it is written, and the values it has.
#[derive(Clone, Debug)]
struct Field {
    text: String,
    values: BTreeSet<i8>,
}

fn every_value(least: i8, most: i8) -> Field {
    Field {
        text: "*".to_owned(),
        values: (least..=most).collect(),
    }
}

fn field(least: i8, most: i8) -> impl Strategy<Value = Field> {
    let step = (2..=(most - least).min(30)).prop_map(move |step| Field {
        text: format!("*/{step}"),
        values: (least..=most)
            .step_by(usize::from(step.unsigned_abs()))
            .collect(),
    });
    let list = proptest::collection::btree_set(least..=most, 1..4).prop_map(|values| Field {
        text: values
            .iter()
            .map(i8::to_string)
            .collect::<Vec<_>>()
            .join(","),
        values,
    });
    let range = (least..=most, least..=most, 1_i8..4).prop_map(|(one, other, step)| {
        let (first, last) = (one.min(other), one.max(other));
        Field {
            text: format!("{first}-{last}/{step}"),
            values: (first..=last)
                .step_by(usize::from(step.unsigned_abs()))
                .collect(),
        }
    });
    prop_oneof![Just(every_value(least, most)), step, list, range]
}

#[derive(Clone, Debug)]
struct Fields {
    minute: Field,
    hour: Field,
    day: Field,
    weekday: Field,
}

impl Fields {
    fn text(&self) -> String {
        let Self {
            minute,
            hour,
            day,
            weekday,
        } = self;
        format!(
            "{} {} {} * {}",
            minute.text, hour.text, day.text, weekday.text
        )
    }

    fn is_wildcard(&self) -> bool {
        self.minute.text.starts_with('*') || self.hour.text.starts_with('*')
    }

    fn matches(&self, wall: DateTime) -> bool {
        let by_day = self.day.values.contains(&wall.day());
        let by_weekday = self
            .weekday
            .values
            .contains(&wall.weekday().to_sunday_zero_offset());
        let is_day = match (self.day.text.as_str(), self.weekday.text.as_str()) {
            ("*", _) => by_weekday,
            (_, "*") => by_day,
            _ => by_day || by_weekday,
        };
        is_day
            && self.minute.values.contains(&wall.minute())
            && self.hour.values.contains(&wall.hour())
    }
}

fn fields() -> impl Strategy<Value = Fields> {
    let day = prop_oneof![3 => Just(every_value(1, 31)), 1 => field(1, 31)];
    let weekday = prop_oneof![3 => Just(every_value(0, 6)), 1 => field(0, 6)];
    (field(0, 59), field(0, 23), day, weekday).prop_map(|(minute, hour, day, weekday)| Fields {
        minute,
        hour,
        day,
        weekday,
    })
}

/// Zones and days: clocks put forward and back by various amounts, at midnight too, and ordinary days.
fn place() -> impl Strategy<Value = (&'static str, &'static str)> {
    select(vec![
        ("Europe/Berlin", "2026-03-28T12:00Z"),
        ("Europe/Berlin", "2026-10-24T12:00Z"),
        ("Europe/Berlin", "2026-06-14T12:00Z"),
        ("America/Chicago", "2026-03-07T18:00Z"),
        ("America/Chicago", "2026-10-31T18:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T06:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T06:00Z"),
        ("Africa/Cairo", "2026-04-23T12:00Z"),
        ("Africa/Cairo", "2026-10-29T12:00Z"),
        ("America/Nuuk", "2026-03-28T12:00Z"),
        ("America/Nuuk", "2026-10-24T12:00Z"),
        ("Antarctica/Troll", "2026-03-28T12:00Z"),
        ("Antarctica/Troll", "2026-10-24T12:00Z"),
        ("Pacific/Apia", "2011-12-29T12:00Z"),
        ("Asia/Kathmandu", "2026-02-27T12:00Z"),
    ])
}

const HOURS: i64 = 48;

/// Every minute from the start: does it fire?
fn by_every_minute(fields: &Fields, zone: &str, start: Timestamp) -> Vec<Timestamp> {
    let zone = in_zone(zone);
    let minute = SignedDuration::from_mins(1);
    let mut fires = Vec::new();
    // How far the clocks have been; found a day earlier, for a start where they show a time again.
    let mut furthest = DateTime::MIN;
    for step in -24 * 60..=HOURS * 60 {
        let instant = start + SignedDuration::from_mins(step);
        let wall = zone.to_datetime(instant);
        let fires_now = if fields.is_wildcard() {
            fields.matches(wall)
        } else {
            // Times that were shown for the first time, or jumped over, since the last minute.
            let mut first = (furthest + minute).max(wall - SignedDuration::from_hours(25));
            let mut any = false;
            while first <= wall {
                any |= fields.matches(first);
                first += minute;
            }
            any
        };
        if fires_now && step > 0 {
            fires.push(instant);
        }
        furthest = furthest.max(wall);
    }
    fires
}

fn check(fields: &Fields, zone: &str, start: Timestamp) -> Result<usize, TestCaseError> {
    let expected = by_every_minute(fields, zone, start);
    let end = start + SignedDuration::from_hours(HOURS);
    let mut definition = cron(&fields.text(), zone);
    definition.catch_up = CatchUp::All;
    definition.catch_up_window_seconds = LONGEST_WINDOW_SECONDS;
    let each = timetable(&definition);
    let due = each.due(start, end, usize::MAX);
    prop_assert_eq!(logical_times(&due.fires), expected.as_slice());
    prop_assert_eq!(due.missed, 0);

    // Backwards: the tick before each is the one found before it.
    for pair in expected.windows(2).step_by(1 + expected.len() / 50) {
        let found = each.upcoming(pair[1] - SignedDuration::from_nanos(1), 1);
        prop_assert_eq!(found[0].logical_time, pair[1]);
        prop_assert_eq!(found[0].interval_start, pair[0]);
    }

    definition.catch_up = CatchUp::Latest;
    let latest = timetable(&definition).due(start, end, usize::MAX);
    let newest: Vec<Timestamp> = expected.last().copied().into_iter().collect();
    prop_assert_eq!(logical_times(&latest.fires), newest);
    let passed_over = u64::try_from(expected.len().saturating_sub(1)).unwrap();
    prop_assert_eq!(latest.missed, passed_over.min(MOST_COUNTED));
    Ok(expected.len())
}

#[test]
fn fires_are_those_of_every_minute() {
    let config = ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let (fires, firing) = (Cell::new(0), Cell::new(0));
    TestRunner::new(config)
        .run(&(fields(), place()), |(fields, (zone, start))| {
            let count = check(&fields, zone, at(start))?;
            fires.set(fires.get() + count);
            firing.set(firing.get() + u32::from(count > 0));
            Ok(())
        })
        .unwrap();
    println!(
        "400 random expressions over {HOURS} h; {} fired, {} times",
        firing.get(),
        fires.get()
    );
    assert!(firing.get() > 200);
}

#[test]
fn the_evaluator_sees_gaps_and_overlaps() {
    let daily = Fields {
        minute: Field {
            text: "30".to_owned(),
            values: BTreeSet::from([30]),
        },
        hour: Field {
            text: "2".to_owned(),
            values: BTreeSet::from([2]),
        },
        day: every_value(1, 31),
        weekday: every_value(0, 6),
    };
    let spring = by_every_minute(&daily, "Europe/Berlin", at("2026-03-28T12:00Z"));
    let autumn = by_every_minute(&daily, "Europe/Berlin", at("2026-10-24T12:00Z"));
    assert_eq!(
        shown(&spring, "Europe/Berlin"),
        ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]
    );
    assert_eq!(
        shown(&autumn, "Europe/Berlin"),
        ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]
    );
}
