//! Reading much without being in anybody's way.

use std::time::{Duration, Instant};

/// The longest rest.
const LONGEST: Duration = Duration::from_secs(2);

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
        tokio::time::sleep(self.since.elapsed().min(LONGEST)).await;
        self.since = Instant::now();
    }
}
