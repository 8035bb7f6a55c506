//! Every documented route, as everybody there may be, against `permissions.txt`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nbpress_runs::{Permission, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::team::{ALL, token, user};
use crate::walk::documented;
use crate::{Site, header_map};

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    Anybody,
    Permission(Permission, Where),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Main,
    Any,
    All,
}

/// The lines of the file: method and path, and what is needed.
fn expectations() -> BTreeMap<(String, String), Needs> {
    let mut expected = BTreeMap::new();
    let lines = include_str!("permissions.txt").lines();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [needs, place, methods, path] = words[..] else {
            panic!("{line}");
        };
        let place = match place {
            "main" => Where::Main,
            "any" => Where::Any,
            "all" => Where::All,
            _ => panic!("{line}"),
        };
        let needs = match needs {
            "open" => Needs::Nothing,
            "anybody" => Needs::Anybody,
            needs => Needs::Permission(needs.parse().unwrap(), place),
        };
        for method in methods.split(',') {
            let known = expected.insert((method.to_owned(), path.to_owned()), needs);
            assert_eq!(known, None, "{line}");
        }
    }
    expected
}

/// Somebody who asks.
struct Actor {
    name: &'static str,
    headers: Vec<(String, String)>,
    /// None for those whom nobody knows.
    role: Option<(Role, &'static str)>,
    scopes: &'static [&'static str],
}

impl Actor {
    /// Whether they pass the guard.
    fn passes(&self, needs: Needs) -> bool {
        let Needs::Permission(permission, place) = needs else {
            return needs == Needs::Nothing || self.role.is_some();
        };
        self.role.is_some_and(|(role, at)| {
            let there = match place {
                Where::Any => true,
                Where::Main => at == "main" || at == "*",
                Where::All => at == "*",
            };
            there && role.allows(permission) && self.scopes.contains(&permission.as_str())
        })
    }
}

fn bearer(secret: &str) -> Vec<(String, String)> {
    vec![("authorization".to_owned(), format!("Bearer {secret}"))]
}

async fn actors(site: &Site) -> Vec<Actor> {
    let stranger = |name, headers| Actor {
        name,
        headers,
        role: None,
        scopes: &[],
    };
    let mut actors = vec![stranger("stranger", vec![])];
    for (name, role, at, scopes) in [
        ("outsider", Role::Viewer, "other", ALL),
        ("viewer", Role::Viewer, "main", ALL),
        ("editor", Role::Editor, "main", ALL),
        ("operator", Role::Operator, "main", ALL),
        ("admin-of-main", Role::Admin, "main", ALL),
        ("operator-of-all", Role::Operator, "*", ALL),
        ("admin", Role::Admin, "*", ALL),
        ("admin-who-only-reads", Role::Admin, "*", &["read"]),
    ] {
        user(site, name, &json!({at: role})).await;
        let (_, secret) = token(site, name, scopes).await;
        let (headers, role) = (bearer(&secret), Some((role, at)));
        actors.push(Actor {
            name,
            headers,
            role,
            scopes,
        });
    }
    user(site, "gone", &json!({"*": "admin"})).await;
    let (_, secret) = token(site, "gone", ALL).await;
    let body = json!({"disabled": true});
    let disabled = site.send(Method::PATCH, "/v1/users/gone", &body).await;
    assert_eq!(disabled.status, 200);
    actors.push(stranger("disabled user", bearer(&secret)));
    let (id, secret) = token(site, "admin", ALL).await;
    let path = format!("/v1/tokens/{id}");
    let revoked = site.send(Method::DELETE, &path, &json!({})).await;
    assert_eq!(revoked.status, 204);
    actors.push(stranger("revoked token", bearer(&secret)));
    let cookie = share(site, &json!({"kind": "file", "path": "x"})).await;
    let cookie = vec![("cookie".to_owned(), cookie)];
    actors.push(stranger("guest", cookie));
    actors
}

/// The cookie of a stranger who followed a link to something.
async fn share(site: &Site, target: &Value) -> String {
    let body = json!({"target": target, "expires_at": "2999-01-01T00:00:00Z"});
    let made = site.send(Method::POST, "/v1/shares", &body).await.json();
    let link = made["link"].as_str().unwrap();
    let path = link.strip_prefix(site.base_url.trim_end_matches('/'));
    let followed = site.ask(Method::GET, path.unwrap(), &[]).await;
    assert_eq!(followed.status, 302, "{followed:?}");
    followed.cookie("nbpress-").unwrap()
}

