//! How long a small question waits while somebody reads or writes a big notebook.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::notebooks::Save;
use crate::samples::Samples;
use crate::{Result, Target, figures};

/// Between two small questions.
const PAUSE: Duration = Duration::from_millis(10);

pub(crate) fn measure(target: &Target) -> Result<()> {
    let times = target.amount(100).min(10);
    waited(target, "10 KB read while 20 MB are read", || {
        let mut connection = target.connect()?;
        (0..times).try_for_each(|_| {
            connection
                .size("GET", "/api/contents/20MB.ipynb", b"")
                .map(drop)
        })
    })?;
    let mut save = Save::of(target, "20MB.ipynb")?;
    waited(target, "10 KB read while 20 MB are written", || {
        let mut connection = target.connect()?;
        (0..times).try_for_each(|number| {
            let body = save.changed(1_000 + number);
            connection
                .size("PUT", "/api/contents/stalling.ipynb", body)
                .map(drop)
        })
    })
}

fn waited(target: &Target, what: &str, big: impl FnOnce() -> Result<()>) -> Result<()> {
    let over = AtomicBool::new(false);
    let mut samples = thread::scope(|scope| {
        let small = scope.spawn(|| -> Result<Samples> {
            let (mut connection, mut samples) = (target.connect()?, Samples::default());
            while !over.load(Ordering::Relaxed) {
                let start = Instant::now();
                connection.size("GET", "/api/contents/10KB.ipynb", b"")?;
                samples.push(start.elapsed());
                thread::sleep(PAUSE.saturating_sub(start.elapsed()));
            }
            Ok(samples)
        });
        let done = big();
        over.store(true, Ordering::Relaxed);
        let samples = small.join().map_err(|_| "a client died")?;
        done.and(samples)
    })?;
    figures(
        what,
        [
            ("median", "ms", samples.quantile(0.5)),
            ("99 %", "ms", samples.quantile(0.99)),
            ("worst", "ms", samples.quantile(1.0)),
        ],
    );
    Ok(())
}
