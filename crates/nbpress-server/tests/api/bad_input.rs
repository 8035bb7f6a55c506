//! Whatever is wrong is named, and nobody passes who may not.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Api, TOKEN, notebook, upload};

#[tokio::test]
async fn every_bad_value_is_named_with_what_would_be_right() {
    let api = Api::start().await;
    let path = api.notebook("daily.ipynb", "days: int = 30  # 1..365\n");
    let source = path.to_string_lossy().into_owned();
    let task = |value: Value| {
        let mut task = json!({"source": source});
        task.as_object_mut()
            .unwrap()
            .extend(value.as_object().unwrap().clone());
        json!({"tasks": [task]})
    };
    assert_eq!(api.put("/v1/jobs/daily", task(json!({}))).await.0, 200);
    let cron = |expression: &str, zone: &str| json!({"trigger": {"kind": "cron", "expression": expression, "time_zone": zone}});
    for (method, path, body, status, field) in [
        ("POST", "/v1/runs", json!({}), 422, "source"),
        ("POST", "/v1/runs", json!({"notebok": 1}), 422, "notebok"),
        ("POST", "/v1/runs", json!({"job": "nobody"}), 404, ""),
        (
            "POST",
            "/v1/runs",
            json!({"job": "daily", "preset": "x"}),
            422,
            "preset",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"job": "daily", "settings": {}}),
            422,
            "settings",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"source": source, "parameters": {"days": 0}}),
            422,
            "parameters.days",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"source": source, "parameters": {"dayz": 1}}),
            422,
            "parameters.dayz",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"source": source, "settings": {"pool": "etl"}}),
            422,
            "settings.pool",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"source": source, "settings": {"profile": "huge"}}),
            422,
            "settings.profile",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"source": source, "settings": {"priority": 99}}),
            422,
            "settings.priority",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"source": source, "settings": {"retry": {"user": -1}}}),
            422,
            "settings.retry.user",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"source": source, "settings": {"secrets": {"t": "hunter2"}}}),
            422,
            "settings.secrets",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"source": source, "start_at": "tomorrow"}),
            422,
            "start_at",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"source": "/nowhere/x.ipynb"}),
            422,
            "source",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"upload": upload("../x.ipynb", &notebook(""))}),
            422,
            "source",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"upload": {"name": "x.ipynb", "content": "%%"}}),
            422,
            "upload.content",
        ),
        (
            "POST",
            "/v1/runs",
            json!({"upload": upload("x.ipynb", "no notebook")}),
            422,
            "source",
        ),
        ("GET", "/v1/runs?state=done", json!({}), 422, "state"),
        ("GET", "/v1/runs?limit=0", json!({}), 422, "limit"),
        ("GET", "/v1/runs?cursor=7", json!({}), 422, "cursor"),
        ("GET", "/v1/runs?colour=red", json!({}), 422, "colour"),
        ("GET", "/v1/runs?since=monday", json!({}), 422, "since"),
        ("GET", "/v1/runs/run_x", json!({}), 404, ""),
        (
            "POST",
            "/v1/runs/latest/cancel",
            json!({"why": "x"}),
            422,
            "why",
        ),
        ("PUT", "/v1/jobs/a%2Fb", task(json!({})), 422, "name"),
        ("PUT", "/v1/jobs/x", json!({"tasks": []}), 422, "tasks"),
        (
            "PUT",
            "/v1/jobs/x",
            task(json!({"depends_on": ["y"]})),
            422,
            "tasks[0].depends_on",
        ),
        (
            "PUT",
            "/v1/jobs/x",
            task(json!({"depends_on": ["main"]})),
            422,
            "tasks.depends_on",
        ),
        (
            "PUT",
            "/v1/jobs/x",
            task(json!({"files": ["../*"]})),
            422,
            "tasks[0].source",
        ),
        (
            "PUT",
            "/v1/jobs/x",
            task(json!({"files": ["nothing/*.csv"]})),
            422,
            "tasks[0].source",
        ),
        (
            "PUT",
            "/v1/jobs/x",
            task(json!({"settings": {"colour": "red"}})),
            422,
            "tasks[0].settings.colour",
        ),
        (
            "PUT",
            "/v1/jobs/daily/schedules",
            json!({"definition": cron("61 * * * *", "UTC")}),
            422,
            "trigger.expression",
        ),
        (
            "PUT",
            "/v1/jobs/daily/schedules",
            json!({"definition": cron("0 0 31 2 *", "UTC")}),
            422,
            "trigger.expression",
        ),
        (
            "PUT",
            "/v1/jobs/daily/schedules",
            json!({"definition": cron("@hourly", "Europe/Berln")}),
            422,
            "trigger.time_zone",
        ),
        (
            "PUT",
            "/v1/jobs/daily/schedules",
            json!({"definition": cron(&"*,".repeat(5000), "UTC")}),
            422,
            "trigger.expression",
        ),
        (
            "POST",
            "/v1/schedules/preview",
            json!({"trigger": {"kind": "moon"}}),
            422,
            "trigger.kind",
        ),
        (
            "POST",
            "/v1/jobs/daily/sweep",
            json!({"points": []}),
            422,
            "points",
        ),
        (
            "POST",
            "/v1/jobs/daily/sweep",
            json!({"points": [{"days": "x"}]}),
            422,
            "points[0]",
        ),
        (
            "POST",
            "/v1/jobs/daily/sweep",
            json!({"points": [{}], "concurrency": 0}),
            422,
            "concurrency",
        ),
        (
            "POST",
            "/v1/jobs/daily/backfill",
            json!({"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}),
            422,
            "to",
        ),
        (
            "POST",
            "/v1/jobs/daily/backfill",
            json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}),
            422,
            "schedule",
        ),
        ("PUT", "/v1/pools/etl", json!({"slots": -1}), 422, "slots"),
        (
            "PUT",
            "/v1/pools/etl",
            json!({"slots": "many"}),
            422,
            "slots",
        ),
        (
            "PUT",
            "/v1/profiles",
            json!({"name": "x", "cpus": 0.0, "memory_bytes": 1}),
            422,
            "cpus",
        ),
        (
            "PUT",
            "/v1/channels/ops",
            json!({"kind": "email", "to": ["nobody"]}),
            422,
            "to[0]",
        ),
        (
            "PUT",
            "/v1/channels/ops",
            json!({"kind": "pigeon"}),
            422,
            "",
        ),
        ("DELETE", "/v1/pools/none", json!({}), 404, ""),
        ("DELETE", "/v1/profiles/small", json!({}), 409, ""),
        (
            "POST",
            "/v1/sql",
            json!({"sql": "delete from run"}),
            422,
            "sql",
        ),
        ("GET", "/v1/nothing", json!({}), 404, ""),
        ("PATCH", "/v1/runs", json!({}), 405, ""),
        ("POST", "/v1/hooks/guess", json!({}), 404, ""),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let (found, answer) = api.ask(method, path, &body).await;
        let error = &answer["error"];
        let place = format!("{path} {body} → {answer}");
        assert_eq!(found, status, "{place}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{place}");
        assert!(!error["code"].as_str().unwrap().is_empty(), "{place}");
        if !field.is_empty() {
            assert_eq!(error["field"], field, "{place}");
        }
    }
    assert_eq!(
        api.get("/v1/runs").await.1["runs"],
        json!([]),
        "nothing was made of all this"
    );
}

