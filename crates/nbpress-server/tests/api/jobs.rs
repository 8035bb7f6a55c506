//! Publishing, running and scheduling, as a client sees them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Api, TOKEN, notebook, upload};

#[tokio::test]
async fn a_job_trusts_its_snapshot_and_shows_that_the_notebook_is_ahead() {
    let api = Api::start().await;
    let path = api.notebook("daily.ipynb", "days: int = 30  # 1..365\n");
    let source = path.to_string_lossy().into_owned();
    let (status, job) = api
        .put("/v1/jobs/daily", json!({"tasks": [{"source": source}]}))
        .await;
    assert_eq!((status, &job["version"]), (200, &json!(1)), "{job}");
    let task = &job["definition"]["tasks"][0];
    assert_eq!(task["schema"][0]["name"], "days");
    assert_eq!(task["schema"][0]["type"], "int");
    assert_eq!(task["schema"][0]["default"], 30);
    assert_eq!(api.get("/v1/jobs/daily/ahead").await.1["ahead"], false);

    std::fs::write(&path, notebook("days: int = 60\n")).unwrap();
    let (_, ahead) = api.get("/v1/jobs/daily/ahead").await;
    assert_eq!(ahead["ahead"], true);
    let diff = ahead["tasks"]["main"]["notebook"]["cells"][0].to_string();
    assert!(
        diff.contains("-days: int = 30") && diff.contains("+days: int = 60"),
        "{diff}"
    );
    let (_, run) = api.post("/v1/jobs/daily/run", json!({})).await;
    assert_eq!(run["snapshot"], task["snapshot"], "an edit changes no run");

    let (_, again) = api.post("/v1/jobs/daily/republish", json!({})).await;
    assert_eq!(again["version"], 2);
    assert_ne!(
        again["definition"]["tasks"][0]["snapshot"],
        task["snapshot"]
    );
    assert_eq!(api.get("/v1/jobs/daily/ahead").await.1["ahead"], false);
    let (_, versions) = api.get("/v1/jobs/daily/versions").await;
    assert_eq!(versions.as_array().unwrap().len(), 2);
    assert_eq!(
        api.post("/v1/jobs/daily/republish", json!({})).await.1["version"],
        2,
        "nothing changed"
    );

    std::fs::remove_file(&path).unwrap();
    let (status, _) = api.post("/v1/jobs/daily/run", json!({})).await;
    assert_eq!(status, 202, "nor does deleting it");
}

#[tokio::test]
async fn what_is_sent_runs_as_a_notebook() {
    let api = Api::start().await;
    for (name, content) in [
        ("daily.ipynb", notebook("days: int = 30\n")),
        ("query.sql", "select 1".to_owned()),
        ("etl.py", "print(1)\n".to_owned()),
        ("report.R", "print(1)\n".to_owned()),
        ("tidy.sh", "echo 1\n".to_owned()),
    ] {
        let (status, run) = api
            .post("/v1/runs", json!({"upload": upload(name, &content)}))
            .await;
        assert_eq!(
            (status, run["state"].as_str()),
            (202, Some("queued")),
            "{name}: {run}"
        );
        assert_eq!(run["notebook"], name);
    }
    let (_, page) = api.get("/v1/runs?limit=2").await;
    assert_eq!(page["runs"].as_array().unwrap().len(), 2);
    let next = page["next"].as_str().unwrap();
    let (_, rest) = api.get(&format!("/v1/runs?cursor={next}")).await;
    assert_eq!(
        (rest["runs"].as_array().unwrap().len(), &rest["next"]),
        (3, &Value::Null)
    );
}

