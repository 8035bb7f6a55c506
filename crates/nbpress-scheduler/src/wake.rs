//! Telling workers that there may be something to do.

use jiff::Timestamp;
use tokio::sync::watch;

/// A count that grows whenever something was enqueued, cancelled or ended. Who looks away misses nothing:
/// he compares it with the count he saw last.
#[derive(Clone, Debug)]
pub struct Wake(watch::Sender<u64>);

impl Default for Wake {
    /// Begins elsewhere than that of a server that was stopped, so that its workers look at once.
    fn default() -> Self {
        let begin = Timestamp::now().as_microsecond();
        Self(watch::Sender::new(begin.unsigned_abs()))
    }
}

impl Wake {
    /// Wakes everybody.
    pub fn everybody(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The count as it is now.
    pub fn count(&self) -> u64 {
        *self.0.borrow()
    }

    /// Waits until the count is another one than `seen`, and returns it.
    pub async fn after(&self, seen: u64) -> u64 {
        let mut count = self.0.subscribe();
        // The sender is here, so it cannot fail.
        match count.wait_for(|count| *count != seen).await {
            Ok(count) => *count,
            Err(_) => seen,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn nobody_misses_what_happened_while_he_looked_away() {
        let wake = Wake::default();
        let seen = wake.count();
        assert_eq!(wake.after(seen).now_or_never(), None);
        wake.everybody();
        wake.everybody();
        for _ in 0..2 {
            assert_eq!(wake.after(seen).await, seen + 2);
        }
        assert_eq!(wake.after(seen + 2).now_or_never(), None);
        assert_eq!(wake.after(0).await, seen + 2);
    }
}
