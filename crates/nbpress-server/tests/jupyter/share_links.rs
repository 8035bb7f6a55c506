//! Share links: a stranger reads exactly what the link is about, until it ends.

use jiff::{SignedDuration, Timestamp};
use nbpress_runs::store::ShareTarget;
use reqwest::Method;
use serde_json::{Value, json};

use crate::team::{ALL, ask, token, user};
use crate::{Answer, PAGE, Site};

fn beneath(site: &Site, link: &str) -> String {
    let base = site.base_url.trim_end_matches('/');
    link.strip_prefix(base).unwrap().to_owned()
}

async fn share(site: &Site, target: &Value) -> (String, String) {
    let body = json!({"target": target, "expires_at": "2999-01-01T00:00:00Z"});
    let made = site.send(Method::POST, "/v1/shares", &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let link = beneath(site, made["link"].as_str().unwrap());
    (made["id"].as_str().unwrap().to_owned(), link)
}

/// Follows a link as a browser does: the cookie, and where it leads.
async fn follow(site: &Site, link: &str) -> (String, String) {
    let answer = site.ask(Method::GET, link, &[PAGE]).await;
    assert_eq!(answer.status, 302, "{answer:?}");
    let set = answer.set_cookie("nbpress-").unwrap();
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Lax"),
        "{set}"
    );
    let location = beneath(site, answer.header("location"));
    assert!(!location.contains("nbs_"), "{location}");
    (answer.cookie("nbpress-").unwrap(), location)
}

async fn look(site: &Site, cookie: &str, path: &str) -> Answer {
    site.ask(Method::GET, path, &[("cookie", cookie), PAGE])
        .await
}

/// A folder with some files.
async fn site() -> Site {
    let site = Site::start().await;
    std::fs::create_dir_all(site.root().join("team/deep")).unwrap();
    for path in ["team/a.md", "team/b.md", "team/deep/c.md", "teammate.md"] {
        std::fs::write(site.root().join(path), "# hello").unwrap();
    }
    site
}

