//! What is accepted and refused, with the field and what would be right.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;

fn read(text: Value) -> Result<ScheduleDefinition, String> {
    serde_json::from_value(text).map_err(|error| error.to_string())
}

#[test]
fn what_is_left_out_has_a_default() {
    let given = json!({"trigger": {"kind": "cron", "expression": "@daily", "time_zone": "UTC"}});
    let whole = json!({
        "trigger": {"kind": "cron", "expression": "@daily", "time_zone": "UTC"},
        "catch_up": "latest",
        "catch_up_window_seconds": 86_400,
        "overlap": "queue",
        "max_queued": 10,
        "jitter_seconds": 0,
    });
    let definition = read(given).unwrap();
    assert_eq!(definition, cron("@daily", "UTC"));
    assert_eq!(serde_json::to_value(&definition).unwrap(), whole);
    assert_eq!(read(whole).unwrap(), definition);
    definition.validate().unwrap();
}

#[test]
fn every_form_is_read_and_written_alike() {
    let triggers = [
        json!({"kind": "cron", "expression": "30 7 * * MON-FRI", "time_zone": "Europe/Berlin"}),
        json!({"kind": "interval", "every_seconds": 90}),
        json!({"kind": "interval", "every_seconds": 90, "anchor": "2026-01-01T00:00:07Z"}),
        json!({"kind": "after", "job": "load", "on": "success"}),
        json!({"kind": "after", "job": "load", "on": "any"}),
        json!({"kind": "webhook"}),
    ];
    let overlaps = [
        json!("queue"),
        json!("skip"),
        json!("replace"),
        json!({"allow": {"n": 3}}),
    ];
    for trigger in &triggers {
        for overlap in &overlaps {
            let text = json!({
                "trigger": trigger, "overlap": overlap, "catch_up": "all",
                "catch_up_window_seconds": 60, "max_queued": 1, "jitter_seconds": 5,
                "start_at": "2026-01-01T00:00:00Z", "end_at": "2027-01-01T00:00:00Z",
            });
            let definition = read(text.clone()).unwrap();
            definition.validate().unwrap();
            assert_eq!(serde_json::to_value(&definition).unwrap(), text);
        }
    }
}

