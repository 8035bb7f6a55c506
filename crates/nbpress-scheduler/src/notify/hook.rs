//! A `POST` to somebody else's server, and what its answer means.

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use nbpress_execute::redact::Redactor;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::Url;

use super::channel::origin;
use super::error::{Cause, DeliveryError};

/// Posts, and follows no redirect: it could lead anywhere, with the message in hand.
#[derive(Debug)]
pub(super) struct Poster {
    /// Made for the first message: it reads all certificates that the machine trusts.
    client: OnceLock<Client>,
    timeout: Duration,
}

/// Longest word that is taken over from an answer, in bytes.
const LONGEST_WORD: usize = 64;

impl Poster {
    /// A poster whose requests may take this long from name to answer.
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            client: OnceLock::new(),
            timeout,
        }
    }

    fn client(&self) -> Result<&Client, reqwest::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .timeout(self.timeout)
            .redirect(Policy::none())
            .pool_max_idle_per_host(0)
            .user_agent(concat!("nbpress/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Posts JSON; any 2xx is success.
    pub(super) async fn post(
        &self,
        url: &Url,
        mut headers: HeaderMap,
        body: String,
    ) -> Result<(), DeliveryError> {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let client = self.client().map_err(|error| self.failure(url, error))?;
        let request = client.post(url.clone()).headers(headers).body(body);
        let response = request
            .send()
            .await
            .map_err(|error| self.failure(url, error))?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(refusal(url, response).await)
    }

    fn failure(&self, url: &Url, error: reqwest::Error) -> DeliveryError {
        let destination = origin(url);
        if error.is_timeout() {
            return DeliveryError::TimedOut {
                destination,
                after: self.timeout,
            };
        }
        let cause = Cause::of(&error.without_url(), &Redactor::default());
        DeliveryError::Unreachable { destination, cause }
    }
}

async fn refusal(url: &Url, response: Response) -> DeliveryError {
    DeliveryError::Status {
        destination: origin(url),
        status: response.status().as_u16(),
        retry_after: retry_after(response.headers(), Timestamp::now()),
        word: word(response).await,
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Duration::try_from(date.timestamp().duration_since(now)).unwrap_or_default())
}

/// Slack says what is wrong in one word, such as `no_service`. Nothing else of an answer is repeated:
/// it may be an internal page, or our own message.
async fn word(mut response: Response) -> Option<String> {
    let chunk = response.chunk().await.ok()??;
    let text = std::str::from_utf8(&chunk).ok()?.trim();
    let plain = |char: char| char.is_ascii_lowercase() || char == '_';
    let is_word = text.len() <= LONGEST_WORD && text.contains('_') && text.chars().all(plain);
    is_word.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for (value, expected) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("Thu, 01 Jan 2026 00:01:00 GMT", Some(60)),
            ("Wed, 31 Dec 2025 00:00:00 GMT", Some(0)),
            ("-5", None),
            ("soon", None),
            ("99999999999999999999999999", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            let found = retry_after(&headers, now);
            assert_eq!(found, expected.map(Duration::from_secs), "{value}");
        }
    }
}
