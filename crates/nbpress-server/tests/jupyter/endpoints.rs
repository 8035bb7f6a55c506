//! Jupyter's small endpoints, by the shapes that its clients read.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, BEARER, Site, TOKEN};

#[tokio::test]
async fn status_says_what_the_server_does() {
    let site = Site::start().await;
    let answer = site.get("/api/status").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let status = answer.json();
    assert_eq!(status["kernels"], 0);
    assert_eq!(status["connections"], 0);
    for field in ["started", "last_activity"] {
        // Microseconds and a Z: some clients parse by a pattern.
        let time = status[field].as_str().unwrap();
        assert!(time.len() == 27 && time.ends_with('Z'), "{time}");
    }
    assert_eq!(status.as_object().unwrap().len(), 4);
}

#[tokio::test]
async fn who_only_watches_keeps_nothing_busy() {
    let site = Site::start().await;
    let last = async || site.get("/api/status").await.json()["last_activity"].clone();
    let before = last().await;
    site.get("/metrics").await;
    site.ask(Method::GET, "/api/kernelspecs", &[]).await;
    assert_eq!(last().await, before);
    site.get("/api/kernelspecs").await;
    assert_ne!(last().await, before);
}

#[tokio::test]
async fn me_is_one_person_with_the_permissions_asked_for() {
    let site = Site::start().await;
    let me = site.get("/api/me").await.json();
    let fields: Vec<&String> = me["identity"].as_object().unwrap().keys().collect();
    let expected = [
        "avatar_url",
        "color",
        "display_name",
        "initials",
        "name",
        "username",
    ];
    assert_eq!(fields, expected);
    // Whoever asks twice is the same person, however they ask.
    let cookie = site.cookie().await;
    let again = site
        .ask(Method::GET, "/api/me", &[("cookie", &cookie)])
        .await;
    assert_eq!(again.json()["identity"], me["identity"]);
    let asked = "/api/me?permissions=%7B%22contents%22%3A%5B%22read%22%5D%7D";
    let permissions = &site.get(asked).await.json()["permissions"];
    assert_eq!(permissions["contents"], json!(["read"]));
    for bad in [
        "%5B%5D",
        "x",
        "%7B%22a%22%3A1%7D",
        "%7B%22a%22%3A%5B1%5D%7D",
    ] {
        let answer = site.get(&format!("/api/me?permissions={bad}")).await;
        assert_eq!(answer.status, 400, "{bad}");
    }
    for (change, status) in [
        (json!({"color": "#000000"}), 501),
        (json!({"name": "x"}), 400),
        (json!({}), 400),
    ] {
        let answer = site.send(Method::PATCH, "/api/me", &change).await;
        assert_eq!(answer.status, status, "{change}");
    }
}

#[tokio::test]
async fn settings_are_kept_and_merged() {
    let site = Site::start().await;
    let path = "/api/config/example";
    assert_eq!(site.get(path).await.json(), json!({}));
    let first = json!({"foo": "bar", "baz": 73, "sub": {"a": 6, "b": 7}, "sub2": {"c": 8}});
    assert_eq!(site.send(Method::PUT, path, &first).await.status, 204);
    assert_eq!(site.get(path).await.json(), first);
    let change =
        json!({"foo": null, "baz": 75, "sub": {"a": 8, "b": null, "d": 9}, "sub2": {"c": null}});
    let merged = json!({"baz": 75, "sub": {"a": 8, "d": 9}});
    assert_eq!(site.send(Method::PATCH, path, &change).await.json(), merged);
    assert_eq!(site.get(path).await.json(), merged);
}

#[tokio::test]
async fn names_of_settings_lead_nowhere_else() {
    let site = Site::start().await;
    let long = format!("/api/config/{}", "x".repeat(101));
    for path in [
        "/api/config/..%2Fx",
        "/api/config/a.b",
        "/api/config/a%00b",
        &long,
    ] {
        assert_eq!(site.get(path).await.status, 404, "{path}");
        assert_eq!(
            site.send(Method::PUT, path, &json!({})).await.status,
            404,
            "{path}"
        );
    }
    for body in ["", "[]", "{", "1"] {
        let request = site
            .request(Method::PUT, "/api/config/x")
            .bearer_auth(TOKEN);
        assert_eq!(Answer::of(request.body(body)).await.status, 400, "{body}");
    }
}