#[tokio::test]
async fn bodies_that_are_no_json_or_too_large_are_refused() {
    let api = Api::start().await;
    for (path, body, status, code) in [
        ("/v1/runs", "{".to_owned(), 400, "not_json"),
        ("/v1/runs", "7".to_owned(), 422, "invalid"),
        (
            "/v1/sql",
            format!("{{\"sql\": \"{}\"}}", "x".repeat(2 << 20)),
            413,
            "too_large",
        ),
    ] {
        let request = api
            .request(Method::POST, path)
            .bearer_auth(TOKEN)
            .body(body);
        let (found, answer) = api.send(request).await;
        assert_eq!(
            (found, answer["error"]["code"].as_str().unwrap()),
            (status, code),
            "{path}"
        );
    }
}

#[tokio::test]
async fn nobody_passes_without_the_token() {
    let api = Api::start().await;
    let document: Value = serde_json::from_str(&nbpress_server::openapi_document()).unwrap();
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let url = path.replace(['{', '}'], "");
        for method in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            for token in [None, Some("guess"), Some("")] {
                let mut request = api.request(method.clone(), &url);
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                let (status, answer) = api.send(request).await;
                let open = ["/v1/health", "/v1/ready"].contains(&path.as_str())
                    || path.starts_with("/v1/hooks/");
                assert_eq!(status != 401, open, "{method} {path} → {status} {answer}");
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "{asked}");
    println!("{asked} requests without a valid token");
}

#[tokio::test]
async fn pages_of_others_change_nothing() {
    let api = Api::start().await;
    for (name, value, status) in [
        ("host", "evil.example", 421),
        ("host", "nb.example:80", 200),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "same-origin", 200),
    ] {
        let request = api
            .request(Method::POST, "/v1/schedules/preview")
            .bearer_auth(TOKEN);
        let body = json!({"trigger": {"kind": "interval", "every_seconds": 60}}).to_string();
        let (found, answer) = api.send(request.header(name, value).body(body)).await;
        assert_eq!(found, status, "{name}: {value} → {answer}");
    }
}
