//! The contract on Azurite, the emulator of Azure Blob Storage that Microsoft makes.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use nbpress_storage::{Location, Storage, StorageErrorKind, WriteOptions, conformance};

use crate::server::{Server, location, reference, storage};

const PATIENCE: Duration = Duration::from_mins(1);
/// Azurite's account and key are the same everywhere, and documented:
/// <https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key>
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
/// Signed with that key, good until 2099 for everything.
const SIGNATURE: &str = "sv=2021-12-02&ss=b&srt=sco&sp=rwdlac&se=2099-01-01T00%3A00%3A00Z&sig=tznf%2BUguWwNe%2B7oTyobyNUc7TDthIuY2m9EdDOYdBvE%3D";
const SIGNATURE_SECRET: &str = "tznf%2BUguWwNe%2B7oTyobyNUc7TDthIuY2m9EdDOYdBvE%3D";

/// A server that the tests of this file share as long as one of them runs.
fn azurite() -> Arc<Server> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap();
    shared.upgrade().unwrap_or_else(|| {
        let program = reference().join("azure/node_modules/.bin/azurite-blob");
        let arguments = [
            "--blobHost",
            "127.0.0.1",
            "--blobPort",
            "0",
            "--inMemoryPersistence",
            "--skipApiVersionCheck",
            "--disableTelemetry",
        ];
        let server = Arc::new(Server::start(&program, &arguments));
        *shared = Arc::downgrade(&server);
        server
    })
}

fn endpoint(server: &Server) -> String {
    format!("{}/{ACCOUNT}", server.url)
}

/// A storage with the account's key, and an empty container of this name.
async fn container(server: &Server, name: &str) -> (Storage, Location) {
    let endpoint = endpoint(server);
    let environment = [
        ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT),
        ("AZURE_STORAGE_ACCOUNT_KEY", KEY),
        ("AZURE_STORAGE_ENDPOINT", &*endpoint),
    ];
    let storage = storage(&environment, PATIENCE);
    let address = location(&format!("{endpoint}/{name}?restype=container&{SIGNATURE}"));
    storage
        .write(&address, "".into(), WriteOptions::overwrite())
        .await
        .unwrap();
    (storage, location(&format!("az://{name}")))
}

macro_rules! conforms {
    ($($name:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            let server = azurite();
            let (storage, container) = container(&server, &stringify!($name).replace('_', "-")).await;
            conformance::$name(&storage, &container.join("some folder/below")).await;
        }
    )*};
}

conforms!(
    put_get_list_delete,
    missing_object,
    overwrite_is_never_torn,
    if_absent_has_one_winner,
    if_match_refuses_the_stale,
    ranges,
    listing_pages,
    odd_names,
    empty_and_large,
);

#[tokio::test]
async fn all_ways_to_write_an_address() {
    let server = azurite();
    let (by_key, _) = container(&server, "ways").await;
    let endpoint = endpoint(&server);
    let connection = format!("AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={endpoint}");
    let by_connection = storage(
        &[("AZURE_STORAGE_CONNECTION_STRING", &connection)],
        PATIENCE,
    );
    let by_signature = storage(&[("AZURE_STORAGE_ENDPOINT", &endpoint)], PATIENCE);
    let cases = [
        (&by_key, "az://ways/a".to_owned()),
        (
            &by_key,
            format!("abfs://ways@{ACCOUNT}.dfs.core.windows.net/a"),
        ),
        (&by_connection, "abfss://ways/a".to_owned()),
        (
            &by_signature,
            format!("abs://{ACCOUNT}.blob.core.windows.net/ways/a?{SIGNATURE}"),
        ),
    ];
    for (storage, address) in &cases {
        let object = location(address);
        storage
            .write(
                &object,
                object.to_string().into(),
                WriteOptions::overwrite(),
            )
            .await
            .unwrap();
        for (reader, address) in &cases {
            assert_eq!(
                reader.read(&location(address)).await.unwrap(),
                object.to_string()
            );
        }
    }
}

#[tokio::test]
async fn a_refused_signature_is_not_shown() {
    let server = azurite();
    let storage = storage(&[("AZURE_STORAGE_ENDPOINT", &*endpoint(&server))], PATIENCE);
    let expired = SIGNATURE.replace("2099", "2001");
    let object = location(&format!(
        "abs://{ACCOUNT}.blob.core.windows.net/box/a?{expired}"
    ));
    let error = storage.read(&object).await.unwrap_err();
    assert!(
        matches!(error.kind(), StorageErrorKind::PermissionDenied { .. }),
        "{:?}",
        error.kind()
    );
    assert_eq!(
        error.hint().unwrap(),
        "the shared access signature in the address was used"
    );
    conformance::error_keeps_secrets(&error, &[SIGNATURE_SECRET, &expired]);
}

#[tokio::test]
async fn without_an_account_the_message_says_so() {
    let error = storage(&[], PATIENCE)
        .read(&location("az://box/a"))
        .await
        .unwrap_err();
    assert_eq!(
        error.kind().to_string(),
        "the settings of the store are not usable: the storage account is not known: \
         `AZURE_STORAGE_ACCOUNT_NAME` is not set"
    );
}