#[tokio::test]
async fn a_stranger_reads_the_target_and_nothing_else() {
    let site = site().await;
    for (target, leads_to, shown, hidden) in [
        (
            json!({"kind": "file", "path": "team/a.md"}),
            "/view/team/a.md",
            vec![
                "/view/team/a.md",
                "/view/team/a.md?code=0",
                "/files/team/a.md",
            ],
            vec![
                "/view/team/b.md",
                "/view/team/",
                "/view/",
                "/view/team/a.md?version=x",
                "/view/team/x%2F..%2Fa.md",
                "/view/team/x/..%2Fa.md",
                "/api/contents/team/a.md",
                "/v1/versions?path=team/a.md",
                "/v1/me",
                "/",
            ],
        ),
        (
            json!({"kind": "folder", "path": "team"}),
            "/view/team/",
            vec![
                "/view/team/",
                "/view/team/a.md",
                "/view/team/deep/c.md",
                "/files/team/b.md",
            ],
            vec![
                "/view/teammate.md",
                "/view/",
                "/view/team/..%2Fteammate.md",
                "/view/team/%2e%2e/teammate.md",
            ],
        ),
    ] {
        let (_, link) = share(&site, &target).await;
        let (cookie, location) = follow(&site, &link).await;
        assert_eq!(location, leads_to);
        for path in shown {
            let answer = look(&site, &cookie, path).await;
            assert_eq!(answer.status, 200, "{path} {answer:?}");
        }
        for path in hidden {
            let answer = look(&site, &cookie, path).await;
            let refused = [302, 401, 403].contains(&answer.status.as_u16());
            assert!(refused, "{path} {answer:?}");
        }
        let headers = [
            ("cookie", cookie.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        let answer = site.ask(Method::POST, "/view/team/a.md", &headers).await;
        assert_eq!(answer.status, 403);
        let foreign = [
            ("cookie", cookie.as_str()),
            ("sec-fetch-site", "cross-site"),
        ];
        let answer = site.ask(Method::GET, leads_to, &foreign).await;
        assert_eq!(answer.status, 403, "no picture on a page of another site");
    }
}

#[tokio::test]
async fn pictures_that_a_text_names_come_with_it() {
    let site = site().await;
    std::fs::create_dir_all(site.root().join("team/img")).unwrap();
    for path in [
        "team/img/a b.png",
        "team/img/c.png",
        "team/secret.txt",
        "d.png",
    ] {
        std::fs::write(site.root().join(path), "x").unwrap();
    }
    let text = "![x](img/a%20b.png) ![y](../d.png) [z](secret.txt)";
    std::fs::write(site.root().join("team/a.md"), text).unwrap();
    let (_, link) = share(&site, &json!({"kind": "file", "path": "team/a.md"})).await;
    let (cookie, _) = follow(&site, &link).await;
    for (path, status) in [
        ("/files/team/img/a%20b.png", 200),
        ("/files/team/img/c.png", 302),
        ("/files/team/secret.txt", 302),
        ("/files/d.png", 302),
    ] {
        let answer = look(&site, &cookie, path).await;
        assert_eq!(answer.status, status, "{path} {answer:?}");
    }
}

/// A chart is drawn by our own script in a frame of nobody's; whoever has no link to the notebook gets neither.
#[tokio::test]
async fn a_chart_is_drawn_for_a_stranger_by_the_script_of_the_page_alone() {
    let site = site().await;
    let chart = json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "id": "a",
        "metadata": {}, "source": "", "execution_count": 1, "outputs": [{"output_type": "display_data", "metadata": {},
        "data": {"application/vnd.vegalite.v5+json": {"mark": "bar"}, "text/plain": "a chart"}}]}]});
    std::fs::write(site.root().join("team/chart.ipynb"), chart.to_string()).unwrap();
    let (_, link) = share(&site, &json!({"kind": "file", "path": "team/chart.ipynb"})).await;
    let (cookie, location) = follow(&site, &link).await;
    let page = look(&site, &cookie, &location).await;
    let (policy, text) = (page.header("content-security-policy"), page.text());
    assert!(text.contains("a chart"), "{text}");
    let named = |before: &str| {
        let (_, rest) = text.split_once(before)?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let Some(script) = named(" src=\"") else {
        // Built without the web UI.
        assert!(!text.contains("<script"), "{text}");
        return;
    };
    let nonce = named("<script defer nonce=\"").unwrap();
    assert!(nonce.len() == 32, "{nonce}");
    assert!(
        policy.contains(&format!("script-src 'nonce-{nonce}';")),
        "{policy}"
    );
    let again = look(&site, &cookie, &location).await;
    assert!(
        !again.text().contains(&nonce),
        "the word is another one each time"
    );
    for file in [beneath(&site, &script), "/frame/output.html".to_owned()] {
        assert_eq!(look(&site, &cookie, &file).await.status, 200, "{file}");
        assert_eq!(
            site.ask(Method::GET, &file, &[]).await.status,
            403,
            "{file}"
        );
    }
    let (_, other) = share(&site, &json!({"kind": "file", "path": "team/a.md"})).await;
    let (cookie, location) = follow(&site, &other).await;
    let page = look(&site, &cookie, &location).await;
    assert!(!page.text().contains("<script"));
    assert!(
        !page
            .header("content-security-policy")
            .contains("script-src")
    );
}

