//! Where bytes are: a local path, an object in a store, a web address, or a standard stream.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

mod redact;

pub(crate) use redact::{redact_text, redact_url};

/// Where bytes are.
///
/// | written as | means |
/// |---|---|
/// | `out.ipynb`, `/data/out.ipynb` | a local path; relative to the working directory of [`crate::Settings`] |
/// | `file:///data/out%201.ipynb` | a local path, percent-decoded |
/// | `s3://bucket/key` (`s3n://`, `s3a://`) | an S3 object; the key is taken literally |
/// | `gs://bucket/name` (`gcs://`) | a Google Cloud Storage object |
/// | `az://container/blob` (`azure://`) | an Azure blob; account from `AZURE_STORAGE_ACCOUNT_NAME` |
/// | `abfs://container@account.dfs.core.windows.net/blob` (`abfss://`) | an Azure blob |
/// | `abs://account.blob.core.windows.net/container/blob?sas` | an Azure blob as papermill writes it |
/// | `http://…`, `https://…` | a web address |
/// | `-` | standard input or output |
///
/// Neither [`Display`](fmt::Display) nor [`Debug`](fmt::Debug) ever show a password, a shared
/// access signature, or the signing parameters of a presigned address.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Location {
    place: Place,
    /// What is shown: the text as given, without credentials.
    shown: String,
}

/// The parsed form of a [`Location`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Local(PathBuf),
    Stream,
    Object(ObjectPlace),
    Http(Url),
}

/// An object's address: which store, which bucket, which key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct ObjectPlace {
    pub(crate) service: Service,
    /// Bucket or container.
    pub(crate) bucket: String,
    /// Without a leading slash; literal, never percent-encoded.
    pub(crate) key: String,
    /// Azure's storage account and the shared access signature, when the address names them.
    pub(crate) account: Option<String>,
    pub(crate) signature: Option<String>,
}

/// The service that keeps an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    S3,
    Gcs,
    Azure,
}

/// Why a text is no location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LocationError {
    /// The text is empty.
    #[error("a location may not be empty")]
    Empty,
    /// `hdfs://`, `adl://` and others.
    #[error("locations with the scheme `{scheme}://` are not supported")]
    UnsupportedScheme {
        /// The part before `://`, in lower case.
        scheme: String,
    },
    /// The scheme is known, the rest is not as it must be.
    #[error("`{shown}` is no address of this kind: {reason}")]
    Malformed {
        /// The text without credentials.
        shown: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl LocationError {
    /// What to write instead.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Empty => None,
            Self::UnsupportedScheme { .. } => Some(
                "use a path, or one of `file://`, `s3://`, `gs://`, `az://`, `abfs://`, `abs://`, `http://`, `https://`, \
                 or `-` for the standard streams"
                    .to_owned(),
            ),
            Self::Malformed { .. } => None,
        }
    }
}

