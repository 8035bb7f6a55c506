//! What there was: lists, the audit, the outbox, SQL, what may be forgotten.

use std::collections::BTreeSet;
use std::time::Duration;

use nbpress_runs::job::{NotifyRule, UpstreamRule};
use nbpress_runs::run::{CellSummary, ScrapValue, Usage};
use nbpress_runs::schedule::Deadline;
use nbpress_runs::store::{Dialect, QueryLimits, RunFilter, StoredChannel};
use nbpress_runs::{AttemptEnd, FailureClass, NoticeKind, RunState, StoreError};
use serde_json::json;

use crate::flows::{definition, start, task};
use crate::{
    Place, at, claim_one, enqueue, failed, finish, labels, new_run, on_both, room, succeeded,
    worker,
};

on_both!(
    runs_are_found_by_what_they_are,
    pages_go_on_where_the_last_one_ended,
    each_end_is_read_once_in_order,
    people_are_told_once_it_is_written,
    notices_are_delivered_at_least_once,
    the_audit_has_no_gap_and_shows_what_was_changed,
    sql_reads_the_views_and_nothing_else,
    old_runs_are_forgotten_unless_they_are_held,
    profiles_are_suggested_by_what_runs_used,
    a_database_of_a_newer_version_is_refused,
);

async fn runs_are_found_by_what_they_are(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let mut ids = Vec::new();
    for (number, region) in [(0, "west"), (1, "east"), (2, "west")] {
        let mut run = new_run("main");
        run.parameters = json!({"region": region, "n": number})
            .as_object()
            .unwrap()
            .clone();
        run.tags = labels(&[("team", if number == 2 { "ops" } else { "data" })]);
        ids.push(enqueue(store, run, at(number)).await);
    }
    let claim = claim_one(store, "w", at(10)).await;
    finish(store, &claim, &failed(FailureClass::User), at(11)).await;
    let all = || RunFilter {
        workspace: "main".to_owned(),
        ..RunFilter::default()
    };
    let pick = |places: &[usize]| {
        places
            .iter()
            .map(|at| ids[*at].clone())
            .collect::<BTreeSet<_>>()
    };
    for (filter, expected) in [
        (all(), pick(&[0, 1, 2])),
        (
            RunFilter {
                parameters: labels(&[("region", "west")]),
                ..all()
            },
            pick(&[0, 2]),
        ),
        (
            RunFilter {
                parameters: labels(&[("region", "west"), ("n", "2")]),
                ..all()
            },
            pick(&[2]),
        ),
        (
            RunFilter {
                tags: labels(&[("team", "data")]),
                ..all()
            },
            pick(&[0, 1]),
        ),
        (
            RunFilter {
                state: Some(RunState::Queued),
                ..all()
            },
            pick(&[1, 2]),
        ),
        (
            RunFilter {
                class: Some(FailureClass::User),
                ..all()
            },
            pick(&[0]),
        ),
        (
            RunFilter {
                workspace: "other".to_owned(),
                ..all()
            },
            pick(&[]),
        ),
    ] {
        let page = store.list_runs(&filter, None, 10).await.unwrap();
        let found: BTreeSet<String> = page.runs.into_iter().map(|run| run.id).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
    assert_eq!(store.find_run("main", "latest").await.unwrap().id, ids[2]);
    assert_eq!(
        store.find_run("main", &ids[1][4..]).await.unwrap().id,
        ids[1]
    );
    assert!(matches!(
        store.find_run("main", "0").await.unwrap_err(),
        StoreError::Invalid(_)
    ));
    assert!(matches!(
        store.find_run("main", "zzz").await.unwrap_err(),
        StoreError::NotFound { .. }
    ));
}

async fn pages_go_on_where_the_last_one_ended(place: Place) {
    let store = &place.store;
    let runs: Vec<_> = (0..25).map(|_| new_run("main")).collect();
    store.enqueue(&runs, "test", at(0)).await.unwrap();
    let filter = RunFilter {
        workspace: "main".to_owned(),
        ..RunFilter::default()
    };
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = store
            .list_runs(&filter, cursor.as_deref(), 10)
            .await
            .unwrap();
        seen.extend(page.runs.into_iter().map(|run| run.id));
        // What is new does not move what comes next.
        enqueue(store, new_run("main"), at(1)).await;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let mut expected: Vec<String> = runs.into_iter().map(|run| run.id).collect();
    expected.sort();
    expected.reverse();
    assert_eq!(seen, expected);
    let error = store.list_runs(&filter, Some("7"), 10).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid(invalid) if invalid.field == "cursor"));
}

