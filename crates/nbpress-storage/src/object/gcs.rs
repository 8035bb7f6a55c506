//! Opens a bucket of Google Cloud Storage.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};

use super::client_options::{
    client_options, configure, first, metadata_service_answers, no_credentials, retries, secrets,
    unusable,
};
use super::{Opened, Result};
use crate::location::redact_url;
use crate::storage::Settings;

/// Each names a service account's key, or the file that holds it.
const KEYS: [&str; 5] = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_SKIP_SIGNATURE",
];

pub(super) async fn open(settings: &Settings, bucket: &str) -> Result<Opened> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_client_options(client_options(settings))
        .with_retry(retries(settings));
    builder = configure(
        settings,
        &["GOOGLE_"],
        builder,
        GoogleCloudStorageBuilder::with_config,
    );
    builder = builder.with_bucket_name(bucket);
    let mut endpoint = "https://storage.googleapis.com".to_owned();
    let credentials = if let Some(host) = first(settings, &["STORAGE_EMULATOR_HOST"]) {
        let url = if host.contains("://") {
            host.to_owned()
        } else {
            format!("http://{host}")
        };
        endpoint = redact_url(&url);
        builder = builder
            .with_base_url(url.trim_end_matches('/'))
            .with_config(GoogleConfigKey::SkipSignature, "true")
            .with_client_options(
                client_options(settings).with_allow_http(url.starts_with("http://")),
            );
        "requests are not signed because `STORAGE_EMULATOR_HOST` is set".to_owned()
    } else if let Some(name) = KEYS.iter().find(|name| first(settings, &[name]).is_some()) {
        format!("the credentials in `{name}` were used")
    } else if let Some(file) = well_known_file(settings).await {
        let text = format!("the credentials in `{}` were used", file.display());
        builder = builder.with_application_credentials(file.to_string_lossy());
        text
    } else if metadata_service_answers().await {
        "the credentials of this machine's service account were used".to_owned()
    } else {
        return Err(no_credentials(format!(
            "looked at `{}`, `gcloud auth application-default login`'s file and the metadata service; set \
             `GOOGLE_SKIP_SIGNATURE=true` for a public bucket",
            KEYS[..4].join("`, `")
        )));
    };
    let secrets = secrets(settings, &["GOOGLE_SERVICE_ACCOUNT_KEY"]);
    let client = builder
        .build()
        .map_err(|error| unusable(&error, &secrets))?;
    Ok(Opened {
        client: Arc::new(client),
        endpoint,
        secrets,
        credentials,
    })
}

/// <https://cloud.google.com/docs/authentication/application-default-credentials#personal>
async fn well_known_file(settings: &Settings) -> Option<PathBuf> {
    let folder = first(settings, &["CLOUDSDK_CONFIG"]).map(PathBuf::from);
    let folder =
        folder.or_else(|| Some(Path::new(first(settings, &["HOME"])?).join(".config/gcloud")))?;
    let file = folder.join("application_default_credentials.json");
    tokio::fs::try_exists(&file)
        .await
        .unwrap_or(false)
        .then_some(file)
}
