//! Durations of one thing that was done many times.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Result;

/// What many repetitions took, and how long all of them together.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    milliseconds: Vec<f64>,
    things: usize,
    pub(crate) elapsed: Duration,
}

impl Samples {
    /// One repetition, which did so many things.
    pub(crate) fn push(&mut self, took: Duration, things: usize) {
        self.milliseconds.push(took.as_secs_f64() * 1e3);
        self.things += things;
    }

    /// More of the same, done afterwards.
    pub(crate) fn add(&mut self, more: Self) {
        self.milliseconds.extend(more.milliseconds);
        self.things += more.things;
        self.elapsed += more.elapsed;
    }

    pub(crate) fn things(&self) -> usize {
        self.things
    }

    pub(crate) fn count(&self) -> usize {
        self.milliseconds.len()
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.things as f64 / self.elapsed.as_secs_f64()
    }

    /// The duration that a share of them does not exceed, in milliseconds.
    pub(crate) fn quantile(&mut self, share: f64) -> Option<f64> {
        self.milliseconds.sort_by(f64::total_cmp);
        let last = self.count().checked_sub(1)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index of a list"
        )]
        let at = (last as f64 * share).round() as usize;
        self.milliseconds.get(at).copied()
    }
}

/// Repeats `once` with `workers` at a time, until there is nothing left to do or the time is over.
/// `once` answers how many things it did.
pub(crate) async fn repeat<F, W>(workers: usize, time: Duration, once: F) -> Result<Samples>
where
    F: Fn(usize) -> W + Clone + Send + 'static,
    W: Future<Output = Result<usize>> + Send + 'static,
{
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    for worker in 0..workers {
        let once = once.clone();
        tasks.spawn(async move {
            let mut took = Vec::new();
            while start.elapsed() < time {
                let begun = Instant::now();
                let things = once(worker).await?;
                if things == 0 {
                    break;
                }
                took.push((begun.elapsed(), things));
            }
            Result::Ok(took)
        });
    }
    let mut samples = Samples::default();
    while let Some(done) = tasks.join_next().await {
        for (took, things) in done?? {
            samples.push(took, things);
        }
    }
    samples.elapsed = start.elapsed();
    Ok(samples)
}
