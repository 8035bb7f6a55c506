//! Secrets of channels: a channel says where one is, and it is fetched when a message is sent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;
use utoipa::ToSchema;

/// Where a secret is: `env:NBPRESS_SECRET_…`, a variable of the server, or `file:/path`, a file in one of
/// its folders for secrets. Whoever may define a channel may use each of them, and nothing else that the
/// server knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "env:NBPRESS_SECRET_HOOK")]
pub struct SecretRef(String);

/// A text that does not say where a secret is. The text is not repeated: it may be the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a reference to a secret; write `env:{PREFIX}NAME` or `file:/path`, never the secret itself"
)]
pub struct NoSecretRef;

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// No variable of this name was given.
    #[error("the variable is not set")]
    Unset,
    /// The file is outside the folders for secrets.
    #[error("the file is not in a folder for secrets")]
    Elsewhere,
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// There is nothing in it, or more than a secret.
    #[error("the secret must have 1 to {LONGEST} bytes")]
    Length,
}

impl SecretError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unset => "set the variable where the server is started, and start it again",
            Self::Elsewhere => {
                "put the file beneath the folder `secrets` of the server's `NBPRESS_HOME`"
            }
            Self::Unreadable(_) => "the file must be there and readable by the server",
            Self::Length => return None,
        };
        Some(hint.to_owned())
    }
}

/// What the names of variables begin with that channels may name.
const PREFIX: &str = "NBPRESS_SECRET_";
/// Longest secret, in bytes.
const LONGEST: u64 = 16 * 1024;

impl SecretRef {
    /// `env:NBPRESS_SECRET_NAME` or `file:/path`.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self, NoSecretRef> {
        let known = match text.split_once(':') {
            Some(("env", name)) => name.strip_prefix(PREFIX).is_some_and(|own| {
                let plain = |char: char| char.is_ascii_alphanumeric() || char == '_';
                !own.is_empty() && own.chars().all(plain)
            }),
            Some(("file", path)) => path.starts_with('/') && !path.chars().any(char::is_control),
            _ => false,
        };
        known.then(|| Self(text.to_owned())).ok_or(NoSecretRef)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SecretRef {
    type Error = NoSecretRef;

    fn try_from(text: String) -> Result<Self, NoSecretRef> {
        Self::parse(&text)
    }
}

impl From<SecretRef> for String {
    fn from(reference: SecretRef) -> Self {
        reference.0
    }
}

/// Where secrets may come from.
#[derive(Clone, Default)]
pub(super) struct Vault {
    pub(super) environment: BTreeMap<String, String>,
    pub(super) folders: Vec<PathBuf>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// The secret, without the line end a file has after it.
    pub(super) async fn open(&self, reference: &SecretRef) -> Result<String, SecretError> {
        let secret = match reference.0.split_once(':') {
            Some(("env", name)) => self.environment.get(name).cloned(),
            Some((_, path)) => Some(self.read(Path::new(path)).await?),
            None => None,
        };
        let secret = secret.ok_or(SecretError::Unset)?;
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.is_empty() || secret.len() as u64 > LONGEST {
            return Err(SecretError::Length);
        }
        Ok(secret.to_owned())
    }

    async fn read(&self, path: &Path) -> Result<String, SecretError> {
        // Links are followed first: what counts is where the file is.
        let path = tokio::fs::canonicalize(path)
            .await
            .map_err(SecretError::Unreadable)?;
        if !self.allows(&path).await {
            return Err(SecretError::Elsewhere);
        }
        let about = tokio::fs::metadata(&path).await;
        // A pipe would be waited for.
        if !about.map_err(SecretError::Unreadable)?.is_file() {
            return Err(SecretError::Unreadable(
                std::io::ErrorKind::InvalidInput.into(),
            ));
        }
        let file = tokio::fs::File::open(&path)
            .await
            .map_err(SecretError::Unreadable)?;
        let mut text = String::new();
        file.take(LONGEST + 2)
            .read_to_string(&mut text)
            .await
            .map_err(SecretError::Unreadable)?;
        Ok(text)
    }

    async fn allows(&self, path: &Path) -> bool {
        for folder in &self.folders {
            if let Ok(folder) = tokio::fs::canonicalize(folder).await
                && path.starts_with(folder)
            {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_names_not_values() {
        for (text, accepted) in [
            ("env:NBPRESS_SECRET_HOOK", true),
            ("env:NBPRESS_SECRET_9a", true),
            ("file:/run/secrets/hook", true),
            ("env:", false),
            ("env:NBPRESS_SECRET_", false),
            ("env:NBPRESS_SECRET_A-B", false),
            ("env:NBPRESS_TOKEN", false),
            ("env:AWS_SECRET_ACCESS_KEY", false),
            ("env:nbpress_secret_a", false),
            ("file:relative", false),
            ("file:/a\nb", false),
            ("s3cret-value", false),
            ("", false),
        ] {
            assert_eq!(SecretRef::parse(text).is_ok(), accepted, "{text:?}");
        }
        let refused = serde_json::from_str::<SecretRef>("\"s3cret-value\"").unwrap_err();
        assert!(!refused.to_string().contains("s3cret"), "{refused}");
    }

    #[tokio::test]
    async fn only_given_variables_and_folders_are_opened() {
        let home = tempfile::TempDir::new().unwrap();
        let [allowed, other] = ["allowed", "other"].map(|name| home.path().join(name));
        for folder in [&allowed, &other] {
            tokio::fs::create_dir(folder).await.unwrap();
            for (name, bytes) in [
                ("key", b"sesame\n".to_vec()),
                ("empty", b"\n".to_vec()),
                ("binary", vec![0xff]),
                ("large", vec![b'x'; 20_000]),
            ] {
                tokio::fs::write(folder.join(name), bytes).await.unwrap();
            }
        }
        tokio::fs::symlink(other.join("key"), allowed.join("link"))
            .await
            .unwrap();
        let vault = Vault {
            environment: BTreeMap::from([("NBPRESS_SECRET_A".to_owned(), "value".to_owned())]),
            folders: vec![home.path().join("absent"), allowed.clone()],
        };
        let inside = |name: &str| format!("file:{}", allowed.join(name).display());
        for (reference, expected) in [
            ("env:NBPRESS_SECRET_A".to_owned(), Ok("value")),
            (
                "env:NBPRESS_SECRET_B".to_owned(),
                Err("the variable is not set"),
            ),
            (inside("key"), Ok("sesame")),
            (
                inside("empty"),
                Err("the secret must have 1 to 16384 bytes"),
            ),
            (
                inside("large"),
                Err("the secret must have 1 to 16384 bytes"),
            ),
            (inside("binary"), Err("the file cannot be read")),
            (inside("absent"), Err("the file cannot be read")),
            (
                inside("link"),
                Err("the file is not in a folder for secrets"),
            ),
            (
                inside("../other/key"),
                Err("the file is not in a folder for secrets"),
            ),
            (
                "file:/dev/zero".to_owned(),
                Err("the file is not in a folder for secrets"),
            ),
        ] {
            let opened = vault.open(&SecretRef::parse(&reference).unwrap()).await;
            let opened = opened.as_deref().map_err(ToString::to_string);
            assert_eq!(opened, expected.map_err(str::to_owned), "{reference}");
        }
    }
}