#[test]
fn unknown_fields_are_named() {
    let cases = [
        (
            json!({"trigger": {"kind": "webhook"}, "retries": 3}),
            "retries",
        ),
        (json!({"trigger": {"kind": "webhook", "url": "x"}}), "url"),
        (
            json!({"trigger": {"kind": "cron", "expression": "@daily", "tz": "UTC"}}),
            "tz",
        ),
        (json!({"trigger": {"kind": "hourly"}}), "hourly"),
        (
            json!({"trigger": {"kind": "webhook"}, "overlap": {"allow": {"n": 1, "m": 2}}}),
            "`m`",
        ),
    ];
    for (text, named) in cases {
        let error = read(text).unwrap_err();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn expressions_that_cron_users_write_are_accepted() {
    for expression in [
        "* * * * *",
        "*/5 * * * *",
        "0 0 1,15 * *",
        "0 9-17/2 * * mon-fri",
        "30 7 * JAN,JUL SUN",
        "0 0 * * 7",
        "0 0 * * FRI-SUN",
        "  0\t0  29 2 * ",
        "0 0 L * *",
        "0 0 LW * *",
        "0 0 15W * *",
        "0 0 * * FRI#2",
        "0 0 * * FRIL",
        "0 0 * 2 MON#5",
        "@hourly",
        "@daily",
        "@midnight",
        "@weekly",
        "@Monthly",
        "@yearly",
        "@annually",
    ] {
        let checked = cron(expression, "UTC").validate();
        assert!(checked.is_ok(), "{expression}: {checked:?}");
    }
}

#[test]
fn nicknames_are_what_they_say() {
    let now = at("2026-03-04T05:06Z");
    for (nickname, next) in [
        ("@hourly", "2026-03-04T06:00Z"),
        ("@daily", "2026-03-05T00:00Z"),
        ("@midnight", "2026-03-05T00:00Z"),
        ("@weekly", "2026-03-08T00:00Z"),
        ("@monthly", "2026-04-01T00:00Z"),
        ("@yearly", "2027-01-01T00:00Z"),
        ("@annually", "2027-01-01T00:00Z"),
    ] {
        let found = timetable(&cron(nickname, "UTC")).next_after(now);
        assert_eq!(found, Some(at(next)), "{nickname}");
    }
}

#[test]
fn expressions_that_are_wrong_say_what_would_be_right() {
    for (expression, text, hint) in [
        (
            "",
            "a cron expression has five fields, not 0",
            "minute hour day month weekday",
        ),
        (
            "0 7 * *",
            "has five fields, not 4",
            "minute hour day month weekday",
        ),
        ("0 0 7 * * *", "has five fields, not 6", "no seconds"),
        (
            "0 0 7 * * * 2026",
            "has five fields, not 7",
            "no seconds and no years",
        ),
        ("60 * * * *", "`60` is not a minute", "0-59"),
        ("0 24 * * *", "`24` is not an hour", "0-23"),
        ("0 0 0 * *", "`0` is not a day", "1-31"),
        ("0 0 * JUNE *", "`JUNE` is not a month", "JAN-DEC"),
        ("0 0 * * 8", "`8` is not a weekday", "MON-FRI"),
        ("0 0 * * MONTUE", "`MONTUE` is not a weekday", "SUN-SAT"),
        ("TUE 0 * * *", "`TUE` is not a minute", "0-59"),
        ("0 17-9 * * *", "`17-9` is not an hour", "9-17"),
        ("1,,2 * * * *", "`` is not a minute", "0,30"),
        (", * * * *", "`` is not a minute", "0,30"),
        ("*/0 * * * *", "`*/0` is not a minute", "*/5"),
        ("5/10 * * * *", "`5/10` is not a minute", "*/5"),
        ("*/-1 * * * *", "`*/-1` is not a minute", "*/5"),
        ("*/90 * * * *", "a step of `90` is longer", "interval"),
        ("0-99999 * * * *", "`0-99999` is not a minute", "0-59"),
        ("*/99999999999999999999 * * * *", "is not a minute", "0-59"),
        ("0 0 ? * MON", "`?` is not a day", "1-31"),
        ("0 0 1 * +MON", "`+MON` is not a weekday", "SUN-SAT"),
        ("@dayly", "there is no `@dayly`", "`@daily`"),
        ("@reboot", "there is no `@reboot`", "`@hourly`"),
        ("0 0 31 2 *", "never fires", "a day that its month has"),
        (
            "0 0 31 4,6,9,11 *",
            "never fires",
            "a day that its month has",
        ),
        ("0 0 30W 2 *", "never fires", "a day that its month has"),
        ("é * * * *", "`é` is not a minute", "0-59"),
    ] {
        let error = cron(expression, "UTC").validate().unwrap_err();
        assert_eq!(error.field(), "trigger.expression", "{expression}");
        assert!(error.to_string().contains(text), "{expression}: {error}");
        let given = error.hint().unwrap_or_default();
        assert!(given.contains(hint), "{expression}: {given}");
    }
}

#[test]
fn hostile_texts_cost_nothing() {
    let long = "1,".repeat(5_000) + "1 * * * *";
    let stars = "*".repeat(10_000);
    let spaces = " ".repeat(10_000);
    let names = "MON".repeat(70) + " * * * *";
    let began = Instant::now();
    for text in [&long, &stars, &spaces, &names, "\0 * * * *", "0 0 31 2 *"] {
        assert!(cron(text, "UTC").validate().is_err());
        assert!(cron("@daily", text).validate().is_err());
    }
    let error = cron("@daily", &stars).validate().unwrap_err();
    assert!(error.to_string().len() < 200);
    // Parsing 10 kB or searching all centuries minute by minute would take far longer, even here.
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn misspelt_zones_are_guessed() {
    for (name, meant) in [
        ("Europe/Berln", Some("Europe/Berlin")),
        ("Berlin", Some("Europe/Berlin")),
        ("new york", Some("America/New_York")),
        ("Asia/Calcuta", Some("Asia/Calcutta")),
        ("xyzzy", None),
        ("", None),
        ("Etc/Unknown", None),
        ("../../etc/passwd", None),
    ] {
        let error = cron("@daily", name).validate().unwrap_err();
        assert_eq!(error.field(), "trigger.time_zone");
        let hint = error.hint().unwrap();
        match meant {
            Some(meant) => assert_eq!(hint, format!("did you mean `{meant}`?")),
            None => assert!(!hint.contains(name) || name.is_empty(), "{name}: {hint}"),
        }
    }
    for name in [
        "UTC",
        "europe/berlin",
        "Asia/Calcutta",
        "America/Argentina/Ushuaia",
    ] {
        cron("@daily", name).validate().unwrap();
    }
}

#[test]
fn the_zone_of_a_fire_is_spelt_as_the_database_does() {
    let fires = timetable(&cron("@daily", "europe/berlin")).upcoming(at("2026-01-01T00:00Z"), 1);
    assert_eq!(fires[0].zone, "Europe/Berlin");
    assert_eq!(
        timetable(&every(60)).upcoming(at("2026-01-01T00:00Z"), 1)[0].zone,
        "UTC"
    );
}

#[test]
fn the_database_has_a_version() {
    let version = tzdata_version().unwrap();
    let (year, letter) = version.split_at(4);
    assert!(year.parse::<u32>().unwrap() >= 2024, "{version}");
    assert!(
        letter.chars().all(|char| char.is_ascii_lowercase()),
        "{version}"
    );
}

#[test]
fn numbers_have_bounds() {
    type Change = fn(&mut ScheduleDefinition);
    let cases: [(&str, Change); 6] = [
        ("max_queued", |it| it.max_queued = 0),
        ("max_queued", |it| it.max_queued = u32::MAX),
        ("jitter_seconds", |it| it.jitter_seconds = u64::MAX),
        ("catch_up_window_seconds", |it| {
            it.catch_up_window_seconds = u64::MAX;
        }),
        ("overlap.allow.n", |it| it.overlap = Overlap::Allow { n: 0 }),
        ("end_at", |it| {
            it.start_at = Some(Timestamp::UNIX_EPOCH);
            it.end_at = it.start_at;
        }),
    ];
    for (field, change) in cases {
        let mut definition = cron("@daily", "UTC");
        change(&mut definition);
        assert_eq!(definition.validate().unwrap_err().field(), field);
    }
    for seconds in [0, u64::MAX] {
        let error = every(seconds).validate().unwrap_err();
        assert_eq!(error.field(), "trigger.every_seconds");
        assert!(error.to_string().contains("is not from 1 to "), "{error}");
    }
    for name in ["", "  ", &"x".repeat(300)] {
        let after = Trigger::After {
            job: name.to_owned(),
            on: UpstreamEnd::Any,
        };
        let error = ScheduleDefinition::new(after).validate().unwrap_err();
        assert_eq!(error.field(), "trigger.job");
    }
}

#[test]
fn jitter_is_spread_and_always_the_same() {
    let times: Vec<Timestamp> = timetable(&every(3_600))
        .upcoming(at("2026-01-01T00:00Z"), 200)
        .iter()
        .map(|fire| fire.logical_time)
        .collect();
    let delays = |schedule: &str| -> Vec<i128> {
        let delay = |time: &Timestamp| jitter(schedule, *time, 60).as_millis();
        times.iter().map(delay).collect()
    };
    let one = delays("one");
    assert_eq!(one, delays("one"));
    assert_ne!(one, delays("other"));
    assert!(one.iter().all(|delay| (0..60_000).contains(delay)));
    for quarter in 0..4 {
        let range = quarter * 15_000..(quarter + 1) * 15_000;
        let count = one.iter().filter(|delay| range.contains(*delay)).count();
        assert!((25..=75).contains(&count), "{count} of 200 in {range:?}");
    }
    assert_eq!(jitter("one", times[0], 0), SignedDuration::ZERO);
    // Other machines and later versions must put off a start by the same time.
    assert_eq!(
        jitter("sch_1", at("2026-01-01T00:00Z"), 60).as_millis(),
        57_651
    );
}