#[tokio::test]
async fn a_repeated_request_answers_with_the_same_run() {
    let api = Api::start().await;
    let body = json!({"upload": upload("x.py", "print(1)")}).to_string();
    let mut ids = Vec::new();
    for expected in [202, 200] {
        let request = api.request(Method::POST, "/v1/runs").bearer_auth(TOKEN);
        let request = request
            .header("idempotency-key", "monday")
            .body(body.clone());
        let (status, run) = api.send(request).await;
        assert_eq!(status, expected);
        ids.push(run["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    let id = ids[0].as_str().unwrap();
    let (_, details) = api.get(&format!("/v1/runs/{}", &id[4..20])).await;
    assert_eq!(details["waiting"], "no worker is there to take it");
    let (status, run) = api
        .post(&format!("/v1/runs/{id}/cancel"), json!({"reason": "no"}))
        .await;
    assert_eq!((status, run["state"].as_str()), (202, Some("cancelled")));
    let (status, answer) = api.post(&format!("/v1/runs/{id}/cancel"), json!({})).await;
    assert_eq!(
        (status, answer["error"]["code"].as_str()),
        (409, Some("already_terminal"))
    );
    let (status, again) = api.post(&format!("/v1/runs/{id}/restart"), json!({})).await;
    assert_eq!((status, again["trigger"].as_str()), (202, Some("restart")));
    assert_eq!(
        api.get(&format!("/v1/runs/{id}/notebook")).await.0,
        404,
        "it never began"
    );
}

#[tokio::test]
async fn schedules_show_their_times_before_they_are_saved() {
    let api = Api::start().await;
    api.notebook("daily.ipynb", "days: int = 30\n");
    let source = api.folder.path().join("daily.ipynb");
    api.put("/v1/jobs/daily", json!({"tasks": [{"source": source}]}))
        .await;
    let definition = json!({"trigger": {"kind": "cron", "expression": "30 7 * * MON-FRI", "time_zone": "Europe/Berlin"}});
    let (status, preview) = api.post("/v1/schedules/preview", definition.clone()).await;
    assert_eq!(status, 200);
    assert_eq!(preview["upcoming"].as_array().unwrap().len(), 20);
    let (status, schedule) = api
        .put(
            "/v1/jobs/daily/schedules",
            json!({"definition": definition, "parameters": {"days": 7}}),
        )
        .await;
    assert_eq!(
        (status, &schedule["next_at"]),
        (200, &preview["upcoming"][0]["logical_time"]),
        "{schedule}"
    );
    let id = schedule["id"].as_str().unwrap();
    assert_eq!(
        api.post(&format!("/v1/schedules/{id}/pause"), json!({}))
            .await
            .1["paused"],
        true
    );
    assert_eq!(
        api.get("/v1/schedules?job=daily").await.1["schedules"][0]["paused"],
        true
    );
    assert_eq!(
        api.ask(Method::DELETE, &format!("/v1/schedules/{id}"), &json!({}))
            .await
            .0,
        204
    );

    let hook = json!({"name": "hook", "definition": {"trigger": {"kind": "webhook"}}});
    let (_, made) = api.put("/v1/jobs/daily/schedules", hook.clone()).await;
    let path = made["hook"].as_str().unwrap().to_owned();
    assert!(
        api.put("/v1/jobs/daily/schedules", hook).await.1["hook"].is_null(),
        "shown once"
    );
    let request = api.request(Method::POST, &path).body("{\"days\": 3}");
    let (status, hooked) = api.send(request).await;
    assert_eq!((status, &hooked["is_new"]), (202, &json!(true)), "{hooked}");
    let run = hooked["run"].as_str().unwrap();
    assert_eq!(
        api.get(&format!("/v1/runs/{run}")).await.1["parameters"],
        json!({"days": 3})
    );
    let (status, _) = api
        .send(api.request(Method::POST, &path).body("{\"days\": \"x\"}"))
        .await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn sweeps_and_backfills_make_each_run_once() {
    let api = Api::start().await;
    api.notebook("daily.ipynb", "days: int = 30\n");
    let source = api.folder.path().join("daily.ipynb");
    api.put("/v1/jobs/daily", json!({"tasks": [{"source": source}]}))
        .await;
    let points: Vec<Value> = (1..=5).map(|days| json!({"days": days})).collect();
    let (status, sweep) = api
        .post(
            "/v1/jobs/daily/sweep",
            json!({"points": points, "concurrency": 2}),
        )
        .await;
    assert_eq!(
        (status, &sweep["runs"]),
        (202, &json!({"queued": 2, "blocked": 3})),
        "{sweep}"
    );
    let id = sweep["id"].as_str().unwrap();
    assert_eq!(
        api.get(&format!("/v1/runs?batch={id}&param.days=4"))
            .await
            .1["runs"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        api.post(&format!("/v1/batches/{id}/cancel"), json!({}))
            .await
            .0,
        202
    );
    assert_eq!(
        api.get(&format!("/v1/batches/{id}")).await.1["runs"],
        json!({"cancelled": 5})
    );

    let range = json!({
        "from": "2026-01-01T00:00:00Z",
        "to": "2026-01-11T00:00:00Z",
        "trigger": {"kind": "cron", "expression": "@daily", "time_zone": "UTC"},
        "concurrency": 3,
    });
    let (status, backfill) = api.post("/v1/jobs/daily/backfill", range.clone()).await;
    assert_eq!(
        (status, &backfill["runs"]),
        (202, &json!({"queued": 3, "blocked": 7})),
        "{backfill}"
    );
    let (status, answer) = api.post("/v1/jobs/daily/backfill", range.clone()).await;
    assert_eq!(status, 422, "no time is run twice: {answer}");
    api.post(
        &format!("/v1/batches/{}/cancel", backfill["id"].as_str().unwrap()),
        json!({}),
    )
    .await;
    let mut failed = range;
    failed["reprocess"] = "failed".into();
    assert_eq!(api.post("/v1/jobs/daily/backfill", failed).await.0, 202);
}

#[tokio::test]
async fn the_audit_tells_who_did_what() {
    let api = Api::start().await;
    assert_eq!(
        api.put("/v1/pools/etl", json!({"slots": 2})).await.1[0]["slots"],
        2
    );
    assert_eq!(
        api.put(
            "/v1/channels/ops",
            json!({"kind": "email", "to": ["a@b.example"]})
        )
        .await
        .0,
        200
    );
    let (_, fit) = api.get("/v1/profile-fit").await;
    assert_eq!((&fit["runs"], &fit["share"]), (&json!(0), &Value::Null));
    let (_, report) = api.get("/v1/audit/verify").await;
    assert_eq!(report["damaged"], Value::Null);
    let (_, result) = api
        .post("/v1/sql", json!({"sql": "select count(*) as n from runs"}))
        .await;
    assert_eq!(
        result,
        json!({"columns": ["n"], "rows": [[0]], "truncated": false})
    );
    assert_eq!(api.get("/v1/workers").await.1, json!([]));
}
