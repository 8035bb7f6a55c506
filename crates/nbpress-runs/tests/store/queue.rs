//! The queue: in what order runs are taken, by whom, and what becomes of them.

use std::collections::BTreeSet;

use nbpress_runs::store::{ClaimRequest, Dialect};
use nbpress_runs::{AttemptState, FailureClass, Finish, Profile, RunState, StoreError};

use crate::{
    Place, at, claim_one, enqueue, failed, finish, new_run, on_both, room, state, succeeded,
    terminal_transitions, with_settings, worker,
};

on_both!(
    a_repeated_request_makes_no_second_run,
    runs_are_taken_by_priority_that_grows_with_waiting,
    workspaces_take_turns,
    what_does_not_fit_waits_and_lets_others_pass,
    a_run_is_tried_again_as_its_policy_says,
    memory_that_ran_out_is_tried_on_the_next_profile,
    reports_of_attempts_that_are_not_current_change_nothing,
    a_silent_worker_loses_its_runs_and_one_that_was_heard_does_not,
    a_run_can_be_cancelled_in_every_state,
    pools_never_run_more_than_their_slots,
    to_ask_what_is_held_is_no_sign_of_life,
    a_pool_that_became_smaller_lets_runs_end_first,
    timers_start_late_runs_and_end_those_that_waited_too_long,
    a_draining_worker_takes_nothing,
    no_two_workers_take_the_same_run,
    a_second_server_on_a_file_is_refused,
);

async fn a_repeated_request_makes_no_second_run(place: Place) {
    let store = &place.store;
    let keyed = || {
        let mut run = new_run("main");
        run.idempotency_key = Some("monday".to_owned());
        run
    };
    let first = store.enqueue(&[keyed()], "test", at(0)).await.unwrap();
    let again = store.enqueue(&[keyed()], "test", at(5)).await.unwrap();
    assert!(first[0].is_new && !again[0].is_new);
    assert_eq!(first[0].id, again[0].id);
    let mut elsewhere = keyed();
    elsewhere.workspace = "other".to_owned();
    assert!(store.enqueue(&[elsewhere], "test", at(5)).await.unwrap()[0].is_new);
}

async fn runs_are_taken_by_priority_that_grows_with_waiting(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let mut expected = Vec::new();
    // Priority and the minute it was made in; the order in which they are taken at the end.
    for (priority, minute, place) in [(0, 0, 2), (0, 1, 3), (1, 14, 1), (1, 40, 4), (5, 41, 0)] {
        let run = with_settings(new_run("main"), |settings| settings.priority = priority);
        let id = enqueue(store, run, at(minute * 60)).await;
        expected.push((place, id));
    }
    expected.sort();
    for (place, id) in expected {
        assert_eq!(claim_one(store, "w", at(3600)).await.run, id, "{place}");
    }
}

async fn workspaces_take_turns(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    for _ in 0..6 {
        enqueue(store, new_run("many"), at(0)).await;
    }
    for _ in 0..2 {
        enqueue(store, new_run("few"), at(60)).await;
    }
    let claims = store.claim("w", &room(4), at(61)).await.unwrap();
    let of = |workspace: &str| {
        claims
            .iter()
            .filter(|claim| claim.workspace == workspace)
            .count()
    };
    assert_eq!((of("many"), of("few")), (2, 2));
}

async fn what_does_not_fit_waits_and_lets_others_pass(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let large = with_settings(new_run("main"), |settings| {
        settings.profile = Some("large".to_owned());
    });
    let large = enqueue(store, large, at(0)).await;
    let small = enqueue(store, new_run("main"), at(1)).await;
    let request = ClaimRequest {
        most: 10,
        cpus: 2.0,
        memory_bytes: 4 << 30,
    };
    let claims = store.claim("w", &request, at(2)).await.unwrap();
    assert_eq!(
        claims.iter().map(|claim| &claim.run).collect::<Vec<_>>(),
        [&small]
    );
    assert_eq!(state(store, &large).await, RunState::Queued);
    let unknown = with_settings(new_run("main"), |settings| {
        settings.profile = Some("huge".to_owned());
    });
    let error = store.enqueue(&[unknown], "test", at(3)).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid(invalid) if invalid.field == "settings.profile"));
}

