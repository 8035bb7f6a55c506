//! Who may change a path: one at a time, in this process and among processes.

use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Result, failed};
use crate::error::ContentsError;
use crate::folder::blocking;

/// How many paths can be waited for by threads at once. Waiting for a file's lock takes a thread, and
/// whoever holds the lock needs one to get on: all but one per path wait here, without a thread.
const QUEUES: usize = 64;

#[derive(Debug)]
pub(super) struct Locks {
    queues: Vec<Arc<Semaphore>>,
}

impl Default for Locks {
    fn default() -> Self {
        Self {
            queues: (0..QUEUES).map(|_| Arc::new(Semaphore::new(1))).collect(),
        }
    }
}

/// As long as one clone of it is there, the paths are locked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    _held: Option<Arc<Held>>,
}

/// The files are unlocked before the next in the queue is let on.
#[derive(Debug)]
struct Held {
    _files: Vec<File>,
    _places: Vec<OwnedSemaphorePermit>,
}

impl Locks {
    /// Locks files, which are made if there are none, in the order given.
    pub(super) async fn lock(&self, files: Vec<PathBuf>) -> Result<Guard> {
        let mut queues: Vec<usize> = files.iter().map(queue_of).collect();
        queues.sort_unstable();
        queues.dedup();
        let mut places = Vec::with_capacity(queues.len());
        for queue in queues
            .into_iter()
            .filter_map(|queue| self.queues.get(queue))
        {
            let place = Arc::clone(queue).acquire_owned().await;
            places.push(place.map_err(|error| failed("lock")(std::io::Error::other(error)))?);
        }
        blocking(move || {
            let files: Result<Vec<File>> = files.iter().map(lock_file).collect();
            Ok(Guard {
                _held: Some(Arc::new(Held {
                    _files: files?,
                    _places: places,
                })),
            })
        })
        .await
    }
}

fn queue_of(file: &PathBuf) -> usize {
    let mut hasher = DefaultHasher::new();
    file.hash(&mut hasher);
    usize::try_from(hasher.finish() % QUEUES as u64).unwrap_or_default()
}

fn lock_file(path: &PathBuf) -> std::result::Result<File, ContentsError> {
    let mut options = OpenOptions::new();
    let opened = options.create(true).append(true).open(path);
    let file = opened.map_err(failed("open"))?;
    file.lock().map_err(failed("lock"))?;
    Ok(file)
}
