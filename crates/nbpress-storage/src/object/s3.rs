//! Opens a bucket of S3 or of a server that speaks its protocol.
//!
//! Settings are those of the AWS tools
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html>), and
//! papermill's `BOTO3_ENDPOINT_URL`.

use std::sync::Arc;

use object_store::aws::AmazonS3Builder;

use super::client_options::{
    client_options, configure, fetch_once, first, metadata_service_answers, no_credentials,
    no_metadata_service, retries, secrets, unusable,
};
use super::profile::{self, Profile};
use super::{Opened, Result};
use crate::location::redact_url;
use crate::storage::Settings;

/// In the order in which they are tried.
const ENDPOINTS: [&str; 4] = [
    "BOTO3_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT",
];

pub(super) async fn open(settings: &Settings, bucket: &str) -> Result<Opened> {
    let profile = profile::load(settings).await;
    let mut builder = AmazonS3Builder::new()
        .with_client_options(client_options(settings))
        .with_retry(retries(settings));
    builder = configure(settings, &["AWS_"], builder, AmazonS3Builder::with_config);
    builder = builder.with_bucket_name(bucket);

    let region = first(settings, &["AWS_REGION", "AWS_DEFAULT_REGION"])
        .or(profile.get("region"))
        .unwrap_or("us-east-1");
    builder = builder.with_region(region);
    let endpoint = match first(settings, &ENDPOINTS).or(profile.get("endpoint_url")) {
        Some(endpoint) => {
            builder = builder
                .with_config(object_store::aws::AmazonS3ConfigKey::S3Endpoint, endpoint)
                .with_allow_http(endpoint.starts_with("http://"));
            redact_url(endpoint)
        }
        None => format!("https://s3.{region}.amazonaws.com"),
    };

    let mut secrets = secrets(
        settings,
        &[
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ],
    );
    let (credentials, is_machine) = match credentials(settings, &profile) {
        Credentials::Elsewhere(text) => (text.to_owned(), false),
        Credentials::Profile { id, secret, token } => {
            secrets.extend([id, secret].map(str::to_owned));
            builder = builder
                .with_access_key_id(id)
                .with_secret_access_key(secret);
            if let Some(token) = token {
                secrets.push(token.to_owned());
                builder = builder.with_token(token);
            }
            let text = format!(
                "the credentials of the profile `{}` in {} were used",
                profile.name(),
                profile.places()
            );
            (text, false)
        }
        Credentials::Machine => (
            "the credentials of this machine's instance role were used".to_owned(),
            true,
        ),
    };
    let client = builder
        .build()
        .map_err(|error| unusable(&error, &secrets))?;
    if is_machine {
        let advice = looked_at(&profile);
        if is_without_metadata(settings).await {
            return Err(no_credentials(no_metadata_service(), &advice));
        }
        fetch_once(client.credentials(), settings, &advice).await?;
    }
    Ok(Opened {
        client: Arc::new(client),
        endpoint,
        secrets,
        credentials,
    })
}

enum Credentials<'a> {
    /// The builder finds them itself; the text says where.
    Elsewhere(&'static str),
    Profile {
        id: &'a str,
        secret: &'a str,
        token: Option<&'a str>,
    },
    /// Nothing else is left than the instance's role.
    Machine,
}

/// The order of the AWS tools: environment, web identity, profile, container, machine.
fn credentials<'a>(settings: &Settings, profile: &'a Profile) -> Credentials<'a> {
    if first(settings, &["AWS_SKIP_SIGNATURE"]).is_some_and(|value| value != "false") {
        return Credentials::Elsewhere(
            "requests are not signed because `AWS_SKIP_SIGNATURE` is set",
        );
    }
    if first(settings, &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]).is_some() {
        return Credentials::Elsewhere(
            "the credentials in `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` were used",
        );
    }
    if first(settings, &["AWS_WEB_IDENTITY_TOKEN_FILE"]).is_some() {
        return Credentials::Elsewhere(
            "the web identity in `AWS_WEB_IDENTITY_TOKEN_FILE` was used",
        );
    }
    if let (Some(id), Some(secret)) = (
        profile.get("aws_access_key_id"),
        profile.get("aws_secret_access_key"),
    ) {
        return Credentials::Profile {
            id,
            secret,
            token: profile.get("aws_session_token"),
        };
    }
    if first(
        settings,
        &[
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ],
    )
    .is_some()
    {
        return Credentials::Elsewhere(
            "the container's credentials (`AWS_CONTAINER_CREDENTIALS_…`) were used",
        );
    }
    Credentials::Machine
}

async fn is_without_metadata(settings: &Settings) -> bool {
    let is_disabled =
        first(settings, &["AWS_EC2_METADATA_DISABLED"]).is_some_and(|value| value == "true");
    let is_moved = first(settings, &["AWS_METADATA_ENDPOINT"]).is_some();
    is_disabled || !is_moved && !metadata_service_answers().await
}

fn looked_at(profile: &Profile) -> String {
    format!(
        "looked at `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, `AWS_WEB_IDENTITY_TOKEN_FILE`, the profile `{}` in \
         {}, `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` and the instance metadata service; set `AWS_SKIP_SIGNATURE=true` \
         for a public bucket",
        profile.name(),
        profile.places()
    )
}
