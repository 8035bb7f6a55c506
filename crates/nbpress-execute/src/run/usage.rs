//! When to look at what the kernel uses: often at first, ever more rarely in a run that goes on.

use std::time::Duration;

use tokio::time::Instant;

/// The time between the first looks; what ends within it is not looked at.
const FIRST: Duration = Duration::from_secs(1);

/// After so many looks the time between them doubles: a minute is drawn by the second, and a run of a day, with some
/// 1,000 events, by the quarter of an hour.
const EACH: u32 = 120;

/// The looks of one run.
#[derive(Debug)]
pub(super) struct Looks {
    next: Instant,
    pause: Duration,
    left: u32,
}

impl Looks {
    /// Of a run that begins now.
    pub(super) fn from(now: Instant) -> Self {
        Self {
            next: now + FIRST,
            pause: FIRST,
            left: EACH,
        }
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Notes that one was made.
    pub(super) fn looked(&mut self, now: Instant) {
        self.left -= 1;
        if self.left == 0 {
            self.left = EACH;
            self.pause *= 2;
        }
        self.next = now + self.pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many looks there are in a run of so many seconds.
    fn looks(seconds: u64) -> usize {
        let begin = Instant::now();
        let mut looks = Looks::from(begin);
        let mut count = 0;
        while looks.next() <= begin + Duration::from_secs(seconds) {
            looks.looked(looks.next());
            count += 1;
        }
        count
    }

    #[test]
    fn a_long_run_is_looked_at_a_bounded_number_of_times_each_time_it_doubles() {
        let of = [0, 1, 60, 120, 360, 840, 24 * 3600].map(looks);
        assert_eq!(of, [0, 1, 60, 120, 240, 360, 1128]);
    }
}
