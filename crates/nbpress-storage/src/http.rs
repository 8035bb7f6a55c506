//! Web addresses: GET to read, PUT to write, as papermill does.
//!
//! A file on GitHub (`https://github.com/org/repo/blob/ref/path`) is read through GitHub's API,
//! with the token in `GITHUB_ACCESS_TOKEN` when it is set.

use std::ops::Range;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LAST_MODIFIED, RANGE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use url::Url;

use crate::error::{Cause, StorageErrorKind};
use crate::local::content_version;
use crate::location::redact_url;
use crate::storage::{Meta, Settings, Version, WriteMode, WriteOptions, content_type_of};

type Result<T> = std::result::Result<T, StorageErrorKind>;

/// The client for all web servers, made at first use: loading certificates takes a while.
#[derive(Debug, Default)]
pub(crate) struct Web {
    client: OnceLock<Client>,
}

impl Web {
    pub(crate) async fn read(
        &self,
        settings: &Settings,
        url: &Url,
        range: Option<Range<u64>>,
    ) -> Result<Bytes> {
        let mut request = self.get(settings, url)?;
        if let Some(range) = range.as_ref().filter(|range| !range.is_empty()) {
            request = request.header(RANGE, format!("bytes={}-{}", range.start, range.end - 1));
        }
        let exchange = Exchange::new(settings, url, 0);
        let response = exchange.send(&request).await?;
        let status = response.status();
        if status == StatusCode::RANGE_NOT_SATISFIABLE && range.is_some() {
            return Ok(Bytes::new());
        }
        let bytes = exchange.body(exchange.accepted(response).await?).await?;
        Ok(match range {
            // The server does not know ranges, and sends all.
            Some(range) if status != StatusCode::PARTIAL_CONTENT => {
                let [start, end] = [range.start, range.end]
                    .map(|at| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len()));
                bytes.slice(start..end.max(start))
            }
            _ => bytes,
        })
    }

    /// Whether a web server arbitrates between writers cannot be tried without leaving something
    /// on it, so conditional writes are refused.
    pub(crate) async fn write(
        &self,
        settings: &Settings,
        url: &Url,
        bytes: Bytes,
        options: WriteOptions,
    ) -> Result<Version> {
        if options.mode != WriteMode::Overwrite {
            return Err(StorageErrorKind::ConditionalWriteNotEnforced);
        }
        if github_file(url).is_some() {
            return Err(StorageErrorKind::Unsupported {
                what: "writing to GitHub",
            });
        }
        let extension = url.path().rsplit_once('.').map(|(_, extension)| extension);
        let content_type = options
            .content_type
            .or_else(|| extension.and_then(content_type_of).map(str::to_owned));
        let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
        let request = self
            .request(settings, Method::PUT, url)?
            .header(CONTENT_TYPE, content_type)
            .body(bytes.clone());
        let exchange = Exchange::new(settings, url, bytes.len() as u64);
        let response = match exchange.accepted(exchange.send(&request).await?).await {
            Err(StorageErrorKind::NotFound { .. }) => {
                let parent = url
                    .join(".")
                    .map_or_else(|_| exchange.server(), |parent| redact_url(parent.as_str()));
                return Err(StorageErrorKind::FolderMissing { folder: parent });
            }
            result => result?,
        };
        Ok(header(&response, ETAG).map_or_else(|| content_version(&bytes), Version::from_text))
    }

    pub(crate) async fn head(&self, settings: &Settings, url: &Url) -> Result<Meta> {
        let exchange = Exchange::new(settings, url, 0);
        let request = self.request(settings, Method::HEAD, url)?;
        let response = exchange.accepted(exchange.send(&request).await?).await?;
        let size = header(&response, CONTENT_LENGTH)
            .and_then(|size| size.parse().ok())
            .unwrap_or_default();
        let version = header(&response, ETAG).or_else(|| header(&response, LAST_MODIFIED));
        let version = Version::from_text(version.unwrap_or_else(|| format!("size:{size}")));
        Ok(Meta {
            size,
            version,
            modified: None,
        })
    }

    pub(crate) async fn delete(&self, settings: &Settings, url: &Url) -> Result<()> {
        let exchange = Exchange::new(settings, url, 0);
        let request = self.request(settings, Method::DELETE, url)?;
        exchange
            .accepted(exchange.send(&request).await?)
            .await
            .map(drop)
    }

    /// papermill asks every server for JSON; the notebook may be negotiated.
    fn get(&self, settings: &Settings, url: &Url) -> Result<RequestBuilder> {
        let Some(path) = github_file(url) else {
            return Ok(self
                .request(settings, Method::GET, url)?
                .header(ACCEPT, "application/json"));
        };
        let variable = |name: &str| {
            settings
                .environment
                .get(name)
                .filter(|value| !value.is_empty())
        };
        let api = variable("GITHUB_API_URL").map_or("https://api.github.com", String::as_str);
        let address =
            Url::parse(&format!("{}{path}", api.trim_end_matches('/'))).map_err(|error| {
                StorageErrorKind::Settings {
                    reason: "`GITHUB_API_URL` is no address".to_owned(),
                    source: Some(Box::new(error)),
                }
            })?;
        let request = self
            .request(settings, Method::GET, &address)?
            .header(ACCEPT, "application/vnd.github.raw+json");
        Ok(match variable("GITHUB_ACCESS_TOKEN") {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    fn request(&self, settings: &Settings, method: Method, url: &Url) -> Result<RequestBuilder> {
        if let Some(client) = self.client.get() {
            return Ok(client.request(method, url.clone()));
        }
        let client = Client::builder()
            .connect_timeout((settings.timeout / 3).min(Duration::from_secs(5)))
            .user_agent(concat!("nbpress/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| StorageErrorKind::other(Cause::new(&error, &[])))?;
        Ok(self
            .client
            .get_or_init(|| client)
            .request(method, url.clone()))
    }
}

/// `/repos/org/repo/contents/path?ref=ref` of `https://github.com/org/repo/blob/ref/path`
/// (<https://docs.github.com/rest/repos/contents>).
fn github_file(url: &Url) -> Option<String> {
    if url.host_str() != Some("github.com") {
        return None;
    }
    let path = url.path().strip_prefix('/')?;
    let [org, repo, kind, reference, path] =
        path.splitn(5, '/').collect::<Vec<_>>().try_into().ok()?;
    (kind == "blob").then(|| format!("/repos/{org}/{repo}/contents/{path}?ref={reference}"))
}

/// One request and its answer, within the time that their size allows.
struct Exchange<'a> {
    settings: &'a Settings,
    url: &'a Url,
    start: Instant,
    size: u64,
}

impl<'a> Exchange<'a> {
    fn new(settings: &'a Settings, url: &'a Url, size: u64) -> Self {
        Self {
            settings,
            url,
            start: Instant::now(),
            size,
        }
    }

    /// Any answer of the server. Tries again while the server is not reachable or overloaded, for
    /// half of the timeout.
    async fn send(&self, request: &RequestBuilder) -> Result<Response> {
        let mut pause = Duration::from_millis(100);
        loop {
            let attempt = request.try_clone().ok_or(StorageErrorKind::Unsupported {
                what: "this request",
            })?;
            let result = self.limited(self.size, attempt.send()).await?;
            let is_worth_trying = match &result {
                Ok(response) => matches!(response.status().as_u16(), 429 | 500 | 502 | 503 | 504),
                Err(error) => error.is_connect() || error.is_timeout() || error.is_request(),
            };
            if !is_worth_trying || self.start.elapsed() + pause > self.settings.timeout / 2 {
                return result.map_err(|error| self.failure(error));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    /// The whole body. Ends when the server sends less than 128 KiB a second for the timeout.
    async fn body(&self, mut response: Response) -> Result<Bytes> {
        let mut bytes = BytesMut::new();
        loop {
            match self.limited(bytes.len() as u64, response.chunk()).await? {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return Ok(bytes.freeze()),
                Err(error) => return Err(self.failure(error)),
            }
        }
    }

    /// The response when its status is a success, else what the status means.
    async fn accepted(&self, response: Response) -> Result<Response> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = self.body(response).await.unwrap_or_default();
        let start: String = String::from_utf8_lossy(&body).chars().take(300).collect();
        let text = format!("the server answered {status}: {}", start.trim());
        let cause = Cause::from_text(text.trim_end_matches([':', ' ']), &self.secrets());
        let source: Option<Box<dyn std::error::Error + Send + Sync>> = Some(Box::new(cause));
        Err(match status.as_u16() {
            404 | 410 => StorageErrorKind::NotFound { source },
            401 | 403 | 407 => StorageErrorKind::PermissionDenied {
                source,
                advice: None,
            },
            405 | 501 => StorageErrorKind::Unsupported {
                what: "this operation",
            },
            507 => StorageErrorKind::DiskFull { source },
            _ => StorageErrorKind::Other { source },
        })
    }

    async fn limited<T>(&self, size: u64, work: impl Future<Output = T>) -> Result<T> {
        let limit = self.settings.timeout + Duration::from_secs(size / (128 * 1024));
        tokio::time::timeout_at((self.start + limit).into(), work)
            .await
            .map_err(|_| {
                let text = format!("no answer within {} seconds", limit.as_secs_f32());
                StorageErrorKind::Unreachable {
                    endpoint: self.server(),
                    source: Some(Box::new(Cause::from_text(&text, &[]))),
                }
            })
    }

    fn failure(&self, error: reqwest::Error) -> StorageErrorKind {
        let is_request = error.is_builder() || error.is_redirect() || error.is_decode();
        let cause = Cause::new(&error.without_url(), &self.secrets());
        if is_request {
            return StorageErrorKind::other(cause);
        }
        StorageErrorKind::Unreachable {
            endpoint: self.server(),
            source: Some(Box::new(cause)),
        }
    }

    /// Scheme, host and port.
    fn server(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    fn secrets(&self) -> Vec<String> {
        let token = self
            .settings
            .environment
            .get("GITHUB_ACCESS_TOKEN")
            .cloned();
        self.url
            .password()
            .map(str::to_owned)
            .into_iter()
            .chain(token)
            .collect()
    }
}

fn header(response: &Response, name: reqwest::header::HeaderName) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::github_file;
    use url::Url;

    #[test]
    fn files_on_github_are_read_through_its_api() {
        let cases = [
            (
                "https://github.com/nteract/papermill/blob/main/a/b%20c.ipynb",
                Some("/repos/nteract/papermill/contents/a/b%20c.ipynb?ref=main"),
            ),
            (
                "https://github.com/nteract/papermill/raw/main/a.ipynb",
                None,
            ),
            (
                "https://example.org/nteract/papermill/blob/main/a.ipynb",
                None,
            ),
        ];
        for (address, path) in cases {
            assert_eq!(github_file(&Url::parse(address).unwrap()).as_deref(), path);
        }
    }
}
