//! What a request brings to say who it is from: a header, a link's token, or a sign-in.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};

use crate::App;
use crate::guard::refusal::Refusal;
use crate::guard::{cookies, sign_in};

/// How somebody showed who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// A header, which no page of a stranger can make a browser send.
    Header,
    /// `?token=`.
    Link,
    /// The cookie, which a browser sends by itself.
    SignIn,
}

/// What a request proves.
pub(crate) fn proof(app: &App, request: &Request) -> Result<Proof, Refusal> {
    let headers = request.headers();
    if let Some(token) = header_token(headers) {
        return if same(token, &app.token) {
            Ok(Proof::Header)
        } else {
            Err(Refusal::Invalid)
        };
    }
    // Whoever runs no Jupyter server has no pages to sign in to.
    if app.jupyter.is_none() {
        return Err(Refusal::Nobody);
    }
    let link = link_token(request.uri().query().unwrap_or_default());
    if link.as_deref().is_some_and(|token| same(token, &app.token)) {
        return Ok(Proof::Link);
    }
    let id = cookies::value(headers, &cookies::sign_in_name(headers));
    if id.is_some_and(|id| app.sign_ins.holds(id, sign_in::now())) {
        return Ok(Proof::SignIn);
    }
    Err(match link {
        Some(_) => Refusal::Invalid,
        None => Refusal::Nobody,
    })
}

/// `Bearer X` and Jupyter's `token X`; schemes are compared as RFC 9110, section 11.1 says.
fn header_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    ["bearer", "token"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        .then(|| token.trim())
}

fn link_token(query: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "token")
        .map(|(_, token)| token.into_owned())
}

/// In a time that says nothing about where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}
