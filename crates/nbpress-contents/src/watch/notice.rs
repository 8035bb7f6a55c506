//! The system's word that something happened in a directory (<https://man7.org/linux/man-pages/man7/inotify.7.html>).

use std::os::fd::OwnedFd;

use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use tokio::io::unix::AsyncFd;

use crate::staged::shown_at;

/// File systems on which other machines write, too, of which this one hears nothing: NFS, SMB, CIFS, Ceph, and what
/// runs in a process (<https://man7.org/linux/man-pages/man2/statfs.2.html>).
const SHARED: [u32; 6] = [
    0x6969,
    0x517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x00c3_6400,
    0x6573_5546,
];

/// A directory that says when something happens in it.
#[derive(Debug)]
pub(crate) struct Notice(AsyncFd<OwnedFd>);

#[expect(
    deprecated,
    reason = "what stands for it is unsafe; this descriptor is ours alone, and open until it is dropped"
)]
fn watched(notices: OwnedFd) -> Option<Notice> {
    AsyncFd::new(notices).ok().map(Notice)
}

impl Notice {
    /// None where the system cannot tell, or has told too many already.
    pub(crate) fn of(directory: &OwnedFd) -> Option<Self> {
        let kind = rustix::fs::fstatfs(directory).ok()?.f_type;
        if SHARED.iter().any(|shared| i64::from(*shared) == kind) {
            return None;
        }
        let notices = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
        let what = WatchFlags::CREATE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::ATTRIB
            | WatchFlags::MOVE
            | WatchFlags::DELETE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF;
        add_watch(&notices, shown_at(directory), what | WatchFlags::ONLYDIR).ok()?;
        watched(notices)
    }

    /// Returns when there is something to take. Safe to cancel.
    pub(crate) async fn given(&self) {
        if self.0.readable().await.is_err() {
            // Only the end of the runtime does that.
            std::future::pending::<()>().await;
        }
    }

    /// Takes everything that was said: that something was is enough.
    pub(crate) fn take(&self) {
        let mut said = [0; 4096];
        loop {
            let read = self.0.try_io(tokio::io::Interest::READABLE, |notices| {
                Ok(rustix::io::read(notices, &mut said)?)
            });
            if !read.is_ok_and(|read| read > 0) {
                return;
            }
        }
    }
}
