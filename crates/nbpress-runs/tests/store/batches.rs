//! Sweeps and backfills.

use nbpress_runs::job::UpstreamRule;
use nbpress_runs::run::ScrapValue;
use nbpress_runs::store::{Batch, BatchKind, BatchPoint, BatchState, NewBatch};
use nbpress_runs::{FailureClass, RunState, Store, StoreError};
use serde_json::{Value, json};

use crate::flows::{definition, task};
use crate::{Place, at, failed, finish, on_both, room, succeeded, worker};

on_both!(
    a_batch_runs_a_few_at_a_time,
    a_batch_stops_after_too_many_failures,
    cancelling_a_batch_ends_its_runs,
    a_batch_of_a_job_of_several_tasks,
    what_the_runs_of_a_batch_reported,
);

async fn batch(
    store: &Store,
    tasks: usize,
    points: i64,
    width: i64,
    max_failures: Option<i64>,
) -> Batch {
    let mut keys: Vec<String> = (0..tasks).map(|number| format!("t{number}")).collect();
    keys.truncate(tasks);
    let tasks = keys.iter().enumerate().map(|(at, key)| {
        let before: Vec<&str> = keys[..at].iter().map(String::as_str).collect();
        let mut task = task(key, &before, UpstreamRule::AllSuccess);
        let alpha = json!({"name": "alpha", "type": "int"});
        task.schema = vec![serde_json::from_value(alpha).unwrap()];
        task
    });
    let job = store
        .put_job("main", "train", &definition(tasks.collect()), "test", at(0))
        .await
        .unwrap();
    let point = |n: i64| BatchPoint {
        parameters: json!({"alpha": n}).as_object().unwrap().clone(),
        logical: None,
    };
    let new = NewBatch {
        kind: BatchKind::Sweep,
        job: &job,
        label: "alpha".to_owned(),
        definition: Value::Null,
        points: (0..points).map(point).collect(),
        width,
        max_failures,
    };
    store.create_batch(&new, "test", at(0)).await.unwrap()
}

fn count(batch: &Batch, state: RunState) -> i64 {
    batch.runs.get(&state).copied().unwrap_or(0)
}

async fn a_batch_runs_a_few_at_a_time(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let id = batch(store, 1, 7, 3, None).await.id;
    let mut done = 0;
    while done < 7 {
        let claims = store.claim("w", &room(100), at(1)).await.unwrap();
        assert!((1..=3).contains(&claims.len()), "{}", claims.len());
        for claim in claims {
            finish(store, &claim, &succeeded(), at(2)).await;
            done += 1;
        }
    }
    let batch = store.batch(&id).await.unwrap();
    assert_eq!(
        (batch.state, count(&batch, RunState::Succeeded)),
        (BatchState::Done, 7)
    );
    assert_eq!(batch.ended_at, Some(at(2)));
}

async fn a_batch_stops_after_too_many_failures(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let id = batch(store, 1, 10, 2, Some(2)).await.id;
    for claim in store.claim("w", &room(100), at(1)).await.unwrap() {
        finish(store, &claim, &failed(FailureClass::User), at(2)).await;
    }
    // One more had begun when the second failure came.
    for claim in store.claim("w", &room(100), at(3)).await.unwrap() {
        finish(store, &claim, &succeeded(), at(4)).await;
    }
    let batch = store.batch(&id).await.unwrap();
    assert_eq!(count(&batch, RunState::Failed), 2);
    assert!(count(&batch, RunState::Skipped) >= 6, "{batch:?}");
    assert_eq!(batch.state, BatchState::Done);
}

async fn cancelling_a_batch_ends_its_runs(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let id = batch(store, 1, 5, 2, None).await.id;
    let claims = store.claim("w", &room(1), at(1)).await.unwrap();
    store.cancel_batch(&id, "ana", at(2)).await.unwrap();
    finish(store, &claims[0], &failed(FailureClass::Platform), at(3)).await;
    let batch = store.batch(&id).await.unwrap();
    assert_eq!(
        (batch.state, count(&batch, RunState::Cancelled)),
        (BatchState::Cancelled, 5)
    );
    let error = store.cancel_batch(&id, "ana", at(4)).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { .. }));
    assert!(store.claim("w", &room(9), at(5)).await.unwrap().is_empty());
}

async fn a_batch_of_a_job_of_several_tasks(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let id = batch(store, 2, 3, 1, None).await.id;
    let mut order = Vec::new();
    loop {
        let claims = store.claim("w", &room(100), at(1)).await.unwrap();
        assert!(claims.len() <= 1);
        let Some(claim) = claims.first() else {
            break;
        };
        order.push(format!(
            "{} {}",
            claim.parameters["alpha"],
            claim.task.clone().unwrap()
        ));
        finish(store, claim, &succeeded(), at(2)).await;
    }
    assert_eq!(order, ["0 t0", "0 t1", "1 t0", "1 t1", "2 t0", "2 t1"]);
    assert_eq!(store.batch(&id).await.unwrap().state, BatchState::Done);
}

async fn what_the_runs_of_a_batch_reported(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let scrap = |name: &str, value: Value| ScrapValue {
        name: name.to_owned(),
        number: value.as_f64(),
        value,
    };
    for tasks in [1, 2] {
        let id = batch(store, tasks, 2, 2, None).await.id;
        let mut reported = 0;
        while let claims = store.claim("w", &room(100), at(1)).await.unwrap()
            && !claims.is_empty()
        {
            for claim in claims {
                let mut end = succeeded();
                let task = claim.task.as_deref().unwrap_or_default();
                end.scraps = vec![
                    scrap(&format!("loss {task}"), json!(0.25)),
                    scrap("long", json!("x".repeat(300))),
                ];
                finish(store, &claim, &end, at(2)).await;
                reported += 1;
            }
        }
        assert_eq!(reported, 2 * tasks);
        let scraps = store.scraps_of_batch(&id).await.unwrap();
        assert_eq!(scraps.len(), 2, "one entry for each point: {scraps:?}");
        for scraps in scraps.values() {
            assert_eq!(scraps.len(), tasks, "{scraps:?}");
            assert_eq!(scraps[0].number, Some(0.25));
        }
    }
    let none = store.scraps_of_batch("batch_nothing").await.unwrap();
    assert!(none.is_empty());
}
