//! Reading much without being in anybody's way.

use std::time::{Duration, Instant};

/// The longest rest.
const LONGEST: Duration = Duration::from_secs(2);

/// How much longer a long rest is than the work before it: who saves a long notebook every few seconds pays for that
/// already.
const LONG: u32 = 9;

/// Rests for as long as was worked: half of one processor at most, and less where others are quicker.
#[derive(Debug)]
pub(super) struct Pace {
    since: Instant,
}

impl Pace {
    pub(super) fn begin() -> Self {
        Self {
            since: Instant::now(),
        }
    }

    pub(super) async fn rest(&mut self) {
        self.rest_times(1).await;
    }

    /// For what nobody waits for: a tenth of one processor at most.
    pub(super) async fn rest_long(&mut self) {
        self.rest_times(LONG).await;
    }

    async fn rest_times(&mut self, times: u32) {
        let worked = self.since.elapsed();
        tokio::time::sleep(worked.saturating_mul(times).min(LONGEST)).await;
        self.since = Instant::now();
    }
}
