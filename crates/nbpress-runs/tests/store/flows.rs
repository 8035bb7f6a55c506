//! Jobs of several tasks.

use nbpress_runs::job::{JobDefinition, NotifyRule, Task, UpstreamRule};
use nbpress_runs::plan::{JobRun, plan};
use nbpress_runs::run::{AttemptEnd, ScrapValue, TriggerKind};
use nbpress_runs::store::{Job, RunFilter};
use nbpress_runs::{FailureClass, NoticeKind, Run, RunState, Store};
use serde_json::{Map, json};

use crate::{Place, at, failed, finish, on_both, room, succeeded, worker};

on_both!(
    tasks_run_in_their_order_and_by_their_rules,
    values_of_one_task_are_parameters_of_the_next,
    cancelling_a_run_of_a_job_ends_its_tasks,
    a_restart_goes_on_at_the_task_that_failed,
    a_restart_obeys_the_rules_of_tasks,
    a_restart_of_a_run_with_nothing_to_do_is_over_at_once,
    people_are_told_of_the_run_of_the_job_and_not_of_its_tasks,
);

pub(crate) fn task(key: &str, depends_on: &[&str], rule: UpstreamRule) -> Task {
    Task {
        key: key.to_owned(),
        snapshot: "5a".to_owned(),
        notebook: format!("{key}.ipynb"),
        source: None,
        root: None,
        files: Vec::new(),
        schema: Vec::new(),
        parameters: Map::new(),
        depends_on: depends_on.iter().map(|key| (*key).to_owned()).collect(),
        rule,
        settings: nbpress_runs::job::RunSettings {
            retry: crate::no_retries(),
            ..Default::default()
        },
    }
}

pub(crate) fn definition(tasks: Vec<Task>) -> JobDefinition {
    JobDefinition {
        description: String::new(),
        tasks,
        presets: Default::default(),
        tags: Default::default(),
        notify: Vec::new(),
        deadline: None,
    }
}

pub(crate) async fn start(store: &Store, job: &Job) -> String {
    let runs = plan(&JobRun {
        workspace: "main",
        job: &job.reference(),
        definition: &job.definition,
        parameters: &Map::new(),
        trigger: TriggerKind::Manual,
        triggered_by: "test",
        logical: None,
        lane: None,
        batch: None,
        idempotency_key: None,
        start_at: None,
        blocked: false,
    });
    store.enqueue(&runs, "test", at(0)).await.unwrap()[0]
        .id
        .clone()
}

async fn tasks(store: &Store, flow: &str) -> Vec<Run> {
    let filter = RunFilter {
        workspace: "main".to_owned(),
        parent: Some(flow.to_owned()),
        ..RunFilter::default()
    };
    store.list_runs(&filter, None, 100).await.unwrap().runs
}

async fn states(store: &Store, flow: &str) -> Vec<(String, RunState)> {
    let mut states: Vec<_> = tasks(store, flow)
        .await
        .into_iter()
        .map(|run| (run.task.unwrap(), run.state))
        .collect();
    states.sort();
    states
}

/// Runs everything that is ready until nothing is; the named tasks fail.
async fn run_all(store: &Store, failing: &[&str]) -> Vec<String> {
    let mut order = Vec::new();
    loop {
        let claims = store.claim("w", &room(1), at(1)).await.unwrap();
        let Some(claim) = claims.first() else {
            return order;
        };
        let task = claim.task.clone().unwrap_or_default();
        let end = if failing.contains(&task.as_str()) {
            failed(FailureClass::User)
        } else {
            succeeded()
        };
        finish(store, claim, &end, at(2)).await;
        order.push(task);
    }
}

