//! Secrets that are shown once: the database has their SHA-256, logs have nothing.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A secret of 256 random bits, `nbp_` and 64 digits and letters. The beginning says what it opens, so that
/// whoever finds one knows what to revoke.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one that begins like this.
    pub(crate) fn new(begin: &str) -> Self {
        // 366 random bits; what their hash keeps of them is 256.
        let mut random = Sha256::new();
        for _ in 0..3 {
            random.update(uuid::Uuid::new_v4().as_bytes());
        }
        Self(format!("{begin}{}", hex::encode(random.finalize())))
    }

    /// The text of it, for whoever is to have it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// What the database has of a secret. It is looked up by this: how long that takes says nothing about the secret.
pub(crate) fn sha256(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_and_is_not_shown() {
        let (one, other) = (Secret::new("nbp_"), Secret::new("nbp_"));
        assert_eq!(one.reveal().len(), 4 + 64);
        assert_ne!(one, other);
        assert_eq!(format!("{one:?}"), "Secret(…)");
        assert_ne!(sha256(one.reveal()), one.reveal());
    }
}