/// Makes what a path names, since what is not there would be refused to everybody.
async fn made(site: &Site, name: &str) -> String {
    let post = async |path: &str, body: &Value| {
        let answer = site.send(Method::POST, path, body).await;
        assert!(answer.status.is_success(), "{path} {answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    match name {
        "run" => post("/v1/jobs/daily/run", &json!({})).await,
        "batch" => post("/v1/jobs/daily/sweep", &json!({"points": [{}]})).await,
        "schedule" => {
            let trigger = json!({"kind": "interval", "every_seconds": 86400});
            let body = json!({"definition": {"trigger": trigger}});
            let path = "/v1/jobs/daily/schedules";
            let answer = site.send(Method::PUT, path, &body).await;
            assert!(answer.status.is_success(), "{answer:?}");
            answer.json()["id"].as_str().unwrap().to_owned()
        }
        "share" => {
            let target = json!({"kind": "file", "path": "y"});
            let body = json!({"target": target, "expires_at": "2999-01-01T00:00:00Z"});
            post("/v1/shares", &body).await
        }
        "workspace" => "main".to_owned(),
        _ => "x".to_owned(),
    }
}

async fn filled(site: &Site, path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        parts.push(match part.strip_prefix('{') {
            // The workspace of a front end's layout is another thing.
            Some("workspace}") if path.starts_with("/lab") => "x".to_owned(),
            Some(name) => made(site, name.trim_end_matches('}')).await,
            None => part.to_owned(),
        });
    }
    parts.join("/")
}

/// Whether the guard let somebody pass. It answers before anything is looked at, with words of its own.
async fn passed(site: &Site, actor: &Actor, method: &Method, path: &str) -> bool {
    let headers: Vec<(&str, &str)> = actor
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let request = site.request(method.clone(), path);
    let response = request.headers(header_map(&headers)).send().await.unwrap();
    let status = response.status();
    let kind = response.headers().get("content-type");
    if kind.is_some_and(|kind| kind == "text/event-stream") {
        // It goes on for ever.
        return status == StatusCode::OK;
    }
    let text = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
    let refused = match status {
        StatusCode::UNAUTHORIZED => text.contains("\"unauthorized\""),
        StatusCode::FORBIDDEN => {
            text.contains("has no permission to") || text.contains("\"Forbidden\"")
        }
        StatusCode::NOT_FOUND => ["run", "schedule", "batch", "share"]
            .iter()
            .any(|what| text.contains(&format!("there is no {what} `"))),
        _ => false,
    };
    !refused
}

pub(crate) async fn job(site: &Site) {
    let cell = json!({"cell_type": "code", "id": "a", "metadata": {}, "source": "1", "outputs": [],
        "execution_count": null});
    let notebook = json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3",
        "language": "python", "display_name": "Python"}}, "cells": [cell]});
    let upload = json!({"name": "daily.ipynb", "content": STANDARD.encode(notebook.to_string())});
    let body = json!({"tasks": [{"upload": upload}]});
    let made = site.send(Method::PUT, "/v1/jobs/daily", &body).await;
    assert_eq!(made.status, 200, "{made:?}");
}

/// What somebody with a link to a file may ask for, of that file; and what its page is made of.
const GUESTS: [&str; 4] = [
    "/view/{*path}",
    "/files/{*path}",
    "/ui/{*path}",
    "/frame/output.html",
];

#[tokio::test]
async fn every_route_lets_pass_whom_the_file_says() {
    let site = Site::start().await;
    job(&site).await;
    let actors = actors(&site).await;
    let mut expected = expectations();
    let (mut routes, mut asked) = (0, 0);
    let mut wrong = Vec::new();
    for (method, path) in documented(&site).await {
        let key = (method.to_string(), path.clone());
        let unlisted = Needs::Permission(Permission::Admin, Where::All);
        let needs = expected.remove(&key).unwrap_or(unlisted);
        routes += 1;
        for actor in &actors {
            let guest =
                actor.name == "guest" && method == Method::GET && GUESTS.contains(&path.as_str());
            let passes = actor.passes(needs) || guest;
            if passes && path == "/api/shutdown" {
                continue;
            }
            let mut filled = filled(&site, &path).await;
            if path == "/v1/worker/news" {
                // It would wait for news.
                filled += "?seen=x";
            }
            let passed = passed(&site, actor, &method, &filled).await;
            asked += 1;
            if passed != passes {
                wrong.push(format!(
                    "{method} {path} {}: passed is {passed}",
                    actor.name
                ));
            }
            if path == "/v1/jobs/{name}" || path.starts_with("/api/contents") {
                job(&site).await;
            }
        }
    }
    println!(
        "{routes} routes, {} kinds of people, {asked} requests",
        actors.len()
    );
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(expected, BTreeMap::new(), "lines about what does not exist");
    assert!(routes >= 150 && asked >= 1500, "{routes} {asked}");
}
