//! Small questions: the status, and what is in a folder.

use std::thread;
use std::time::{Duration, Instant};

use crate::make::FOLDERS;
use crate::samples::Samples;
use crate::{Result, Target, figures};

pub(crate) fn measure(target: &Target) -> Result<()> {
    for connections in [1, 16] {
        let what = format!("status, {connections} at a time");
        repeated(
            target,
            &what,
            "/api/status",
            connections,
            target.amount(10_000),
        )?;
    }
    for (name, count) in FOLDERS {
        let what = format!("folder of {count}");
        let path = format!("/api/contents/{name}?type=directory");
        let times = if count > 1_000 {
            target.amount(250)
        } else {
            target.amount(2_000)
        };
        repeated(target, &what, &path, 1, times)?;
        let bytes = target.connect()?.size("GET", &path, b"")?;
        figures(&what, [("answer", "B", bytes as f64)]);
    }
    Ok(())
}

/// Asks the same so many times, or for so long as is enough.
fn repeated(
    target: &Target,
    what: &str,
    path: &str,
    connections: usize,
    times: usize,
) -> Result<()> {
    const ENOUGH: Duration = Duration::from_secs(8);
    // The first one may have to make something.
    target.connect()?.size("GET", path, b"")?;
    let (begun, cpu) = (Instant::now(), target.processes().cpu_seconds()?);
    let asked = |share: usize| -> Result<Samples> {
        let (mut connection, mut samples) = (target.connect()?, Samples::default());
        while samples.count() < share && begun.elapsed() < ENOUGH {
            let start = Instant::now();
            connection.size("GET", path, b"")?;
            samples.push(start.elapsed());
        }
        Ok(samples)
    };
    let mut samples = Samples::default();
    thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| asked(times.div_ceil(connections))))
            .collect();
        for worker in workers {
            samples.add(worker.join().map_err(|_| "a client died")??);
        }
        Ok(())
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = target.processes().cpu_seconds()? - cpu;
    let count = samples.count() as f64;
    figures(
        what,
        [
            ("per second", "/s", count / seconds),
            ("median", "ms", samples.quantile(0.5)),
            ("99 %", "ms", samples.quantile(0.99)),
            ("CPU per request", "ms", cpu * 1e3 / count),
        ],
    );
    Ok(())
}
