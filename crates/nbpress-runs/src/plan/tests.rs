//! From jobs to runs.

use serde_json::json;

use super::*;
use crate::job::UpstreamRule;
use crate::state::NoticeKind;

fn definition(tasks: &Value) -> JobDefinition {
    let job = json!({
        "tasks": tasks,
        "tags": {"team": "data"},
        "notify": [{"on": ["failed"], "channel": "ops"}],
        "deadline": {"by": "07:00", "time_zone": "Europe/Berlin"},
    });
    serde_json::from_value(job).unwrap()
}

fn schema(name: &str, kind: &str) -> Value {
    json!({"name": name, "type": kind})
}

/// Noon in Berlin on 1 March 2026, for the day before, asked for with these parameters.
fn planned(definition: &JobDefinition, parameters: &Value) -> Vec<NewRun> {
    let job = JobVersionRef {
        id: "job_1".to_owned(),
        name: "daily".to_owned(),
        version: 3,
    };
    plan(&JobRun {
        workspace: "team",
        job: &job,
        definition,
        parameters: parameters.as_object().unwrap(),
        trigger: TriggerKind::Schedule,
        triggered_by: "schedule:s1",
        logical: Some(logical("Europe/Berlin")),
        lane: Some("s1"),
        batch: Some(("batch_1", 7)),
        idempotency_key: Some("key"),
        start_at: "2026-03-01T12:00:00Z".parse().ok(),
        blocked: true,
    })
}

fn logical(time_zone: &str) -> LogicalTime {
    LogicalTime {
        at: "2026-02-28T23:30:00Z".parse().unwrap(),
        interval_start: "2026-02-27T23:30:00Z".parse().unwrap(),
        interval_end: "2026-02-28T23:30:00Z".parse().unwrap(),
        time_zone: time_zone.to_owned(),
    }
}

#[test]
fn a_job_of_one_task_is_one_run() {
    let definition = definition(&json!([{
        "snapshot": "5a", "notebook": "n.ipynb", "rule": "all_success",
        "parameters": {"region": "west", "days": 60},
        "settings": {"priority": 4, "pool": "warehouse"},
    }]));
    let runs = planned(&definition, &json!({"days": 7, "unknown": true}));
    let [run] = runs.as_slice() else {
        panic!("{runs:?}");
    };
    assert!(!run.is_flow && run.blocked);
    assert_eq!((&run.task, &run.parent), (&None, &None));
    assert_eq!(
        (run.snapshot.as_str(), run.notebook.as_str()),
        ("5a", "n.ipynb")
    );
    // Whether the notebook knows `unknown` was checked when it was asked for.
    assert_eq!(
        Value::Object(run.parameters.clone()),
        json!({"region": "west", "days": 7, "unknown": true})
    );
    assert_eq!(
        (run.lane.as_deref(), &run.batch),
        (Some("s1"), &Some(("batch_1".to_owned(), 7)))
    );
    assert_eq!(run.idempotency_key.as_deref(), Some("key"));
    assert_eq!(run.job.as_ref().map(|job| job.version), Some(3));
    assert_eq!(run.spec.settings, definition.tasks[0].settings);
    assert!(run.spec.notify[0].on.contains(&NoticeKind::Failed));
    assert!(run.spec.deadline.is_some() && run.start_at.is_some());
    assert_eq!(run.tags["team"], "data");
}

#[test]
fn a_job_of_several_tasks_is_one_run_that_holds_theirs() {
    let definition = definition(&json!([
        {"key": "report", "snapshot": "5b", "notebook": "r.ipynb", "depends_on": ["load", "check"],
         "rule": "all_done", "schema": [schema("days", "int")], "parameters": {"days": 60, "title": "t"}},
        {"key": "check", "snapshot": "5c", "notebook": "c.ipynb", "depends_on": ["load"],
         "schema": [schema("region", "str")]},
        {"key": "load", "snapshot": "5a", "notebook": "l.ipynb", "schema": [schema("days", "int")]},
    ]));
    let given = json!({"days": 7, "region": "west"});
    let runs = planned(&definition, &given);
    let [whole, load, check, report] = runs.as_slice() else {
        panic!("{runs:?}");
    };
    assert!(whole.is_flow && whole.task.is_none());
    assert_eq!(Value::Object(whole.parameters.clone()), given);
    assert_eq!(whole.lane.as_deref(), Some("s1"));
    assert_eq!((whole.spec.notify.len(), whole.start_at), (1, None));
    for (run, key, parameters, upstream) in [
        (load, "load", json!({"days": 7}), vec![]),
        (check, "check", json!({"region": "west"}), vec![&load.id]),
        (
            report,
            "report",
            json!({"days": 7, "title": "t"}),
            vec![&load.id, &check.id],
        ),
    ] {
        assert_eq!(run.task.as_deref(), Some(key));
        assert_eq!(run.parent.as_ref(), Some(&whole.id), "{key}");
        assert_eq!(run.upstream.iter().collect::<Vec<_>>(), upstream, "{key}");
        // A value goes to the tasks that know it.
        assert_eq!(Value::Object(run.parameters.clone()), parameters, "{key}");
        // What holds for the whole job is said once.
        assert!(run.lane.is_none() && run.batch.is_none() && run.idempotency_key.is_none());
        assert!(run.spec.notify.is_empty() && run.spec.deadline.is_none());
        assert_eq!(run.logical, whole.logical);
    }
    assert_eq!(report.spec.rule, UpstreamRule::AllDone);
    let ids: std::collections::BTreeSet<&String> = runs.iter().map(|run| &run.id).collect();
    assert_eq!(ids.len(), 4);
}

