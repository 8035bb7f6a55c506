//! Sign-in with OpenID Connect, with a provider that does what it should, and one that does not.

mod provider;

use std::collections::HashMap;

use nbpress_runs::Role;
use nbpress_runs::store::{NewUser, UserChange};
use nbpress_server::{ClientSecret, OpenId, OpenIdSettings};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::{Answer, Setup, Site};
use provider::{Provider, SECRET, Ways};

const BY: (&str, jiff::Timestamp) = ("owner", jiff::Timestamp::UNIX_EPOCH);

/// Settings with which everybody of `example.org` becomes a viewer.
fn settings(issuer: &str) -> OpenIdSettings {
    OpenIdSettings {
        issuer: issuer.to_owned(),
        client_id: "the server".to_owned(),
        client_secret: Some(ClientSecret::new(&format!("{SECRET}\n"))),
        scopes: vec!["email".to_owned()],
        domains: vec!["example.org".to_owned()],
        default_role: Role::Viewer,
        public_url: None,
    }
}

async fn site(provider: &Provider) -> Site {
    Site::start_with(Setup {
        openid: Some(settings(&provider.issuer())),
        ..Setup::default()
    })
    .await
}

/// A sign-in that was begun: what the browser was told.
struct Begun {
    cookie: String,
    asked: HashMap<String, String>,
    address: Url,
}

async fn begin(site: &Site) -> Begun {
    let path = "/login/openid?next=%2Fa%2540b%2Fview%2F";
    let answer = site.ask(Method::GET, path, &[]).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    let cookie = answer.set_cookie("nbpress-").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let address = Url::parse(answer.header("location")).unwrap();
    Begun {
        cookie: answer.cookie("nbpress-").unwrap(),
        asked: address.query_pairs().into_owned().collect(),
        address,
    }
}

/// What the server answers when the provider sends the browser back with a query.
async fn come_back(site: &Site, begun: &Begun, query: &str) -> Answer {
    let path = format!("/login/openid/callback?{query}");
    // As browsers do that come from another site.
    let headers = [
        ("cookie", begun.cookie.as_str()),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    ];
    site.ask(Method::GET, &path, &headers).await
}

/// The query of a provider that is content.
fn granted(provider: &Provider, begun: &Begun) -> String {
    let code = provider.code(&begun.asked["nonce"], &begun.asked["code_challenge"]);
    format!("code={code}&state={}", begun.asked["state"])
}

async fn sign_in(site: &Site, provider: &Provider) -> Answer {
    let begun = begin(site).await;
    come_back(site, &begun, &granted(provider, &begun)).await
}

/// What the server knows of whoever has been signed in.
async fn me(site: &Site, signed_in: &Answer) -> Value {
    assert_eq!(signed_in.status, 302, "{}", signed_in.text());
    let cookie = signed_in.cookie("nbpress-").unwrap();
    site.ask(Method::GET, "/v1/me", &[("cookie", &cookie)])
        .await
        .json()
}

/// A refusal that a person can read, and nobody signed in.
fn refused(answer: &Answer, status: u16, words: &str) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    assert!(text.contains(words), "no `{words}` in {text}");
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(
        answer
            .header("content-security-policy")
            .contains("default-src 'none'")
    );
    assert!(!text.contains("a secret"), "{text}");
    let cookies = answer.headers.get_all("set-cookie").iter();
    let mut cookies = cookies.map(|cookie| cookie.to_str().unwrap());
    assert!(cookies.all(|cookie| cookie.contains("Max-Age=0") || cookie.starts_with("_xsrf")));
}

