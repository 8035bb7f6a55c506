//! Schedules: once per time, whatever overlaps and whoever was away.

use nbpress_runs::RunState;
use nbpress_runs::job::UpstreamRule;
use nbpress_runs::schedule::{CatchUp, Overlap, ScheduleDefinition, Trigger, UpstreamEnd};
use nbpress_runs::store::{Job, NewSchedule, RunFilter, Schedule};
use nbpress_runs::{Run, Store, StoreError};
use serde_json::{Map, json};

use crate::flows::{definition, start, task};
use crate::history::tamper;
use crate::{Place, at, claim_one, finish, on_both, room, succeeded, worker};

on_both!(
    a_time_fires_once_however_many_servers_look,
    a_schedule_that_cannot_fire_is_paused_and_stops_no_other,
    a_run_whose_pool_is_gone_waits_for_it_and_says_so,
    missed_times_are_made_up_for_as_the_schedule_says,
    runs_that_would_overlap_queue_skip_replace_or_run,
    a_skipped_run_of_a_job_skips_its_tasks,
    a_paused_schedule_goes_on_from_now,
    a_job_runs_after_another,
    a_webhook_counts_once_per_key,
    the_logical_time_reaches_the_parameters,
);

async fn job(store: &Store, name: &str) -> Job {
    let tasks = vec![task("main", &[], UpstreamRule::AllSuccess)];
    store
        .put_job("main", name, &definition(tasks), "test", at(0))
        .await
        .unwrap()
}

fn hourly() -> ScheduleDefinition {
    ScheduleDefinition::new(Trigger::Cron {
        expression: "0 * * * *".to_owned(),
        time_zone: "UTC".to_owned(),
    })
}

async fn set(store: &Store, job: &Job, definition: ScheduleDefinition) -> Schedule {
    let new = NewSchedule {
        name: "main".to_owned(),
        definition,
        parameters: Map::new(),
    };
    store
        .put_schedule(job, &new, Some("secret"), "test", at(0))
        .await
        .unwrap()
}

async fn runs(store: &Store, job: &Job) -> Vec<Run> {
    let filter = RunFilter {
        workspace: "main".to_owned(),
        job: Some(job.id.clone()),
        ..RunFilter::default()
    };
    let mut runs = store.list_runs(&filter, None, 500).await.unwrap().runs;
    runs.reverse();
    runs
}

async fn fire(store: &Store, now: jiff::Timestamp) -> usize {
    let mut made = 0;
    loop {
        let fired = store.fire_schedules(100, now).await.unwrap();
        made += fired.iter().map(|fired| fired.runs.len()).sum::<usize>();
        if fired.is_empty() {
            return made;
        }
    }
}

async fn a_time_fires_once_however_many_servers_look(place: Place) {
    let store = place.store.clone();
    let mut jobs = Vec::new();
    for number in 0..10 {
        let job = job(&store, &format!("job {number}")).await;
        set(&store, &job, hourly()).await;
        jobs.push(job);
    }
    for hour in 1..=3 {
        let mut servers = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let store = store.clone();
            servers.spawn(async move { fire(&store, at(hour * 3600 + 1)).await });
        }
        let made: usize = servers.join_all().await.into_iter().sum();
        assert_eq!(made, 10, "hour {hour}");
    }
    for job in &jobs {
        let times: Vec<_> = runs(&store, job)
            .await
            .iter()
            .map(|run| run.logical.clone().unwrap().at)
            .collect();
        assert_eq!(times, [at(3600), at(7200), at(10_800)]);
    }
}

async fn a_schedule_that_cannot_fire_is_paused_and_stops_no_other(place: Place) {
    let store = &place.store;
    let mut schedules = Vec::new();
    for name in ["a", "b", "c"] {
        let job = job(store, name).await;
        schedules.push((set(store, &job, hourly()).await, job));
    }
    let (broken, job_of_broken) = &schedules[1];
    let unknown_zone = serde_json::to_string(&hourly())
        .unwrap()
        .replace("UTC", "Mars/Olympus");
    let sql = format!(
        "UPDATE schedule SET definition = '{unknown_zone}' WHERE id = '{}'",
        broken.id
    );
    tamper(&place.url, &sql).await;
    let fired = store.fire_schedules(100, at(3601)).await.unwrap();
    for schedule in &fired {
        let is_broken = schedule.schedule == broken.id;
        assert_eq!(schedule.runs.len(), usize::from(!is_broken));
        assert_eq!(schedule.fault.is_some(), is_broken);
    }
    assert_eq!(fired.len(), 3);
    assert!(runs(store, job_of_broken).await.is_empty());
    assert!(store.schedule(&broken.id).await.unwrap().paused);
    while store.seal().await.unwrap() > 0 {}
    let audited = store.audit_of(&broken.id).await.unwrap();
    let paused = audited
        .iter()
        .find(|entry| entry.action == "paused")
        .unwrap();
    assert!(paused.detail.contains("Mars/Olympus"), "{}", paused.detail);
    assert_eq!(fire(store, at(7201)).await, 2);
}

