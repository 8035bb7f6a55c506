//! Clocks that are put forward and back.

use croner::Cron;

use super::*;

type Case<'a> = (&'a str, &'a str, &'a str, &'a [&'a str]);

const BERLIN: &str = "Europe/Berlin";
const SPRING: &str = "2026-03-29T00:30+01:00";
const AUTUMN: &str = "2026-10-25T00:30+02:00";

/// Expression, zone, from when, and the next times as that zone's clocks show them. In Berlin clocks go
/// from 02:00 to 03:00 on 29 March 2026 and from 03:00 to 02:00 on 25 October.
const CASES: &[Case<'_>] = &[
    // Times of the day in a gap: at its end, once.
    (
        "30 2 * * *",
        BERLIN,
        "2026-03-28T00:00Z",
        &[
            "2026-03-28T02:30+01:00",
            "2026-03-29T03:00+02:00",
            "2026-03-30T02:30+02:00",
        ],
    ),
    (
        "30 2,14 * * *",
        BERLIN,
        SPRING,
        &["2026-03-29T03:00+02:00", "2026-03-29T14:30+02:00"],
    ),
    (
        "0,30 2 * * *",
        BERLIN,
        SPRING,
        &["2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"],
    ),
    (
        "0 2,3 * * *",
        BERLIN,
        SPRING,
        &["2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"],
    ),
    (
        "0-59/20 2 * * *",
        BERLIN,
        SPRING,
        &["2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"],
    ),
    (
        "30 2 * * SUN",
        BERLIN,
        SPRING,
        &["2026-03-29T03:00+02:00", "2026-04-05T02:30+02:00"],
    ),
    (
        "30 2 29 3 *",
        BERLIN,
        SPRING,
        &["2026-03-29T03:00+02:00", "2027-03-29T02:30+02:00"],
    ),
    // In an overlap: the first time, once.
    (
        "30 2 * * *",
        BERLIN,
        "2026-10-24T00:00Z",
        &[
            "2026-10-24T02:30+02:00",
            "2026-10-25T02:30+02:00",
            "2026-10-26T02:30+01:00",
        ],
    ),
    (
        "0 1-4 * * *",
        BERLIN,
        AUTUMN,
        &[
            "2026-10-25T01:00+02:00",
            "2026-10-25T02:00+02:00",
            "2026-10-25T03:00+01:00",
            "2026-10-25T04:00+01:00",
        ],
    ),
    (
        "30 2 * * *",
        BERLIN,
        "2026-10-25T02:45+02:00",
        &["2026-10-26T02:30+01:00"],
    ),
    (
        "30 2 * * *",
        BERLIN,
        "2026-10-25T02:15+01:00",
        &["2026-10-26T02:30+01:00"],
    ),
    // Wildcards: the time that really passes.
    (
        "*/30 * * * *",
        BERLIN,
        "2026-03-29T01:00+01:00",
        &[
            "2026-03-29T01:30+01:00",
            "2026-03-29T03:00+02:00",
            "2026-03-29T03:30+02:00",
        ],
    ),
    (
        "*/30 * * * *",
        BERLIN,
        "2026-10-25T01:30+02:00",
        &[
            "2026-10-25T02:00+02:00",
            "2026-10-25T02:30+02:00",
            "2026-10-25T02:00+01:00",
            "2026-10-25T02:30+01:00",
            "2026-10-25T03:00+01:00",
        ],
    ),
    (
        "30 * * * *",
        BERLIN,
        AUTUMN,
        &[
            "2026-10-25T01:30+02:00",
            "2026-10-25T02:30+02:00",
            "2026-10-25T02:30+01:00",
        ],
    ),
    (
        "0 */2 * * *",
        BERLIN,
        AUTUMN,
        &[
            "2026-10-25T02:00+02:00",
            "2026-10-25T02:00+01:00",
            "2026-10-25T04:00+01:00",
        ],
    ),
    (
        "*/30 2 * * *",
        BERLIN,
        SPRING,
        &["2026-03-30T02:00+02:00", "2026-03-30T02:30+02:00"],
    ),
    // Gaps and overlaps of other shapes.
    (
        "30 1 * * *",
        "America/Chicago",
        "2026-11-01T00:00-05:00",
        &["2026-11-01T01:30-05:00", "2026-11-02T01:30-06:00"],
    ),
    (
        "30 2 * * *",
        "America/Chicago",
        "2026-03-08T00:00-06:00",
        &["2026-03-08T03:00-05:00", "2026-03-09T02:30-05:00"],
    ),
    (
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2026-10-04T00:00+10:30",
        &["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"],
    ),
    (
        "45 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-05T00:00+11:00",
        &["2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30"],
    ),
    (
        "0 0 * * *",
        "Africa/Cairo",
        "2026-04-23T12:00Z",
        &["2026-04-24T01:00+03:00", "2026-04-25T00:00+03:00"],
    ),
    // The gap ends on the next day, which is not a Saturday.
    (
        "30 23 * * SAT",
        "America/Nuuk",
        "2026-03-28T12:00Z",
        &["2026-03-29T00:00-01:00", "2026-04-04T23:30-01:00"],
    ),
    // A day that never was.
    (
        "0 12 * * *",
        "Pacific/Apia",
        "2011-12-29T00:00-10:00",
        &[
            "2011-12-29T12:00-10:00",
            "2011-12-31T00:00+14:00",
            "2011-12-31T12:00+14:00",
        ],
    ),
];

