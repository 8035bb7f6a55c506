//! Every route there is, as a stranger, as a page of another site, and as the owner.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Deserialize;

use crate::{Answer, BEARER, PAGE, Site};

/// What both documents have in common.
#[derive(Debug, Deserialize)]
struct Document {
    paths: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

impl Document {
    /// Every path and every method of it.
    fn patterns(&self) -> Vec<(Method, String)> {
        let mut routes = Vec::new();
        for (path, methods) in &self.paths {
            for method in methods.keys() {
                let method = Method::from_bytes(method.to_uppercase().as_bytes());
                routes.push((method.unwrap(), path.clone()));
            }
        }
        routes
    }

    /// Every path with its parameters filled in, and every method of it.
    fn routes(&self) -> Vec<(Method, String)> {
        let filled = |path: &str| {
            let parts = path.split('/');
            let parts = parts.map(|part| if part.starts_with('{') { "x" } else { part });
            parts.collect::<Vec<_>>().join("/")
        };
        let patterns = self.patterns().into_iter();
        patterns
            .map(|(method, path)| (method, filled(&path)))
            .collect()
    }
}

async fn jupyter_document(site: &Site) -> Document {
    let answer = site.get("/api/spec.yaml").await;
    assert_eq!(answer.header("content-type"), "text/x-yaml");
    serde_json::from_slice(&answer.body).unwrap()
}

fn product_document() -> Document {
    serde_json::from_str(&nbpress_server::openapi_document()).unwrap()
}

/// The patterns of both documents, `{name}` for every parameter.
pub(crate) async fn documented(site: &Site) -> Vec<(Method, String)> {
    let mut patterns = jupyter_document(site).await.patterns();
    patterns.extend(product_document().patterns());
    patterns
}

async fn jupyter_routes(site: &Site) -> Vec<(Method, String)> {
    jupyter_document(site).await.routes()
}

fn product_routes() -> Vec<(Method, String)> {
    product_document().routes()
}

#[tokio::test]
async fn no_route_of_jupyter_lets_a_stranger_in() {
    let site = Site::start().await;
    let routes = jupyter_routes(&site).await;
    assert!(routes.len() >= 80, "{}", routes.len());
    for (method, path) in &routes {
        let open = path.starts_with("/login")
            || ["/logout", "/s/x"].contains(&path.as_str())
            || (path == "/api" && *method == Method::GET);
        for headers in [
            vec![],
            vec![("authorization", "Bearer wrong")],
            vec![
                ("cookie", "nbpress-127-0-0-1=wrong; _xsrf=x"),
                ("x-xsrftoken", "x"),
            ],
        ] {
            let answer = site.ask(method.clone(), path, &headers).await;
            let refused = answer.status == 403;
            assert_eq!(refused, !open, "{method} {path} {answer:?}");
        }
        if *method == Method::GET && !open {
            let answer = site.ask(Method::GET, path, &[PAGE]).await;
            let page = !path.starts_with("/api");
            assert_eq!(answer.status, if page { 302 } else { 403 }, "{path}");
        }
        if *method != Method::GET && path != "/api/security/csp-report" {
            let headers = [BEARER, ("origin", "http://evil.example")];
            let answer = site.ask(method.clone(), path, &headers).await;
            assert_eq!(answer.status, 403, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn no_route_of_the_product_lets_a_stranger_in() {
    let site = Site::start().await;
    let routes = product_routes();
    assert!(routes.len() >= 50, "{}", routes.len());
    for (method, path) in &routes {
        let open =
            ["/v1/health", "/v1/ready"].contains(&path.as_str()) || path.starts_with("/v1/hooks/");
        for path in [path.clone(), path.replacen("/v1/", "/v1/./", 1)] {
            let answer = site.ask(method.clone(), &path, &[]).await;
            assert_eq!(answer.status == 401, !open, "{method} {path} {answer:?}");
        }
        if *method != Method::GET {
            let headers = [BEARER, ("sec-fetch-site", "cross-site")];
            let answer = site.ask(method.clone(), path, &headers).await;
            assert_eq!(answer.status, 403, "{method} {path}");
        }
    }
}

/// A list that names what does not exist would prove nothing.
#[tokio::test]
async fn every_route_of_the_list_exists() {
    let site = Site::start().await;
    for (method, path) in jupyter_routes(&site).await {
        if path == "/api/shutdown" {
            continue;
        }
        let request = site
            .request(method.clone(), &path)
            .header(BEARER.0, BEARER.1);
        let answer = Answer::of(request).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_ne!(answer.status, 405, "{method} {path}");
        let unknown = answer.status == 404 && text.contains(r#""message":"Not Found""#);
        assert!(!unknown, "{method} {path} {text}");
    }
    let answer = site.get("/nothing").await;
    assert!(answer.text().contains(r#""message":"Not Found""#));
}

#[tokio::test]
async fn unusual_paths_open_nothing() {
    let site = Site::start().await;
    for path in [
        "/api/",
        "/api/me/",
        "//api/me",
        "/api//me",
        "/API/ME",
        "/api/me;x",
        "/api/me%2F",
        "/login/",
        "/login/x",
        "/login/..%2Fapi/me",
        "/v1/health/",
        "/v1/healthx",
        "/apix",
        "/static/x",
    ] {
        let answer = site.ask(Method::GET, path, &[]).await;
        let refused = [401, 403].contains(&answer.status.as_u16());
        assert!(refused, "{path} {answer:?}");
    }
}
