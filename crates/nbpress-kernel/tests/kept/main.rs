//! Frozen copies: state goes on where they were made, and nothing of them is left behind.
#![expect(
    clippy::unwrap_used,
    reason = "test code: a failure here is a failed test"
)]

mod faults;
mod limited;
mod memory;
#[expect(dead_code, reason = "made for the tests of pools, which use all of it")]
#[path = "../pool/place.rs"]
mod place;
mod saved;
mod state;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nbpress_kernel::kept::{self, FrozenCopy, Keep, Revival, ReviveError};
use nbpress_kernel::{FoundKernel, Kernel, Limits, LocalProvisioner};

use place::Place;

/// Nothing here takes longer on a machine that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// The folder of copies in a place.
fn folder(place: &Place) -> PathBuf {
    place.folder.path().join("copies")
}

/// A kernel that was started, and keeps copies.
async fn keeping(place: &Place, found: &FoundKernel, keep: &Keep) -> Kernel {
    let alone = LocalProvisioner {
        pool: None,
        ..place.provisioner()
    };
    let mut kernel = place.start_with(&alone, found, Limits::default()).await;
    keep.install(&mut kernel).await.unwrap();
    kernel
}

/// The copy that was made before what is the last of the cells that ran; it may still be on its way.
fn newest(place: &Place) -> FrozenCopy {
    newest_in(&folder(place))
}

fn newest_in(folder: &Path) -> FrozenCopy {
    let since = Instant::now();
    let request = kept::outcome(folder).unwrap().request;
    loop {
        if let Some(copy) = kept::list(folder).pop()
            && copy.request == request
        {
            return copy;
        }
        assert!(since.elapsed() < PATIENCE, "no copy comes");
        std::thread::yield_now();
    }
}

async fn revive(
    place: &Place,
    copy: &FrozenCopy,
    found: &FoundKernel,
) -> Result<Kernel, ReviveError> {
    let environment = BTreeMap::from([("OF_THE_REVIVED".to_owned(), "yes".to_owned())]);
    let revival = Revival {
        kernel: found,
        working_directory: Some(place.folder.path()),
        environment: &environment,
        limits: Limits::default(),
    };
    kept::revive(copy, &place.provisioner(), &revival, PATIENCE).await
}
