//! Browsers that are signed in as a user: how they come to be, what their cookie is good for, when it ends.

use reqwest::Method;
use serde_json::json;

use crate::team::{ALL, token, user};
use crate::{Answer, PAGE, Site};

/// The path of a link that was made, beneath the server's base.
fn beneath(site: &Site, link: &str) -> String {
    let base = site.base_url.trim_end_matches('/');
    link.strip_prefix(base).unwrap().to_owned()
}

async fn submit(site: &Site, secret: &str) -> Answer {
    let form = format!("password={secret}");
    Answer::of(site.request(Method::POST, "/login").body(form)).await
}

async fn name(site: &Site, cookie: &str) -> Option<String> {
    let me = site.ask(Method::GET, "/v1/me", &[("cookie", cookie)]).await;
    (me.status == 200).then(|| me.json()["name"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_link_signs_in_once_and_only_when_a_person_says_so() {
    let site = Site::start().await;
    let invited = user(&site, "ada", &json!({"main": "editor"})).await;
    let link = beneath(&site, invited["link"].as_str().unwrap());
    let secret = link.split_once("link=").unwrap().1;
    for _ in 0..2 {
        let page = site.ask(Method::GET, &link, &[PAGE]).await;
        assert_eq!(page.status, 200, "what looks at links uses none up");
        assert!(page.text().contains(secret));
        assert!(page.set_cookie("nbpress-").is_none());
    }
    let signed_in = submit(&site, secret).await;
    assert_eq!(signed_in.status, 302);
    let cookie = signed_in.cookie("nbpress-").unwrap();
    assert_eq!(name(&site, &cookie).await.as_deref(), Some("ada"));
    let again = submit(&site, secret).await;
    assert_eq!(again.status, 401);
    // The cookie alone changes nothing: a page of ours has to ask.
    let path = "/api/contents";
    let forged = [("cookie", cookie.as_str())];
    let answer = site.ask(Method::POST, path, &forged).await;
    assert_eq!(answer.status, 403);
    let foreign = [forged[0], ("sec-fetch-site", "cross-site")];
    let answer = site.ask(Method::POST, path, &foreign).await;
    assert_eq!(answer.status, 403);
    let ours = [forged[0], ("sec-fetch-site", "same-origin")];
    let answer = site.ask(Method::POST, path, &ours).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let twice = format!("{cookie}; _xsrf=x");
    let twice = [("cookie", twice.as_str()), ("x-xsrftoken", "x")];
    let answer = site.ask(Method::POST, path, &twice).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    // Signing out ends it for everybody who has the cookie.
    let out = site.ask(Method::GET, "/logout", &forged).await;
    assert_eq!(out.status, 200);
    assert_eq!(name(&site, &cookie).await, None);
}

#[tokio::test]
async fn a_sign_in_with_a_token_is_worth_what_the_token_is() {
    let site = Site::start().await;
    user(&site, "ada", &json!({"main": "editor"})).await;
    let (id, secret) = token(&site, "ada", &["read"]).await;
    let form = submit(&site, &secret).await.cookie("nbpress-").unwrap();
    let path = format!("/view/?token={secret}");
    let link = site.ask(Method::GET, &path, &[PAGE]).await;
    assert_eq!(link.status, 302);
    assert_eq!(link.header("location"), "/a%40b/view/");
    let link = link.cookie("nbpress-").unwrap();
    for cookie in [&form, &link] {
        assert!(!cookie.contains(&secret[4..]), "{cookie}");
        assert_eq!(name(&site, cookie).await.as_deref(), Some("ada"));
        let headers = [
            ("cookie", cookie.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        let answer = site.ask(Method::POST, "/api/contents", &headers).await;
        assert_eq!(answer.status, 403, "the token only reads");
    }
    let path = format!("/v1/tokens/{id}");
    let revoked = site.send(Method::DELETE, &path, &json!({})).await;
    assert_eq!(revoked.status, 204);
    for cookie in [&form, &link] {
        assert_eq!(name(&site, cookie).await, None);
    }
    assert_eq!(submit(&site, &secret).await.status, 401);
}

#[tokio::test]
async fn a_user_who_is_disabled_is_signed_out_and_a_new_link_is_theirs_to_use_later() {
    let site = Site::start().await;
    let invited = user(&site, "ada", &json!({"main": "viewer"})).await;
    let (_, secret) = invited["link"]
        .as_str()
        .unwrap()
        .split_once("link=")
        .unwrap();
    let cookie = submit(&site, secret).await.cookie("nbpress-").unwrap();
    let (_, secret) = token(&site, "ada", ALL).await;
    let change = async |disabled: bool| {
        let body = json!({"disabled": disabled});
        let answer = site.send(Method::PATCH, "/v1/users/ada", &body).await;
        assert_eq!(answer.status, 200);
    };
    let invite = async || {
        let path = "/v1/users/ada/link";
        let answer = site.send(Method::POST, path, &json!({})).await;
        answer.status.as_u16()
    };
    change(true).await;
    assert_eq!(name(&site, &cookie).await, None);
    assert_eq!(submit(&site, &secret).await.status, 401);
    assert_eq!(invite().await, 409);
    change(false).await;
    assert_eq!(name(&site, &cookie).await, None, "signed out is signed out");
    assert_eq!(invite().await, 201);
}

#[tokio::test]
async fn who_may_not_look_at_a_page_is_told_so_and_not_sent_to_sign_in() {
    let site = Site::start().await;
    user(&site, "ada", &json!({"other": "viewer"})).await;
    let (_, secret) = token(&site, "ada", ALL).await;
    let cookie = submit(&site, &secret).await.cookie("nbpress-").unwrap();
    let headers = [("cookie", cookie.as_str()), PAGE];
    let page = site.ask(Method::GET, "/view/", &headers).await;
    assert_eq!(page.status, 403);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text().contains("has no permission to read"));
}
