//! What the machine needs for the like of it, without a server.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::make::{FOLDERS, SIZES};
use crate::samples::Samples;
use crate::{Result, Target, figures};

const TIMES: usize = 5;

pub(crate) fn measure(target: &Target) -> Result<()> {
    for (name, count) in FOLDERS {
        let folder = target.folder.join(name);
        floor(&format!("folder of {count}"), "median", || {
            for entry in fs::read_dir(&folder)? {
                black_box(entry?.metadata()?);
            }
            Ok(())
        })?;
    }
    for (size, name, _) in SIZES {
        let bytes = fs::read(target.folder.join(name))?;
        floor(&format!("read {size}"), "median", || {
            black_box(fs::read(target.folder.join(name))?);
            Ok(())
        })?;
        let saved = target.folder.join("floor");
        floor(&format!("write {size}"), "median", || {
            let mut file = File::create(&saved)?;
            file.write_all(&bytes)?;
            Ok(file.sync_all()?)
        })?;
        fs::remove_file(saved)?;
        floor(&format!("write {size}"), "CPU per request", || {
            black_box(Sha256::digest(&bytes));
            Ok(())
        })?;
        floor(&format!("read {size}"), "CPU per request", || {
            black_box(bytes.clone());
            Ok(())
        })?;
        floor(&format!("parse {size}"), "CPU per request", || {
            black_box(serde_json::from_slice::<Value>(&bytes)?);
            Ok(())
        })?;
    }
    Ok(())
}

fn floor(what: &str, measure: &str, mut once: impl FnMut() -> Result<()>) -> Result<()> {
    let mut samples = Samples::default();
    for _ in 0..TIMES {
        let start = Instant::now();
        once()?;
        samples.push(start.elapsed());
    }
    figures(what, [(measure, "ms", samples.quantile(0.5))]);
    Ok(())
}