#[tokio::test]
async fn a_run_is_shown_by_its_link_and_its_neighbour_is_not() {
    let site = site().await;
    crate::team_walk::job(&site).await;
    let begin = async || {
        let path = "/v1/jobs/daily/run";
        let run = site.send(Method::POST, path, &json!({})).await;
        run.json()["id"].as_str().unwrap().to_owned()
    };
    let (run, other) = (begin().await, begin().await);
    let (_, link) = share(&site, &json!({"kind": "run", "run": run})).await;
    let (cookie, location) = follow(&site, &link).await;
    assert_eq!(location, format!("/runs/{run}/view"));
    let shown = look(&site, &cookie, &location).await;
    // It has not run yet: what matters is who answers.
    assert!([200, 404].contains(&shown.status.as_u16()), "{shown:?}");
    let path = format!("/runs/{other}/view");
    assert_eq!(look(&site, &cookie, &path).await.status, 302);
    let path = format!("/v1/runs/{run}");
    assert_eq!(look(&site, &cookie, &path).await.status, 401);
    let (_, link) = share(&site, &json!({"kind": "job", "job": "daily"})).await;
    let (cookie, location) = follow(&site, &link).await;
    assert_eq!(location, "/jobs/daily/view");
    let shown = look(&site, &cookie, &location).await;
    assert_eq!(shown.status, 404);
    assert!(
        shown.text().contains("has succeeded yet"),
        "{}",
        shown.text()
    );
    let path = "/jobs/daily/view?workspace=other";
    assert_eq!(look(&site, &cookie, path).await.status, 302);
}

#[tokio::test]
async fn a_link_that_has_ended_says_so() {
    let site = site().await;
    let target = json!({"kind": "file", "path": "team/a.md"});
    let (id, link) = share(&site, &target).await;
    let (cookie, location) = follow(&site, &link).await;
    let path = format!("/v1/shares/{id}");
    let revoked = site.send(Method::DELETE, &path, &json!({})).await;
    assert_eq!(revoked.status, 204);
    for path in [&link, &location] {
        let answer = look(&site, &cookie, path).await;
        assert_eq!(answer.status, 410, "{path} {answer:?}");
        assert!(answer.text().contains("expired or was taken back"));
    }
    let before = Timestamp::now() - SignedDuration::from_hours(2);
    let target = ShareTarget::File {
        path: "team/a.md".to_owned(),
    };
    let over = before + SignedDuration::from_hours(1);
    let made = site
        .store
        .create_share("main", &target, over, ("owner", before));
    let (_, secret) = made.await.unwrap();
    let answer = look(&site, "", &format!("/s/{}", secret.reveal())).await;
    assert_eq!(answer.status, 410);
    let answer = look(&site, "", "/s/nbs_nothing").await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn nobody_shares_what_they_may_not_write() {
    let site = site().await;
    user(&site, "ada", &json!({"main": "viewer", "other": "editor"})).await;
    let (_, secret) = token(&site, "ada", ALL).await;
    crate::team_walk::job(&site).await;
    let run = site
        .send(Method::POST, "/v1/jobs/daily/run", &json!({}))
        .await;
    let run = run.json()["id"].as_str().unwrap().to_owned();
    let until = "2999-01-01T00:00:00Z";
    let file = json!({"kind": "file", "path": "team/a.md"});
    for (workspace, target, status) in [
        ("main", &file, 403),
        // Of that workspace no folder is served.
        ("other", &file, 422),
        ("other", &json!({"kind": "run", "run": run}), 422),
        ("other", &json!({"kind": "job", "job": "daily"}), 404),
    ] {
        let body = json!({"workspace": workspace, "target": target, "expires_at": until});
        let request = site
            .request(Method::POST, "/v1/shares")
            .bearer_auth(&secret);
        let answer = Answer::of(request.body(body.to_string())).await;
        assert_eq!(answer.status, status, "{workspace} {target} {answer:?}");
    }
    let (id, _) = share(&site, &file).await;
    let path = format!("/v1/shares/{id}");
    let answer = ask(&site, &secret, Method::DELETE, &path).await;
    assert_eq!(answer.status, 403);
    let answer = ask(&site, &secret, Method::GET, "/v1/shares").await;
    assert_eq!(answer.status, 403);
    let listed = site.get("/v1/shares").await;
    assert!(!listed.text().contains("nbs_"), "{}", listed.text());
    assert_eq!(listed.json()[0]["target"], file);
}
