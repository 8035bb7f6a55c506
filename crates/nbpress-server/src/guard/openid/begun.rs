//! A sign-in that was begun: all that is to be remembered of it is in a cookie of the browser that began it.
//!
//! State, nonce and the verifier of PKCE are made from the cookie and the server's token. So whoever comes back
//! with a state must be the browser that it was made for, and the server keeps nothing, also over a restart.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

/// How long somebody may take to sign in at the provider.
pub(super) const SECONDS: i64 = 600;
/// Browsers drop cookies that are longer than 4096 bytes.
const LONGEST_ADDRESS: usize = 2000;

/// What is in the cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    secret: String,
    /// When, in seconds since 1970.
    at: i64,
    /// Where the person wanted to go.
    pub(super) next: String,
}

impl Begun {
    pub(super) fn new(next: &str, at: i64) -> Self {
        let (one, other) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
        let next = if next.len() > LONGEST_ADDRESS {
            ""
        } else {
            next
        };
        Self {
            secret: format!("{}{}", one.simple(), other.simple()),
            at,
            next: next.to_owned(),
        }
    }

    /// What the cookie says.
    pub(super) fn read(cookie: &str) -> Option<Self> {
        let mut parts = cookie.split('.');
        let (secret, at, next) = (parts.next()?, parts.next()?, parts.next()?);
        let next = URL_SAFE_NO_PAD.decode(next).ok()?;
        Some(Self {
            secret: secret.to_owned(),
            at: at.parse().ok()?,
            next: String::from_utf8(next).ok()?,
        })
    }

    /// The cookie.
    pub(super) fn cookie(&self) -> String {
        let next = URL_SAFE_NO_PAD.encode(&self.next);
        format!("{}.{}.{next}", self.secret, self.at)
    }

    /// Whether it has been too long ago.
    pub(super) fn is_over(&self, now: i64) -> bool {
        !(0..=SECONDS).contains(&now.saturating_sub(self.at))
    }

    /// What the provider sends back with the browser.
    pub(super) fn state(&self, token: &str) -> String {
        self.made_from(token, "state")
    }

    /// What the provider writes into the ID token.
    pub(super) fn nonce(&self, token: &str) -> String {
        self.made_from(token, "nonce")
    }

    /// What shows the provider that whoever has the code also began the sign-in (RFC 7636).
    pub(super) fn verifier(&self, token: &str) -> String {
        self.made_from(token, "verifier")
    }

    fn made_from(&self, token: &str, what: &str) -> String {
        let Ok(mut code) = Hmac::<Sha256>::new_from_slice(token.as_bytes()) else {
            return String::new();
        };
        code.update(format!("openid {what} {}", self.cookie()).as_bytes());
        URL_SAFE_NO_PAD.encode(code.finalize().into_bytes())
    }
}

/// What is sent ahead of a verifier.
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// The sign-ins that succeeded. Providers let a code be used once; this holds where one does not.
#[derive(Debug, Default)]
pub(super) struct Ended {
    states: Mutex<BTreeMap<String, i64>>,
}

impl Ended {
    /// Whether the sign-in of a state succeeds for the first time.
    pub(super) fn is_first(&self, state: &str, now: i64) -> bool {
        let states = self.states.lock();
        let mut states = states.unwrap_or_else(PoisonError::into_inner);
        states.retain(|_, at| now.saturating_sub(*at) <= SECONDS);
        states.insert(state.to_owned(), now).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_as_it_was_written() {
        let begun = Begun::new("/view/a b.ipynb?x=1", 1000);
        assert_eq!(Begun::read(&begun.cookie()), Some(begun));
        for broken in ["", "a", "a.b.c", "a.1", "a.1.%%", "a.1._w"] {
            assert_eq!(Begun::read(broken), None, "{broken}");
        }
    }

    #[test]
    fn every_change_of_the_cookie_is_another_sign_in() {
        let begun = Begun::new("/a", 1000);
        let mut others = vec![Begun::new("/a", 1000); 3];
        others[1] = begun.clone();
        others[1].at += 1;
        others[2] = begun.clone();
        others[2].next = "/b".to_owned();
        for other in others {
            assert_ne!(other.state("t"), begun.state("t"));
        }
        assert_ne!(begun.state("another token"), begun.state("t"));
        let all = [begun.state("t"), begun.nonce("t"), begun.verifier("t")];
        assert!(all.iter().all(|text| text.len() == 43), "{all:?}");
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_standard() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            challenge(verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_state_comes_back_once() {
        let ended = Ended::default();
        assert!(ended.is_first("a", 0));
        assert!(!ended.is_first("a", 1));
        assert!(ended.is_first("b", 1));
        assert!(Begun::new("", 0).is_over(SECONDS + 1) && !Begun::new("", 0).is_over(SECONDS));
        assert!(Begun::new("", 10).is_over(9), "begun in the future");
    }
}