async fn each_end_is_read_once_in_order(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(enqueue(store, new_run("main"), at(number)).await);
    }
    for second in [11, 12, 12] {
        let claim = claim_one(store, "w", at(10)).await;
        finish(store, &claim, &succeeded(), at(second)).await;
    }
    let ended = async |second, id: &str, most| {
        let runs = store.ended_after(at(second), id, most).await.unwrap();
        runs.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    assert_eq!(ended(0, "", 10).await, ids[..3]);
    assert_eq!(ended(0, "", 1).await, ids[..1]);
    assert_eq!(ended(11, &ids[0], 10).await, ids[1..3]);
    assert_eq!(ended(12, &ids[1], 10).await, ids[2..3]);
    let some = [ids[3].clone(), "run_of_nobody".to_owned()];
    assert_eq!(store.which_are_there(&some).await.unwrap(), ids[3..]);
    assert_eq!(store.which_are_there(&[]).await.unwrap(), [""; 0]);
}

async fn people_are_told_once_it_is_written(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let mut definition = definition(vec![task("main", &[], UpstreamRule::AllSuccess)]);
    definition.notify = vec![NotifyRule {
        on: NoticeKind::ALL.iter().copied().collect(),
        channel: "ops".to_owned(),
    }];
    definition.deadline = Some(Deadline {
        by: "07:00".to_owned(),
        time_zone: "UTC".to_owned(),
    });
    let job = store
        .put_job("main", "daily", &definition, "test", at(0))
        .await
        .unwrap();
    let kinds = async |run: &str| -> Vec<NoticeKind> {
        store
            .notices_of(run)
            .await
            .unwrap()
            .iter()
            .map(|notice| notice.kind)
            .collect()
    };
    let first = start(store, &job).await;
    let claim = claim_one(store, "w", at(1)).await;
    finish(store, &claim, &failed(FailureClass::User), at(2)).await;
    assert_eq!(
        kinds(&first).await,
        [NoticeKind::Started, NoticeKind::Failed]
    );

    let second = start(store, &job).await;
    let claim = claim_one(store, "w", at(3)).await;
    store.fire_timers(at(7 * 3600 - 1)).await.unwrap();
    assert_eq!(kinds(&second).await, [NoticeKind::Started]);
    store.fire_timers(at(7 * 3600)).await.unwrap();
    finish(store, &claim, &succeeded(), at(7 * 3600 + 1)).await;
    assert_eq!(
        kinds(&second).await,
        [
            NoticeKind::Started,
            NoticeKind::Late,
            NoticeKind::Succeeded,
            NoticeKind::Recovered
        ]
    );
    assert!(store.run(&second).await.unwrap().late);

    let third = start(store, &job).await;
    let claim = claim_one(store, "w", at(7 * 3600 + 2)).await;
    finish(store, &claim, &succeeded(), at(7 * 3600 + 3)).await;
    assert_eq!(
        kinds(&third).await,
        [NoticeKind::Started, NoticeKind::Succeeded]
    );
}

async fn notices_are_delivered_at_least_once(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let mut run = new_run("main");
    run.spec.notify = vec![NotifyRule {
        on: [NoticeKind::Started].into(),
        channel: "ops".to_owned(),
    }];
    let run = enqueue(store, run, at(0)).await;
    claim_one(store, "w", at(0)).await;
    let taken = store.take_notices(10, 60, at(1)).await.unwrap();
    assert_eq!((taken.len(), taken[0].tries), (1, 1));
    assert!(store.take_notices(10, 60, at(2)).await.unwrap().is_empty());
    // Whoever took it is gone.
    let again = store.take_notices(10, 60, at(61)).await.unwrap();
    assert_eq!(
        (again[0].id.as_str(), again[0].tries),
        (taken[0].id.as_str(), 2)
    );
    store
        .notice_failed(&again[0].id, "away", Some(at(200)))
        .await
        .unwrap();
    assert!(
        store
            .take_notices(10, 60, at(199))
            .await
            .unwrap()
            .is_empty()
    );
    let last = store.take_notices(10, 60, at(200)).await.unwrap();
    // One for each recipient, once, whoever else does the same with the same notice.
    let recipients = ["a@b.example", "c@d.example"].map(str::to_owned);
    for _ in 0..2 {
        store
            .split_notice(&last[0], &recipients, at(200))
            .await
            .unwrap();
    }
    let split = store.take_notices(10, 60, at(200)).await.unwrap();
    let to: Vec<&str> = split.iter().map(|notice| notice.channel.as_str()).collect();
    assert_eq!(to, ["ops/a@b.example", "ops/c@d.example"]);
    for notice in &split {
        assert_eq!(notice.tries, 1, "{notice:?}");
        store.notice_sent(&notice.id, at(201)).await.unwrap();
    }
    assert!(
        store
            .take_notices(10, 60, at(9_999))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.notices_of(&run).await.unwrap()[0].state, "sent");
    let channel = StoredChannel {
        name: "ops".to_owned(),
        definition: json!({"kind": "email", "to": ["a@b.example"]}),
    };
    store
        .set_channel("main", &channel, "ana", at(0))
        .await
        .unwrap();
    assert_eq!(store.channels("main").await.unwrap(), [channel]);
    assert!(store.channels("other").await.unwrap().is_empty());
}