async fn a_run_is_tried_again_as_its_policy_says(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    for (class, attempts) in [
        (FailureClass::User, 1),
        (FailureClass::Platform, 4),
        (FailureClass::Timeout, 1),
        (FailureClass::Invalid, 1),
    ] {
        let id = enqueue(store, new_run("main"), at(0)).await;
        let mut now = 0;
        for attempt in 1..=attempts {
            let claim = claim_one(store, "w", at(now)).await;
            assert_eq!((claim.run.as_str(), claim.attempt), (id.as_str(), attempt));
            finish(store, &claim, &failed(class), at(now)).await;
            let expected = if attempt < attempts {
                RunState::Queued
            } else {
                RunState::Failed
            };
            assert_eq!(state(store, &id).await, expected, "{class} {attempt}");
            // 10, 20, 40 s: not a second earlier.
            let delay = 10 << (attempt - 1);
            store.fire_timers(at(now + delay - 1)).await.unwrap();
            assert!(
                store
                    .claim("w", &room(1), at(now + delay - 1))
                    .await
                    .unwrap()
                    .is_empty()
            );
            now += delay;
            store.fire_timers(at(now)).await.unwrap();
        }
        let known = store.attempts(&id).await.unwrap();
        assert_eq!(known.len(), usize::try_from(attempts).unwrap());
        let records: BTreeSet<&str> = known
            .iter()
            .map(|attempt| attempt.record.as_str())
            .collect();
        assert_eq!(
            records.len(),
            known.len(),
            "each attempt has its own record"
        );
        assert_eq!(known[0].record, id);
        assert_eq!(terminal_transitions(store, &id).await, 1);
    }
}

async fn memory_that_ran_out_is_tried_on_the_next_profile(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let id = enqueue(store, new_run("main"), at(0)).await;
    let claim = claim_one(store, "w", at(0)).await;
    assert_eq!(claim.profile.name, "small");
    finish(store, &claim, &failed(FailureClass::Resource), at(1)).await;
    store.fire_timers(at(60)).await.unwrap();
    let claim = claim_one(store, "w", at(60)).await;
    assert_eq!((claim.profile.name.as_str(), claim.attempt), ("medium", 2));
    finish(store, &claim, &failed(FailureClass::Resource), at(61)).await;
    assert_eq!(state(store, &id).await, RunState::Failed);
    // The largest profile has no next one: the same size would fail the same way.
    let large = with_settings(new_run("main"), |settings| {
        settings.profile = Some("large".to_owned());
    });
    let large = enqueue(store, large, at(70)).await;
    let claim = claim_one(store, "w", at(70)).await;
    finish(store, &claim, &failed(FailureClass::Resource), at(71)).await;
    assert_eq!(state(store, &large).await, RunState::Failed);
}

async fn reports_of_attempts_that_are_not_current_change_nothing(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    worker(store, "other").await;
    let id = enqueue(store, new_run("main"), at(0)).await;
    let zombie = claim_one(store, "w", at(0)).await;
    let beats = store.workers(at(0)).await.unwrap();
    let beats = beats
        .iter()
        .find(|known| known.introduced.id == "w")
        .unwrap()
        .beats;
    assert!(store.lose_worker("w", beats, at(40)).await.unwrap());
    assert_eq!(state(store, &id).await, RunState::Queued);
    assert_eq!(
        finish(store, &zombie, &succeeded(), at(41)).await,
        Finish::Fenced
    );
    store.fire_timers(at(60)).await.unwrap();
    let current = claim_one(store, "other", at(60)).await;
    assert_eq!(current.attempt, 2);
    assert_eq!(
        finish(store, &zombie, &succeeded(), at(61)).await,
        Finish::Fenced
    );
    assert_eq!(state(store, &id).await, RunState::Running);
    assert_eq!(
        finish(store, &current, &succeeded(), at(62)).await,
        Finish::Recorded
    );
    assert_eq!(
        finish(store, &current, &succeeded(), at(63)).await,
        Finish::Repeated
    );
    let other = failed(FailureClass::User);
    assert_eq!(
        finish(store, &current, &other, at(64)).await,
        Finish::Fenced
    );
    assert_eq!(state(store, &id).await, RunState::Succeeded);
    assert_eq!(terminal_transitions(store, &id).await, 1);
    let attempts = store.attempts(&id).await.unwrap();
    assert_eq!(attempts[0].state, AttemptState::Lost);
    // The one that was given up must introduce itself again.
    let error = store.beat("w", at(70)).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { code: "lost", .. }));
    let error = store.held_by("w").await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { code: "lost", .. }));
}

