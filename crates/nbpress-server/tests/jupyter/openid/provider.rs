//! A small OpenID provider that also does what none should do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;

/// What the server shows it.
pub(crate) const SECRET: &str = "a secret: of 100 % nobody";

/// How it misbehaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ways {
    /// Says of each person what is here besides; `null` takes something away.
    pub(crate) claims: Value,
    /// What its userinfo says.
    pub(crate) userinfo: Option<Value>,
    /// What its token endpoint answers instead of tokens.
    pub(crate) refusal: Option<(u16, &'static str)>,
    /// What it says of itself besides.
    pub(crate) description: Value,
}

struct Inside {
    issuer: String,
    ways: Ways,
    key: (u32, EcdsaKeyPair),
    /// Nonce and challenge of each code.
    codes: HashMap<String, (String, String)>,
    times_keys_were_asked: u32,
}

type Shared = Arc<Mutex<Inside>>;

/// A provider that answers.
pub(crate) struct Provider {
    inside: Shared,
    served: JoinSet<()>,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inside = Arc::new(Mutex::new(Inside {
            issuer,
            ways: Ways::default(),
            key: (1, new_key()),
            codes: HashMap::new(),
            times_keys_were_asked: 0,
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/keys", get(keys))
            .route("/token", post(tokens))
            .route("/me", get(userinfo))
            .with_state(Arc::clone(&inside));
        let mut served = JoinSet::new();
        served.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { inside, served }
    }

    pub(crate) fn issuer(&self) -> String {
        self.inside.lock().unwrap().issuer.clone()
    }

    pub(crate) fn behave(&self, ways: Ways) {
        self.inside.lock().unwrap().ways = ways;
    }

    /// From now on another key signs, and the one before it is gone.
    pub(crate) fn rotate(&self) {
        let mut inside = self.inside.lock().unwrap();
        inside.key = (inside.key.0 + 1, new_key());
    }

    pub(crate) fn times_keys_were_asked(&self) -> u32 {
        self.inside.lock().unwrap().times_keys_were_asked
    }

    /// A code for what the server asked.
    pub(crate) fn code(&self, nonce: &str, challenge: &str) -> String {
        let mut inside = self.inside.lock().unwrap();
        let code = format!("code-{}", inside.codes.len());
        let asked = (nonce.to_owned(), challenge.to_owned());
        inside.codes.insert(code.clone(), asked);
        code
    }

    /// Answers nobody any more.
    pub(crate) async fn stop(&mut self) {
        self.served.shutdown().await;
    }
}

fn new_key() -> EcdsaKeyPair {
    let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let key = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(kind, key.as_ref(), &random).unwrap()
}

fn with(mut value: Value, changes: &Value) -> Value {
    for (name, change) in changes.as_object().into_iter().flatten() {
        value[name] = change.clone();
    }
    value
}

async fn description(State(inside): State<Shared>) -> Json<Value> {
    let inside = inside.lock().unwrap();
    let at = |path: &str| format!("{}{path}", inside.issuer);
    let said = json!({"issuer": inside.issuer, "authorization_endpoint": at("/authorize?tenant=1"),
        "token_endpoint": at("/token"), "jwks_uri": at("/keys"), "userinfo_endpoint": at("/me")});
    Json(with(said, &inside.ways.description))
}

async fn keys(State(inside): State<Shared>) -> Json<Value> {
    let mut inside = inside.lock().unwrap();
    inside.times_keys_were_asked += 1;
    let (id, key) = &inside.key;
    let (x, y) = key.public_key().as_ref()[1..].split_at(32);
    Json(json!({"keys": [{"kty": "of tomorrow", "kid": "0"},
        {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id.to_string(),
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)}]}))
}

async fn tokens(State(inside): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let form = url::form_urlencoded::parse(&body).into_owned();
    let form: HashMap<String, String> = form.collect();
    let mut inside = inside.lock().unwrap();
    let refuse = |status: u16, error: &str| {
        let body = Json(json!({"error": error, "error_description": SECRET}));
        (StatusCode::from_u16(status).unwrap(), body).into_response()
    };
    if let Some((status, error)) = inside.ways.refusal {
        return refuse(status, error);
    }
    // As RFC 6749, section 2.3.1 writes what a header cannot hold.
    let pair = STANDARD.encode("the+server:a+secret%3A+of+100+%25+nobody");
    if headers["authorization"] != format!("Basic {pair}").as_str() {
        return refuse(401, "invalid_client");
    }
    let Some((nonce, challenge)) = inside.codes.remove(&form["code"]) else {
        return refuse(400, "invalid_grant");
    };
    let verifier = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    if verifier != challenge || form["grant_type"] != "authorization_code" {
        return refuse(400, "invalid_grant");
    }
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({"iss": inside.issuer, "aud": "the server", "sub": "4711", "nonce": nonce, "iat": now,
        "exp": now + 300, "email": "ada@example.org", "email_verified": true, "name": "Ada"});
    let claims = with(claims, &inside.ways.claims);
    let (id, key) = &inside.key;
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"alg": "ES256", "kid": id.to_string()});
    let message = format!("{}.{}", encoded(&header), encoded(&claims));
    let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    let id_token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    Json(json!({"id_token": id_token, "access_token": "opaque", "token_type": "Bearer"}))
        .into_response()
}

async fn userinfo(State(inside): State<Shared>, headers: HeaderMap) -> Response {
    let inside = inside.lock().unwrap();
    assert_eq!(headers["authorization"], "Bearer opaque");
    match &inside.ways.userinfo {
        Some(said) => Json(said.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