async fn a_run_whose_pool_is_gone_waits_for_it_and_says_so(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let mut pooled = definition(vec![task("main", &[], UpstreamRule::AllSuccess)]);
    pooled.tasks[0].settings.pool = Some("etl".to_owned());
    let put = async |definition| {
        store
            .put_job("main", "pooled", definition, "test", at(0))
            .await
    };
    let StoreError::Invalid(unknown) = put(&pooled).await.unwrap_err() else {
        panic!("a job may not name a pool that does not exist");
    };
    assert_eq!(unknown.field, "tasks[0].settings.pool");
    store.set_pool("etl", 1, "test", at(0)).await.unwrap();
    let pooled = put(&pooled).await.unwrap();
    set(store, &pooled, hourly()).await;
    let other = job(store, "other").await;
    set(store, &other, hourly()).await;
    let error = store.delete_pool("etl", "test", at(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "jobs name the pool `etl`: `pooled`");
    // As when it was deleted before jobs kept it from that.
    tamper(&place.url, "DELETE FROM slot WHERE pool = 'etl'").await;
    tamper(&place.url, "DELETE FROM pool WHERE name = 'etl'").await;
    assert_eq!(fire(store, at(3601)).await, 2);
    let claims = store.claim("w", &room(9), at(3602)).await.unwrap();
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].run, runs(store, &other).await[0].id);
    let waits = &runs(store, &pooled).await[0].id;
    let why = store.why_waiting(waits, at(3603)).await.unwrap();
    assert_eq!(
        why.as_deref(),
        Some("waits for the pool etl, which does not exist any more")
    );
    store.set_pool("etl", 1, "test", at(3604)).await.unwrap();
    let claims = store.claim("w", &room(9), at(3605)).await.unwrap();
    assert_eq!(claims[0].run, *waits);
}

async fn missed_times_are_made_up_for_as_the_schedule_says(place: Place) {
    let store = &place.store;
    for (policy, expected) in [(CatchUp::None, 0), (CatchUp::Latest, 1), (CatchUp::All, 5)] {
        let job = job(store, &format!("{policy:?}")).await;
        let mut definition = hourly();
        definition.catch_up = policy;
        definition.overlap = Overlap::Allow { n: 100 };
        set(store, &job, definition).await;
        // Away for five hours and a half.
        assert_eq!(
            fire(store, at(5 * 3600 + 1800)).await,
            expected,
            "{policy:?}"
        );
        assert_eq!(
            fire(store, at(6 * 3600)).await,
            1,
            "{policy:?}: the next one comes on time"
        );
        store
            .archive_job("main", &job.name, "test", at(0))
            .await
            .unwrap();
    }
}

async fn runs_that_would_overlap_queue_skip_replace_or_run(place: Place) {
    use RunState::{Blocked, Cancelling, Queued, Running, Skipped};
    let store = &place.store;
    worker(store, "w").await;
    for (overlap, states, afterwards) in [
        (Overlap::Queue, vec![Running, Blocked, Blocked], Queued),
        (Overlap::Skip, vec![Running, Skipped, Skipped], Skipped),
        (
            Overlap::Replace,
            vec![Cancelling, RunState::Cancelled, Blocked],
            RunState::Cancelled,
        ),
        (
            Overlap::Allow { n: 2 },
            vec![Running, Queued, Blocked],
            Queued,
        ),
    ] {
        let job = job(store, &format!("{overlap:?}")).await;
        let mut definition = hourly();
        definition.overlap = overlap;
        set(store, &job, definition).await;
        fire(store, at(3600)).await;
        let claim = claim_one(store, "w", at(3601)).await;
        fire(store, at(7200)).await;
        fire(store, at(10_800)).await;
        let found: Vec<_> = runs(store, &job)
            .await
            .iter()
            .map(|run| run.state)
            .collect();
        assert_eq!(found, states, "{overlap:?}");
        finish(store, &claim, &succeeded(), at(10_801)).await;
        let found = runs(store, &job).await;
        assert_eq!(found[1].state, afterwards, "{overlap:?}");
        if overlap == Overlap::Replace {
            assert_eq!(found[2].state, Queued);
        }
        store
            .archive_job("main", &job.name, "test", at(0))
            .await
            .unwrap();
        for claim in store.claim("w", &room(9), at(10_802)).await.unwrap() {
            finish(store, &claim, &succeeded(), at(10_803)).await;
        }
        for claim in store.claim("w", &room(9), at(10_804)).await.unwrap() {
            finish(store, &claim, &succeeded(), at(10_805)).await;
        }
    }
    // The oldest of those that wait are skipped when there are too many.
    let job = job(store, "many").await;
    let mut definition = hourly();
    definition.max_queued = 2;
    set(store, &job, definition).await;
    for hour in 1..=5 {
        fire(store, at(hour * 3600)).await;
    }
    let found: Vec<_> = runs(store, &job)
        .await
        .iter()
        .map(|run| run.state)
        .collect();
    assert_eq!(found, [Queued, Skipped, Skipped, Blocked, Blocked]);
}