fn install_kernel(site: &Site, name: &str) -> std::path::PathBuf {
    let folder = site.home.path().join("jupyter/kernels").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let spec = json!({"argv": ["x", "{connection_file}"], "display_name": "Test kernel", "language": "test",
        "metadata": {"debugger": true}, "env": {"A": "b"}, "interrupt_mode": "message"});
    std::fs::write(folder.join("kernel.json"), spec.to_string()).unwrap();
    std::fs::write(folder.join("logo-64x64.png"), b"png").unwrap();
    std::fs::write(folder.join("logo-svg.svg"), b"<svg/>").unwrap();
    std::fs::write(folder.join("resource.txt"), b"resource").unwrap();
    folder
}

#[tokio::test]
async fn kernelspecs_come_with_their_resources() {
    let site = Site::start().await;
    install_kernel(&site, "Sample");
    install_kernel(&site, "python3");
    let broken = site.home.path().join("jupyter/kernels/bad");
    std::fs::create_dir_all(&broken).unwrap();
    std::fs::write(broken.join("kernel.json"), "garbage").unwrap();
    let list = site.get("/api/kernelspecs").await.json();
    assert_eq!(list["default"], "python3");
    let names: Vec<&String> = list["kernelspecs"].as_object().unwrap().keys().collect();
    assert!(names.contains(&&"sample".to_owned()) && !names.contains(&&"bad".to_owned()));
    let expected = json!({
        "name": "sample",
        "spec": {"argv": ["x", "{connection_file}"], "display_name": "Test kernel", "language": "test",
            "metadata": {"debugger": true}, "env": {"A": "b"}, "interrupt_mode": "message"},
        "resources": {
            "logo-64x64": "/a%40b/kernelspecs/sample/logo-64x64.png",
            "logo-svg": "/a%40b/kernelspecs/sample/logo-svg.svg",
        },
    });
    for name in ["sample", "Sample"] {
        assert_eq!(
            site.get(&format!("/api/kernelspecs/{name}")).await.json(),
            expected
        );
    }
    assert_eq!(list["kernelspecs"]["sample"], expected);
    assert_eq!(site.get("/api/kernelspecs/nonexistent").await.status, 404);
}

