//! What is due after the scheduler was away, and where a schedule begins and ends.

use super::*;

const NOON: &str = "2026-06-01T12:00Z";

fn with_catch_up(catch_up: CatchUp, mut definition: ScheduleDefinition) -> ScheduleDefinition {
    definition.catch_up = catch_up;
    definition
}

fn hourly() -> ScheduleDefinition {
    cron("@hourly", "UTC")
}

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// Policy, window in hours, how long away and how late now is, then: hours of the fires, and missed.
#[test]
fn each_policy_after_a_time_away() {
    use CatchUp::{All, Latest, None};
    let on_the_hour = "2026-06-01T12:00:30Z";
    let half_past = "2026-06-01T12:30Z";
    let cases: &[(CatchUp, u64, &str, &[i8], u64)] = &[
        // Five hours down: 0, 1 or 5 runs.
        (None, 24, half_past, &[], 5),
        (Latest, 24, half_past, &[12], 4),
        (All, 24, half_past, &[8, 9, 10, 11, 12], 0),
        // A time that is due right now is not a missed one.
        (None, 24, on_the_hour, &[12], 4),
        (Latest, 24, on_the_hour, &[12], 4),
        (All, 24, on_the_hour, &[8, 9, 10, 11, 12], 0),
        // What is older than the window is gone.
        (All, 2, half_past, &[11, 12], 3),
        (Latest, 0, half_past, &[], 5),
        (All, 0, on_the_hour, &[12], 4),
    ];
    for (catch_up, window, now, hours, missed) in cases {
        let mut definition = with_catch_up(*catch_up, hourly());
        definition.catch_up_window_seconds = window * 3_600;
        let due = timetable(&definition).due(at("2026-06-01T07:30Z"), at(now), 100);
        let utc = in_zone("UTC");
        let found: Vec<i8> = due
            .fires
            .iter()
            .map(|fire| fire.logical_time.to_zoned(utc.clone()).hour())
            .collect();
        assert_eq!(
            (found.as_slice(), due.missed),
            (*hours, *missed),
            "{catch_up:?} {now}"
        );
        assert_eq!(due.resume_from, at(now));
        let again = timetable(&definition).due(due.resume_from, at(now), 100);
        assert_eq!((again.fires.len(), again.missed), (0, 0));
    }
}

#[test]
fn each_time_is_due_once_while_the_scheduler_runs() {
    for catch_up in [CatchUp::None, CatchUp::Latest, CatchUp::All] {
        let timetable = timetable(&with_catch_up(catch_up, cron("*/5 * * * *", "UTC")));
        let mut last = at(NOON);
        let mut found = Vec::new();
        // Looks every 37 seconds, for two hours.
        for step in 1..200 {
            let now = at(NOON) + SignedDuration::from_secs(step * 37);
            let due = timetable.due(last, now, 10);
            assert_eq!(due.missed, 0);
            found.extend(logical_times(&due.fires));
            last = due.resume_from;
        }
        let all = logical_times(&timetable.upcoming(at(NOON), found.len()));
        assert_eq!(found, all, "{catch_up:?}");
        assert_eq!(found.len(), 24);
    }
}

#[test]
fn many_are_handed_out_in_pieces() {
    let timetable = timetable(&with_catch_up(CatchUp::All, hourly()));
    let (mut last, now) = (at(NOON), at("2026-06-02T11:30Z"));
    let mut found = Vec::new();
    let mut pieces = Vec::new();
    loop {
        let due = timetable.due(last, now, 10);
        if due.fires.is_empty() {
            break;
        }
        assert_eq!(due.missed, 0);
        pieces.push(due.fires.len());
        found.extend(logical_times(&due.fires));
        last = due.resume_from;
    }
    assert_eq!(pieces, [10, 10, 3]);
    assert_eq!(found, logical_times(&timetable.upcoming(at(NOON), 23)));
}

#[test]
fn years_of_absence_are_passed_over() {
    let (last, now) = (at("2016-01-01T00:00Z"), at("2026-01-01T00:00:30Z"));
    let minutely = cron("* * * * *", "Europe/Berlin");
    let by_interval = every(60);
    // Ten years have 3,653 days.
    let all = 3_653 * 1_440;
    for (definition, counted) in [(minutely, MOST_COUNTED), (by_interval, all)] {
        for (catch_up, fires) in [(CatchUp::None, 1), (CatchUp::Latest, 1), (CatchUp::All, 50)] {
            let due = timetable(&with_catch_up(catch_up, definition.clone())).due(last, now, 50);
            assert_eq!(due.fires.len(), fires, "{catch_up:?}");
            let missed = match catch_up {
                CatchUp::All => counted.min(all - 1_440),
                _ => counted.min(all - 1),
            };
            assert_eq!(due.missed, missed, "{catch_up:?}");
            let oldest = due.fires[0].logical_time;
            assert!(now.duration_since(oldest) <= SignedDuration::from_hours(24));
        }
    }
}

