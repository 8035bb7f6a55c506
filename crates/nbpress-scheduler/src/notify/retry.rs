//! When a delivery that failed is tried again.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::error::DeliveryError;

const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_hours(1);
const GIVE_UP: Duration = Duration::from_hours(24);
/// More than fit into [`GIVE_UP`].
const MOST_TRIES: u32 = 100;

/// How long to wait after `tries` failed tries (1 after the first): 10 s, 20 s, 40 s … 1 h, each made up
/// to a fifth shorter by an amount that depends on `id` and `tries` only, so that what failed together
/// is not repeated together. `None` once waiting longer would exceed a day in all.
pub fn retry_delay(id: &str, tries: u32) -> Option<Duration> {
    // The number comes from a database: it must not decide how long this counts.
    let waited: Duration = (1..=tries.min(MOST_TRIES)).map(nominal).sum();
    (waited <= GIVE_UP).then(|| nominal(tries).mul_f64(1.0 - 0.2 * fraction(id, tries)))
}

/// When to try again after an error: never when that is pointless, else after [`retry_delay`], or later
/// if the receiver asked for that.
pub fn next_try(id: &str, tries: u32, error: &DeliveryError) -> Option<Duration> {
    if error.is_permanent() {
        return None;
    }
    let asked = error.retry_after().unwrap_or_default().min(GIVE_UP);
    Some(retry_delay(id, tries)?.max(asked))
}

fn nominal(tries: u32) -> Duration {
    let doublings = tries.saturating_sub(1).min(16);
    (FIRST * 2_u32.pow(doublings)).min(LONGEST)
}

/// In `0.0..=1.0`.
fn fraction(id: &str, tries: u32) -> f64 {
    let digest = Sha256::digest(format!("{tries} {id}"));
    f64::from(u16::from_be_bytes([digest[0], digest[1]])) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, retry_after: Option<u64>) -> DeliveryError {
        DeliveryError::Status {
            destination: "https://h".to_owned(),
            status,
            word: None,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn delays_double_to_an_hour_and_end_after_a_day() {
        let delays: Vec<Duration> = (1..).map_while(|tries| retry_delay("n1", tries)).collect();
        assert_eq!(delays.len(), 31);
        for (at, delay) in delays.iter().enumerate() {
            let nominal = (10.0 * 2_f64.powi(i32::try_from(at).unwrap())).min(3600.0);
            let seconds = delay.as_secs_f64();
            assert!(
                (nominal * 0.8..=nominal).contains(&seconds),
                "{at}: {seconds}"
            );
        }
        let total: Duration = delays.iter().sum();
        assert!(
            total > GIVE_UP.mul_f64(0.75) && total <= GIVE_UP,
            "{total:?}"
        );
        assert_eq!(retry_delay("n1", u32::MAX), None);
    }

    #[test]
    fn jitter_depends_on_the_notice_and_nothing_else() {
        assert_eq!(retry_delay("n1", 3), retry_delay("n1", 3));
        assert_ne!(retry_delay("n1", 3), retry_delay("n2", 3));
        assert_ne!(fraction("n1", 1).to_bits(), fraction("n1", 2).to_bits());
    }

    #[test]
    fn the_receivers_wish_counts_and_pointless_tries_do_not_happen() {
        for (error, expected) in [
            (answered(500, None), retry_delay("n", 1)),
            (answered(429, Some(120)), Some(Duration::from_mins(2))),
            (answered(503, Some(1)), retry_delay("n", 1)),
            (answered(503, Some(u64::MAX / 2)), Some(GIVE_UP)),
            (answered(404, Some(5)), None),
            (answered(410, None), None),
        ] {
            assert_eq!(next_try("n", 1, &error), expected, "{error}");
        }
        assert_eq!(next_try("n", 99, &answered(500, Some(5))), None);
    }
}
