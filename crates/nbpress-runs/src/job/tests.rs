//! Jobs that cannot be and jobs that can.

use serde_json::{Value, json};

use super::*;

fn task(key: &str, depends_on: &[&str]) -> Value {
    json!({"key": key, "snapshot": "5a", "notebook": "n.ipynb", "depends_on": depends_on})
}

fn job(tasks: &[Value]) -> Value {
    json!({ "tasks": tasks })
}

/// A job of one task in which the value at `pointer` is another one.
fn job_with(pointer: &str, value: Value) -> Value {
    let mut task = task("main", &[]);
    task["settings"] = json!({"retry": {}, "timeouts": {}, "environment": {}, "secrets": {}});
    let mut job = json!({"tasks": [task], "presets": {}, "tags": {}, "deadline": null});
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = job.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    parent.insert(name.to_owned(), value);
    job
}

fn read(job: &Value) -> JobDefinition {
    serde_json::from_value(job.clone()).unwrap_or_else(|error| panic!("{job}: {error}"))
}

#[test]
fn a_job_may_be_small_or_have_everything() {
    let everything = json!({
        "description": "The daily report",
        "tasks": [
            task("load", &[]),
            {"key": "report", "snapshot": "5a", "notebook": "n.ipynb", "depends_on": ["load"],
             "rule": "all_done", "parameters": {"rows": "${tasks.load.scraps.rows}"},
             "settings": {"kernel": "ir", "priority": -10, "pool": "warehouse", "profile": "large",
                          "environment": {"A": "b=c"}, "secrets": {"token": "env:TOKEN", "key": "file:/k"},
                          "retry": {"user": 20}, "timeouts": {"cell_seconds": 1}}},
            {"key": "long", "snapshot": "5a", "notebook": "n.ipynb",
             "settings": {"keep": "every", "retry": {"user": 1, "resume": true}}},
            {"key": "longer", "snapshot": "5a", "notebook": "n.ipynb", "settings": {"keep": 30}},
        ],
        "presets": {"west": {"region": "west"}},
        "tags": {"team": "data"},
        "notify": [{"on": ["failed"], "channel": "ops"}],
        "deadline": {"by": "07:00", "time_zone": "Europe/Berlin"},
    });
    let small = json!({"tasks": [{"snapshot": "5a", "notebook": "n.ipynb"}]});
    let most: Vec<Value> = (0..200).map(|at| task(&format!("t{at}"), &[])).collect();
    for job in [everything, small, job(&most)] {
        let definition = read(&job);
        assert_eq!(definition.validate(), Ok(()));
        let written = serde_json::to_value(&definition).unwrap();
        assert_eq!(read(&written), definition, "what is written reads back");
    }
    let alone = read(&json!({"tasks": [{"snapshot": "5a", "notebook": "n.ipynb"}]}));
    assert_eq!(alone.tasks[0].key, "main");
}

#[test]
fn what_cannot_be_is_refused_by_its_field() {
    let many: Vec<Value> = (0..201).map(|at| task(&format!("t{at}"), &[])).collect();
    let long = "x".repeat(129);
    for (job, field, part) in [
        (job(&[]), "tasks", "at least one task"),
        (job(&many), "tasks", "201 tasks"),
        (job(&[task("", &[])]), "tasks[0].key", "empty"),
        (
            job(&[task("a", &[]), task("a", &[])]),
            "tasks[1].key",
            "named `a`",
        ),
        (
            job(&[task("a", &[]), task("b", &["c"])]),
            "tasks[1].depends_on",
            "`c`",
        ),
        (
            job_with("/presets", json!({ long.clone(): {} })),
            "presets",
            "129",
        ),
        (
            job_with("/tags", json!({"team": " data"})),
            "tags",
            "` data`",
        ),
        (job_with("/tags", json!({"a\nb": "c"})), "tags", "'\\n'"),
        (
            job_with("/deadline", json!({"by": "7", "time_zone": "UTC"})),
            "deadline.by",
            "`7`",
        ),
        (
            job_with(
                "/deadline",
                json!({"by": "07:00", "time_zone": "Berlin/Mitte"}),
            ),
            "deadline.time_zone",
            "`Berlin/Mitte`",
        ),
    ] {
        assert_refused(&job, field, part);
    }
}

#[test]
fn settings_that_cannot_be_are_refused_by_their_field() {
    for (setting, value, part) in [
        ("priority", json!(11), "`11`"),
        ("priority", json!(-11), "`-11`"),
        ("pool", json!("a/b"), "'/'"),
        ("environment", json!({"A=B": ""}), "`A=B`"),
        ("environment", json!({"": ""}), "``"),
        ("secrets", json!({"token": "sesame"}), "`token`"),
        ("retry", json!({"platform": 21}), "20"),
        ("retry.resume", json!(true), "nothing is kept"),
        ("timeouts.run_seconds", json!(0), "0 seconds"),
        ("timeouts.cell_seconds", json!(0), "0 seconds"),
        ("timeouts.start_seconds", json!(0), "0 seconds"),
    ] {
        let pointer = format!("/tasks/0/settings/{}", setting.replace('.', "/"));
        let field = format!("tasks[0].settings.{setting}");
        assert_refused(&job_with(&pointer, value), &field, part);
    }
    let mut secret = job_with("/tasks/0/settings/keep", json!("every"));
    secret["tasks"][0]["settings"]["secrets"] = json!({"token": "env:TOKEN"});
    assert_refused(&secret, "tasks[0].settings.keep", "secrets");
}