async fn the_audit_has_no_gap_and_shows_what_was_changed(place: Place) {
    let store = place.store.clone();
    let report = store.verify_audit().await.unwrap();
    assert_eq!((report.rows, report.damaged), (0, None));
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let store = store.clone();
        writers.spawn(async move {
            for _ in 0..15 {
                enqueue(&store, new_run("main"), at(0)).await;
                store.seal().await.unwrap();
            }
        });
    }
    writers.join_all().await;
    while store.seal().await.unwrap() > 0 {}
    let entries = store.audit_after(0, 1000).await.unwrap();
    let links: Vec<i64> = entries.iter().map(|entry| entry.seq).collect();
    assert_eq!(links, (1..=90).collect::<Vec<_>>());
    let report = store.verify_audit().await.unwrap();
    assert_eq!((report.rows, report.damaged), (90, None));
    assert_eq!(store.audit_after(88, 10).await.unwrap().len(), 2);
    tamper(
        &place.url,
        "UPDATE audit SET actor = 'nobody' WHERE link = 40",
    )
    .await;
    assert_eq!(store.verify_audit().await.unwrap().damaged, Some(40));
    tamper(
        &place.url,
        "UPDATE audit SET actor = 'test' WHERE link = 40",
    )
    .await;
    assert_eq!(store.verify_audit().await.unwrap().damaged, None);
    tamper(&place.url, "DELETE FROM audit WHERE link > 85").await;
    assert_eq!(store.verify_audit().await.unwrap().damaged, Some(86));
    tamper(&place.url, "DELETE FROM audit").await;
    assert_eq!(store.verify_audit().await.unwrap().damaged, Some(1));
}

/// Changes rows behind the store's back.
pub(crate) async fn tamper(url: &str, sql: &str) {
    use sqlx::Connection as _;
    let mut connection = sqlx::AnyConnection::connect(url).await.unwrap();
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn sql_reads_the_views_and_nothing_else(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let mut run = new_run("main");
    run.parameters = json!({"region": "west"}).as_object().unwrap().clone();
    let id = enqueue(store, run, at(0)).await;
    let claim = claim_one(store, "w", at(1)).await;
    let end = AttemptEnd {
        usage: Usage {
            cpu_seconds: Some(0.5),
            peak_memory_bytes: Some(1000),
            wall_seconds: Some(2.0),
            disk_bytes: None,
        },
        scraps: vec![ScrapValue {
            name: "rmse".to_owned(),
            value: json!(0.25),
            number: Some(0.25),
        }],
        cells: vec![CellSummary {
            index: 0,
            id: Some("a1".to_owned()),
            status: "completed".to_owned(),
            duration_seconds: Some(1.5),
        }],
        ..succeeded()
    };
    finish(store, &claim, &end, at(3)).await;
    let limits = QueryLimits {
        rows: 5,
        time: Duration::from_millis(500),
        ..QueryLimits::default()
    };
    for (sql, expected) in [
        (
            "SELECT run_id, state, cpu_seconds, peak_memory_bytes, disk_bytes, started_at FROM runs",
            json!([[id, "succeeded", 0.5, 1000, null, "2026-03-01T00:00:01.000Z"]]),
        ),
        (
            "select name, value from params;",
            json!([["region", "west"]]),
        ),
        ("select name, number from scraps", json!([["rmse", 0.25]])),
        (
            "WITH c AS (SELECT * FROM cells) SELECT cell, cell_id, status, duration_seconds FROM c",
            json!([[0, "a1", "completed", 1.5]]),
        ),
        (
            "select count(*) as n, avg(number) as mean from runs join scraps on scraps.run_id = runs.run_id",
            json!([[1, 0.25]]),
        ),
    ] {
        let result = store.query(sql, limits).await.unwrap();
        assert_eq!(json!(result.rows), expected, "{sql}");
        assert!(!result.columns.is_empty() && !result.truncated);
    }
    for sql in [
        "DELETE FROM run",
        "UPDATE run SET state = 'failed'",
        "select 1; delete from run",
        "WITH gone AS (DELETE FROM run RETURNING id) SELECT * FROM gone",
        "ATTACH 'x.db' AS x",
        "PRAGMA journal_mode = DELETE",
        "select nothing from runs",
        "select from where",
        "COPY run TO '/tmp/x'",
        "select pg_read_file('/etc/passwd')",
        "select load_extension('x')",
        "",
    ] {
        let error = store.query(sql, limits).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Invalid(invalid) if invalid.field == "sql"),
            "{sql}: {error:?}"
        );
    }
    if store.dialect() == Dialect::Sqlite {
        let error = store
            .query("select * from channel", limits)
            .await
            .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("prohibited") || text.contains("not authorized"),
            "{text}"
        );
        assert!(error.hint().unwrap().contains("scraps"));
    }
    let endless =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    let error = store.query(endless, limits).await.unwrap_err();
    assert!(error.to_string().contains("longer than 0.5 s"), "{error}");
    let many = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 50) SELECT x FROM n";
    let result = store.query(many, limits).await.unwrap();
    assert_eq!((result.rows.len(), result.truncated), (5, true));
    assert_eq!(store.run(&id).await.unwrap().state, RunState::Succeeded);
}

