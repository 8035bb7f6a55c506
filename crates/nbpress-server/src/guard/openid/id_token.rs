//! Whether an ID token is believed (<https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>).

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use crate::guard::credentials::same;
use crate::guard::openid::person::Said;
use crate::guard::openid::signature::ALGORITHMS;

/// How far the clocks of two machines may be apart.
const SKEW_SECONDS: u64 = 60;

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    /// For whom it must be.
    pub(super) client_id: &'a str,
    /// What was sent along when the sign-in began.
    pub(super) nonce: &'a str,
}

/// What a token says that is believed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Claims {
    // One issuer: a list that has the right one among others is refused.
    #[serde(rename = "iss")]
    _issuer: String,
    aud: Audience,
    azp: Option<String>,
    nonce: Option<String>,
    /// The person.
    #[serde(flatten)]
    pub(super) said: Said,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotBelieved {
    #[error("it cannot be read, or nobody signed it")]
    Unreadable,
    #[error("it is signed in a way that is not accepted")]
    Algorithm,
    #[error("the provider has no key that it is signed with")]
    NoKey,
    #[error("its signature is not the provider's")]
    Signature,
    #[error("it is from another issuer")]
    Issuer,
    #[error("it is for somebody else")]
    Audience,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    Early,
    #[error("it lacks something")]
    Incomplete,
    #[error("it belongs to another sign-in")]
    Nonce,
}

impl NotBelieved {
    /// Whether another look at the provider's keys can change it: they are replaced from time to time.
    pub(super) fn may_be_old_keys(self) -> bool {
        matches!(self, Self::NoKey | Self::Signature)
    }
}

/// Reads a token that one of the keys signed.
pub(super) fn believed(
    token: &str,
    keys: &[Jwk],
    expected: &Expected<'_>,
) -> Result<Claims, NotBelieved> {
    let header = decode_header(token).map_err(|_| NotBelieved::Unreadable)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(NotBelieved::Algorithm);
    }
    let validation = validation(header.alg, expected);
    let mut why = NotBelieved::NoKey;
    for key in keys {
        if !is_for(key, header.alg, header.kid.as_deref()) {
            continue;
        }
        let Ok(key) = DecodingKey::from_jwk(key) else {
            continue;
        };
        match decode::<Claims>(token, &key, &validation) {
            Ok(token) => return checked(token.claims, expected),
            Err(error) => why = reason(error.kind()),
        }
        if why != NotBelieved::Signature {
            return Err(why);
        }
    }
    Err(why)
}

fn validation(algorithm: Algorithm, expected: &Expected<'_>) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.leeway = SKEW_SECONDS;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation
}

/// Whether a key can have made a signature: it has the id that the token names, and is for such signatures.
fn is_for(key: &Jwk, algorithm: Algorithm, id: Option<&str>) -> bool {
    let named = id.is_none() || key.common.key_id.as_deref() == id;
    let signs = matches!(
        key.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let same_way = key
        .common
        .key_algorithm
        .is_none_or(|known| known == algorithm.into());
    let family = DecodingKey::from_jwk(key).map(|key| key.family());
    named && signs && same_way && family.is_ok_and(|family| family == algorithm.family())
}

/// What only this sign-in knows.
fn checked(claims: Claims, expected: &Expected<'_>) -> Result<Claims, NotBelieved> {
    let nonce = claims.nonce.as_deref();
    if !nonce.is_some_and(|nonce| same(nonce, expected.nonce)) {
        return Err(NotBelieved::Nonce);
    }
    let alone = match &claims.aud {
        Audience::One(one) => one == expected.client_id,
        Audience::Several(several) => several.iter().all(|one| one == expected.client_id),
    };
    match claims.azp.as_deref() {
        Some(party) if party == expected.client_id => Ok(claims),
        None if alone => Ok(claims),
        _ => Err(NotBelieved::Audience),
    }
}

fn reason(error: &ErrorKind) -> NotBelieved {
    match error {
        ErrorKind::InvalidSignature => NotBelieved::Signature,
        ErrorKind::InvalidIssuer => NotBelieved::Issuer,
        ErrorKind::InvalidAudience => NotBelieved::Audience,
        ErrorKind::ExpiredSignature => NotBelieved::Expired,
        ErrorKind::ImmatureSignature => NotBelieved::Early,
        ErrorKind::MissingRequiredClaim(_)
        | ErrorKind::InvalidClaimFormat(_)
        | ErrorKind::Json(_) => NotBelieved::Incomplete,
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => NotBelieved::Algorithm,
        _ => NotBelieved::Unreadable,
    }
}

#[cfg(test)]
mod tests;
