//! Google Cloud Storage, as far as its emulator from the package index goes: it knows reading and
//! writing objects in the XML protocol, but neither conditions, listing, nor deleting.

use std::time::Duration;

use nbpress_storage::{Location, Storage, StorageErrorKind, WriteOptions};

use crate::server::{Server, location, reference, storage};

/// The emulator's command does not say which port it has chosen.
const START: &str = "
from gcp_storage_emulator.server import create_server
server = create_server('127.0.0.1', 0, in_memory=True, default_bucket='notebooks')
server.start()
print('http://127.0.0.1:%d' % server._api._httpd.server_port)
";

fn emulator() -> (Server, Storage, Location) {
    let server = Server::start(&reference().join("gcs/bin/python"), &["-c", START]);
    let storage = storage(&[("STORAGE_EMULATOR_HOST", &*server.url)], Duration::from_secs(60));
    (server, storage, location("gs://notebooks/folder/a.ipynb"))
}

#[tokio::test]
async fn bytes_come_back_as_they_were_written() {
    let (_server, storage, object) = emulator();
    storage
        .write(&object, "first".into(), WriteOptions::overwrite())
        .await
        .unwrap();
    assert_eq!(storage.read(&object).await.unwrap(), "first");
}
