//! Who may pass: credentials, origins, hosts, and what every answer says.

use reqwest::Method;
use serde_json::json;

use crate::{Answer, BEARER, PAGE, Setup, Site, TOKEN};

#[tokio::test]
async fn credentials_are_what_clients_send() {
    let site = Site::start().await;
    let cookie = site.cookie().await;
    for (headers, path, expected) in [
        (vec![], "/api/me", 403),
        (
            vec![("authorization", "Bearer a-token-nobody-guesses")],
            "/api/me",
            200,
        ),
        (
            vec![("authorization", "token a-token-nobody-guesses")],
            "/api/me",
            200,
        ),
        (
            vec![("authorization", "TOKEN a-token-nobody-guesses")],
            "/api/me",
            200,
        ),
        (
            vec![("authorization", "bearer  a-token-nobody-guesses")],
            "/api/me",
            200,
        ),
        (
            vec![("authorization", "Bearer a-token-nobody-guesse")],
            "/api/me",
            403,
        ),
        (vec![("authorization", "Bearer ")], "/api/me", 403),
        (
            vec![("authorization", "Basic a-token-nobody-guesses")],
            "/api/me",
            403,
        ),
        (vec![], "/api/me?token=a-token-nobody-guesses", 200),
        (vec![], "/api/me?x=1&token=a%2Dtoken-nobody-guesses", 200),
        (vec![], "/api/me?token=wrong", 403),
        (vec![], "/api/me?token=", 403),
        (vec![("cookie", cookie.as_str())], "/api/me", 200),
        (vec![("cookie", "nbpress-127-0-0-1=guess")], "/api/me", 403),
        // What is said outright counts, whatever a browser adds.
        (
            vec![
                ("cookie", cookie.as_str()),
                ("authorization", "Bearer wrong"),
            ],
            "/api/me",
            403,
        ),
        (vec![("cookie", cookie.as_str())], "/api/me?token=old", 200),
    ] {
        let answer = site.ask(Method::GET, path, &headers).await;
        assert_eq!(answer.status, expected, "{headers:?} {path} {answer:?}");
        if expected == 403 {
            assert_eq!(
                answer.json(),
                json!({"message": "Forbidden", "reason": null})
            );
        }
    }
}

#[tokio::test]
async fn strangers_hear_no_in_the_form_they_read() {
    let site = Site::start().await;
    for (path, headers, status, location) in [
        ("/api/me", vec![PAGE], 403, ""),
        ("/metrics", vec![], 403, ""),
        (
            "/metrics",
            vec![PAGE],
            302,
            "/a%40b/login?next=%2Fa%2540b%2Fmetrics",
        ),
        (
            "/lab/tree/x.ipynb?reset",
            vec![PAGE],
            302,
            "/a%40b/login?next=%2Fa%2540b%2Flab%2Ftree%2Fx.ipynb%3Freset",
        ),
        (
            "/nothing?token=wrong&x=1",
            vec![PAGE],
            302,
            "/a%40b/login?next=%2Fa%2540b%2Fnothing%3Fx%3D1",
        ),
        ("/nothing", vec![], 403, ""),
        ("/v1/runs", vec![PAGE], 401, ""),
        ("/v1/nothing", vec![], 401, ""),
    ] {
        let answer = site.ask(Method::GET, path, &headers).await;
        assert_eq!(answer.status, status, "{path} {answer:?}");
        assert_eq!(answer.header("location"), location, "{path}");
    }
    let product = site.ask(Method::GET, "/v1/runs", &[]).await.json();
    assert_eq!(product["error"]["code"], "unauthorized");
}

#[tokio::test]
async fn a_few_things_are_open() {
    let site = Site::start().await;
    for (path, status) in [
        ("/api", 200),
        ("/login", 200),
        ("/logout", 200),
        ("/v1/health", 200),
        ("/v1/ready", 200),
    ] {
        let answer = site.ask(Method::GET, path, &[]).await;
        assert_eq!(answer.status, status, "{path} {answer:?}");
    }
    let version = site.ask(Method::GET, "/api", &[]).await.json();
    assert!(version["version"].is_string(), "{version}");
    assert_eq!(site.ask(Method::POST, "/api", &[]).await.status, 403);
}

