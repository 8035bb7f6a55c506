//! What workers on other machines ask for, request by request.

use std::time::Duration;

use super::*;

/// A run that waits, and a worker that is there.
pub(crate) async fn with_worker() -> (Api, String) {
    let api = Api::start().await;
    let notebook = api.notebook("daily.ipynb", "days: int = 1");
    let (status, run) = api.post("/v1/runs", json!({"source": notebook})).await;
    assert_eq!(status, 202, "{run}");
    let worker = json!({"id": "w1", "name": "w1", "host": "h", "version": "0", "slots": 2, "cpus": 2.0,
        "memory_bytes": 8_i64 << 30});
    let (status, beat) = api.post("/v1/worker/register", worker).await;
    assert_eq!((status, &beat["held"]), (200, &json!([])), "{beat}");
    (api, run["id"].as_str().unwrap().to_owned())
}

pub(crate) async fn claim(api: &Api) -> Value {
    let room = json!({"most": 2, "cpus": 2.0, "memory_bytes": 8_i64 << 30});
    let (status, claims) = api.post("/v1/worker/w1/claim", room).await;
    assert_eq!(status, 200, "{claims}");
    claims
}

fn report(run: &str, record_sha256: Option<&str>) -> Value {
    let usage = json!({"cpu_seconds": null, "peak_memory_bytes": null, "wall_seconds": null, "disk_bytes": null});
    json!({"run": run, "attempt": 1, "record": run, "end": {"state": "succeeded", "class": null, "code": null,
        "reason": null, "cell": null, "ename": null, "evalue": null, "record_sha256": record_sha256,
        "usage": usage, "scraps": [], "cells": []}})
}

#[tokio::test]
async fn a_worker_that_is_not_known_hears_that_it_must_register() {
    let (api, _) = with_worker().await;
    for (path, body, expected) in [
        ("/v1/worker/w2/beat", json!({}), (409, "lost")),
        (
            "/v1/worker/w2/claim",
            json!({"most": 1, "cpus": 1.0, "memory_bytes": 2_i64 << 30}),
            (404, "no_worker"),
        ),
    ] {
        let (status, answer) = api.post(path, body).await;
        let code = answer["error"]["code"].as_str().unwrap();
        assert_eq!((status, code), expected, "{path}");
    }
}

#[tokio::test]
async fn a_claim_is_heard_again_at_the_next_beat() {
    let (api, run) = with_worker().await;
    let claims = claim(&api).await;
    assert_eq!(claims[0]["run"], run.as_str());
    assert_eq!(claim(&api).await, json!([]), "there was one");
    let (_, beat) = api.post("/v1/worker/w1/beat", json!({})).await;
    assert_eq!(beat["held"][0]["record"], claims[0]["record"]);

    // What it needs to run is an object under its name.
    let object = |name: &Value| format!("/v1/worker/objects/{}", name.as_str().unwrap());
    let (status, manifest) = api.get(&object(&claims[0]["snapshot"])).await;
    assert_eq!(status, 200, "{manifest}");
    let (status, notebook) = api.get(&object(&manifest["notebook"]["sha256"])).await;
    assert_eq!((status, &notebook["nbformat"]), (200, &json!(4)));
    for unknown in ["0".repeat(64), "daily.ipynb".to_owned()] {
        assert_eq!(api.get(&object(&json!(unknown))).await.0, 404);
    }
}

#[tokio::test]
async fn no_attempt_is_over_before_its_record_is_here() {
    let (api, run) = with_worker().await;
    claim(&api).await;
    let finish = "/v1/worker/w1/finish";
    let records = format!("/v1/worker/records/{run}");
    let part = |offset: &str| {
        let path = format!("{records}/journal?offset={offset}");
        api.request(Method::PUT, &path)
            .bearer_auth(TOKEN)
            .body("nbpress-journal 1\n")
    };
    let sha256 = "0".repeat(64);
    let seal = json!({"sha256": sha256, "manifest": "{}"});
    let seal_path = format!("{records}/seal");
    let error = |answer: &Answer| (answer.0, answer.1["error"]["code"].clone());

    let early = api.post(finish, report(&run, Some(&sha256))).await;
    assert_eq!(error(&early), (409, json!("incomplete")));
    assert_eq!(error(&api.send(part("5")).await), (409, json!("gap")));
    assert_eq!(
        error(&api.send(part("many")).await),
        (422, json!("invalid"))
    );
    let sent = api.send(part("0")).await;
    assert_eq!(sent, (200, json!({"length": 18})));
    let copied = json!({"length": 18, "blobs": []});
    assert_eq!(api.get(&records).await.1, copied);
    assert_eq!(
        error(&api.post(&seal_path, seal).await),
        (409, json!("incomplete"))
    );
    let early = api.post(finish, report(&run, Some(&sha256))).await;
    assert_eq!(error(&early), (409, json!("incomplete")));
    assert_eq!(
        api.get(&format!("/v1/runs/{run}")).await.1["state"],
        "running"
    );

    // One that left no record is over at once, and only once.
    for answer in ["recorded", "repeated"] {
        assert_eq!(
            api.post(finish, report(&run, None)).await,
            (200, json!(answer))
        );
    }
    let failed = report(&run, Some(&sha256));
    let (status, answer) = api.post(finish, failed).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("incomplete"))
    );
}

#[tokio::test]
async fn news_are_waited_for() {
    let (api, run) = with_worker().await;
    let (_, news) = api.get("/v1/worker/news").await;
    let count = news["count"].as_u64().unwrap();
    let path = format!("/v1/worker/news?seen={count}");
    let cancel = format!("/v1/runs/{run}/cancel");
    let nothing = tokio::time::timeout(Duration::from_millis(50), api.get(&path)).await;
    assert!(nothing.is_err(), "{nothing:?}");
    let (news, _) = tokio::join!(api.get(&path), api.post(&cancel, json!({})));
    assert_ne!(news.1["count"].as_u64().unwrap(), count);
}