#[test]
fn a_clock_put_back_makes_nothing_due_twice() {
    for catch_up in [CatchUp::None, CatchUp::Latest, CatchUp::All] {
        let timetable = timetable(&with_catch_up(catch_up, hourly()));
        let due = timetable.due(at(NOON), at(NOON) - minutes(180), 10);
        assert_eq!(
            (due.fires.len(), due.resume_from, due.missed),
            (0, at(NOON), 0)
        );
        assert!(timetable.due(at(NOON), at(NOON), 10).fires.is_empty());
    }
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for definition in [hourly(), cron("30 2 * * *", "Europe/Berlin"), every(3_600)] {
        let timetable = timetable(&with_catch_up(CatchUp::All, definition));
        assert_eq!(timetable.upcoming(Timestamp::MAX, 3), []);
        assert!(timetable.due(Timestamp::MIN, Timestamp::MAX, 2).missed <= u64::MAX / 2);
        assert!(
            timetable
                .due(Timestamp::MAX, Timestamp::MIN, 2)
                .fires
                .is_empty()
        );
        assert!(timetable.next_after(Timestamp::MIN).is_some());
    }
}

#[test]
fn it_fires_from_the_start_and_before_the_end() {
    let mut definition = with_catch_up(CatchUp::All, hourly());
    definition.start_at = Some(at(NOON));
    definition.end_at = Some(at("2026-06-01T15:00Z"));
    let timetable = timetable(&definition);
    let long_ago = at("2020-01-01T00:00Z");
    let fires = timetable.upcoming(long_ago, 10);
    let expected = [
        "2026-06-01T12:00Z",
        "2026-06-01T13:00Z",
        "2026-06-01T14:00Z",
    ]
    .map(at);
    assert_eq!(logical_times(&fires), expected);
    assert_eq!(fires[0].interval_start, at("2026-06-01T11:00Z"));
    let due = timetable.due(long_ago, at("2026-06-01T20:00Z"), 10);
    assert_eq!(
        (logical_times(&due.fires), due.missed),
        (expected.to_vec(), 0)
    );
    definition.catch_up = CatchUp::Latest;
    let due = super::timetable(&definition).due(long_ago, at("2026-06-01T20:00Z"), 10);
    assert_eq!(
        (logical_times(&due.fires), due.missed),
        (vec![expected[2]], 2)
    );
}

#[test]
fn intervals_are_counted_from_their_anchor() {
    let start = at("2026-06-01T12:00:07Z");
    let anchored = |anchor: Option<Timestamp>, start_at| {
        let mut definition = ScheduleDefinition::new(Trigger::Interval {
            every_seconds: 5_400,
            anchor,
        });
        definition.start_at = start_at;
        let fires = timetable(&definition).upcoming(at(NOON), 2);
        (
            fires[0].logical_time,
            fires[1].logical_time,
            fires[0].interval_start,
        )
    };
    let by_start = (start, start + minutes(90), start - minutes(90));
    assert_eq!(anchored(None, Some(start)), by_start);
    assert_eq!(anchored(Some(start), None), by_start);
    // An anchor is no start: it counts both ways.
    assert_eq!(anchored(Some(start + minutes(900)), None), by_start);
    let since_1970 = anchored(None, None);
    assert_eq!(since_1970.0.as_second() % 5_400, 0);
}

#[test]
fn what_is_not_by_the_clock_is_never_due() {
    let after = Trigger::After {
        job: "load".to_owned(),
        on: UpstreamEnd::Success,
    };
    for trigger in [after, Trigger::Webhook {}] {
        let timetable = timetable(&ScheduleDefinition::new(trigger));
        assert_eq!(timetable.next_after(at(NOON)), None);
        let due = timetable.due(Timestamp::UNIX_EPOCH, at(NOON), 10);
        assert_eq!(
            (due.fires.len(), due.resume_from, due.missed),
            (0, at(NOON), 0)
        );
    }
}
