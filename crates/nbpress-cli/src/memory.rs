//! Memory that was needed once and is not needed any more goes back to the system.
//!
//! A notebook of 20 MB is a hundred thousand small pieces, made by whichever thread is free. glibc gives each of
//! eight threads an arena of its own, of which it returns the upper end only: after some such notebooks a server
//! of 30 MB held 340 MB for good. Two threads seldom ask at once here: with one arena it was 165 MB and no more
//! processor time, and 42 MB once that was trimmed. mimalloc and jemalloc ended at 50 MB and 36 MB and took well
//! over a third more processor time for a save, because they return what the next notebook asks for again.

use std::convert::Infallible;
use std::time::Duration;

/// How often is looked whether there is something to give back.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
/// Bytes by which this process must have grown: below that a trim, of some milliseconds, is not worth its time. A server
/// that has found 10,000 notebooks in its folder has 31 MB to give back.
const WORTH_IT: u64 = 8 << 20;

/// For a process whose threads seldom ask for memory at the same time: what one of them frees is there for all.
/// To be called before there is a second thread.
pub(crate) fn keep_together() {
    #[cfg(target_env = "gnu")]
    {
        #[expect(unsafe_code, reason = "the allocator has no other settings")]
        // SAFETY: no pointer is passed, and no other thread is there yet.
        let _is_set = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    }
}

/// Gives memory back from time to time, as long as it is polled.
pub(crate) async fn give_back() -> Infallible {
    let mut least = resident();
    loop {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let now = resident();
        if now > least + WORTH_IT {
            // Not on the thread that answers.
            let _trimmed = tokio::task::spawn_blocking(trim).await;
            least = resident();
        } else {
            least = least.min(now);
        }
    }
}

/// Returns all whole pages that are free to the system.
fn trim() {
    #[cfg(target_env = "gnu")]
    {
        #[expect(unsafe_code, reason = "the allocator is asked by nothing else")]
        // SAFETY: no pointer is passed; the allocator locks itself.
        let _anything_returned = unsafe { libc::malloc_trim(0) };
    }
}

/// Bytes of this process that are in memory and no file's; 0 where the system does not say (`proc_pid_status(5)`).
fn resident() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the system's lines, not a notebook"
    )]
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kilobytes.unwrap_or(0) * 1024
}

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    use super::*;

    const PIECE: usize = 4 << 10;
    const ALL: usize = 128 << 20;

    #[test]
    fn what_is_free_between_what_is_used_goes_back() {
        let mut pieces: Vec<Vec<u8>> = (0..ALL / PIECE).map(|_| vec![1; PIECE]).collect();
        // The last keeps the end where it is: nothing is returned of what is before it.
        let last = pieces.pop();
        drop(pieces);
        let kept = resident();
        let all = ALL as u64;
        assert!(kept > all, "{kept} bytes");
        trim();
        let left = resident();
        assert!(left + all / 2 < kept, "{left} bytes of {kept} are left");
        drop(last);
    }
}
