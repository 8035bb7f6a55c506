//! The web UI's page and files, as a browser asks for them.

use reqwest::Method;

use crate::{Answer, BEARER, PAGE, Site};

/// Everything a page names, without the page's base.
fn named(page: &str) -> Vec<&str> {
    let quoted = page.split('"').skip(1).step_by(2);
    quoted.filter_map(|text| text.strip_prefix("./")).collect()
}

#[tokio::test]
async fn every_screen_is_one_page_whose_files_are_there() {
    let site = Site::start().await;
    let home = site.get("/").await;
    for path in [
        "/notebooks",
        "/notebooks/a/b",
        "/runs",
        "/runs/run_x",
        "/jobs",
        "/jobs/a",
        "/jobs/a/run",
        "/schedules",
        "/sweeps/b",
        "/diff",
        "/compute",
        "/admin",
    ] {
        let answer = site.get(path).await;
        assert_eq!(
            (answer.status, &answer.body),
            (home.status, &home.body),
            "{path}"
        );
    }
    assert_eq!(home.header("cache-control"), "no-cache");
    let policy = home.header("content-security-policy");
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(policy.contains("frame-ancestors 'self'"), "{policy}");
    if home.status == 404 {
        assert!(home.text().contains("NBPRESS_SKIP_UI"));
        return;
    }
    let page = home.text();
    assert!(page.contains(r#"<base href="/a%40b/""#), "{page}");
    let files = named(&page);
    assert!(files.len() >= 3, "{page}");
    for file in files {
        let answer = site.get(&format!("/{file}")).await;
        assert_eq!(answer.status, 200, "{file}");
        let cache = answer.header("cache-control");
        assert_eq!(cache, "private, max-age=31536000, immutable", "{file}");
        let stranger = site.ask(Method::GET, &format!("/{file}"), &[]).await;
        assert_eq!(stranger.status, 403, "{file}");
    }
}

#[tokio::test]
async fn what_is_missing_is_no_page() {
    let site = Site::start().await;
    for path in [
        "/ui/index.js",
        "/ui/../index.html",
        "/ui/x.js.gz",
        "/index.html",
        "/jobs/a/b",
        "/run",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("<html"), "{path}");
    }
    let stranger = site.ask(Method::GET, "/runs/run_x", &[PAGE]).await;
    assert_eq!(stranger.status, 302);
    assert!(
        stranger.header("location").contains("/login?next="),
        "{stranger:?}"
    );
}

#[tokio::test]
async fn scripts_are_compressed_for_those_who_understand_it() {
    let site = Site::start().await;
    let page = site.get("/").await.text();
    let Some(script) = named(&page)
        .into_iter()
        .find(|name| name.rsplit('.').next() == Some("js"))
        .map(str::to_owned)
    else {
        assert!(page.contains("NBPRESS_SKIP_UI"), "{page}");
        return;
    };
    let ask = |coding: &'static str| {
        let request = site.request(Method::GET, &format!("/{script}"));
        Answer::of(
            request
                .header(BEARER.0, BEARER.1)
                .header("accept-encoding", coding),
        )
    };
    let (plain, packed) = (ask("identity").await, ask("gzip").await);
    assert_eq!(
        (
            plain.header("content-encoding"),
            packed.header("content-encoding")
        ),
        ("", "gzip")
    );
    assert!(packed.body.len() * 2 < plain.body.len());
    assert_eq!(
        packed.header("content-type"),
        "text/javascript; charset=utf-8"
    );
}