#[test]
fn the_logical_time_comes_as_the_notebook_declares_it() {
    let berlin = "Europe/Berlin";
    for (name, kind, zone, expected) in [
        (
            "logical_time",
            "datetime",
            berlin,
            "2026-03-01T00:30:00+01:00",
        ),
        ("logical_time", "str", "UTC", "2026-02-28T23:30:00+00:00"),
        (
            "logical_time",
            "str",
            "Asia/Kathmandu",
            "2026-03-01T05:15:00+05:45",
        ),
        ("logical_time", "date", berlin, "2026-03-01"),
        ("logical_time", "date | None", "UTC", "2026-02-28"),
        ("logical_time", "None|date", "UTC", "2026-02-28"),
        // Its name says that it is a date.
        ("logical_date", "str", berlin, "2026-03-01"),
        ("logical_date", "date", "America/New_York", "2026-02-28"),
        ("data_interval_start", "date", berlin, "2026-02-28"),
        (
            "data_interval_start",
            "datetime | None",
            berlin,
            "2026-02-28T00:30:00+01:00",
        ),
        (
            "data_interval_end",
            "str",
            berlin,
            "2026-03-01T00:30:00+01:00",
        ),
        // A zone this program does not know is better than no time.
        (
            "logical_time",
            "str",
            "Mars/Olympus",
            "2026-02-28T23:30:00+00:00",
        ),
    ] {
        let declared = [serde_json::from_value(schema(name, kind)).unwrap()];
        let mut parameters = Map::new();
        add_logical_time(&declared, &mut parameters, &logical(zone));
        assert_eq!(
            Value::Object(parameters),
            json!({ name: expected }),
            "{name}: {kind} in {zone}"
        );
    }
}

#[test]
fn a_logical_time_that_was_given_or_not_declared_stays_as_it_is() {
    let declared = [serde_json::from_value(schema("logical_date", "date")).unwrap()];
    let given = json!({"logical_date": "1999-12-31", "other": 1});
    let mut parameters = given.as_object().unwrap().clone();
    add_logical_time(&declared, &mut parameters, &logical("UTC"));
    assert_eq!(Value::Object(parameters), given);

    let mut none = Map::new();
    let declared = [serde_json::from_value(schema("when", "date")).unwrap()];
    add_logical_time(&declared, &mut none, &logical("UTC"));
    assert!(none.is_empty(), "{none:?}");
}

#[test]
fn a_scrap_reference_is_a_whole_text() {
    for (text, expected) in [
        ("${tasks.load.scraps.rows}", Some(("load", "rows"))),
        ("${tasks.load 1.scraps.a.b}", Some(("load 1", "a.b"))),
        ("${tasks.a.scraps.b.scraps.c}", Some(("a", "b.scraps.c"))),
        ("rows: ${tasks.load.scraps.rows}", None),
        ("${tasks.load.scraps.rows} ", None),
        ("${tasks.load.outputs.rows}", None),
        ("${tasks.load}", None),
        ("tasks.load.scraps.rows", None),
        ("", None),
    ] {
        assert_eq!(scrap_reference(text), expected, "{text:?}");
    }
}

#[test]
fn references_become_what_was_reported_and_keep_its_type() {
    let reported = json!({"load.rows": 42, "load.table": [{"a": null}], "load.none": null});
    let scrap = |task: &str, name: &str| reported.get(format!("{task}.{name}")).cloned();
    let refer = |name: &str| format!("${{tasks.load.scraps.{name}}}");
    let mut parameters = json!({
        "rows": refer("rows"), "table": refer("table"), "none": refer("none"),
        "text": "about ${tasks.load.scraps.rows} rows", "days": 60,
        "nested": [refer("rows")],
    });
    let values = parameters.as_object_mut().unwrap();
    assert_eq!(resolve_scraps(values, scrap), Ok(()));
    assert_eq!(
        parameters,
        json!({
            "rows": 42, "table": [{"a": null}], "none": null,
            "text": "about ${tasks.load.scraps.rows} rows", "days": 60,
            "nested": [refer("rows")],
        })
    );

    let mut missing = json!({"rows": refer("row_count")});
    let values = missing.as_object_mut().unwrap();
    assert_eq!(
        resolve_scraps(values, scrap),
        Err("load.row_count".to_owned())
    );
}
