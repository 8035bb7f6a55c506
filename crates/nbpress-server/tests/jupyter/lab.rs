//! What JupyterLab's front end asks for beside Jupyter's API.

use std::path::Path;

use nbpress_server::Lab;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::{PAGE, Setup, Site};

/// A front end as small as one can be, with one plugin to set and one extension with a theme.
fn installed() -> TempDir {
    let prefix = tempfile::tempdir().unwrap();
    for (path, text) in [
        (
            "lab/static/index.html",
            r#"<script src="{{page_config.fullStaticUrl}}/main.efd36b46f3b45eb8.js?v=efd3"></script>"#,
        ),
        ("lab/static/main.efd36b46f3b45eb8.js", "start()"),
        ("lab/static/style.js", "dress()"),
        ("lab/static/package.json", r#"{"version": "4.6.6"}"#),
        (
            "lab/static/third-party-licenses.json",
            r#"{"packages": []}"#,
        ),
        (
            "lab/schemas/@jupyterlab/a-extension/plugin.json",
            r#"{"title": "A"}"#,
        ),
        ("lab/themes/@jupyterlab/light/index.css", "a {}"),
        (
            "labextensions/@team/dark/package.json",
            r#"{"jupyterlab": {"_build": {"load": "static/remoteEntry.js"}}}"#,
        ),
        ("labextensions/@team/dark/static/remoteEntry.js", "extend()"),
        ("labextensions/@team/dark/themes/index.css", "b {}"),
        ("secret.txt", "secret"),
    ] {
        let path = prefix.path().join("share/jupyter").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    prefix
}

async fn site(prefix: &Path) -> Site {
    let setup = Setup {
        lab: Some(Lab::open(prefix).unwrap()),
        ..Setup::default()
    };
    Site::start_with(setup).await
}

#[tokio::test]
async fn files_are_served_with_their_kind_and_for_as_long_as_they_stay_the_same() {
    let prefix = installed();
    let site = site(prefix.path()).await;
    let script = "text/javascript; charset=utf-8";
    let forever = "private, max-age=31536000, immutable";
    for (path, kind, cache, text) in [
        (
            "/static/lab/main.efd36b46f3b45eb8.js",
            script,
            forever,
            "start()",
        ),
        ("/static/lab/style.js", script, "no-cache", "dress()"),
        ("/static/lab/style.js?v=1", script, forever, "dress()"),
        (
            "/lab/extensions/@team/dark/static/remoteEntry.js",
            script,
            "no-cache",
            "extend()",
        ),
        (
            "/lab/api/themes/@jupyterlab/light/index.css",
            "text/css; charset=utf-8",
            "no-cache",
            "a {}",
        ),
        (
            "/lab/api/themes/@team/dark/index.css",
            "text/css; charset=utf-8",
            "no-cache",
            "b {}",
        ),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.text(), text, "{path}");
        assert_eq!(answer.header("content-type"), kind, "{path}");
        assert_eq!(answer.header("cache-control"), cache, "{path}");
    }
    for path in [
        "/static/lab/nothing.js",
        "/static/lab/..%2f..%2fsecret.txt",
        "/lab/extensions/..%2fsecret.txt",
        "/lab/api/themes/..%2f..%2fsecret.txt",
        "/lab/api/themes/@team/dark/..%2fpackage.json",
        "/static/lab/%00",
    ] {
        assert_eq!(site.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn settings_are_kept_as_they_were_written_and_only_for_plugins_there_are() {
    let prefix = installed();
    let site = site(prefix.path()).await;
    let list = site.get("/lab/api/settings?ids_only=true").await.json();
    assert_eq!(
        list,
        json!({"settings": [{"id": "@jupyterlab/a-extension:plugin"}]})
    );
    let path = "/lab/api/settings/@jupyterlab/a-extension:plugin";
    let before = site.get(path).await.json();
    assert_eq!(before["schema"], json!({"title": "A"}));
    assert_eq!(before["raw"], "{}");
    let written = json!({"raw": "{\n  // mine\n  \"a\": 1\n}"});
    assert_eq!(site.send(Method::PUT, path, &written).await.status, 204);
    let all = site.get("/lab/api/settings").await.json();
    assert_eq!(all["settings"][0]["raw"], written["raw"]);
    for (path, body, status) in [
        (path, json!({}), 400),
        (
            "/lab/api/settings/@jupyterlab/b-extension:plugin",
            written.clone(),
            404,
        ),
        ("/lab/api/settings/..%2f..%2fconfig", written.clone(), 404),
    ] {
        assert_eq!(
            site.send(Method::PUT, path, &body).await.status,
            status,
            "{path}"
        );
    }
}

#[tokio::test]
async fn workspaces_come_back() {
    let prefix = installed();
    let site = site(prefix.path()).await;
    let path = "/lab/api/workspaces/auto%2Fa";
    let empty = json!({"data": {}, "metadata": {"id": "auto/a"}});
    assert_eq!(site.get(path).await.json(), empty);
    let kept = json!({"data": {"layout": [1]}, "metadata": {"id": "auto/a"}});
    assert_eq!(site.send(Method::PUT, path, &kept).await.status, 204);
    assert_eq!(site.get(path).await.json(), kept);
    let list = site.get("/lab/api/workspaces").await.json();
    assert_eq!(
        list,
        json!({"workspaces": {"ids": ["auto/a"], "values": [kept]}})
    );
    let other = json!({"data": {}, "metadata": {"id": "b"}});
    assert_eq!(site.send(Method::PUT, path, &other).await.status, 400);
    assert_eq!(
        site.send(Method::DELETE, path, &json!(null)).await.status,
        204
    );
    assert_eq!(
        site.send(Method::DELETE, path, &json!(null)).await.status,
        404
    );
    assert_eq!(site.get(path).await.json(), empty);
}

#[tokio::test]
async fn the_page_is_for_those_who_are_signed_in_and_where_it_is_served() {
    let prefix = installed();
    let site = site(prefix.path()).await;
    for path in [
        "/lab",
        "/lab/tree/a/b.ipynb",
        "/lab/workspaces/w",
        "/lab/workspaces/w/tree/a",
    ] {
        let page = site.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text().contains("jupyter-config-data"), "{path}");
        let stranger = site.ask(Method::GET, path, &[PAGE]).await;
        assert_eq!(stranger.status, 302, "{path}");
        assert!(stranger.header("location").contains("/login"), "{path}");
    }
    for path in [
        "/static/lab/style.js",
        "/lab/api/settings",
        "/lab/api/workspaces",
        "/lsp/status",
    ] {
        assert_eq!(site.ask(Method::GET, path, &[]).await.status, 403, "{path}");
    }
    for (path, location) in [
        ("/tree", "/a%40b/lab/tree/"),
        ("/tree/a/b.ipynb", "/a%40b/lab/tree/a/b.ipynb"),
    ] {
        let answer = site.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (302, location),
            "{path}"
        );
    }
    let without = Site::start().await;
    assert_eq!(without.get("/lab").await.status, 404);
    assert_eq!(
        without.get("/tree/a").await.header("location"),
        "/a%40b/view/a"
    );
}