fn assert_refused(job: &Value, field: &str, part: &str) {
    let invalid = read(job).validate().unwrap_err();
    assert_eq!(invalid.field, field, "{invalid}");
    assert!(invalid.message.contains(part), "{invalid}");
    assert!(!invalid.message.contains("sesame"), "{invalid}");
}

#[test]
fn unknown_fields_and_impossible_types_are_refused() {
    for (job, part) in [
        (job_with("/owner", json!("me")), "unknown field `owner`"),
        (
            job_with("/tasks/0/retries", json!(1)),
            "unknown field `retries`",
        ),
        (
            job_with("/tasks/0/settings/memory", json!(1)),
            "unknown field `memory`",
        ),
        (job_with("/tasks/0/settings/retry/user", json!(-1)), "`-1`"),
        (
            job_with("/tasks/0/settings/keep", json!("sometimes")),
            "write `every`, `off` or a number of seconds",
        ),
        (
            job_with("/tasks/0/rule", json!("any_success")),
            "`any_success`",
        ),
        (json!({}), "`tasks`"),
    ] {
        let error = serde_json::from_value::<JobDefinition>(job).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn tasks_come_after_those_they_wait_for() {
    for (tasks, expected) in [
        (vec![("a", vec![]), ("b", vec!["a"])], Ok("a b")),
        (vec![("b", vec!["a"]), ("a", vec![])], Ok("a b")),
        (
            vec![
                ("d", vec!["b", "c"]),
                ("c", vec!["a"]),
                ("b", vec!["a"]),
                ("a", vec![]),
            ],
            Ok("a c b d"),
        ),
        (vec![("a", vec![]), ("b", vec![])], Ok("a b")),
        (vec![("a", vec!["a"])], Err("`a`")),
        (
            vec![("a", vec![]), ("b", vec!["c"]), ("c", vec!["b"])],
            Err("`b`, `c`"),
        ),
        (
            vec![
                ("a", vec!["c"]),
                ("b", vec!["a"]),
                ("c", vec!["b"]),
                ("d", vec!["c"]),
            ],
            Err("`a`, `b`, `c`, `d`"),
        ),
    ] {
        let tasks: Vec<Value> = tasks.iter().map(|(key, after)| task(key, after)).collect();
        let definition = read(&job(&tasks));
        let ordered = definition.in_order().map(|tasks| {
            let keys: Vec<&str> = tasks.iter().map(|task| task.key.as_str()).collect();
            keys.join(" ")
        });
        match (ordered, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(invalid), Err(circle)) => {
                assert_eq!(invalid.field, "tasks.depends_on");
                let message = format!("tasks wait for each other: {circle}");
                assert_eq!(invalid.message, message);
                assert_eq!(definition.validate(), Err(invalid));
            }
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn names_can_be_seen_and_typed() {
    let longest = "x".repeat(128);
    for good in ["daily", "Umsatz täglich", "日次", "a.b-c_d", &longest] {
        assert_eq!(check_name("name", good), Ok(()), "{good}");
    }
    let too_long = "é".repeat(65);
    for (bad, part) in [
        ("", "empty"),
        ("  ", "empty"),
        (too_long.as_str(), "130"),
        (" a", "blank"),
        ("a\u{a0}", "blank"),
        ("a/b", "'/'"),
        ("..\\b", "'\\\\'"),
        ("a\0", "'\\0'"),
        ("a\u{1b}[31m", "'\\u{1b}'"),
    ] {
        let invalid = check_name("name", bad).unwrap_err();
        assert_eq!(invalid.field, "name");
        assert!(invalid.message.contains(part), "{bad:?}: {invalid}");
    }
}

#[test]
fn retries_wait_twice_as_long_each_time_up_to_ten_minutes() {
    for (delay_seconds, expected) in [
        (10, [10, 20, 40, 80, 160, 320, 600, 600]),
        (1, [1, 2, 4, 8, 16, 32, 64, 128]),
        (0, [0; 8]),
        (600, [600; 8]),
        (u32::MAX, [600; 8]),
    ] {
        let policy = RetryPolicy {
            delay_seconds,
            ..RetryPolicy::default()
        };
        let delays: Vec<i64> = (1..=8).map(|failures| policy.delay(failures)).collect();
        assert_eq!(delays, expected, "{delay_seconds}");
        assert!(policy.delay(u32::MAX) <= 600);
        assert_eq!(policy.delay(0), policy.delay(1));
    }
}

#[test]
fn attempts_follow_who_must_act() {
    let policy = RetryPolicy {
        user: 1,
        platform: 2,
        timeout: 3,
        resource: 4,
        delay_seconds: 0,
        resume: false,
    };
    for (class, given, by_default) in [
        (FailureClass::User, 1, 0),
        (FailureClass::Platform, 2, 3),
        (FailureClass::Timeout, 3, 0),
        (FailureClass::Resource, 4, 1),
        (FailureClass::Invalid, 0, 0),
        (FailureClass::Upstream, 0, 0),
    ] {
        assert_eq!(policy.attempts(class), given, "{class:?}");
        assert_eq!(
            RetryPolicy::default().attempts(class),
            by_default,
            "{class:?}"
        );
    }
}
