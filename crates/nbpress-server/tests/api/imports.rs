//! Runs of other programs: taken over once, readable as ours, and refused where they cannot be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::{Api, notebook};

fn run(changes: &Value) -> Value {
    let mut run = json!({
        "tool": "papermill",
        "identity": "in.ipynb out.ipynb",
        "origin": "s3://acme/out.ipynb",
        "notebook": "in.ipynb",
        "parameters": {"days": 60},
        "started_at": "2024-02-03T04:05:06Z",
        "ended_at": "2024-02-03T04:06:06Z",
        "state": "succeeded",
    });
    let changes = changes.as_object().unwrap().clone();
    run.as_object_mut().unwrap().extend(changes);
    run
}

#[tokio::test]
async fn a_run_is_taken_over_once_in_each_workspace() {
    let api = Api::start().await;
    let executed = STANDARD.encode(notebook("days = 1"));
    let body = json!({"run": run(&json!({})), "executed": executed});
    let (status, first) = api.post("/v1/import", body.clone()).await;
    assert_eq!((status, &first["is_new"]), (201, &json!(true)), "{first}");
    let (status, second) = api.post("/v1/import", body.clone()).await;
    assert_eq!((status, &second["is_new"]), (200, &json!(false)));
    assert_eq!(first["id"], second["id"]);
    let (status, other) = api.post("/v1/import?workspace=ops", body).await;
    assert_eq!(status, 201);
    assert_ne!(first["id"], other["id"]);

    let id = first["id"].as_str().unwrap();
    let (_, details) = api.get(&format!("/v1/runs/{id}")).await;
    assert_eq!(details["created_at"], "2024-02-03T04:05:06Z");
    assert_eq!(details["usage"]["wall_seconds"], 60.0);
    assert_eq!(
        (&details["legal_hold"], &details["attempts"][0]["number"]),
        (&json!(true), &json!(1))
    );
    let (status, shown) = api.get(&format!("/v1/runs/{id}/notebook")).await;
    assert_eq!(
        (status, &shown["metadata"]["nbpress"]["run_id"]),
        (200, &json!(id))
    );
    let (_, page) = api
        .get("/v1/runs?until=2024-02-03T04:05:07Z&param.days=60")
        .await;
    assert_eq!(page["runs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_run_without_its_notebook_is_history_without_a_record() {
    let api = Api::start().await;
    let failed = json!({"state": "failed", "class": "user", "ename": "ValueError", "evalue": "no", "cell": 2});
    let (status, made) = api.post("/v1/import", json!({"run": run(&failed)})).await;
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap();
    let (_, details) = api.get(&format!("/v1/runs/{id}")).await;
    assert_eq!(
        (&details["ename"], &details["code"]),
        (&json!("ValueError"), &json!("exception"))
    );
    let (status, error) = api.get(&format!("/v1/runs/{id}/notebook")).await;
    assert_eq!(
        (status, &error["error"]["message"]),
        (404, &json!("its record is not here"))
    );
    for body in [json!({}), json!({"parameters": {"days": 1}})] {
        let (status, error) = api.post(&format!("/v1/runs/{id}/restart"), body).await;
        assert_eq!(
            (status, &error["error"]["code"]),
            (409, &json!("imported")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_is_named() {
    let api = Api::start().await;
    let bad = |changes: Value| json!({"run": run(&changes)});
    let executed = |content: &str| json!({"run": run(&json!({})), "executed": content});
    for (body, status, field) in [
        (json!({}), 422, ""),
        (bad(json!({"identity": ""})), 422, "run.identity"),
        (bad(json!({"origin": "x".repeat(5_000)})), 422, "run.origin"),
        (bad(json!({"state": "running"})), 422, "run.state"),
        (bad(json!({"state": "done"})), 422, "run.state"),
        (bad(json!({"tool": "cron"})), 422, "run.tool"),
        (
            bad(json!({"started_at": "2024-02-03T05:00:00Z"})),
            422,
            "run.ended_at",
        ),
        (bad(json!({"started_at": "soon"})), 422, "run.started_at"),
        (
            bad(json!({"ended_at": "2999-01-01T00:00:00Z"})),
            422,
            "run.ended_at",
        ),
        (bad(json!({"job": "nobody"})), 404, ""),
        (bad(json!({"stat": 1})), 422, "run.stat"),
        (executed("%"), 422, "executed"),
        (executed(&STANDARD.encode("no notebook")), 422, "executed"),
    ] {
        let (answered, error) = api.post("/v1/import", body.clone()).await;
        assert_eq!(answered, status, "{body}: {error}");
        let named = error["error"]["field"].as_str().unwrap_or_default();
        assert!(named.starts_with(field), "{body}: {error}");
    }
    let (_, page) = api.get("/v1/runs").await;
    assert_eq!(page["runs"], json!([]), "nothing came of any of them");
}