async fn a_skipped_run_of_a_job_skips_its_tasks(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let tasks = vec![
        task("load", &[], UpstreamRule::AllSuccess),
        task("tidy", &["load"], UpstreamRule::AllDone),
    ];
    let job = store
        .put_job("main", "etl", &definition(tasks), "test", at(0))
        .await
        .unwrap();
    let mut definition = hourly();
    definition.overlap = Overlap::Skip;
    set(store, &job, definition).await;
    fire(store, at(3600)).await;
    claim_one(store, "w", at(3601)).await;
    fire(store, at(7200)).await;
    let skipped = runs(store, &job).await.pop().unwrap();
    assert_eq!(skipped.state, RunState::Skipped);
    let filter = RunFilter {
        workspace: "main".to_owned(),
        parent: Some(skipped.id),
        ..RunFilter::default()
    };
    let tasks = store.list_runs(&filter, None, 10).await.unwrap().runs;
    assert_eq!(tasks.len(), 2);
    assert!(tasks.iter().all(|task| task.state == RunState::Skipped));
    assert!(
        store
            .claim("w", &room(9), at(7201))
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_paused_schedule_goes_on_from_now(place: Place) {
    let store = &place.store;
    let job = job(store, "hourly").await;
    let schedule = set(store, &job, hourly()).await;
    store
        .pause_schedule(&schedule.id, true, "ana", at(10))
        .await
        .unwrap();
    assert_eq!(fire(store, at(3 * 3600)).await, 0);
    store
        .pause_schedule(&schedule.id, false, "ana", at(3 * 3600 + 60))
        .await
        .unwrap();
    assert_eq!(
        fire(store, at(3 * 3600 + 120)).await,
        0,
        "what passed meanwhile is not made up for"
    );
    assert_eq!(fire(store, at(4 * 3600)).await, 1);
    store
        .delete_schedule(&schedule.id, "ana", at(4 * 3600))
        .await
        .unwrap();
    assert_eq!(fire(store, at(5 * 3600)).await, 0);
}

async fn a_job_runs_after_another(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let (first, second) = (job(store, "first").await, job(store, "second").await);
    let after = |job: &str| {
        ScheduleDefinition::new(Trigger::After {
            job: job.to_owned(),
            on: UpstreamEnd::Success,
        })
    };
    set(store, &second, after("first")).await;
    start(store, &first).await;
    let claim = claim_one(store, "w", at(1)).await;
    finish(store, &claim, &succeeded(), at(2)).await;
    let made = runs(store, &second).await;
    assert_eq!(made.len(), 1);
    assert_eq!(
        (made[0].state, made[0].trigger.as_str()),
        (RunState::Queued, "after")
    );
    start(store, &first).await;
    let claims = store.claim("w", &room(9), at(3)).await.unwrap();
    for claim in claims {
        let end = crate::failed(nbpress_runs::FailureClass::User);
        finish(store, &claim, &end, at(4)).await;
    }
    assert_eq!(
        runs(store, &second).await.len(),
        1,
        "a failure is no success"
    );
    let circle = NewSchedule {
        name: "main".to_owned(),
        definition: after("second"),
        parameters: Map::new(),
    };
    let error = store
        .put_schedule(&first, &circle, None, "test", at(5))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
}

async fn a_webhook_counts_once_per_key(place: Place) {
    let store = &place.store;
    let job = job(store, "hooked").await;
    set(store, &job, ScheduleDefinition::new(Trigger::Webhook {})).await;
    let values = json!({"x": 1}).as_object().unwrap().clone();
    let first = store
        .fire_hook("secret", "a", &values, at(1))
        .await
        .unwrap();
    let again = store
        .fire_hook("secret", "a", &values, at(2))
        .await
        .unwrap();
    assert_eq!((first[0].is_new, again[0].is_new), (true, false));
    assert_eq!(first[0].id, again[0].id);
    assert!(
        store
            .fire_hook("secret", "b", &values, at(3))
            .await
            .unwrap()[0]
            .is_new
    );
    assert!(store.fire_hook("guess", "a", &values, at(3)).await.is_err());
    assert_eq!(
        json!(runs(store, &job).await[0].parameters),
        json!({"x": 1})
    );
}

async fn the_logical_time_reaches_the_parameters(place: Place) {
    let store = &place.store;
    let mut only = task("main", &[], UpstreamRule::AllSuccess);
    for (name, kind) in [
        ("logical_date", "date"),
        ("data_interval_start", "datetime"),
        ("x", "int"),
    ] {
        let schema = json!({"name": name, "type": kind});
        only.schema.push(serde_json::from_value(schema).unwrap());
    }
    let job = store
        .put_job("main", "dated", &definition(vec![only]), "test", at(0))
        .await
        .unwrap();
    let daily = ScheduleDefinition::new(Trigger::Cron {
        expression: "30 0 * * *".to_owned(),
        time_zone: "Asia/Tokyo".to_owned(),
    });
    set(store, &job, daily).await;
    fire(store, "2026-03-02T15:30:00Z".parse().unwrap()).await;
    let run = runs(store, &job).await.pop().unwrap();
    assert_eq!(
        json!(run.parameters),
        json!({"logical_date": "2026-03-03", "data_interval_start": "2026-03-02T00:30:00+09:00"})
    );
}
