//! Signing in and out, as browsers do it.

use std::sync::Arc;

use reqwest::Method;

use crate::{Answer, PAGE, Setup, Site, TOKEN};

#[tokio::test]
async fn a_link_becomes_a_cookie() {
    let site = Site::start().await;
    for (path, location) in [
        ("/lab?token=a-token-nobody-guesses", "/a%40b/lab"),
        (
            "/lab/tree/a%20b?x=1&token=a-token-nobody-guesses&y=%26",
            "/a%40b/lab/tree/a%20b?x=1&y=%26",
        ),
        ("/?token=a-token-nobody-guesses", "/a%40b/"),
    ] {
        let answer = site.ask(Method::GET, path, &[PAGE]).await;
        assert_eq!(answer.status, 302, "{path} {answer:?}");
        assert_eq!(answer.header("location"), location);
        let set = answer.set_cookie("nbpress-127-0-0-1-").unwrap();
        for part in [
            "Path=/a%40b/",
            "SameSite=Lax",
            "HttpOnly",
            "Max-Age=2592000",
        ] {
            assert!(set.contains(part), "{set}");
        }
        assert!(!set.contains("Secure"), "{set}");
        let cookie = answer.cookie("nbpress-").unwrap();
        let me = site
            .ask(Method::GET, "/api/me", &[("cookie", &cookie)])
            .await;
        assert_eq!(me.status, 200);
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_makes_cookies_secure() {
    for (trusted_proxy, proto, secure) in [
        (false, "https", false),
        (true, "https", true),
        (true, "HTTPS", true),
        (true, "http", false),
    ] {
        let site = Site::start_with(Setup {
            trusted_proxy,
            ..Setup::default()
        })
        .await;
        let form = format!("password={TOKEN}");
        let request = site.request(Method::POST, "/login").body(form);
        let answer = Answer::of(request.header("x-forwarded-proto", proto)).await;
        let set = answer.set_cookie("nbpress-").unwrap();
        assert_eq!(
            set.contains("; Secure"),
            secure,
            "{trusted_proxy} {proto} {set}"
        );
    }
}

#[tokio::test]
async fn the_form_signs_in_and_leads_on() {
    let site = Site::start().await;
    let page = site
        .ask(Method::GET, "/login?next=%2Fa%2540b%2Flab", &[PAGE])
        .await;
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("type=\"password\""), "{text}");
    assert!(text.contains("login?next=%2Fa%2540b%2Flab"), "{text}");
    assert!(!text.contains("<script"), "{text}");
    for (password, next, status, location) in [
        (TOKEN, "%2Fa%2540b%2Flab", 302, "/a%40b/lab"),
        (TOKEN, "", 302, "/a%40b/"),
        (TOKEN, "https%3A%2F%2Fevil.example", 302, "/a%40b/"),
        (TOKEN, "%2F%2Fevil.example%2Fa%2540b%2F", 302, "/a%40b/"),
        ("wrong", "%2Fa%2540b%2Flab", 401, ""),
        ("", "", 401, ""),
    ] {
        let path = format!("/login?next={next}");
        let request = site.request(Method::POST, &path);
        let answer = Answer::of(request.body(format!("password={password}"))).await;
        assert_eq!(answer.status, status, "{password} {next}");
        assert_eq!(answer.header("location"), location);
        assert_eq!(answer.set_cookie("nbpress-").is_some(), status == 302);
    }
}

/// A page of another site could sign its reader in as somebody whose notebooks it wants them to run.
#[tokio::test]
async fn strangers_pages_sign_nobody_in() {
    let site = Site::start().await;
    let form = format!("password={TOKEN}");
    let request = site.request(Method::POST, "/login").body(form);
    let answer = Answer::of(request.header("origin", "http://evil.example")).await;
    assert_eq!(answer.status, 403);
    assert!(answer.set_cookie("nbpress-").is_none());
}

#[tokio::test]
async fn what_is_asked_for_is_text_in_the_page() {
    let site = Site::start().await;
    let path = "/login?next=%2Fa%2540b%2F%22%3E%3Cscript%3E";
    let text = site.ask(Method::GET, path, &[PAGE]).await.text();
    assert!(
        text.contains("<form") && !text.contains("<script"),
        "{text}"
    );
}

#[tokio::test]
async fn signing_out_ends_it_for_good() {
    let site = Site::start().await;
    let (one, other) = (site.cookie().await, site.cookie().await);
    let answer = site.ask(Method::GET, "/logout", &[("cookie", &one)]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("Successfully logged out"));
    assert!(answer.set_cookie("nbpress-").unwrap().contains("Max-Age=0"));
    for (cookie, status) in [(&one, 403), (&other, 200)] {
        let me = site
            .ask(Method::GET, "/api/me", &[("cookie", cookie)])
            .await;
        assert_eq!(me.status, status);
    }
}

#[tokio::test]
async fn a_restart_signs_nobody_out_and_another_token_everybody() {
    let site = Site::start().await;
    let cookie = site.cookie().await;
    let id = cookie.split_once('=').unwrap().1.to_owned();
    let home = Arc::clone(&site.home);
    site.stop.send_replace(true);
    site.served.join_all().await;
    drop(site.store);
    for (token, status) in [(TOKEN, 200), ("another-token", 403)] {
        let token_setup = Setup {
            token,
            ..Setup::default()
        };
        let again = Site::start_in(Arc::clone(&home), token_setup).await;
        // Another port, and so another name.
        let port = again.address.rsplit_once(':').unwrap().1;
        let cookie = format!("nbpress-127-0-0-1-{port}={id}");
        let me = again
            .ask(Method::GET, "/api/me", &[("cookie", &cookie)])
            .await;
        assert_eq!(me.status, status, "{token}");
    }
}

#[tokio::test]
async fn pages_get_the_readable_cookie_once() {
    let site = Site::start().await;
    let first = site.ask(Method::GET, "/login", &[PAGE]).await;
    let set = first.set_cookie("_xsrf=").unwrap();
    assert!(
        set.contains("SameSite=Lax") && set.contains("Path=/a%40b/"),
        "{set}"
    );
    assert!(!set.contains("HttpOnly"), "{set}");
    let known = first.cookie("_xsrf").unwrap();
    let second = site
        .ask(Method::GET, "/login", &[PAGE, ("cookie", &known)])
        .await;
    assert!(second.set_cookie("_xsrf").is_none());
    assert!(site.get("/api/status").await.set_cookie("_xsrf").is_none());
}
