//! How often a second the disk can promise something: the floor of everything that is durable.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::samples::Samples;
use crate::{Result, print};

/// A page of a database's log.
const PAGE: [u8; 4096] = [7; 4096];

pub(crate) fn measure(folder: &str) -> Result<()> {
    let path = Path::new(folder).join("promises");
    let mut file = File::create(&path)?;
    let (start, mut samples) = (Instant::now(), Samples::default());
    while start.elapsed() < Duration::from_secs(2) {
        let begun = Instant::now();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        samples.push(begun.elapsed(), 1);
    }
    samples.elapsed = start.elapsed();
    fs::remove_file(&path)?;
    print(json!({
        "what": "4 KiB and fdatasync",
        "per_second": samples.per_second(),
        "p50_ms": samples.quantile(0.5),
        "p99_ms": samples.quantile(0.99),
    }));
    Ok(())
}
