//! Opens a bucket of Google Cloud Storage.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::StaticCredentialProvider;
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};

use super::client_options::{
    client_options, configure, fetch_once, first, metadata_service_answers, no_credentials,
    no_metadata_service, retries, secrets, unusable,
};
use super::{Opened, Result};
use crate::location::redact_url;
use crate::storage::Settings;

/// Each names a service account's key, or the file that holds it.
const KEYS: [&str; 4] = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
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
    let mut is_machine = false;
    let credentials = if let Some(host) = first(settings, &["STORAGE_EMULATOR_HOST"]) {
        let url = if host.contains("://") {
            host.to_owned()
        } else {
            format!("http://{host}")
        };
        endpoint = redact_url(&url);
        builder = builder
            .with_base_url(url.trim_end_matches('/'))
            .with_credentials(token("emulator"))
            .with_client_options(
                client_options(settings).with_allow_http(url.starts_with("http://")),
            );
        "requests are not signed because `STORAGE_EMULATOR_HOST` is set".to_owned()
    } else if first(settings, &["GOOGLE_SKIP_SIGNATURE"]).is_some_and(|value| value != "false") {
        builder = builder.with_credentials(token(""));
        "requests are not signed because `GOOGLE_SKIP_SIGNATURE` is set".to_owned()
    } else if let Some(name) = KEYS.iter().find(|name| first(settings, &[name]).is_some()) {
        format!("the credentials in `{name}` were used")
    } else if let Some(file) = well_known_file(settings).await {
        let text = format!("the credentials in `{}` were used", file.display());
        builder = builder.with_application_credentials(file.to_string_lossy());
        text
    } else {
        is_machine = true;
        "the credentials of this machine's service account were used".to_owned()
    };
    let secrets = secrets(settings, &["GOOGLE_SERVICE_ACCOUNT_KEY"]);
    let client = builder
        .build()
        .map_err(|error| unusable(&error, &secrets))?;
    if is_machine {
        let advice = looked_at();
        if !metadata_service_answers().await {
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

/// An emulator takes any token; the client of object_store 0.13 sends one with each write, and an
/// empty one is no valid header. A public bucket wants none, and is only read.
fn token(bearer: &str) -> Arc<StaticCredentialProvider<GcpCredential>> {
    Arc::new(StaticCredentialProvider::new(GcpCredential {
        bearer: bearer.to_owned(),
    }))
}

fn looked_at() -> String {
    format!(
        "looked at `{}`, the file of `gcloud auth application-default login` and the metadata service; set \
         `GOOGLE_SKIP_SIGNATURE=true` for a public bucket",
        KEYS.join("`, `")
    )
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