async fn to_ask_what_is_held_is_no_sign_of_life(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    enqueue(store, new_run("main"), at(1)).await;
    claim_one(store, "w", at(2)).await;
    let beats = store.workers(at(3)).await.unwrap()[0].beats;
    let held = store.held_by("w").await.unwrap();
    assert_eq!(store.workers(at(3)).await.unwrap()[0].beats, beats);
    assert_eq!(held.held.len(), 1);
    assert_eq!(held, store.beat("w", at(4)).await.unwrap());
    assert_eq!(store.workers(at(5)).await.unwrap()[0].beats, beats + 1);
}

async fn a_silent_worker_loses_its_runs_and_one_that_was_heard_does_not(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let id = enqueue(store, new_run("main"), at(0)).await;
    claim_one(store, "w", at(0)).await;
    let before = store.workers(at(0)).await.unwrap()[0].beats;
    let beat = store.beat("w", at(1)).await.unwrap();
    assert_eq!(beat.held.len(), 1);
    assert_eq!(
        (beat.held[0].run.as_str(), beat.held[0].cancel),
        (id.as_str(), false)
    );
    assert!(
        !store.lose_worker("w", before, at(2)).await.unwrap(),
        "it was heard since"
    );
    assert_eq!(state(store, &id).await, RunState::Running);
}

async fn a_run_can_be_cancelled_in_every_state(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let queued = enqueue(store, new_run("main"), at(0)).await;
    assert_eq!(
        store.cancel(&queued, "no", "ana", at(1)).await.unwrap(),
        RunState::Cancelled
    );
    assert!(store.claim("w", &room(9), at(2)).await.unwrap().is_empty());

    let running = enqueue(store, new_run("main"), at(3)).await;
    let claim = claim_one(store, "w", at(3)).await;
    assert_eq!(
        store.cancel(&running, "no", "ana", at(4)).await.unwrap(),
        RunState::Cancelling
    );
    assert!(store.beat("w", at(5)).await.unwrap().held[0].cancel);
    // What a killed kernel looks like is no reason to try again.
    finish(store, &claim, &failed(FailureClass::Platform), at(6)).await;
    assert_eq!(state(store, &running).await, RunState::Cancelled);

    let error = store
        .cancel(&running, "no", "ana", at(7))
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        StoreError::Conflict {
            code: "already_terminal",
            ..
        }
    ));
    let error = store.cancel("run_x", "no", "ana", at(7)).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }));

    // It was faster than its cancellation.
    let fast = enqueue(store, new_run("main"), at(8)).await;
    let claim = claim_one(store, "w", at(8)).await;
    store.cancel(&fast, "no", "ana", at(9)).await.unwrap();
    finish(store, &claim, &succeeded(), at(9)).await;
    assert_eq!(state(store, &fast).await, RunState::Succeeded);
}

async fn pools_never_run_more_than_their_slots(place: Place) {
    let store = place.store.clone();
    store.set_pool("etl", 5, "test", at(0)).await.unwrap();
    let pooled = || {
        with_settings(new_run("main"), |settings| {
            settings.pool = Some("etl".to_owned());
        })
    };
    let runs: Vec<_> = (0..60).map(|_| pooled()).collect();
    store.enqueue(&runs, "test", at(0)).await.unwrap();
    let mut claimers = tokio::task::JoinSet::new();
    for number in 0..24 {
        let id = format!("w{number}");
        worker(&store, &id).await;
        let store = store.clone();
        claimers.spawn(async move {
            let mut done = 0;
            for _ in 0..40 {
                for claim in store.claim(&id, &room(2), at(1)).await.unwrap() {
                    let held = store.pools().await.unwrap()[0].held.len();
                    assert!(held <= 5, "{held} slots of 5 are held");
                    finish(&store, &claim, &succeeded(), at(2)).await;
                    done += 1;
                }
            }
            done
        });
    }
    let done: i32 = claimers.join_all().await.into_iter().sum();
    assert_eq!(done, 60);
    assert!(store.pools().await.unwrap()[0].held.is_empty());
}