#[tokio::test]
async fn files_of_kernelspecs_are_those_in_their_folder() {
    let site = Site::start().await;
    let folder = install_kernel(&site, "sample");
    std::fs::write(site.home.path().join("secret"), "secret").unwrap();
    std::os::unix::fs::symlink(site.home.path().join("secret"), folder.join("link")).unwrap();
    let png = site.get("/kernelspecs/sAmple/logo-64x64.png").await;
    assert_eq!(png.body, b"png");
    assert_eq!(png.header("content-type"), "image/png");
    assert!(png.header("cache-control").contains("max-age=2592000"));
    assert!(
        png.header("content-security-policy")
            .contains("sandbox allow-scripts")
    );
    assert_eq!(
        site.get("/kernelspecs/sample/resource.txt").await.body,
        b"resource"
    );
    let head = site
        .ask(Method::HEAD, "/kernelspecs/sample/resource.txt", &[BEARER])
        .await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    for path in [
        "/kernelspecs/nonexistent/resource.txt",
        "/kernelspecs/sample/nonexistent.txt",
        "/kernelspecs/sample/link",
        "/kernelspecs/sample/..%2F..%2F..%2Fsecret",
        "/kernelspecs/sample/%2E%2E/%2E%2E/%2E%2E/secret",
        "/kernelspecs/sample/%2Fetc%2Fpasswd",
        "/kernelspecs/sample/a%00b",
        "/kernelspecs/..%2F..%2Froot/x",
        "/kernelspecs/%2E%2E/x",
    ] {
        assert_eq!(site.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn events_reach_those_who_follow() {
    let site = Site::start().await;
    let schema = "https://events.jupyter.org/jupyter_server/contents_service/v1";
    let data = json!({"action": "save", "path": "a.ipynb"});
    let mut one = site
        .connect("/api/events/subscribe", &[BEARER])
        .await
        .unwrap();
    let mut other = site
        .connect("/api/events/subscribe", &[BEARER])
        .await
        .unwrap();
    let gone = site
        .connect("/api/events/subscribe", &[BEARER])
        .await
        .unwrap();
    drop(gone);
    for time in [None, Some("2022-05-26T12:50:00+06:00Z")] {
        let mut event = json!({"schema_id": schema, "version": "1", "data": data});
        if let Some(time) = time {
            event["timestamp"] = json!(time);
        }
        assert_eq!(
            site.send(Method::POST, "/api/events", &event).await.status,
            204
        );
        for socket in [&mut one, &mut other] {
            let heard = socket.hear().await;
            assert_eq!(
                heard,
                json!({"schema_id": schema, "action": "save", "path": "a.ipynb"})
            );
        }
    }
}

#[tokio::test]
async fn events_that_are_none_are_refused() {
    let site = Site::start().await;
    let schema = "https://events.jupyter.org/jupyter_server/contents_service/v1";
    let good = json!({"schema_id": schema, "version": "1", "data": {"action": "get", "path": ""}});
    assert_eq!(
        site.send(Method::POST, "/api/events", &good).await.status,
        204
    );
    let with = |field: &str, value: Value| {
        let mut event = good.clone();
        event[field] = value;
        event
    };
    let without = |field: &str| {
        let mut event = good.clone();
        event.as_object_mut().unwrap().remove(field);
        event
    };
    for event in [
        without("schema_id"),
        without("version"),
        without("data"),
        with("schema_id", json!("https://example.org/other")),
        with("version", json!(2)),
        with("data", json!([])),
        with("data", json!({"action": "dance", "path": ""})),
        with("data", json!({"action": "get"})),
        with("timestamp", json!("2022-05-26 12:50:00")),
        json!([]),
        json!(null),
    ] {
        let answer = site.send(Method::POST, "/api/events", &event).await;
        assert_eq!(answer.status, 400, "{event}");
        assert!(answer.json()["message"].is_string());
    }
}

#[tokio::test]
async fn reports_of_pages_are_taken_from_their_pages() {
    let site = Site::start().await;
    let cookie = site.cookie().await;
    let path = "/api/security/csp-report";
    // Browsers send them from sandboxed frames, whose origin is null.
    let headers = [("cookie", cookie.as_str()), ("origin", "null")];
    assert_eq!(
        site.ask(Method::POST, path, &headers[1..]).await.status,
        403
    );
    assert_eq!(site.ask(Method::POST, path, &[BEARER]).await.status, 204);
}

#[tokio::test]
async fn metrics_are_what_prometheus_reads() {
    let site = Site::start().await;
    site.get("/api/status").await;
    site.ask(Method::GET, "/api/kernelspecs/x", &[]).await;
    site.ask(Method::GET, "/some-strangers-path", &[]).await;
    let answer = site.get("/metrics").await;
    assert!(
        answer
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    let text = answer.text();
    for line in [
        r#"nbpress_http_requests_total{method="GET",route="/api/status",status="200"} 1"#,
        r#"nbpress_http_requests_total{method="GET",route="/api/kernelspecs/{name}",status="403"} 1"#,
        r#"nbpress_http_requests_total{method="GET",route="none",status="403"} 1"#,
        "# TYPE process_cpu_seconds_total counter",
        "nbpress_terminals 0",
        "nbpress_queue_oldest_wait_seconds 0",
        r#"nbpress_http_request_duration_seconds_count{route="/api/status"} 1"#,
    ] {
        assert!(text.lines().any(|known| known == line), "{line} in {text}");
    }
    well_named(&text);
    assert!(!text.contains("strangers-path"));
    let memory = text
        .lines()
        .find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
    assert!(memory.unwrap().parse::<f64>().unwrap() > 1e6);
}

/// The rules of <https://prometheus.io/docs/practices/naming/>, and that each value has its kind and help before it.
fn well_named(text: &str) {
    let mut kinds = std::collections::BTreeMap::new();
    let mut helped = std::collections::BTreeSet::new();
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "HELP", name, help] => {
                assert!(help.ends_with('.') && helped.insert(name), "{line}");
            }
            ["#", "TYPE", name, kind] => {
                assert!(kinds.insert(name, kind).is_none(), "{line}");
                assert!(
                    ["nbpress_", "process_"]
                        .iter()
                        .any(|of| name.starts_with(of)),
                    "{line}"
                );
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                for unit in ["_ms", "_millis", "_milliseconds", "_mb", "_kb", "_percent"] {
                    assert!(!name.contains(unit), "{line}");
                }
            }
            _ => {
                let name = line.split(['{', ' ']).next().unwrap();
                let parts = ["_bucket", "_sum", "_count"];
                let whole = parts.iter().find_map(|part| name.strip_suffix(part));
                let whole = whole.filter(|name| kinds.get(name) == Some(&"histogram"));
                let name = whole.unwrap_or(name);
                assert!(kinds.contains_key(name) && helped.contains(name), "{line}");
                let value = line.rsplit(' ').next().unwrap();
                assert!(value.parse::<f64>().unwrap() >= 0.0, "{line}");
            }
        }
    }
    assert!(kinds.len() > 8, "{text}");
}

#[tokio::test]
async fn a_client_can_end_the_server() {
    let mut site = Site::start().await;
    let mut socket = site
        .connect("/api/events/subscribe", &[BEARER])
        .await
        .unwrap();
    assert_eq!(
        site.ask(Method::POST, "/api/shutdown", &[]).await.status,
        403
    );
    assert_eq!(
        site.send(Method::POST, "/api/shutdown", &json!({}))
            .await
            .status,
        200
    );
    // JupyterLab comes back after this code, and not after a plain end.
    assert_eq!(socket.close_code().await, 1012);
    let ended = tokio::time::timeout(crate::PATIENCE, site.served.join_next()).await;
    ended.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn paths_are_found_in_the_served_folder_only() {
    let site = Site::start().await;
    let root = site.root().canonicalize().unwrap();
    std::fs::create_dir(root.join("sub")).unwrap();
    std::fs::write(root.join("sub/a.py"), "").unwrap();
    std::fs::write(site.home.path().join("outside.py"), "").unwrap();
    let absolute = |path: &str| root.join(path).display().to_string();
    for (path, expected) in [
        ("sub/a.py".to_owned(), Some("sub/a.py")),
        ("/sub/a.py".to_owned(), Some("sub/a.py")),
        ("sub/../sub/a.py".to_owned(), Some("sub/a.py")),
        (absolute("sub/a.py"), Some("sub/a.py")),
        (absolute("../outside.py"), None),
        ("../outside.py".to_owned(), None),
        ("outside.py".to_owned(), None),
        ("/etc/passwd".to_owned(), None),
        ("~/x".to_owned(), None),
    ] {
        let request = site
            .request(Method::GET, "/api/resolvePath")
            .bearer_auth(TOKEN);
        let answer = Answer::of(request.query(&[("path", &path)])).await.json();
        let found = expected.map(|path| json!({"scope": "server", "path": path}));
        assert_eq!(answer["resolved"], json!(found.as_slice()), "{path}");
    }
    let answer = site
        .get("/api/resolvePath?path=x&kernel=111-1")
        .await
        .json();
    let reason = "Kernel 111-1 could not be found";
    assert_eq!(
        answer["unresolved"],
        json!([{"scope": "kernel", "reason": reason}])
    );
    assert_eq!(site.get("/api/resolvePath").await.status, 400);
}
