//! Runs of other programs: added once, with their own times, and only there to be read.

use jiff::SignedDuration;
use nbpress_record::RunId;
use nbpress_runs::run::{AttemptState, CellSummary, ScrapValue, TriggerKind};
use nbpress_runs::store::{ImportedRun, RunFilter};
use nbpress_runs::{AttemptEnd, FailureClass, RunState, StoreError};
use serde_json::{Map, json};

use crate::{Place, at, enqueue, labels, new_run, on_both, terminal_transitions};

on_both!(
    a_run_of_the_past_is_listed_where_it_was,
    importing_again_changes_nothing,
    an_imported_run_is_kept_and_not_run_again,
);

fn imported(days_ago: i64, state: AttemptState) -> ImportedRun {
    let started_at = at(0) - SignedDuration::from_hours(24 * days_ago);
    ImportedRun {
        id: RunId::of_origin(started_at, "elsewhere").to_string(),
        workspace: "main".to_owned(),
        job: None,
        notebook: "in.ipynb".to_owned(),
        parameters: json!({"region": "west"}).as_object().unwrap().clone(),
        tags: labels(&[("imported", "papermill")]),
        origin: "s3://acme/out.ipynb".to_owned(),
        started_at,
        ended_at: started_at + SignedDuration::from_secs(90),
        end: AttemptEnd {
            scraps: vec![ScrapValue {
                name: "rows".to_owned(),
                value: json!(42),
                number: Some(42.0),
            }],
            cells: vec![CellSummary {
                index: 0,
                id: None,
                status: "completed".to_owned(),
                duration_seconds: Some(1.5),
            }],
            ..AttemptEnd::new(state)
        },
    }
}

async fn a_run_of_the_past_is_listed_where_it_was(place: Place) {
    let store = &place.store;
    let ours = enqueue(store, new_run("main"), at(0)).await;
    let old = imported(400, AttemptState::Succeeded);
    let mut failed = imported(2, AttemptState::Failed);
    failed.end = AttemptEnd {
        // What an exception says may be anything.
        evalue: Some("a\0b".to_owned()),
        cell: Some(3),
        ..AttemptEnd::failed(FailureClass::User, "exception", "it raised")
    };
    for run in [&failed, &old] {
        assert!(store.import_run(run, "ann", at(5)).await.unwrap().is_new);
    }
    let filter = |parameters, since| RunFilter {
        workspace: "main".to_owned(),
        parameters: labels(parameters),
        since,
        ..RunFilter::default()
    };
    let list = |filter| async move {
        let page = store.list_runs(&filter, None, 10).await.unwrap();
        page.runs.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    let [failed_id, old_id] = [&failed, &old].map(|run| run.id.clone());
    assert_eq!(
        list(filter(&[], None)).await,
        [ours, failed_id.clone(), old_id.clone()]
    );
    let recent = Some(failed.started_at);
    assert_eq!(
        list(filter(&[("region", "west")], recent)).await,
        std::slice::from_ref(&failed_id)
    );

    let run = store.run(&failed_id).await.unwrap();
    assert_eq!(
        (run.state, run.trigger),
        (RunState::Failed, TriggerKind::Import)
    );
    assert_eq!(run.created_at, failed.started_at);
    assert_eq!(
        (run.started_at, run.ended_at),
        (Some(failed.started_at), Some(failed.ended_at))
    );
    assert_eq!(
        (run.cell, run.evalue.as_deref()),
        (Some(3), Some("a\u{fffd}b"))
    );
    assert_eq!(run.triggered_by, failed.origin);
    let attempts = store.attempts(&old_id).await.unwrap();
    assert_eq!(
        (attempts.len(), attempts[0].claimed_at),
        (1, old.started_at)
    );
    assert_eq!(store.cells(&old_id, 1).await.unwrap(), old.end.cells);
    assert_eq!(terminal_transitions(store, &failed_id).await, 1);
}

async fn importing_again_changes_nothing(place: Place) {
    let store = &place.store;
    let run = imported(1, AttemptState::Succeeded);
    let first = store.import_run(&run, "ann", at(0)).await.unwrap();
    let other = ImportedRun {
        notebook: "other.ipynb".to_owned(),
        end: AttemptEnd::new(AttemptState::Failed),
        ..run.clone()
    };
    let second = store.import_run(&other, "ann", at(1)).await.unwrap();
    assert!(first.is_new && !second.is_new);
    assert_eq!(first.id, second.id);
    let kept = store.run(&run.id).await.unwrap();
    assert_eq!(
        (kept.notebook.as_str(), kept.state),
        ("in.ipynb", RunState::Succeeded)
    );
    assert_eq!(terminal_transitions(store, &run.id).await, 1);
}

async fn an_imported_run_is_kept_and_not_run_again(place: Place) {
    let store = &place.store;
    let run = imported(4_000, AttemptState::Succeeded);
    store.import_run(&run, "ann", at(0)).await.unwrap();
    assert_eq!(store.forget_runs(10, at(0)).await.unwrap(), [""; 0]);
    let again = store
        .restart(&run.id, &Map::new(), true, "ann", at(1))
        .await;
    assert!(matches!(
        again,
        Err(StoreError::Conflict {
            code: "imported",
            ..
        })
    ));
    // Whoever lets it go has it forgotten as any other.
    store.hold(&run.id, false, "ann", at(2)).await.unwrap();
    assert_eq!(
        store.forget_runs(10, at(3)).await.unwrap(),
        std::slice::from_ref(&run.id)
    );
    assert!(store.run(&run.id).await.is_err());
}