async fn tasks_run_in_their_order_and_by_their_rules(place: Place) {
    use RunState::{Failed, Skipped, Succeeded};
    use UpstreamRule::{AllDone, AllSuccess, AnyFailed};
    let store = &place.store;
    worker(store, "w").await;
    let job = definition(vec![
        task("report", &["clean"], AllSuccess),
        task("load", &[], AllSuccess),
        task("clean", &["load"], AllSuccess),
        task("tidy", &["report", "alarm"], AllDone),
        task("alarm", &["report"], AnyFailed),
    ]);
    for (name, failing, order, expected, flow) in [
        (
            "good",
            vec![],
            vec!["load", "clean", "report", "tidy"],
            [Skipped, Succeeded, Succeeded, Succeeded, Succeeded],
            Succeeded,
        ),
        (
            "report fails",
            vec!["report"],
            vec!["load", "clean", "report", "alarm", "tidy"],
            [Succeeded, Succeeded, Succeeded, Failed, Succeeded],
            Failed,
        ),
        (
            "load fails",
            vec!["load"],
            vec!["load", "tidy"],
            [Skipped, Skipped, Failed, Skipped, Succeeded],
            Failed,
        ),
    ] {
        let job = store
            .put_job("main", name, &job, "test", at(0))
            .await
            .unwrap();
        let id = start(store, &job).await;
        assert_eq!(run_all(store, &failing).await, order, "{name}");
        let found: Vec<RunState> = states(store, &id)
            .await
            .into_iter()
            .map(|(_, state)| state)
            .collect();
        assert_eq!(found, expected, "{name}: alarm, clean, load, report, tidy");
        assert_eq!(store.run(&id).await.unwrap().state, flow, "{name}");
        assert_eq!(crate::terminal_transitions(store, &id).await, 1);
    }
}

async fn values_of_one_task_are_parameters_of_the_next(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let mut report = task("report", &["load"], UpstreamRule::AllSuccess);
    report.parameters = json!({"rows": "${tasks.load.scraps.rows}", "title": "x"})
        .as_object()
        .unwrap()
        .clone();
    let mut broken = task("broken", &["load"], UpstreamRule::AllSuccess);
    broken.parameters = json!({"rows": "${tasks.load.scraps.colour}"})
        .as_object()
        .unwrap()
        .clone();
    let tasks_ = vec![task("load", &[], UpstreamRule::AllSuccess), report, broken];
    let job = store
        .put_job("main", "etl", &definition(tasks_), "test", at(0))
        .await
        .unwrap();
    let id = start(store, &job).await;
    let claim = crate::claim_one(store, "w", at(1)).await;
    let end = AttemptEnd {
        scraps: vec![ScrapValue {
            name: "rows".to_owned(),
            value: json!(42),
            number: Some(42.0),
        }],
        ..succeeded()
    };
    finish(store, &claim, &end, at(2)).await;
    let claim = crate::claim_one(store, "w", at(3)).await;
    assert_eq!(json!(claim.parameters), json!({"rows": 42, "title": "x"}));
    finish(store, &claim, &succeeded(), at(4)).await;
    let broken = tasks(store, &id)
        .await
        .into_iter()
        .find(|run| run.task.as_deref() == Some("broken"));
    let broken = broken.unwrap();
    assert_eq!(
        (broken.state, broken.class),
        (RunState::Failed, Some(FailureClass::Invalid))
    );
    assert!(broken.reason.unwrap().contains("load.colour"));
}

async fn cancelling_a_run_of_a_job_ends_its_tasks(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let tasks_ = vec![
        task("load", &[], UpstreamRule::AllSuccess),
        task("report", &["load"], UpstreamRule::AllDone),
    ];
    let job = store
        .put_job("main", "etl", &definition(tasks_), "test", at(0))
        .await
        .unwrap();
    let id = start(store, &job).await;
    let claim = crate::claim_one(store, "w", at(1)).await;
    store.cancel(&id, "no", "ana", at(2)).await.unwrap();
    assert_eq!(store.run(&id).await.unwrap().state, RunState::Cancelling);
    finish(store, &claim, &failed(FailureClass::User), at(3)).await;
    assert_eq!(
        states(store, &id).await,
        [
            ("load".to_owned(), RunState::Cancelled),
            ("report".to_owned(), RunState::Cancelled)
        ]
    );
    assert_eq!(store.run(&id).await.unwrap().state, RunState::Cancelled);
}

