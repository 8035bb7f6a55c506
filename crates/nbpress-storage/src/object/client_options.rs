//! What the clients of all services have in common: time limits, retries, and how a setting that
//! makes no sense is reported.

use std::sync::Arc;
use std::time::Duration;

use object_store::{BackoffConfig, ClientOptions, CredentialProvider, HeaderValue, RetryConfig};
use tokio::net::TcpStream;

use crate::error::{Cause, StorageErrorKind};
use crate::storage::Settings;

/// No limit for a single request: [`super::Bucket`] limits the whole operation by its size.
pub(super) fn client_options(settings: &Settings) -> ClientOptions {
    ClientOptions::new()
        .with_timeout_disabled()
        .with_connect_timeout((settings.timeout / 3).min(Duration::from_secs(5)))
        .with_user_agent(HeaderValue::from_static(concat!(
            "nbpress/",
            env!("CARGO_PKG_VERSION")
        )))
}

/// Retries until little of the timeout is left, so that the last failure is what is reported.
pub(super) fn retries(settings: &Settings) -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: (settings.timeout / 6).min(Duration::from_secs(5)),
            base: 2.0,
        },
        max_retries: 10,
        retry_timeout: settings.timeout / 2,
    }
}

/// Sets what the environment says about one service: the variables that start with one of
/// `prefixes` and that the builder knows.
pub(super) fn configure<B, K: std::str::FromStr>(
    settings: &Settings,
    prefixes: &[&str],
    mut builder: B,
    with_config: impl Fn(B, K, String) -> B,
) -> B {
    for (name, value) in &settings.environment {
        let is_ours = !value.is_empty() && prefixes.iter().any(|prefix| name.starts_with(prefix));
        if is_ours && let Ok(key) = name.to_ascii_lowercase().parse() {
            builder = with_config(builder, key, value.clone());
        }
    }
    builder
}

/// The value of the first of `names` that is set to something.
pub(super) fn first<'a>(settings: &'a Settings, names: &[&str]) -> Option<&'a str> {
    let mut values = names
        .iter()
        .filter_map(|name| settings.environment.get(*name));
    values.find(|value| !value.is_empty()).map(String::as_str)
}

/// The values of those of `names` that are set.
pub(super) fn secrets(settings: &Settings, names: &[&str]) -> Vec<String> {
    names
        .iter()
        .filter_map(|name| settings.environment.get(*name))
        .cloned()
        .collect()
}

pub(super) fn unusable(error: &object_store::Error, secrets: &[String]) -> StorageErrorKind {
    StorageErrorKind::Settings {
        reason: "the client of the store refuses them".to_owned(),
        source: Some(Box::new(Cause::new(error, secrets))),
    }
}

/// Whether a cloud's metadata service answers, which hands out credentials on its own machines.
/// Elsewhere nothing has that address, and only a short limit ends the attempt.
pub(super) async fn metadata_service_answers() -> bool {
    let attempt = TcpStream::connect(("169.254.169.254", 80));
    matches!(
        tokio::time::timeout(Duration::from_secs(1), attempt).await,
        Ok(Ok(_))
    )
}

/// Fetches credentials from the metadata service once, so that a refusal is not taken for one of
/// the store.
pub(super) async fn fetch_once<C>(
    provider: &Arc<dyn CredentialProvider<Credential = C>>,
    settings: &Settings,
    advice: &str,
) -> Result<(), StorageErrorKind> {
    match tokio::time::timeout(settings.timeout, provider.get_credential()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(no_credentials(Cause::new(&error, &[]), advice)),
        Err(_) => Err(no_credentials(
            Cause::from_text("the metadata service does not answer", &[]),
            advice,
        )),
    }
}

/// `advice` tells where credentials were looked for.
pub(super) fn no_credentials(cause: Cause, advice: &str) -> StorageErrorKind {
    StorageErrorKind::PermissionDenied {
        source: Some(Box::new(cause)),
        advice: Some(format!("no credentials were found: {advice}")),
    }
}

pub(super) fn no_metadata_service() -> Cause {
    Cause::from_text(
        "this machine has no metadata service that hands out credentials",
        &[],
    )
}