/// CVE-2026-40110 and its kin: an origin is compared to the letter, never by a pattern.
#[tokio::test]
async fn cve_2026_40110_origins_are_compared_exactly() {
    let site = Site::start().await;
    let own = format!("http://{}", site.address);
    let secure = format!("https://{}", site.address);
    for (origin, passes) in [
        (own.clone(), true),
        // A proxy may speak TLS for us; the page is ours all the same.
        (secure, true),
        (format!("{own}.evil.example"), false),
        (format!("http://evil.example/{}", site.address), false),
        (format!("http://evil{}", site.address), false),
        (format!("{own}/"), false),
        (format!("ftp://{}", site.address), false),
        ("http://127.0.0.1".to_owned(), false),
        ("null".to_owned(), false),
        (String::new(), false),
    ] {
        let headers = [BEARER, ("origin", origin.as_str())];
        let put = site.request(Method::PUT, "/api/config/origins").body("{}");
        let put = Answer::of(put.headers(crate::header_map(&headers))).await;
        assert_eq!(put.status, if passes { 204 } else { 403 }, "{origin}");
        let socket = site.connect("/api/events/subscribe", &headers).await;
        assert_eq!(socket.map(drop).err(), (!passes).then_some(403), "{origin}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_may_not_ask() {
    let site = Site::start().await;
    let cookie = site.cookie().await;
    for (fetch_site, mode, method, status) in [
        ("same-origin", "cors", Method::PUT, 204),
        ("same-site", "cors", Method::PUT, 403),
        ("cross-site", "no-cors", Method::PUT, 403),
        ("same-origin", "cors", Method::GET, 200),
        ("none", "navigate", Method::GET, 200),
        ("cross-site", "navigate", Method::GET, 200),
        // CVE-2019-9644 and CVE-2023-40170: what is included by a stranger's page.
        ("cross-site", "no-cors", Method::GET, 403),
        ("same-site", "no-cors", Method::GET, 403),
    ] {
        let headers = [
            ("cookie", cookie.as_str()),
            ("sec-fetch-site", fetch_site),
            ("sec-fetch-mode", mode),
        ];
        let request = site.request(method.clone(), "/api/config/sites").body("{}");
        let answer = Answer::of(request.headers(crate::header_map(&headers))).await;
        assert_eq!(answer.status, status, "{fetch_site} {mode} {method}");
    }
}

/// CVE-2024-28179, and the room sockets that let every origin in: an upgrade is asked what a request is asked.
#[tokio::test]
async fn cve_2024_28179_websockets_need_credentials_and_our_origin() {
    let site = Site::start().await;
    let cookie = site.cookie().await;
    let evil = ("origin", "http://evil.example");
    for (path, headers, refused) in [
        ("/api/events/subscribe", vec![], Some(403)),
        ("/api/events/subscribe", vec![BEARER], None),
        ("/api/events/subscribe", vec![BEARER, evil], Some(403)),
        (
            "/api/events/subscribe",
            vec![("cookie", cookie.as_str())],
            None,
        ),
        (
            "/api/events/subscribe",
            vec![("cookie", cookie.as_str()), evil],
            Some(403),
        ),
        (
            "/api/events/subscribe",
            vec![("cookie", cookie.as_str()), ("origin", "null")],
            Some(403),
        ),
        (
            "/api/events/subscribe",
            vec![
                ("cookie", cookie.as_str()),
                ("sec-fetch-site", "cross-site"),
            ],
            Some(403),
        ),
        (
            "/api/events/subscribe?token=a-token-nobody-guesses",
            vec![evil],
            Some(403),
        ),
        ("/terminals/websocket/1", vec![], Some(403)),
        ("/terminals/websocket/1", vec![BEARER], Some(404)),
    ] {
        let socket = site.connect(path, &headers).await;
        assert_eq!(socket.map(drop).err(), refused, "{path} {headers:?}");
    }
}

/// CVE-2026-40864 and its kin: a browser sends the cookie for everybody.
#[tokio::test]
async fn cve_2026_40864_cookies_alone_change_nothing() {
    let site = Site::start().await;
    let cookie = site.cookie().await;
    let page = site.ask(Method::GET, "/login", &[PAGE]).await;
    let xsrf = page.cookie("_xsrf").unwrap();
    let value = xsrf.strip_prefix("_xsrf=").unwrap();
    let both = format!("{cookie}; {xsrf}");
    let origin = format!("http://{}", site.address);
    for (headers, status) in [
        (vec![("cookie", cookie.as_str())], 403),
        (
            vec![("cookie", cookie.as_str()), ("sec-fetch-mode", "no-cors")],
            403,
        ),
        (
            vec![("cookie", cookie.as_str()), ("sec-fetch-site", "none")],
            403,
        ),
        (vec![("cookie", both.as_str())], 403),
        (
            vec![("cookie", both.as_str()), ("x-xsrftoken", "guess")],
            403,
        ),
        (vec![("cookie", "_xsrf="), ("x-xsrftoken", "")], 403),
        (
            vec![("cookie", cookie.as_str()), ("x-xsrftoken", value)],
            403,
        ),
        (vec![("cookie", both.as_str()), ("x-xsrftoken", value)], 204),
        (
            vec![("cookie", cookie.as_str()), ("origin", origin.as_str())],
            204,
        ),
        (
            vec![
                ("cookie", cookie.as_str()),
                ("sec-fetch-site", "same-origin"),
            ],
            204,
        ),
        (vec![BEARER], 204),
    ] {
        let request = site.request(Method::PUT, "/api/config/forged").body("{}");
        let answer = Answer::of(request.headers(crate::header_map(&headers))).await;
        assert_eq!(answer.status, status, "{headers:?}");
    }
}

/// A page whose name points to this machine is another server to the browser, and not to us.
#[tokio::test]
async fn dns_rebinding_is_refused() {
    let site = Site::start().await;
    let port = site.address.rsplit_once(':').unwrap().1;
    for (host, status) in [
        (format!("localhost:{port}"), 200),
        (format!("127.0.0.1:{port}"), 200),
        ("nb.example".to_owned(), 200),
        (format!("evil.example:{port}"), 421),
        (format!("localhost.evil.example:{port}"), 421),
        (format!("127.0.0.1.evil.example:{port}"), 421),
    ] {
        for path in ["/api/me", "/login", "/v1/health", "/api"] {
            let answer = site
                .ask(Method::GET, path, &[BEARER, ("host", &host)])
                .await;
            let signed_in = path == "/login" && status == 200;
            assert_eq!(
                answer.status,
                if signed_in { 302 } else { status },
                "{host} {path}"
            );
        }
    }
}

#[tokio::test]
async fn every_answer_says_what_browsers_may_do() {
    let site = Site::start().await;
    let frames = "frame-ancestors 'self'; report-uri /a%40b/api/security/csp-report";
    for (path, headers) in [
        ("/api/me", vec![BEARER]),
        ("/api/me", vec![]),
        ("/api/nothing", vec![BEARER]),
        ("/api/kernelspecs", vec![BEARER]),
        ("/v1/health", vec![]),
        ("/v1/runs", vec![]),
    ] {
        let answer = site.ask(Method::GET, path, &headers).await;
        let policy = answer.header("content-security-policy");
        assert_eq!(policy, format!("{frames}; default-src 'none'"), "{path}");
    }
    for path in ["/api", "/login", "/metrics", "/nothing", "/v1/health"] {
        // Whoever has signed in is led on from there.
        let headers = if path == "/login" {
            vec![]
        } else {
            vec![BEARER]
        };
        let answer = site.ask(Method::GET, path, &headers).await;
        assert!(
            answer.header("content-security-policy").starts_with(frames),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        // A form must say from where it is sent.
        let referrer = if path == "/login" {
            "same-origin"
        } else {
            "no-referrer"
        };
        assert_eq!(answer.header("referrer-policy"), referrer, "{path}");
        assert_eq!(
            answer.header("cross-origin-resource-policy"),
            "same-origin",
            "{path}"
        );
    }
}

/// CVE-2026-86049, CVE-2022-24757: what somebody brings to show who they are is in no answer.
#[tokio::test]
async fn cve_2026_86049_secrets_are_in_no_answer() {
    let site = Site::start().await;
    let cookie = site.cookie().await;
    let id = cookie.split_once('=').unwrap().1;
    for path in [
        format!("/api/me?token={TOKEN}"),
        format!("/nothing?token={TOKEN}"),
        format!("/view/nothing?token={TOKEN}"),
        format!("/api/nothing/?token={TOKEN}"),
        format!("/v1/nothing?token={TOKEN}"),
        format!("/login?next=%2Fa%2540b%2F&token={TOKEN}"),
        format!("/metrics?token={TOKEN}"),
    ] {
        for headers in [vec![PAGE], vec![], vec![("cookie", cookie.as_str())]] {
            let answer = site.ask(Method::GET, &path, &headers).await;
            let headers = format!("{:?}", answer.headers);
            let said = format!("{headers}{}", String::from_utf8_lossy(&answer.body));
            assert!(!said.contains(TOKEN), "{path} {said}");
            assert!(!said.contains(id), "{path} {said}");
        }
    }
}

#[tokio::test]
async fn everything_is_beneath_the_base() {
    let site = Site::start().await;
    let at = |path: &str| format!("http://{}{path}", site.address);
    for (path, status, location) in [
        ("/a%40b/api/me", 200, ""),
        ("/a@b/api/me", 200, ""),
        ("/a%40b/v1/runs", 200, ""),
        ("/v1/runs", 200, ""),
        ("/", 302, "/a%40b/"),
        ("/api/me", 404, ""),
        ("/a%40bc/api/me", 404, ""),
        ("/login", 404, ""),
        ("/metrics", 404, ""),
    ] {
        let request = site.client.get(at(path)).bearer_auth(TOKEN);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, status, "{path} {answer:?}");
        assert_eq!(answer.header("location"), location, "{path}");
    }
    let root = Site::start_with(Setup {
        base_url: "/",
        ..Setup::default()
    })
    .await;
    assert_eq!(root.get("/api/me").await.status, 200);
}

/// CVE-2020-26215: a slash too many must not send anybody to another host.
#[tokio::test]
async fn cve_2020_26215_trailing_slashes_lead_nowhere_else() {
    for base_url in ["/", "/a%40b/"] {
        let site = Site::start_with(Setup {
            base_url,
            ..Setup::default()
        })
        .await;
        for path in [
            "//evil.example/",
            "///evil.example/",
            "/\\evil.example/",
            "/%5Cevil.example/",
            "/api/kernels/",
            "/nothing/?x=1",
        ] {
            // Raw, because clients normalise what they are given.
            let base = base_url.trim_end_matches('/');
            let location = raw_location(&site.address, &format!("{base}{path}")).await;
            let home = url_of(&site.address, "/");
            let there = home.join(&location).unwrap();
            assert_eq!(
                there.origin(),
                home.origin(),
                "{base}{path} leads to {location}"
            );
        }
        let answer = site.get("/nothing/?x=1").await;
        assert_eq!(answer.header("location"), format!("{base_url}nothing?x=1"));
    }
}

fn url_of(address: &str, path: &str) -> reqwest::Url {
    reqwest::Url::parse(&format!("http://{address}{path}")).unwrap()
}

/// The `Location` of the answer to a request for exactly this target; empty where there is none.
async fn raw_location(address: &str, target: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET {target} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    let location = answer
        .lines()
        .find_map(|line| line.strip_prefix("location: "));
    location.unwrap_or_default().to_owned()
}