async fn a_restart_goes_on_at_the_task_that_failed(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let tasks_ = vec![
        task("load", &[], UpstreamRule::AllSuccess),
        task("clean", &["load"], UpstreamRule::AllSuccess),
        task("report", &["clean"], UpstreamRule::AllSuccess),
    ];
    let job = store
        .put_job("main", "etl", &definition(tasks_), "test", at(0))
        .await
        .unwrap();
    let id = start(store, &job).await;
    assert_eq!(run_all(store, &["clean"]).await, ["load", "clean"]);
    let again = store
        .restart(&id, &Map::new(), false, "ana", at(5))
        .await
        .unwrap();
    assert_eq!(run_all(store, &[]).await, ["clean", "report"]);
    assert_eq!(
        store.run(&again.id).await.unwrap().state,
        RunState::Succeeded
    );
    let load = |runs: Vec<Run>| {
        runs.into_iter()
            .find(|run| run.task.as_deref() == Some("load"))
            .unwrap()
    };
    let (before, after) = (
        load(tasks(store, &id).await),
        load(tasks(store, &again.id).await),
    );
    assert_eq!(before.record, after.record);
    assert_ne!(before.id, after.id);
    let whole = store
        .restart(&id, &Map::new(), true, "ana", at(6))
        .await
        .unwrap();
    assert_eq!(run_all(store, &[]).await, ["load", "clean", "report"]);
    assert_eq!(
        store.run(&whole.id).await.unwrap().state,
        RunState::Succeeded
    );
    assert!(
        store
            .restart(&before.id, &Map::new(), false, "ana", at(7))
            .await
            .is_err()
    );
}

/// Two branches, of which one fails; an alarm waits for the other.
async fn a_restart_obeys_the_rules_of_tasks(place: Place) {
    use RunState::{Skipped, Succeeded};
    let store = &place.store;
    worker(store, "w").await;
    let job = definition(vec![
        task("bad", &[], UpstreamRule::AllSuccess),
        task("good", &[], UpstreamRule::AllSuccess),
        task("good alarm", &["good"], UpstreamRule::AnyFailed),
        task("tidy", &["good", "bad"], UpstreamRule::AllDone),
    ]);
    let job = store
        .put_job("main", "etl", &job, "test", at(0))
        .await
        .unwrap();
    let id = start(store, &job).await;
    assert_eq!(run_all(store, &["bad"]).await, ["bad", "good", "tidy"]);
    let again = store
        .restart(&id, &Map::new(), false, "ana", at(5))
        .await
        .unwrap();
    assert_eq!(run_all(store, &[]).await, ["bad"]);
    let found: Vec<RunState> = states(store, &again.id)
        .await
        .into_iter()
        .map(|(_, state)| state)
        .collect();
    assert_eq!(found, [Succeeded, Succeeded, Skipped, Succeeded]);
    assert_eq!(store.run(&again.id).await.unwrap().state, Succeeded);
}

async fn a_restart_of_a_run_with_nothing_to_do_is_over_at_once(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let tasks_ = vec![
        task("load", &[], UpstreamRule::AllSuccess),
        task("report", &["load"], UpstreamRule::AllSuccess),
    ];
    let job = store
        .put_job("main", "etl", &definition(tasks_), "test", at(0))
        .await
        .unwrap();
    let id = start(store, &job).await;
    assert_eq!(run_all(store, &[]).await, ["load", "report"]);
    let again = store
        .restart(&id, &Map::new(), false, "ana", at(5))
        .await
        .unwrap();
    assert_eq!(
        store.run(&again.id).await.unwrap().state,
        RunState::Succeeded
    );
    assert!(run_all(store, &[]).await.is_empty());
}

async fn people_are_told_of_the_run_of_the_job_and_not_of_its_tasks(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let mut job = definition(vec![
        task("load", &[], UpstreamRule::AllSuccess),
        task("report", &["load"], UpstreamRule::AllSuccess),
    ]);
    job.notify = vec![NotifyRule {
        on: NoticeKind::ALL.iter().copied().collect(),
        channel: "ops".to_owned(),
    }];
    let job = store
        .put_job("main", "etl", &job, "test", at(0))
        .await
        .unwrap();
    for (failing, last) in [
        (vec!["report"], vec![NoticeKind::Failed]),
        (vec![], vec![NoticeKind::Succeeded, NoticeKind::Recovered]),
        (vec![], vec![NoticeKind::Succeeded]),
    ] {
        let id = start(store, &job).await;
        run_all(store, &failing).await;
        let notices = store.notices_of(&id).await.unwrap();
        let kinds: Vec<NoticeKind> = notices.iter().map(|notice| notice.kind).collect();
        assert_eq!(kinds[0], NoticeKind::Started);
        assert_eq!(kinds[1..], last);
        for task in tasks(store, &id).await {
            assert!(store.notices_of(&task.id).await.unwrap().is_empty());
        }
    }
}
