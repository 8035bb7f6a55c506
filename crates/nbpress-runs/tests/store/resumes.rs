//! Runs that go on where others failed.

use nbpress_runs::job::{Cells, Keep};
use nbpress_runs::run::Resume;
use nbpress_runs::store::GoOn;
use nbpress_runs::{FailureClass, StoreError};
use serde_json::Map;

use crate::{
    Place, at, claim_one, enqueue, failed, finish, new_run, on_both, succeeded, with_settings,
    worker,
};

on_both!(
    a_run_goes_on_from_the_last_attempt_of_the_one_that_failed,
    a_run_that_is_on_or_has_nothing_left_cannot_be_gone_on_from,
    a_retry_goes_on_from_the_attempt_before_where_its_policy_says_so,
);

async fn a_run_goes_on_from_the_last_attempt_of_the_one_that_failed(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let parent = enqueue(store, new_run("main"), at(0)).await;
    let claim = claim_one(store, "w", at(1)).await;
    assert_eq!(claim.resume, None);
    finish(store, &claim, &failed(FailureClass::User), at(2)).await;
    let how = GoOn {
        notebook: Some(("6b".to_owned(), "mended.ipynb".to_owned())),
        from: Some(3),
        idempotency_key: Some("once".to_owned()),
        trace: None,
    };
    let made = store.resume(&parent, &how, "ana", at(3)).await.unwrap();
    let repeated = store.resume(&parent, &how, "ana", at(4)).await.unwrap();
    assert!(made.is_new && !repeated.is_new);
    assert_eq!(made.id, repeated.id);
    let claim = claim_one(store, "w", at(5)).await;
    assert_eq!(
        (
            claim.run.as_str(),
            claim.snapshot.as_str(),
            &*claim.notebook
        ),
        (&*made.id, "6b", "mended.ipynb")
    );
    let expected = Resume {
        run: parent.clone(),
        record: parent.clone(),
        snapshot: "5a".to_owned(),
        from: Some(3),
    };
    assert_eq!(claim.resume, Some(expected));
    finish(store, &claim, &failed(FailureClass::User), at(6)).await;
    let again = store
        .restart(&made.id, &Map::new(), false, "ana", at(7))
        .await;
    assert!(again.is_ok_and(|again| again.is_new));
    let claim = claim_one(store, "w", at(8)).await;
    assert_eq!(claim.resume, None, "a restart begins anew");
}

async fn a_run_that_is_on_or_has_nothing_left_cannot_be_gone_on_from(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let run = enqueue(store, new_run("main"), at(0)).await;
    let refused = async |how: &GoOn| match store.resume(&run, how, "ana", at(1)).await {
        Err(StoreError::Conflict { code, .. }) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&GoOn::default()).await, "not_terminal");
    let claim = claim_one(store, "w", at(1)).await;
    finish(store, &claim, &succeeded(), at(2)).await;
    assert_eq!(refused(&GoOn::default()).await, "nothing_to_resume");
    let from_the_first = GoOn {
        from: Some(0),
        ..GoOn::default()
    };
    assert!(
        store
            .resume(&run, &from_the_first, "ana", at(3))
            .await
            .is_ok()
    );

    let cancelled = enqueue(store, new_run("other"), at(4)).await;
    store.cancel(&cancelled, "no", "ana", at(5)).await.unwrap();
    let begun = store
        .resume(&cancelled, &GoOn::default(), "ana", at(6))
        .await;
    assert!(
        matches!(&begun, Err(StoreError::Conflict { code, .. }) if *code == "not_begun"),
        "{begun:?}"
    );
}

async fn a_retry_goes_on_from_the_attempt_before_where_its_policy_says_so(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    for resume in [false, true] {
        let run = with_settings(new_run("main"), |settings| {
            settings.keep = Keep::Cells(Cells::Every);
            settings.retry.user = 1;
            settings.retry.delay_seconds = 0;
            settings.retry.resume = resume;
        });
        let id = enqueue(store, run, at(0)).await;
        let first = claim_one(store, "w", at(1)).await;
        assert_eq!(first.resume, None);
        finish(store, &first, &failed(FailureClass::User), at(2)).await;
        let second = claim_one(store, "w", at(3)).await;
        let before = second.resume.as_ref().map(|resume| resume.record.as_str());
        assert_eq!(before, resume.then_some(&*first.record));
        assert_eq!((second.run.as_str(), second.attempt), (&*id, 2));
        finish(store, &second, &succeeded(), at(4)).await;
    }
}
