//! A big notebook as a page to read.

use std::time::Instant;

use crate::make::{SHOWN, SIZES};
use crate::{Result, Target, figures};

/// About what a reader sees first.
const SCREEN: usize = 100_000;

/// Of nbpress the page of the biggest notebook and of one of 1 MB; of others what nbconvert makes of the latter.
pub(crate) fn measure(target: &Target) -> Result<()> {
    let small = SIZES[1].1;
    if !target.is_nbpress() {
        return shown(target, "page of 1 MB", &format!("/nbconvert/html/{small}"));
    }
    shown(target, "page of 1 MB", &format!("/view/{small}"))?;
    let what = format!("page of {} MB", SHOWN.1);
    shown(target, &what, &format!("/view/{}", SHOWN.0))
}

fn shown(target: &Target, what: &str, path: &str) -> Result<()> {
    let mut connection = target.connect()?;
    let (start, cpu) = (Instant::now(), target.processes().cpu_seconds()?);
    target.processes().forget_peak()?;
    let (mut bytes, mut first, mut screen) = (0, None, None);
    connection.ask("GET", path, b"", |piece| {
        bytes += piece.len();
        first.get_or_insert_with(|| start.elapsed());
        if bytes >= SCREEN {
            screen.get_or_insert_with(|| start.elapsed());
        }
    })?;
    let all = start.elapsed();
    let cpu = target.processes().cpu_seconds()? - cpu;
    let milliseconds = |took: Option<std::time::Duration>| took.unwrap_or(all).as_secs_f64() * 1e3;
    figures(
        what,
        [
            ("first byte", "ms", milliseconds(first)),
            ("first 100 KB", "ms", milliseconds(screen)),
            ("whole", "ms", milliseconds(None)),
            ("CPU", "ms", cpu * 1e3),
            ("answer", "B", bytes as f64),
            ("peak memory", "B", target.processes().peak()? as f64),
        ],
    );
    Ok(())
}