async fn old_runs_are_forgotten_unless_they_are_held(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    let job = store
        .put_job(
            "main",
            "daily",
            &definition(vec![task("main", &[], UpstreamRule::AllSuccess)]),
            "t",
            at(0),
        )
        .await
        .unwrap();
    for _ in 0..25 {
        start(store, &job).await;
    }
    let loose = enqueue(store, new_run("main"), at(0)).await;
    let held = enqueue(store, new_run("main"), at(0)).await;
    store.hold(&held, true, "ana", at(0)).await.unwrap();
    for claim in store.claim("w", &room(64), at(1)).await.unwrap() {
        finish(store, &claim, &succeeded(), at(2)).await;
    }
    let broken = enqueue(store, new_run("main"), at(0)).await;
    let claim = claim_one(store, "w", at(1)).await;
    finish(store, &claim, &failed(FailureClass::User), at(2)).await;
    let days = |days: i64| at(days * 86_400 + 10);
    assert!(store.forget_runs(100, days(89)).await.unwrap().is_empty());
    // All but the last twenty of the job, the held one, and the failure, which is kept for longer.
    let forgotten = store.forget_runs(100, days(91)).await.unwrap();
    assert_eq!(forgotten.len(), 6);
    assert!(forgotten.contains(&loose));
    for kept in [&held, &broken] {
        assert!(store.run(kept).await.is_ok());
    }
    assert!(store.run(&loose).await.is_err());
    assert_eq!(store.retention("main").await.unwrap(), ((90, 365), false));
    store
        .set_retention("main", (90, 365), true, "ana", days(91))
        .await
        .unwrap();
    assert_eq!(store.retention("main").await.unwrap(), ((90, 365), true));
    assert!(store.forget_runs(100, days(400)).await.unwrap().is_empty());
    store
        .set_retention("main", (90, 365), false, "ana", days(91))
        .await
        .unwrap();
    assert_eq!(store.forget_runs(100, days(400)).await.unwrap(), [broken]);
}

async fn profiles_are_suggested_by_what_runs_used(place: Place) {
    let store = &place.store;
    worker(store, "w").await;
    for gib in [1, 1, 1, 5] {
        enqueue(store, new_run("main"), at(0)).await;
        let claim = claim_one(store, "w", at(1)).await;
        let end = AttemptEnd {
            usage: Usage {
                peak_memory_bytes: Some(gib << 30),
                cpu_seconds: Some(1.0),
                wall_seconds: Some(2.0),
                disk_bytes: None,
            },
            ..succeeded()
        };
        finish(store, &claim, &end, at(2)).await;
    }
    let fit = store
        .profile_fit("main", Some("daily.ipynb"), at(3))
        .await
        .unwrap();
    assert_eq!((fit.runs, fit.fit_default, fit.share), (4, 3, Some(0.75)));
    assert_eq!(fit.suggested.as_deref(), Some("medium"));
}

async fn a_database_of_a_newer_version_is_refused(place: Place) {
    tamper(
        &place.url,
        "UPDATE meta SET value = '99' WHERE name = 'version'",
    )
    .await;
    let url = place.url.clone();
    drop(place.store);
    let error = nbpress_runs::Store::open(&url).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Newer { found: 99, .. }),
        "{error:?}"
    );
    assert!(error.hint().is_some());
}