impl Location {
    /// Reads a location as a user writes it. Never touches a disk or the network.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        if text.is_empty() {
            return Err(LocationError::Empty);
        }
        if text == "-" {
            return Ok(Self {
                place: Place::Stream,
                shown: "-".to_owned(),
            });
        }
        let Some((scheme, rest)) = split_scheme(text) else {
            return Ok(Self::from(PathBuf::from(text)));
        };
        let place = match scheme.as_str() {
            "file" => Place::Local(file_path(text)?),
            "s3" | "s3n" | "s3a" => bucket_and_key(Service::S3, text, rest)?,
            "gs" | "gcs" => bucket_and_key(Service::Gcs, text, rest)?,
            "az" | "azure" | "abfs" | "abfss" => azure(text, rest)?,
            "abs" => papermill_blob(text, rest)?,
            "http" | "https" => {
                Place::Http(Url::parse(text).map_err(|_| malformed(text, "not a web address"))?)
            }
            _ => return Err(LocationError::UnsupportedScheme { scheme }),
        };
        let shown = match place {
            Place::Local(_) => text.to_owned(),
            _ => redact_url(text),
        };
        Ok(Self { place, shown })
    }

    /// Whether this is `-`, standard input or output.
    pub fn is_stream(&self) -> bool {
        matches!(self.place, Place::Stream)
    }

    /// The path when this is a local file; relative as it was given.
    pub fn is_local(&self) -> Option<&Path> {
        match &self.place {
            Place::Local(path) => Some(path),
            _ => None,
        }
    }

    /// The last segment: `b.ipynb` of `s3://bucket/a/b.ipynb`. None for streams and for a bare
    /// bucket, host or root folder.
    pub fn file_name(&self) -> Option<String> {
        match &self.place {
            Place::Local(path) => path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
            Place::Stream => None,
            Place::Object(object) => last_segment(&object.key).map(str::to_owned),
            Place::Http(url) => last_segment(url.path()).map(percent_decode),
        }
    }

    /// What follows the last dot of the file name, as given: `ipynb`.
    pub fn extension(&self) -> Option<String> {
        let name = self.file_name()?;
        let extension = Path::new(&name).extension()?;
        Some(extension.to_string_lossy().into_owned())
    }

    /// The folder or prefix that holds this. None for streams and where nothing is above.
    /// The parent of the relative path `out.ipynb` is `.`.
    pub fn parent(&self) -> Option<Self> {
        match &self.place {
            Place::Stream => None,
            Place::Local(path) => match path.parent()? {
                parent if parent.as_os_str().is_empty() => Some(Self::from(PathBuf::from("."))),
                parent => Some(Self::from(parent.to_path_buf())),
            },
            Place::Object(object) => {
                let key = object.key.trim_end_matches('/');
                if key.is_empty() {
                    return None;
                }
                let parent = key.rsplit_once('/').map_or("", |(parent, _)| parent);
                Some(Self::from_object(
                    ObjectPlace {
                        key: parent.to_owned(),
                        ..object.clone()
                    },
                    &self.shown,
                ))
            }
            Place::Http(url) => {
                last_segment(url.path())?;
                let mut parent = url.clone();
                parent.path_segments_mut().ok()?.pop_if_empty().pop();
                parent.set_query(None);
                parent.set_fragment(None);
                Some(Self::from_url(parent))
            }
        }
    }

    /// The location of `name` inside this folder or prefix; `name` may have several segments
    /// separated by `/`, and is literal: `a b%.ipynb` is a name, not an escape. A stream stays a
    /// stream.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let segments = name.split('/').filter(|segment| !segment.is_empty());
        match &self.place {
            Place::Stream => self.clone(),
            Place::Local(path) => {
                let mut joined = path.clone();
                joined.extend(segments);
                Self::from(joined)
            }
            Place::Object(object) => {
                let key = object.key.trim_end_matches('/');
                let joined = std::iter::once(key)
                    .filter(|key| !key.is_empty())
                    .chain(segments);
                let key = joined.collect::<Vec<_>>().join("/");
                Self::from_object(
                    ObjectPlace {
                        key,
                        ..object.clone()
                    },
                    &self.shown,
                )
            }
            Place::Http(url) => {
                let mut joined = url.clone();
                if let Ok(mut path) = joined.path_segments_mut() {
                    path.pop_if_empty().extend(segments);
                }
                joined.set_query(None);
                joined.set_fragment(None);
                Self::from_url(joined)
            }
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Another object beside the one that is shown as `model`: keeps the way the user wrote the
    /// scheme and host.
    fn from_object(object: ObjectPlace, model: &str) -> Self {
        let shown = match split_scheme(model) {
            Some((scheme, rest)) => {
                let host = rest.split(['/', '?']).next().unwrap_or_default();
                let container = if scheme == "abs" {
                    format!("/{}", object.bucket)
                } else {
                    String::new()
                };
                let key = if object.key.is_empty() {
                    String::new()
                } else {
                    format!("/{}", object.key)
                };
                format!("{scheme}://{host}{container}{key}")
            }
            None => object.key.clone(),
        };
        Self {
            place: Place::Object(object),
            shown,
        }
    }

    fn from_url(url: Url) -> Self {
        let shown = redact_url(url.as_str());
        Self {
            place: Place::Http(url),
            shown,
        }
    }
}

