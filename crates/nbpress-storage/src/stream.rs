//! Standard input and output as a location.

use std::io::{self, Read, Write};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::error::StorageErrorKind;
use crate::local::content_version;
use crate::storage::{Version, WriteMode};

/// Standard input to its end.
pub(crate) async fn read() -> Result<Bytes, StorageErrorKind> {
    let bytes = on_own_thread(|| {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    Ok(bytes.await?.into())
}

/// All of `bytes` to standard output, flushed.
pub(crate) async fn write(bytes: Bytes, mode: &WriteMode) -> Result<Version, StorageErrorKind> {
    if *mode != WriteMode::Overwrite {
        return Err(StorageErrorKind::ConditionalWriteNotEnforced);
    }
    let version = content_version(&bytes);
    on_own_thread(move || {
        let mut stdout = io::stdout().lock();
        stdout.write_all(&bytes)?;
        stdout.flush()
    })
    .await?;
    Ok(version)
}

/// Not on the runtime's pool: a read of a terminal nobody types into would hold up the end of
/// the process.
async fn on_own_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, io::Error> {
    let (done, result) = oneshot::channel();
    std::thread::Builder::new()
        .name("standard stream".to_owned())
        .spawn(move || {
            // Nobody waits any more when this fails.
            let _ = done.send(work());
        })?;
    result
        .await
        .unwrap_or_else(|_| Err(io::Error::other("the thread ended without a result")))
}