#[test]
fn every_case_of_the_rules() {
    for (expression, zone, from, expected) in CASES {
        let fires = timetable(&cron(expression, zone)).upcoming(at(from), expected.len());
        let times = logical_times(&fires);
        assert_eq!(shown(&times, zone), *expected, "{expression} in {zone}");
    }
}

#[test]
fn the_data_of_a_fire_begins_where_that_of_the_one_before_ended() {
    for (expression, zone, from, expected) in CASES {
        let timetable = timetable(&cron(expression, zone));
        let fires = timetable.upcoming(at(from), expected.len());
        for pair in fires.windows(2) {
            assert_eq!(pair[0].interval_end, pair[1].interval_start);
            // Asked anew, the search backwards finds the same.
            let just_before = pair[1].logical_time - SignedDuration::from_nanos(1);
            assert_eq!(timetable.upcoming(just_before, 1), [pair[1].clone()]);
        }
        for fire in &fires {
            assert_eq!(fire.interval_end, fire.logical_time);
            assert!(fire.interval_start < fire.logical_time);
        }
    }
}

/// What croner makes of a case by itself.
fn croner(expression: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
    let cron: Cron = expression.parse().unwrap();
    let from = at(from).to_zoned(in_zone(zone));
    let times = cron.iter_after(from).take(count);
    shown(
        &times.map(|time| time.timestamp()).collect::<Vec<_>>(),
        zone,
    )
}

/// croner only matches wall-clock times for us. By itself it takes lists and ranges for wildcards, looks
/// at the weekday after a gap, and gives up in a gap of more than two hours; the other cases it gets
/// right. Should this list become empty, the detour can go.
#[test]
fn where_croner_alone_departs_from_the_rules() {
    let departs: Vec<(&str, &str)> = CASES
        .iter()
        .filter(|(expression, zone, from, expected)| {
            croner(expression, zone, from, expected.len()) != *expected
        })
        .map(|(expression, zone, ..)| (*expression, *zone))
        .collect();
    let expected = [
        ("30 2,14 * * *", BERLIN),
        ("0,30 2 * * *", BERLIN),
        ("0-59/20 2 * * *", BERLIN),
        ("0 1-4 * * *", BERLIN),
        ("30 23 * * SAT", "America/Nuuk"),
        ("0 12 * * *", "Pacific/Apia"),
    ];
    assert_eq!(departs, expected);
}

#[test]
fn a_deadline_is_a_time_of_the_day() {
    for (by, zone, after, expected) in [
        (
            "07:00",
            BERLIN,
            "2026-01-01T05:59Z",
            "2026-01-01T07:00+01:00",
        ),
        (
            "07:00",
            BERLIN,
            "2026-01-01T06:00Z",
            "2026-01-02T07:00+01:00",
        ),
        (
            "07:00",
            BERLIN,
            "2026-03-28T12:00Z",
            "2026-03-29T07:00+02:00",
        ),
        (
            "02:30",
            BERLIN,
            "2026-03-28T12:00Z",
            "2026-03-29T03:00+02:00",
        ),
        (
            "02:30",
            BERLIN,
            "2026-10-24T12:00Z",
            "2026-10-25T02:30+02:00",
        ),
        (
            "02:30",
            BERLIN,
            "2026-10-25T02:40+02:00",
            "2026-10-26T02:30+01:00",
        ),
        (
            "00:00",
            "UTC",
            "2026-12-31T23:59:59.999Z",
            "2027-01-01T00:00+00:00",
        ),
    ] {
        let deadline = Deadline {
            by: by.to_owned(),
            time_zone: zone.to_owned(),
        };
        deadline.validate().unwrap();
        let found = deadline.after(at(after)).unwrap();
        assert_eq!(shown(&[found], zone), [expected], "{by} after {after}");
    }
}

#[test]
fn a_deadline_that_is_none_says_which_part() {
    for (by, zone, field) in [
        ("7:00", "UTC", "by"),
        ("24:00", "UTC", "by"),
        ("07:60", "UTC", "by"),
        ("+7:00", "UTC", "by"),
        ("07:00:00", "UTC", "by"),
        ("", "UTC", "by"),
        ("07:00", "Berln", "time_zone"),
    ] {
        let deadline = Deadline {
            by: by.to_owned(),
            time_zone: zone.to_owned(),
        };
        let error = deadline.validate().unwrap_err();
        assert_eq!(error.field(), field, "{by} {zone}");
        assert!(error.hint().is_some());
        assert!(deadline.after(Timestamp::UNIX_EPOCH).is_err());
    }
}