impl From<PathBuf> for Location {
    /// A local path, also when it looks like something else: `PathBuf::from("-")` is a file.
    fn from(path: PathBuf) -> Self {
        let shown = path.display().to_string();
        Self {
            place: Place::Local(path),
            shown,
        }
    }
}

impl std::str::FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        Self::parse(text)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({:?})", self.shown)
    }
}

/// `("s3", "bucket/key")`. A single letter is a drive of Windows, not a scheme.
fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let valid = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    valid.then(|| (scheme.to_ascii_lowercase(), rest))
}

fn malformed(text: &str, reason: &'static str) -> LocationError {
    LocationError::Malformed {
        shown: redact_url(text),
        reason,
    }
}

fn file_path(text: &str) -> Result<PathBuf, LocationError> {
    let url = Url::parse(text).map_err(|_| malformed(text, "not a file address"))?;
    url.to_file_path().map_err(|()| {
        malformed(
            text,
            "a file address has three slashes and an absolute path: `file:///data/a.ipynb`",
        )
    })
}

fn bucket_and_key(service: Service, text: &str, rest: &str) -> Result<Place, LocationError> {
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.contains('@') {
        return Err(malformed(
            text,
            "credentials in the address are not accepted; set them in the environment",
        ));
    }
    object(service, text, bucket, key, None, None)
}

/// `az://container/blob`, `abfs://container@account.dfs.core.windows.net/blob`, either with `?sas`.
fn azure(text: &str, rest: &str) -> Result<Place, LocationError> {
    let (rest, signature) = split_signature(rest);
    let (host, key) = rest.split_once('/').unwrap_or((rest, ""));
    match host.split_once('@') {
        None => object(Service::Azure, text, host, key, None, signature),
        Some((container, server)) => {
            let account = server.split('.').next().unwrap_or_default();
            if !server.contains('.') || container.contains(':') {
                return Err(malformed(
                    text,
                    "expected `container@account.dfs.core.windows.net`",
                ));
            }
            object(
                Service::Azure,
                text,
                container,
                key,
                Some(account.to_owned()),
                signature,
            )
        }
    }
}

/// papermill's `abs://account.blob.core.windows.net/container/blob?sas`
/// (<https://papermill.readthedocs.io/en/latest/usage-store.html>).
fn papermill_blob(text: &str, rest: &str) -> Result<Place, LocationError> {
    let expected = "expected `abs://account.blob.core.windows.net/container/blob`";
    let (rest, signature) = split_signature(rest);
    let mut parts = rest.splitn(3, '/');
    let account = parts
        .next()
        .and_then(|host| host.strip_suffix(".blob.core.windows.net"));
    let account = account.filter(|account| !account.is_empty() && !account.contains('@'));
    let account = account.ok_or_else(|| malformed(text, expected))?;
    let container = parts.next().unwrap_or_default();
    object(
        Service::Azure,
        text,
        container,
        parts.next().unwrap_or_default(),
        Some(account.to_owned()),
        signature,
    )
}

/// Splits a shared access signature off. A blob's name may hold a `?` only in theory.
fn split_signature(rest: &str) -> (&str, Option<String>) {
    match rest.split_once('?') {
        Some((rest, signature)) => (
            rest,
            Some(signature.to_owned()).filter(|text| !text.is_empty()),
        ),
        None => (rest, None),
    }
}

fn object(
    service: Service,
    text: &str,
    bucket: &str,
    key: &str,
    account: Option<String>,
    signature: Option<String>,
) -> Result<Place, LocationError> {
    if bucket.is_empty() {
        return Err(malformed(text, "the bucket or container is missing"));
    }
    let key = key.trim_start_matches('/').to_owned();
    Ok(Place::Object(ObjectPlace {
        service,
        bucket: bucket.to_owned(),
        key,
        account,
        signature,
    }))
}

fn last_segment(path: &str) -> Option<&str> {
    path.trim_end_matches('/')
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
}

/// Bytes that are no UTF-8 after decoding are shown as the replacement character.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, tail) = escaped(rest).unwrap_or((*first, tail));
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The byte that `%2F…` starts with, and what follows.
fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, tail @ ..] = text else {
        return None;
    };
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    Some((digit(*high)? << 4 | digit(*low)?, tail))
}

#[cfg(test)]
mod tests;
