//! Users, tokens and share links over HTTP: what each of them opens, and when that ends.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use nbpress_runs::Permission;
use nbpress_runs::store::UserChange;
use reqwest::Method;
use serde_json::{Value, json};

use crate::channels::execute;
use crate::documents::Desk;
use crate::{Answer, PATIENCE, Site};

/// Makes a user with a role in the workspace that is served.
pub(crate) async fn user(site: &Site, name: &str, roles: &Value) -> Value {
    let body = json!({"name": name, "roles": roles});
    let answer = site.send(Method::POST, "/v1/users", &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

/// Makes a token of a user, and answers with its id and its secret.
pub(crate) async fn token(site: &Site, user: &str, scopes: &[&str]) -> (String, String) {
    let body = json!({"name": "test", "user": user, "scopes": scopes});
    let answer = site.send(Method::POST, "/v1/tokens", &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let made = answer.json();
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

pub(crate) const ALL: &[&str] = &["read", "run", "write", "operate", "admin"];

pub(crate) async fn ask(site: &Site, secret: &str, method: Method, path: &str) -> Answer {
    let bearer = format!("Bearer {secret}");
    site.ask(method, path, &[("authorization", &bearer)]).await
}

#[tokio::test]
async fn a_viewer_reads_and_writes_nothing() {
    let site = Site::start().await;
    user(&site, "ada", &json!({"main": "viewer"})).await;
    let (_, secret) = token(&site, "ada", ALL).await;
    let me = ask(&site, &secret, Method::GET, "/v1/me").await.json();
    assert_eq!(me["name"], "ada");
    assert_eq!(me["permissions"], json!({"main": ["read"]}));
    for (method, path, status) in [
        (Method::GET, "/api/contents", 200),
        (Method::GET, "/v1/runs", 200),
        (Method::GET, "/v1/runs?workspace=other", 403),
        (Method::GET, "/v1/runs?workspace=main&workspace=other", 403),
        (Method::POST, "/api/contents", 403),
        (Method::POST, "/api/kernels", 403),
        (Method::POST, "/v1/runs", 403),
        (Method::GET, "/api/terminals", 403),
        (Method::GET, "/v1/users", 403),
        (Method::GET, "/v1/runs/run_nothing", 404),
    ] {
        let answer = ask(&site, &secret, method.clone(), path).await;
        assert_eq!(answer.status, status, "{method} {path} {answer:?}");
    }
}

#[tokio::test]
async fn a_notebook_leads_to_the_editor_whoever_may_save_it() {
    let site = Site::start().await;
    let notebook = json!({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5});
    let file = json!({"type": "notebook", "content": notebook});
    let made = site.send(Method::PUT, "/api/contents/my day.ipynb", &file);
    assert_eq!(made.await.status, 201);
    for (role, may) in [("viewer", false), ("editor", true)] {
        user(&site, role, &json!({"main": role})).await;
        let (_, secret) = token(&site, role, ALL).await;
        let page = ask(&site, &secret, Method::GET, "/view/my day.ipynb").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.text().contains("/edit/my%20day.ipynb"), may, "{role}");
    }
}

#[tokio::test]
async fn a_token_may_do_no_more_than_it_says_and_its_user_may() {
    let site = Site::start().await;
    user(&site, "ada", &json!({"main": "editor"})).await;
    let (_, reads) = token(&site, "ada", &["read"]).await;
    let (_, writes) = token(&site, "ada", &["read", "write", "admin"]).await;
    for (secret, path, status) in [
        (&reads, "/api/contents", 403),
        (&writes, "/api/contents", 201),
        (&writes, "/v1/runs", 403),
        (&writes, "/v1/users", 403),
    ] {
        let answer = ask(&site, secret, Method::POST, path).await;
        assert_eq!(answer.status, status, "{path} {answer:?}");
    }
    let me = ask(&site, &writes, Method::GET, "/v1/me").await.json();
    assert_eq!(me["permissions"], json!({"main": ["read", "write"]}));
    let asked = "/api/me?permissions={\"contents\":[\"read\",\"write\"],\"server\":[\"execute\"]}";
    let me = ask(&site, &reads, Method::GET, asked).await.json();
    assert_eq!(me["identity"]["username"], "ada");
    assert_eq!(me["permissions"]["contents"], json!(["read"]));
    assert_eq!(me["permissions"]["server"], json!([]));
    // As soon as the role is another one.
    let path = "/v1/users/ada/grants/main";
    let viewer = json!({"role": "viewer"});
    assert_eq!(site.send(Method::PUT, path, &viewer).await.status, 200);
    let answer = ask(&site, &writes, Method::POST, "/api/contents").await;
    assert_eq!(answer.status, 403);
    let none = site.send(Method::DELETE, path, &json!({})).await;
    assert_eq!(none.status, 200);
    let answer = ask(&site, &writes, Method::GET, "/api/contents").await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn a_token_makes_none_that_is_more_than_itself() {
    let site = Site::start().await;
    user(&site, "ada", &json!({"*": "admin"})).await;
    user(&site, "bob", &json!({"main": "editor"})).await;
    let until = "2999-01-01T00:00:00Z";
    let body =
        json!({"name": "short", "user": "bob", "scopes": ["read", "run"], "expires_at": until});
    let made = site.send(Method::POST, "/v1/tokens", &body).await.json();
    let secret = made["secret"].as_str().unwrap();
    for (body, status) in [
        (
            json!({"name": "a", "scopes": ["read"], "expires_at": until}),
            201,
        ),
        (
            json!({"name": "a", "scopes": ["read"], "expires_at": "2999-01-01T00:00:01Z"}),
            403,
        ),
        (json!({"name": "a", "scopes": ["read"]}), 403),
        (
            json!({"name": "a", "scopes": ["write"], "expires_at": until}),
            403,
        ),
        (
            json!({"name": "a", "scopes": ["read"], "expires_at": until, "user": "ada"}),
            403,
        ),
        (json!({"name": "a", "scopes": [], "expires_at": until}), 422),
        (
            json!({"name": "a", "scopes": ["fly"], "expires_at": until}),
            422,
        ),
    ] {
        let request = site.request(Method::POST, "/v1/tokens").bearer_auth(secret);
        let answer = Answer::of(request.body(body.to_string())).await;
        assert_eq!(answer.status, status, "{body} {answer:?}");
    }
    let (others, _) = token(&site, "ada", ALL).await;
    let path = format!("/v1/tokens/{others}");
    let answer = ask(&site, secret, Method::DELETE, &path).await;
    assert_eq!(answer.status, 404, "there is none for bob");
    let answer = ask(&site, secret, Method::GET, "/v1/tokens?user=ada").await;
    assert_eq!(answer.status, 403);
    let own = ask(&site, secret, Method::GET, "/v1/tokens").await;
    assert_eq!(own.json().as_array().unwrap().len(), 2);
    assert!(!own.text().contains("nbp_"), "no secret is shown again");
    assert!(own.json()[0]["last_used_at"].is_string());
    let own = own.json()[1]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/tokens/{own}");
    let answer = ask(&site, secret, Method::DELETE, &path).await;
    assert_eq!(answer.status, 204);
    let body = json!({"name": "x", "scopes": ["read"]});
    let answer = site.send(Method::POST, "/v1/tokens", &body).await;
    assert_eq!(answer.status, 422, "the owner is no user");
}

#[tokio::test]
async fn audits_and_runs_say_who_it_was() {
    let site = Site::start().await;
    user(&site, "ada", &json!({"main": "operator"})).await;
    let (_, secret) = token(&site, "ada", ALL).await;
    let request = site.request(Method::PUT, "/v1/retention");
    let body = json!({"keep_succeeded_days": 1, "keep_failed_days": 1});
    let answer = Answer::of(request.bearer_auth(&secret).body(body.to_string())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    while site.store.seal().await.unwrap() > 0 {}
    let audit = site.get("/v1/audit").await;
    let entries = audit.json();
    let last = entries.as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["actor"], &last["object"]),
        (&json!("ada"), &json!("main"))
    );
    assert!(!audit.text().contains(&secret[4..]), "{}", audit.text());
}

#[tokio::test]
async fn feeds_tell_only_of_what_one_may_see() {
    let site = Site::start().await;
    user(&site, "ada", &json!({"other": "viewer"})).await;
    let (_, secret) = token(&site, "ada", ALL).await;
    for (path, workspace) in [
        ("/v1/pools/gpu", ""),
        ("/v1/channels/ops", "?workspace=main"),
    ] {
        let body = match workspace {
            "" => json!({"slots": 1}),
            _ => json!({"kind": "webhook", "url": "env:NBPRESS_SECRET_HOOK"}),
        };
        let _perhaps = site
            .send(Method::PUT, &format!("{path}{workspace}"), &body)
            .await;
    }
    while site.store.seal().await.unwrap() > 0 {}
    let request = site.request(Method::GET, "/v1/events").bearer_auth(&secret);
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut heard = String::new();
    while !heard.contains("gpu") {
        let chunk = tokio::time::timeout(PATIENCE, response.chunk()).await;
        heard += std::str::from_utf8(&chunk.unwrap().unwrap().unwrap()).unwrap();
    }
    assert!(
        !heard.contains("token_") && !heard.contains("created"),
        "{heard}"
    );
    // It ends with the permission to hear it.
    disable(&site, "ada").await;
    let end = async { while response.chunk().await.unwrap().is_some() {} };
    tokio::time::timeout(PATIENCE, end).await.unwrap();
}

async fn disable(site: &Site, name: &str) {
    let path = format!("/v1/users/{name}");
    let body = json!({"disabled": true});
    let answer = site.send(Method::PATCH, &path, &body).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn conversations_end_with_the_permission_to_have_them() {
    let desk = Desk::start().await;
    let site = &desk.site;
    user(site, "ada", &json!({"main": "editor"})).await;
    let (id, secret) = token(site, "ada", ALL).await;
    let wish = json!({"name": "testkernel"});
    let kernel = site.send(Method::POST, "/api/kernels", &wish).await;
    let kernel = kernel.json()["id"].as_str().unwrap().to_owned();
    let terminal = site.send(Method::POST, "/api/terminals", &json!({})).await;
    let terminal = terminal.json()["name"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {secret}");
    let bearer = [("authorization", bearer.as_str())];
    let channels = format!("/api/kernels/{kernel}/channels?session_id=s");
    let typed = format!("/terminals/websocket/{terminal}");
    let mut talk = site.connect(&channels, &bearer).await.unwrap();
    talk.say(&execute("s", "one", "echo 1")).await;
    talk.hear().await;
    let mut typed = site.connect(&typed, &bearer).await.unwrap();
    let events = "/api/events/subscribe";
    let mut events = site.connect(events, &bearer).await.unwrap();
    // Who may only read from now on hears no kernel, and still what happens.
    let viewer = json!({"role": "viewer"});
    let path = "/v1/users/ada/grants/main";
    assert_eq!(site.send(Method::PUT, path, &viewer).await.status, 200);
    assert_eq!(talk.close_code().await, 4403);
    assert_eq!(typed.close_code().await, 4403);
    let refused = site.connect(&channels, &bearer).await;
    assert_eq!(refused.err(), Some(403));
    let path = format!("/v1/tokens/{id}");
    let revoked = site.send(Method::DELETE, &path, &json!({})).await;
    assert_eq!(revoked.status, 204);
    assert_eq!(events.close_code().await, 4403);
}

/// What another server changes, in the database that both share.
#[tokio::test]
async fn a_change_by_another_server_holds_after_five_seconds_and_one_by_this_one_at_once() {
    let site = Site::start().await;
    user(&site, "ada", &json!({"main": "viewer"})).await;
    user(&site, "bob", &json!({"main": "viewer"})).await;
    let (_, ada) = token(&site, "ada", ALL).await;
    let (_, bob) = token(&site, "bob", ALL).await;
    let status = async |secret: &str| ask(&site, secret, Method::GET, "/v1/runs").await.status;
    assert_eq!(
        (status(&ada).await, status(&bob).await),
        (200.try_into().unwrap(), 200.try_into().unwrap())
    );
    disable(&site, "bob").await;
    assert_eq!(status(&bob).await, 401);
    assert_eq!(status(&ada).await, 200);
    let change = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    let by = ("owner", jiff::Timestamp::now());
    site.store.change_user("ada", &change, by).await.unwrap();
    let begun = Instant::now();
    while status(&ada).await == 200 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = begun.elapsed();
    println!("another server's change held after {took:?}");
}

#[tokio::test]
async fn one_ends_ones_own_runs_and_operators_those_of_others() {
    let site = Site::start().await;
    crate::team_walk::job(&site).await;
    for (name, role) in [("ada", "editor"), ("bob", "editor"), ("eve", "operator")] {
        user(&site, name, &json!({"main": role})).await;
    }
    let (_, ada) = token(&site, "ada", ALL).await;
    let (_, bob) = token(&site, "bob", ALL).await;
    let (_, eve) = token(&site, "eve", ALL).await;
    let begin = async || {
        let run = ask(&site, &ada, Method::POST, "/v1/jobs/daily/run").await;
        assert_eq!(run.status, 202, "{run:?}");
        assert_eq!(run.json()["triggered_by"], "ada");
        run.json()["id"].as_str().unwrap().to_owned()
    };
    let run = begin().await;
    let path = format!("/v1/runs/{run}/cancel");
    for (secret, status) in [(&bob, 403), (&ada, 202)] {
        let answer = ask(&site, secret, Method::POST, &path).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    let run = begin().await;
    let path = format!("/v1/runs/{run}/cancel");
    assert_eq!(ask(&site, &eve, Method::POST, &path).await.status, 202);
}

#[tokio::test]
async fn requests_write_nothing() {
    let site = Site::start().await;
    user(&site, "ada", &json!({"main": "viewer"})).await;
    let (id, secret) = token(&site, "ada", &["read"]).await;
    ask(&site, &secret, Method::GET, "/v1/me").await;
    let used = site.store.token(&id).await.unwrap();
    assert!(used.last_used_at.is_some());
    assert_eq!(used.scopes, BTreeSet::from([Permission::Read]));
    let begun = Instant::now();
    for _ in 0..200 {
        let answer = ask(&site, &secret, Method::GET, "/v1/me").await;
        assert_eq!(answer.status, 200);
    }
    println!("200 requests with an API token in {:?}", begun.elapsed());
    assert_eq!(site.store.token(&id).await.unwrap(), used);
}
