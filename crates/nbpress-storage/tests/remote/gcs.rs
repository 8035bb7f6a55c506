//! Google Cloud Storage, as far as that can be tested without Google: its XML protocol is S3's
//! but for the conditions of a write (<https://cloud.google.com/storage/docs/interoperability>),
//! so the S3 server stands in. Signing in and conditional writes are not tested.

use std::time::Duration;

use nbpress_storage::{Location, Storage, StorageErrorKind, WriteOptions, conformance};

use crate::s3::moto;
use crate::server::{Server, location, storage};

const PATIENCE: Duration = Duration::from_mins(1);

/// A storage without credentials, and an empty bucket of this name.
async fn bucket(server: &Server, name: &str) -> (Storage, Location) {
    let storage = storage(&[("STORAGE_EMULATOR_HOST", &*server.url)], PATIENCE);
    let address = location(&format!("{}/{name}", server.url));
    storage
        .write(&address, "".into(), WriteOptions::overwrite())
        .await
        .unwrap();
    (storage, location(&format!("gs://{name}")))
}

macro_rules! conforms {
    ($($name:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            let server = moto();
            let (storage, bucket) = bucket(&server, &format!("gcs{}", stringify!($name).replace('_', ""))).await;
            conformance::$name(&storage, &bucket.join("some folder/below")).await;
        }
    )*};
}

conforms!(
    put_get_list_delete,
    missing_object,
    overwrite_is_never_torn,
    ranges,
    listing_pages,
    odd_names,
    empty_and_large,
);

/// The S3 server does not know Google's conditions.
#[tokio::test]
async fn ignored_conditions_are_found_out() {
    let server = moto();
    let (storage, bucket) = bucket(&server, "ignored").await;
    let error = storage
        .write(&bucket.join("a"), "x".into(), WriteOptions::if_absent())
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), StorageErrorKind::ConditionalWriteNotEnforced),
        "{:?}",
        error.kind()
    );
    assert!(!storage.exists(&bucket.join("a")).await.unwrap());
}

#[tokio::test]
async fn a_key_that_is_none_is_not_shown() {
    let storage = storage(
        &[(
            "GOOGLE_SERVICE_ACCOUNT_KEY",
            "{\"private_key\": \"hunter2\"}",
        )],
        PATIENCE,
    );
    let error = storage.read(&location("gs://bucket/a")).await.unwrap_err();
    assert!(
        matches!(error.kind(), StorageErrorKind::Settings { .. }),
        "{:?}",
        error.kind()
    );
    conformance::error_keeps_secrets(&error, &["hunter2"]);
}
