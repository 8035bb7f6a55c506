//! The webhook channel: the notice as JSON, signed.
//!
//! | header | |
//! |---|---|
//! | `Nbpress-Event` | `started`, `succeeded`, `failed`, `late` or `recovered` |
//! | `Nbpress-Delivery` | the notice's id; the same when a delivery is repeated |
//! | `Nbpress-Timestamp` | when this was sent, in seconds since 1970 |
//! | `Nbpress-Signature` | `v1=` and the HMAC-SHA256, in hexadecimal, of the timestamp, a dot and the body |
//!
//! The key is the secret's bytes as they are. A receiver computes the signature from the body as it came
//! in, compares in constant time, refuses timestamps that are minutes away from its own clock, and
//! drops ids it has seen. In Python:
//!
//! ```python
//! signed = headers["Nbpress-Timestamp"].encode() + b"." + body
//! expected = "v1=" + hmac.new(secret, signed, "sha256").hexdigest()
//! assert hmac.compare_digest(expected, headers["Nbpress-Signature"])
//! assert abs(time.time() - int(headers["Nbpress-Timestamp"])) < 300
//! ```
//!
//! It answers 2xx when it has the notice. Any other answer means another try, except those of the 4xx
//! that are final: all but 408, 425 and 429. `Retry-After` is honoured.

use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use nbpress_execute::redact::Redactor;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use sha2::Sha256;
use url::Url;

use super::error::{Cause, DeliveryError};
use super::notice::Notice;

const EVENT: HeaderName = HeaderName::from_static("nbpress-event");
const DELIVERY: HeaderName = HeaderName::from_static("nbpress-delivery");
const TIMESTAMP: HeaderName = HeaderName::from_static("nbpress-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("nbpress-signature");

/// What receivers read: the notice, and where to read on.
#[derive(Serialize)]
struct Body<'notice> {
    #[serde(flatten)]
    notice: &'notice Notice,
    link: Option<&'notice str>,
}

/// Headers and body of one try.
pub(super) fn message(
    notice: &Notice,
    link: Option<&Url>,
    secret: Option<&str>,
    now: Timestamp,
) -> Result<(HeaderMap, String), DeliveryError> {
    let body = serde_json::to_string(&Body {
        notice,
        link: link.map(Url::as_str),
    })
    .map_err(|e| unusable(&e))?;
    let timestamp = now.as_second().to_string();
    let mut headers = vec![
        (EVENT, notice.kind.as_str().to_owned()),
        (DELIVERY, notice.id.clone()),
    ];
    if let Some(secret) = secret {
        headers.push((SIGNATURE, signature(secret, &timestamp, &body)));
    }
    headers.push((TIMESTAMP, timestamp));
    let headers: Result<HeaderMap, _> = headers
        .into_iter()
        .map(|(name, value)| Ok((name, HeaderValue::try_from(value)?)))
        .collect();
    let headers = headers.map_err(|e: reqwest::header::InvalidHeaderValue| unusable(&e))?;
    Ok((headers, body))
}

fn unusable(error: &(dyn std::error::Error + 'static)) -> DeliveryError {
    DeliveryError::Message(Cause::of(error, &Redactor::default()))
}

fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    // A key of any length will do, so the error cannot occur; an empty signature verifies nowhere.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}
