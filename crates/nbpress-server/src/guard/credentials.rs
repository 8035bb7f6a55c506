//! What a request brings to say who it is from: a header, a link's token, or a sign-in.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};

use crate::App;
use crate::guard::known::Known;
use crate::guard::refusal::Refusal;
use crate::guard::who::Who;
use crate::guard::{cookies, place, sign_in};

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

/// Who a request is from.
pub(super) async fn proof(app: &App, parts: &Parts) -> Result<(Proof, Who), Refusal> {
    let headers = &parts.headers;
    if let Some(token) = header_token(headers) {
        let who = of_token(app, token).await?;
        return who.map(|who| (Proof::Header, who)).ok_or(Refusal::Invalid);
    }
    // Whoever runs no Jupyter server has no pages to sign in to.
    if app.jupyter.is_none() {
        return Err(Refusal::Nobody);
    }
    let link = place::values(parts, "token").into_iter().next();
    if let Some(token) = &link
        && let Some(who) = of_token(app, token).await?
    {
        return Ok((Proof::Link, who));
    }
    let id = cookies::value(headers, &cookies::sign_in_name(headers));
    if let Some(id) = id {
        if app.sign_ins.holds(id, sign_in::now()) {
            return Ok((Proof::SignIn, Who::Owner));
        }
        let member = Known::member(app, id).await.map_err(|_| Refusal::Away)?;
        if let Some(member) = member {
            return Ok((Proof::SignIn, Who::User(member)));
        }
    }
    Err(match link {
        Some(_) => Refusal::Invalid,
        None => Refusal::Nobody,
    })
}

/// Who has a token: the server's own, or a user's.
pub(super) async fn of_token(app: &App, token: &str) -> Result<Option<Who>, Refusal> {
    if same(token, &app.token) {
        return Ok(Some(Who::Owner));
    }
    let member = Known::member(app, token).await.map_err(|_| Refusal::Away)?;
    Ok(member.map(Who::User))
}

/// `Bearer X` and Jupyter's `token X`; schemes are compared as RFC 9110, section 11.1 says.
fn header_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    ["bearer", "token"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        .then(|| token.trim())
}

/// In a time that says nothing about where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}
