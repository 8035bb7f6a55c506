//! What a provider says of a person.

use serde::Deserialize;
use serde_json::Value;

/// The claims that are read, of an ID token or of the userinfo answer
/// (<https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims>).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Said {
    /// Their name at the provider, which is never given to another one.
    pub(super) sub: String,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(default)]
    email_verified: Value,
    #[serde(default)]
    pub(super) name: Option<String>,
}

impl Said {
    /// The e-mail address, where the provider says that it is theirs; its domain in small letters.
    pub(super) fn verified_email(&self) -> Option<String> {
        let (person, domain) = self.email.as_deref()?.rsplit_once('@')?;
        let plain = !person.is_empty() && !domain.is_empty();
        let verified = self.email_verified == Value::Bool(true);
        (plain && verified).then(|| format!("{person}@{}", domain.to_ascii_lowercase()))
    }

    /// Adds what only the other one says, which is of the same person.
    pub(super) fn or(self, other: Self) -> Self {
        // An address and what is said of it come from one place.
        let (email, email_verified) = match self.email {
            Some(email) => (Some(email), self.email_verified),
            None => (other.email, other.email_verified),
        };
        Self {
            sub: self.sub,
            email,
            email_verified,
            name: self.name.or(other.name),
        }
    }
}