async fn a_pool_that_became_smaller_lets_runs_end_first(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    store.set_pool("etl", 3, "test", at(0)).await.unwrap();
    let pooled = || {
        with_settings(new_run("main"), |settings| {
            settings.pool = Some("etl".to_owned());
        })
    };
    let runs: Vec<_> = (0..5).map(|_| pooled()).collect();
    store.enqueue(&runs, "test", at(0)).await.unwrap();
    let claims = store.claim("w", &room(9), at(1)).await.unwrap();
    assert_eq!(claims.len(), 3);
    store.set_pool("etl", 1, "test", at(2)).await.unwrap();
    for (ended, claim) in claims.iter().enumerate() {
        let more = store.claim("w", &room(9), at(3)).await.unwrap();
        assert!(more.is_empty(), "{} of 1 slot are held", 3 - ended);
        finish(store, claim, &succeeded(), at(4)).await;
    }
    assert_eq!(store.claim("w", &room(9), at(5)).await.unwrap().len(), 1);
    let error = store.delete_pool("etl", "test", at(6)).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { code: "in_use", .. }));
    let waiting = enqueue(store, pooled(), at(7)).await;
    let why = store.why_waiting(&waiting, at(7)).await.unwrap().unwrap();
    assert!(
        why.starts_with("waits for the pool etl (1/1 used by run_"),
        "{why}"
    );
}

async fn timers_start_late_runs_and_end_those_that_waited_too_long(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let mut later = new_run("main");
    later.start_at = Some(at(100));
    let later = enqueue(store, later, at(0)).await;
    store.fire_timers(at(99)).await.unwrap();
    assert!(store.claim("w", &room(1), at(99)).await.unwrap().is_empty());
    store.fire_timers(at(100)).await.unwrap();
    assert_eq!(claim_one(store, "w", at(100)).await.run, later);

    let impatient = with_settings(new_run("main"), |settings| {
        settings.timeouts.queue_seconds = Some(30);
    });
    let impatient = enqueue(store, impatient, at(200)).await;
    store.fire_timers(at(229)).await.unwrap();
    assert_eq!(state(store, &impatient).await, RunState::Queued);
    store.fire_timers(at(230)).await.unwrap();
    let run = store.run(&impatient).await.unwrap();
    assert_eq!(
        (run.state, run.class),
        (RunState::Failed, Some(FailureClass::Timeout))
    );
}

async fn a_draining_worker_takes_nothing(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    enqueue(store, new_run("main"), at(0)).await;
    store.drain_worker("w", true, "ana", at(1)).await.unwrap();
    assert!(store.beat("w", at(2)).await.unwrap().draining);
    let error = store.claim("w", &room(1), at(3)).await.unwrap_err();
    assert!(matches!(
        error,
        StoreError::Conflict {
            code: "draining",
            ..
        }
    ));
    store.drain_worker("w", false, "ana", at(4)).await.unwrap();
    assert_eq!(store.claim("w", &room(1), at(5)).await.unwrap().len(), 1);
    let error = store.claim("nobody", &room(1), at(5)).await;
    // Nothing is ready, so nobody is asked who they are; a beat is.
    assert!(error.unwrap().is_empty());
    assert!(store.beat("nobody", at(6)).await.is_err());
}

async fn no_two_workers_take_the_same_run(place: Place) {
    let store = place.store.clone();
    let runs: Vec<_> = (0..200).map(|_| new_run("main")).collect();
    store.enqueue(&runs, "test", at(0)).await.unwrap();
    let mut claimers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let id = format!("w{number}");
        worker(&store, &id).await;
        let store = store.clone();
        claimers.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let claims = store.claim(&id, &room(3), at(1)).await.unwrap();
                if claims.is_empty() && mine.len() > 100 {
                    return mine;
                }
                let idle = claims.is_empty();
                mine.extend(claims.into_iter().map(|claim| claim.run));
                if idle
                    && !store
                        .totals("main")
                        .await
                        .unwrap()
                        .live
                        .contains_key(&RunState::Queued)
                {
                    return mine;
                }
            }
        });
    }
    let taken: Vec<String> = claimers.join_all().await.into_iter().flatten().collect();
    let distinct: BTreeSet<&String> = taken.iter().collect();
    assert_eq!((taken.len(), distinct.len()), (200, 200));
}

async fn a_second_server_on_a_file_is_refused(place: Place) {
    let second = nbpress_runs::Store::open(&place.url).await;
    match place.store.dialect() {
        Dialect::Sqlite => {
            let error = second.unwrap_err();
            let holder = std::process::id().to_string();
            assert!(matches!(&error, StoreError::InUse { holder: found, .. } if *found == holder));
            assert!(error.hint().unwrap().contains(&holder));
        }
        Dialect::Postgres => drop(second.unwrap()),
    }
    assert!(
        Profile::built_in()
            .iter()
            .all(|profile| profile.validate().is_ok())
    );
}
