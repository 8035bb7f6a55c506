//! Takes credentials out of addresses and of other people's error texts.

use std::borrow::Cow;

/// What stands where a credential stood.
const REDACTED: &str = "REDACTED";

/// Parts of query names whose values are credentials: `X-Amz-Signature`, `X-Amz-Credential`,
/// `X-Goog-Signature`, `AWSAccessKeyId`, `access_token`, `api_key`, `client_secret`, Azure's `sig`.
const SENSITIVE: [&str; 8] = [
    "sig",
    "token",
    "key",
    "secret",
    "passw",
    "pwd",
    "credential",
    "auth",
];

/// An address without its user and password, and without the values of sensitive query
/// parameters. A query without `name=` parts is a credential as a whole. Text that is no address
/// comes back as it is.
pub(crate) fn redact_url(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    // A key of S3 or Google may hold `?` and `#`.
    let (path, query) = match scheme.to_ascii_lowercase().as_str() {
        "s3" | "s3n" | "s3a" | "gs" | "gcs" => (rest, None),
        _ => split_query(rest),
    };
    let (host, path) = path.split_at(path.find('/').unwrap_or(path.len()));
    let host = redact_host(scheme, host);
    let query = query
        .map(|query| format!("?{}", redact_query(query)))
        .unwrap_or_default();
    format!("{scheme}://{host}{path}{query}")
}

fn split_query(rest: &str) -> (&str, Option<&str>) {
    let rest = rest.split('#').next().unwrap_or(rest);
    match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    }
}

/// Drops `user:password@`, and keeps the container of `abfs://container@account…`.
fn redact_host(scheme: &str, host: &str) -> String {
    let Some((user, server)) = host.rsplit_once('@') else {
        return host.to_owned();
    };
    let is_container = scheme.to_ascii_lowercase().starts_with("abfs") && !user.contains(':');
    if is_container {
        host.to_owned()
    } else {
        server.to_owned()
    }
}

fn redact_query(query: &str) -> String {
    if !query.is_empty() && !query.contains('=') {
        return REDACTED.to_owned();
    }
    let parts = query.split('&').map(|part| match part.split_once('=') {
        Some((name, _)) if is_sensitive(name) => Cow::from(format!("{name}={REDACTED}")),
        _ => Cow::from(part),
    });
    parts.collect::<Vec<_>>().join("&")
}

fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.iter().any(|part| name.contains(part))
}

/// A text of someone else (a server's answer, an HTTP library's error) without the addresses'
/// credentials and without any of `secrets`.
pub(crate) fn redact_text(text: &str, secrets: &[String]) -> String {
    let mut clean = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '"' | '`' | '\'')
    }) {
        let end = word.trim_end_matches(|c: char| {
            c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '"' | '`' | '\'')
        });
        if end.contains("://") {
            clean.push_str(&redact_url(end));
            clean.push_str(word.get(end.len()..).unwrap_or_default());
        } else {
            clean.push_str(word);
        }
    }
    for secret in secrets.iter().filter(|secret| secret.len() >= 4) {
        if clean.contains(secret.as_str()) {
            clean = clean.replace(secret.as_str(), REDACTED);
        }
    }
    clean
}
