//! Opens a container of Azure Blob Storage.

use std::sync::Arc;

use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};

use super::client_options::{
    client_options, configure, fetch_once, first, metadata_service_answers, no_credentials,
    no_metadata_service, retries, secrets, unusable,
};
use super::{Opened, Result};
use crate::error::StorageErrorKind;
use crate::location::{ObjectPlace, redact_url};
use crate::storage::Settings;

/// Names of the Azure command line and of its client libraries.
const ACCOUNTS: [&str; 2] = ["AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"];
const KEYS: [&str; 3] = [
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_KEY",
];
const SIGNATURES: [&str; 2] = ["AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS_KEY"];
const IDENTITIES: [&str; 6] = [
    "AZURE_STORAGE_TOKEN",
    "AZURE_CLIENT_SECRET",
    "AZURE_STORAGE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_USE_AZURE_CLI",
    "AZURE_SKIP_SIGNATURE",
];
const MANAGED: [&str; 3] = [
    "AZURE_MSI_ENDPOINT",
    "AZURE_IDENTITY_ENDPOINT",
    "IDENTITY_ENDPOINT",
];

pub(super) async fn open(settings: &Settings, place: &ObjectPlace) -> Result<Opened> {
    let mut builder = MicrosoftAzureBuilder::new()
        .with_client_options(client_options(settings))
        .with_retry(retries(settings));
    builder = configure(
        settings,
        &["AZURE_", "IDENTITY_"],
        builder,
        MicrosoftAzureBuilder::with_config,
    );
    builder = builder.with_container_name(&place.bucket);

    let connection = first(settings, &["AZURE_STORAGE_CONNECTION_STRING"]).unwrap_or_default();
    let account = place
        .account
        .as_deref()
        .or(first(settings, &ACCOUNTS))
        .or(part(connection, "AccountName"));
    let account = account.ok_or_else(|| StorageErrorKind::Settings {
        reason: "the storage account is not known: `AZURE_STORAGE_ACCOUNT_NAME` is not set"
            .to_owned(),
        source: None,
    })?;
    builder = builder.with_account(account);
    let endpoint = first(settings, &["AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"])
        .or(part(connection, "BlobEndpoint"));
    let endpoint = match endpoint {
        Some(endpoint) => {
            builder = builder
                .with_endpoint(endpoint.to_owned())
                .with_allow_http(endpoint.starts_with("http://"));
            redact_url(endpoint)
        }
        None => format!("https://{account}.blob.core.windows.net"),
    };

    let mut secrets = secrets(
        settings,
        &[&KEYS[..], &SIGNATURES[..], &IDENTITIES[..3]].concat(),
    );
    let found = credentials(settings, place, connection);
    let is_machine = found.is_none();
    let (secret, credentials) =
        found.unwrap_or_else(|| (None, "this machine's managed identity was used".to_owned()));
    if let Some((key, secret)) = secret {
        secrets.push(secret.to_owned());
        builder = builder.with_config(key, secret);
    }
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

/// What to hand to the builder beyond what it knows from the environment, and a sentence.
type Credentials<'a> = (Option<(AzureConfigKey, &'a str)>, String);

/// None when nothing but the machine's own identity is left.
fn credentials<'a>(
    settings: &'a Settings,
    place: &'a ObjectPlace,
    connection: &'a str,
) -> Option<Credentials<'a>> {
    let key = |secret: &'a str| Some((AzureConfigKey::AccessKey, secret));
    let signature = |secret: &'a str| Some((AzureConfigKey::SasKey, secret));
    let set = |names: &[&'static str]| {
        names
            .iter()
            .find_map(|name| first(settings, &[name]).map(|value| (*name, value)))
    };
    if let Some(secret) = &place.signature {
        return Some((
            signature(secret),
            "the shared access signature in the address was used".to_owned(),
        ));
    }
    if let Some((name, secret)) = set(&KEYS) {
        return Some((key(secret), format!("the key in `{name}` was used")));
    }
    if let Some((name, secret)) = set(&SIGNATURES) {
        return Some((
            signature(secret),
            format!("the shared access signature in `{name}` was used"),
        ));
    }
    let from_connection = part(connection, "AccountKey").and_then(key);
    if let Some(secret) =
        from_connection.or_else(|| part(connection, "SharedAccessSignature").and_then(signature))
    {
        return Some((
            Some(secret),
            "the credentials in `AZURE_STORAGE_CONNECTION_STRING` were used".to_owned(),
        ));
    }
    let (name, _) = set(&IDENTITIES).or_else(|| set(&MANAGED))?;
    Some((None, format!("the identity that `{name}` chooses was used")))
}

fn looked_at() -> String {
    format!(
        "looked at a shared access signature in the address, at `{}`, `{}`, `AZURE_STORAGE_CONNECTION_STRING`, `{}` and \
         the managed identity",
        KEYS.join("`, `"),
        SIGNATURES.join("`, `"),
        IDENTITIES.join("`, `")
    )
}

/// One part of `DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…`
/// (<https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string>).
fn part<'a>(connection: &'a str, name: &str) -> Option<&'a str> {
    let mut parts = connection
        .split(';')
        .filter_map(|part| part.split_once('='));
    parts
        .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn takes_a_connection_string_apart() {
        let text = "DefaultEndpointsProtocol=http;AccountName=dev;AccountKey=a+b/c==;BlobEndpoint=http://127.0.0.1:1/dev;";
        assert_eq!(part(text, "accountname"), Some("dev"));
        assert_eq!(part(text, "AccountKey"), Some("a+b/c=="));
        assert_eq!(part(text, "BlobEndpoint"), Some("http://127.0.0.1:1/dev"));
        assert_eq!(part(text, "SharedAccessSignature"), None);
    }
}