#[tokio::test]
async fn somebody_of_an_allowed_domain_becomes_a_viewer() {
    let provider = Provider::start().await;
    let site = site(&provider).await;
    let form = site.ask(Method::GET, "/login", &[]).await.text();
    let name = provider.issuer().replace("http://", "");
    assert!(form.contains(&format!("Sign in with {name}")), "{form}");

    let begun = begin(&site).await;
    assert_eq!(begun.address.path(), "/authorize");
    let callback = site.url("/login/openid/callback");
    for (name, value) in [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "the server"),
        ("scope", "openid email"),
        ("code_challenge_method", "S256"),
        ("redirect_uri", &callback),
    ] {
        assert_eq!(begun.asked[name], value, "{name}");
    }
    let answer = come_back(&site, &begun, &granted(&provider, &begun)).await;
    assert_eq!(answer.header("location"), "/a%40b/view/");
    let me = me(&site, &answer).await;
    assert_eq!(me["name"], "ada@example.org");
    assert_eq!(me["user"]["display_name"], "Ada");
    assert_eq!(me["user"]["roles"], json!({"main": "viewer"}));
    assert_eq!(me["user"]["identity"]["subject"], "4711");

    // Whoever comes again is the same user, whatever their address is by then.
    provider.behave(Ways {
        claims: json!({"email": "lovelace@elsewhere.test", "email_verified": false}),
        ..Ways::default()
    });
    let again = sign_in(&site, &provider).await;
    assert_eq!(self::me(&site, &again).await["name"], "ada@example.org");
    assert_eq!(site.store.users().await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_whom_an_administrator_expects_or_a_domain_allows_may_come_in() {
    let provider = Provider::start().await;
    let site = site(&provider).await;
    let expected = NewUser {
        name: "bob".to_owned(),
        email: Some("Bob@elsewhere.test".to_owned()),
        ..NewUser::default()
    };
    site.store.create_user(&expected, BY).await.unwrap();
    let says = |claims: Value| {
        provider.behave(Ways {
            claims,
            ..Ways::default()
        });
    };
    for (claims, status, words) in [
        (
            json!({"email": "eve@evil.test"}),
            403,
            "knows you as eve@evil.test",
        ),
        (json!({"email": "eve@notexample.org"}), 403, "knows you as"),
        (
            json!({"email": "eve@example.org.evil.test"}),
            403,
            "knows you as",
        ),
        (
            json!({"email": "eve@evil.test@example.org/"}),
            403,
            "knows you as",
        ),
        (
            json!({"email": "bob@elsewhere.test", "email_verified": false}),
            403,
            "has not verified",
        ),
        (
            json!({"email": "ada@example.org", "email_verified": "true"}),
            403,
            "has not verified",
        ),
        (
            json!({"email": "<b>@x", "email_verified": false}),
            403,
            "&lt;b&gt;@x",
        ),
        (json!({"email": "@example.org"}), 403, "has not verified"),
    ] {
        says(claims);
        refused(&sign_in(&site, &provider).await, status, words);
    }
    assert_eq!(site.store.users().await.unwrap().len(), 1);

    says(json!({"email": "bob@elsewhere.test", "sub": "bob's"}));
    let bob = sign_in(&site, &provider).await;
    assert_eq!(me(&site, &bob).await["name"], "bob");
    // Another person with the same address is not him.
    says(json!({"email": "bob@elsewhere.test", "sub": "another"}));
    refused(&sign_in(&site, &provider).await, 403, "knows you as");

    let disabled = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    site.store.change_user("bob", &disabled, BY).await.unwrap();
    says(json!({"email": "bob@elsewhere.test", "sub": "bob's"}));
    refused(
        &sign_in(&site, &provider).await,
        403,
        "may not use this server any more",
    );
}

#[tokio::test]
async fn a_provider_may_say_elsewhere_who_somebody_is() {
    let provider = Provider::start().await;
    let site = site(&provider).await;
    let silent = json!({"email": null, "email_verified": null});
    let says = |userinfo: Value| {
        provider.behave(Ways {
            claims: silent.clone(),
            userinfo: Some(userinfo),
            ..Ways::default()
        });
    };
    says(json!({"sub": "another", "email": "ada@example.org", "email_verified": true}));
    refused(
        &sign_in(&site, &provider).await,
        502,
        "is of another person",
    );
    says(json!({"sub": "4711", "email": "ada@example.org", "email_verified": true}));
    let answer = sign_in(&site, &provider).await;
    assert_eq!(me(&site, &answer).await["name"], "ada@example.org");
}

#[tokio::test]
async fn an_answer_that_cannot_be_trusted_signs_nobody_in() {
    let provider = Provider::start().await;
    let site = site(&provider).await;
    let now = jiff::Timestamp::now().as_second();
    let untrusted = "cannot be trusted";
    for (claims, status, words) in [
        (json!({"nonce": "another"}), 502, untrusted),
        (json!({"aud": "another server"}), 502, untrusted),
        (json!({"iss": "https://elsewhere.test"}), 502, untrusted),
        (
            json!({"exp": now - 120}),
            502,
            "Its clock and that of this server",
        ),
        (
            json!({"nbf": now + 120}),
            502,
            "Its clock and that of this server",
        ),
    ] {
        provider.behave(Ways {
            claims,
            ..Ways::default()
        });
        refused(&sign_in(&site, &provider).await, status, words);
    }
    for (refusal, status, words) in [
        ((400, "invalid_grant"), 400, "took too long"),
        ((401, "invalid_client"), 502, "`invalid_client`"),
        ((500, "server_error"), 502, "does not answer as it should"),
    ] {
        provider.behave(Ways {
            refusal: Some(refusal),
            ..Ways::default()
        });
        refused(&sign_in(&site, &provider).await, status, words);
    }
    assert!(site.store.users().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_sign_in_ends_in_the_browser_that_began_it_and_once() {
    let provider = Provider::start().await;
    let site = site(&provider).await;
    let not_begun = "has not begun this sign-in";
    let (begun, other) = (begin(&site).await, begin(&site).await);
    // Somebody else's answer, brought to this browser, or to one that began nothing.
    let query = granted(&provider, &other);
    refused(&come_back(&site, &begun, &query).await, 400, not_begun);
    let path = format!("/login/openid/callback?{query}");
    let stranger = site.ask(Method::GET, &path, &[]);
    refused(&stranger.await, 400, not_begun);
    for query in [
        "",
        "code=x",
        "state=",
        "error=access_denied",
        "code=x&state=y",
    ] {
        refused(&come_back(&site, &begun, query).await, 400, not_begun);
    }
    // The person says no. What else a query says is not repeated.
    let state = &begun.asked["state"];
    let declined = format!("error=access_denied<b>&error_description=call+555-1234&state={state}");
    let answer = come_back(&site, &begun, &declined).await;
    refused(&answer, 403, "`access_deniedb`");
    assert!(!answer.text().contains("555"));
    // Of another provider (RFC 9207).
    let query = format!("{}&iss=https://elsewhere.test", granted(&provider, &begun));
    refused(
        &come_back(&site, &begun, &query).await,
        502,
        "cannot be trusted",
    );
    // A code that somebody else got for something else does not open this sign-in.
    let stolen = provider.code(&begun.asked["nonce"], &other.asked["code_challenge"]);
    let query = format!("code={stolen}&state={state}");
    refused(
        &come_back(&site, &begun, &query).await,
        400,
        "took too long",
    );

    let query = granted(&provider, &begun);
    let answer = come_back(&site, &begun, &query).await;
    assert_eq!(me(&site, &answer).await["name"], "ada@example.org");
    refused(
        &come_back(&site, &begun, &query).await,
        400,
        "took too long",
    );
    // Not even where a provider would give tokens twice.
    let query = granted(&provider, &begun);
    refused(&come_back(&site, &begun, &query).await, 400, not_begun);
}

#[tokio::test]
async fn keys_are_replaced_and_providers_go_away() {
    let mut provider = Provider::start().await;
    let site = site(&provider).await;
    for _ in 0..2 {
        assert_eq!(sign_in(&site, &provider).await.status, 302);
    }
    assert_eq!(provider.times_keys_were_asked(), 1);
    provider.rotate();
    assert_eq!(sign_in(&site, &provider).await.status, 302);
    assert_eq!(provider.times_keys_were_asked(), 2);

    let begun = begin(&site).await;
    let query = granted(&provider, &begun);
    provider.stop().await;
    let away = "does not answer as it should";
    refused(&come_back(&site, &begun, &query).await, 502, away);
    let other = Site::start_with(Setup {
        openid: Some(settings("http://127.0.0.1:1")),
        ..Setup::default()
    });
    let answer = other.await.ask(Method::GET, "/login/openid", &[]).await;
    refused(&answer, 502, away);
}

#[tokio::test]
async fn a_provider_that_says_something_strange_of_itself_is_not_asked() {
    for (description, words) in [
        (
            json!({"issuer": "https://elsewhere.test"}),
            "calls itself `https://elsewhere.test`",
        ),
        (
            json!({"token_endpoint": "http://elsewhere.test/token"}),
            "is read by others",
        ),
        (
            json!({"jwks_uri": "ftp://elsewhere.test"}),
            "is read by others",
        ),
        (
            json!({"authorization_endpoint": "javascript:alert(1)"}),
            "is read by others",
        ),
        (json!({"jwks_uri": 1}), "cannot be read"),
    ] {
        let provider = Provider::start().await;
        provider.behave(Ways {
            description,
            ..Ways::default()
        });
        let answer = site(&provider)
            .await
            .ask(Method::GET, "/login/openid", &[])
            .await;
        refused(&answer, 502, words);
    }
}

#[tokio::test]
async fn without_a_provider_nobody_signs_in_with_one() {
    let site = Site::start().await;
    for path in ["/login/openid", "/login/openid/callback"] {
        let answer = site.ask(Method::GET, path, &[]).await;
        refused(&answer, 404, "Nobody can sign in this way here");
    }
    assert!(
        !site
            .ask(Method::GET, "/login", &[])
            .await
            .text()
            .contains("Sign in with")
    );
}

#[test]
fn an_issuer_keeps_secrets() {
    for issuer in [
        "",
        "id.example",
        "http://id.example",
        "ftp://x",
        "https://id.example/?a=1",
        "https://x/#a",
    ] {
        let error = OpenId::new(settings(issuer)).unwrap_err();
        assert!(
            error
                .hint()
                .is_some_and(|hint| hint.contains("https://HOST")),
            "{issuer}"
        );
    }
    for issuer in [
        "https://id.example",
        "https://id.example/realms/a/",
        "http://localhost:8080",
    ] {
        let openid = OpenId::new(settings(issuer)).unwrap();
        assert!(!format!("{openid:?}").contains("a secret"), "{openid:?}");
    }
}
