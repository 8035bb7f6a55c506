//! Finding notebooks: what is changed through the server is found, and what goes away is not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

fn notebook(title: &str, code: &str) -> Value {
    serde_json::json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {"authors": [{"name": "Ada"}], "tags": ["kpi"]},
        "cells": [
            {"cell_type": "markdown", "id": "a", "metadata": {}, "source": format!("# {title}")},
            {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": 1, "source": code, "outputs": [
                {"output_type": "stream", "name": "stdout", "text": "answer <42>\n"}]}]})
}

impl Site {
    async fn save_notebook(&self, path: &str, title: &str, code: &str) {
        let body = serde_json::json!({"type": "notebook", "content": notebook(title, code)});
        let answer = self
            .send(Method::PUT, &format!("/api/contents/{path}"), &body)
            .await;
        assert!(answer.status.is_success(), "{answer:?}");
    }

    /// The places that are found, once they are those that are expected.
    async fn finds(&self, query: &str, expected: &[&str]) -> Value {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                let found = self.get(&format!("/v1/search?{query}")).await.json();
                let hits = found["hits"].as_array().unwrap();
                let mut places: Vec<&str> = hits
                    .iter()
                    .map(|hit| hit["place"].as_str().unwrap())
                    .collect();
                places.sort_unstable();
                if places == expected {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let last = || format!("`{query}` never found {expected:?}");
        found.await.unwrap_or_else(|_| panic!("{}", last()))
    }
}

#[tokio::test]
async fn what_is_saved_renamed_and_deleted_is_found_as_it_is_now() {
    let site = Site::start().await;
    std::fs::create_dir(site.root().join("a b")).unwrap();
    std::fs::write(
        site.root().join("a b/old.ipynb"),
        notebook("Old", "zebra()").to_string(),
    )
    .unwrap();
    std::os::unix::fs::symlink("..", site.root().join("a b/loop")).unwrap();
    site.save_notebook("new.ipynb", "Quarterly plan", "zebra = 1")
        .await;
    // The one was there before anybody looked, or is found by a rebuild.
    let rebuilt = site
        .send(Method::POST, "/v1/search/index/rebuild", &Value::Null)
        .await;
    assert_eq!(rebuilt.status, 202);
    let found = site.finds("q=zebra", &["a b/old.ipynb", "new.ipynb"]).await;
    let hit = &found["hits"][0];
    assert!(
        hit["url"].as_str().unwrap().starts_with("/a%40b/view/"),
        "{hit}"
    );
    assert_eq!(hit["snippets"][0]["cell"], 1);
    site.finds("q=quarterly%20author:ada%20tag:kpi", &["new.ipynb"])
        .await;
    site.save_notebook("new.ipynb", "Quarterly plan", "lion = 1")
        .await;
    site.finds("q=lion", &["new.ipynb"]).await;
    site.finds("q=zebra", &["a b/old.ipynb"]).await;
    let body = serde_json::json!({"path": "moved"});
    assert_eq!(
        site.send(Method::PATCH, "/api/contents/a%20b", &body)
            .await
            .status,
        200
    );
    site.finds("q=zebra", &["moved/old.ipynb"]).await;
    let deleted = site
        .request(Method::DELETE, "/api/contents/moved")
        .bearer_auth(TOKEN);
    assert_eq!(Answer::of(deleted).await.status, 204);
    site.finds("q=zebra", &[]).await;
    site.finds("tag=KPI", &["new.ipynb"]).await;
    let labels = site.get("/v1/search/labels").await.json();
    assert_eq!(
        labels["authors"][0],
        serde_json::json!({"name": "Ada", "count": 1})
    );
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_answered() {
    let site = Site::start().await;
    for (query, status) in [
        ("q=%22%29%20OR%20NEAR%28*", 200),
        ("q=%00%27%3B--", 200),
        ("kind=cat", 422),
        ("limit=0", 422),
        ("cursor=x", 422),
        ("what=x", 422),
    ] {
        let answer = site.get(&format!("/v1/search?{query}")).await;
        assert_eq!(answer.status, status, "{query} {answer:?}");
    }
}

/// The page as somebody gets who is signed in.
async fn page(site: &Site, cookie: &str, path: &str) -> String {
    let answer = site
        .ask(Method::GET, path, &[("cookie", cookie), PAGE])
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(
        answer
            .header("content-security-policy")
            .contains("default-src 'none'")
    );
    answer.text()
}

#[tokio::test]
async fn a_reader_finds_a_cell_without_script() {
    let site = Site::start().await;
    std::fs::create_dir(site.root().join("team")).unwrap();
    site.save_notebook("team/plan.ipynb", "The <b>plan</b>", "lion_count = 1")
        .await;
    site.finds("q=lion", &["team/plan.ipynb"]).await;
    let cookie = site.cookie().await;
    let folder = page(&site, &cookie, "/view/team/").await;
    assert!(
        folder.contains(
            "<form class=\"find\" role=\"search\" method=\"get\" action=\"/a%40b/search\">"
        )
    );
    let all = page(&site, &cookie, "/search").await;
    for expected in [
        "The &lt;b&gt;plan&lt;/b&gt;",
        "<a href=\"/a%40b/view/team/\">team</a>",
        "<a class=\"chip\" href=\"/a%40b/search?kind=notebook&amp;tag=kpi\">kpi",
        "<a class=\"chip\" href=\"/a%40b/search?kind=notebook&amp;author=Ada\">Ada",
    ] {
        assert!(all.contains(expected), "{expected}\n{all}");
    }
    let found = page(&site, &cookie, "/search?q=lion&tag=kpi").await;
    let cell = "<a class=\"excerpt\" href=\"/a%40b/view/team/plan.ipynb#cell-2\"><small>Cell 2 · code</small>\
        <code><mark>lion</mark>_count = 1";
    assert!(found.contains(cell), "{found}");
    let shown = page(&site, &cookie, "/view/team/plan.ipynb").await;
    assert!(shown.contains("id=\"cell-2\""));
    let nothing = page(&site, &cookie, "/search?q=%22%29%20OR").await;
    assert!(nothing.contains("Nothing was found."));
}

#[tokio::test]
async fn a_copy_is_made_for_whoever_asks_from_a_page_of_ours() {
    let site = Site::start().await;
    site.save_notebook("plan.ipynb", "First", "a = 1").await;
    site.save_notebook("plan.ipynb", "Second", "a = 2").await;
    let versions = site.get("/v1/versions?path=plan.ipynb").await.json();
    let first = versions[1]["id"].as_str().unwrap().to_owned();
    let cookie = site.cookie().await;
    let shown = page(&site, &cookie, &format!("/view/plan.ipynb?version={first}")).await;
    assert!(
        shown.contains("<form method=\"post\" action=\"/a%40b/copy\">"),
        "{shown}"
    );
    assert!(shown.contains("<meta name=\"referrer\" content=\"same-origin\">"));
    let copy = async |body: &str, origin: Option<&str>| {
        let mut headers = vec![("cookie", cookie.as_str())];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let request = site
            .request(Method::POST, "/copy")
            .headers(header_map(&headers));
        Answer::of(request.body(body.to_owned())).await
    };
    let ours = format!("http://{}", site.address);
    let of_version = format!("path=plan.ipynb&version={first}");
    for (body, at) in [
        ("path=plan.ipynb", "plan-Copy1.ipynb"),
        (of_version.as_str(), "plan-Copy2.ipynb"),
    ] {
        let answer = copy(body, Some(&ours)).await;
        assert_eq!(answer.status, 302, "{answer:?}");
        assert_eq!(answer.header("location"), format!("/a%40b/view/{at}"));
    }
    let read = |name: &str| std::fs::read_to_string(site.root().join(name)).unwrap();
    assert!(read("plan-Copy1.ipynb").contains("# Second"));
    assert!(read("plan-Copy2.ipynb").contains("# First"));
    for (body, origin, status) in [
        ("path=plan.ipynb", Some("http://evil.example"), 403),
        ("path=plan.ipynb", Some("null"), 403),
        ("path=plan.ipynb", None, 403),
        ("path=none.ipynb", Some(ours.as_str()), 404),
        ("path=..%2Fx", Some(ours.as_str()), 404),
        ("run=run_of_nobody", Some(ours.as_str()), 404),
        ("", Some(ours.as_str()), 404),
    ] {
        let answer = copy(body, origin).await;
        assert_eq!(answer.status, status, "{body} {origin:?} {}", answer.text());
    }
    assert_eq!(std::fs::read_dir(site.root()).unwrap().count(), 3);
}

/// A run that ended long ago, taken over into a workspace; its id.
async fn import(site: &Site, workspace: &str, day: u8) -> String {
    let executed = STANDARD.encode(notebook("Daily report", "giraffe = 1").to_string());
    let body = serde_json::json!({"executed": executed, "run": {
        "tool": "papermill", "identity": format!("{workspace} {day}"), "origin": "s3://acme/out.ipynb",
        "notebook": "in.ipynb", "parameters": {"region": "north"}, "state": "succeeded",
        "started_at": format!("2024-02-{day:02}T04:05:06Z"), "ended_at": format!("2024-02-{day:02}T04:06:06Z")}});
    let path = format!("/v1/import?workspace={workspace}");
    let answer = site.send(Method::POST, &path, &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn runs_are_found_also_those_that_come_late_by_whoever_may_read_them() {
    let site = Site::start().await;
    let late = import(&site, "ops", 9).await;
    site.finds("q=giraffe", &[&late]).await;
    let later = import(&site, "main", 3).await;
    let mut both = [late.as_str(), later.as_str()];
    both.sort_unstable();
    let found = site.finds("q=region%3Dnorth&kind=run", &both).await;
    assert_eq!(found["hits"][0]["facts"]["state"], "succeeded");
    assert_eq!(
        found["hits"][0]["modified"].as_str().unwrap().get(..7),
        Some("2024-02")
    );
    crate::team::user(&site, "ada", &serde_json::json!({"ops": "viewer"})).await;
    let (_, secret) = crate::team::token(&site, "ada", &["read"]).await;
    for (query, expected) in [("q=giraffe", 1), ("", 1), ("q=-lion", 1), ("tag=kpi", 1)] {
        let answer =
            crate::team::ask(&site, &secret, Method::GET, &format!("/v1/search?{query}")).await;
        let hits = answer.json()["hits"].clone();
        assert_eq!(hits.as_array().unwrap().len(), expected, "{query} {hits}");
        assert_eq!(hits[0]["place"], late, "{query}");
    }
    let labels = crate::team::ask(&site, &secret, Method::GET, "/v1/search/labels?kind=run").await;
    assert_eq!(labels.json()["tags"][0]["count"], 1);
    let rebuild = crate::team::ask(&site, &secret, Method::POST, "/v1/search/index/rebuild").await;
    assert_eq!(rebuild.status, 403);
    let ours = format!("http://{}", site.address);
    let cookie = site.cookie().await;
    let headers = header_map(&[("cookie", &cookie), ("origin", &ours)]);
    let copy = site.request(Method::POST, "/copy").headers(headers);
    let copied = Answer::of(copy.body(format!("run={later}"))).await;
    assert_eq!(
        copied.header("location"),
        "/a%40b/view/in.ipynb",
        "{copied:?}"
    );
    site.finds("q=giraffe&kind=notebook", &["in.ipynb"]).await;
}
