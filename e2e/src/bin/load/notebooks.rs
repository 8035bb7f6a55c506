//! Reading and writing notebooks.

use std::fs;
use std::time::Instant;

use crate::make::SIZES;
use crate::samples::Samples;
use crate::{Result, Target, figures};

pub(crate) fn measure(target: &Target) -> Result<()> {
    for (size, name, bytes) in SIZES {
        // About the same time for each.
        let times = target.amount((200_000_000 / bytes).clamp(10, 500));
        let path = format!("/api/contents/{name}");
        let mut connection = target.connect()?;
        cost(target, &format!("read {size}"), times, |_| {
            connection.size("GET", &path, b"").map(drop)
        })?;
        let mut save = Save::of(target, name)?;
        let path = format!("/api/contents/saved-{name}");
        cost(target, &format!("write {size}"), times, |number| {
            connection
                .size("PUT", &path, save.changed(number))
                .map(drop)
        })?;
    }
    let bytes = target.processes().memory()?;
    figures("after the notebooks", [("memory (PSS)", "B", bytes as f64)]);
    Ok(())
}

/// What each of so many takes of the clock and of the server's processors.
fn cost(
    target: &Target,
    what: &str,
    times: usize,
    mut once: impl FnMut(usize) -> Result<()>,
) -> Result<()> {
    once(0)?;
    let (mut samples, cpu) = (Samples::default(), target.processes().cpu_seconds()?);
    for number in 1..=times {
        let start = Instant::now();
        once(number)?;
        samples.push(start.elapsed());
    }
    let cpu = target.processes().cpu_seconds()? - cpu;
    figures(
        what,
        [
            ("median", "ms", samples.quantile(0.5)),
            ("CPU per request", "ms", cpu * 1e3 / times as f64),
        ],
    );
    Ok(())
}

/// The body of a save, each time a little different: a server may know what it has already.
#[derive(Debug)]
pub(crate) struct Save {
    body: Vec<u8>,
    /// Where the digits are that change.
    at: usize,
}

impl Save {
    pub(crate) fn of(target: &Target, name: &str) -> Result<Self> {
        const MARK: &[u8] = b"\"saved\": \"00000000\"";
        let mut body = br#"{"type":"notebook","format":"json","content":"#.to_vec();
        body.extend(fs::read(target.folder.join(name))?);
        body.push(b'}');
        let at = body
            .windows(MARK.len())
            .rposition(|window| window == MARK)
            .ok_or("the notebook is not one of ours")?;
        let at = at + MARK.len() - 9;
        Ok(Self { body, at })
    }

    pub(crate) fn changed(&mut self, number: usize) -> &[u8] {
        let digits = format!("{number:08}");
        if let Some(place) = self.body.get_mut(self.at..self.at + 8) {
            place.copy_from_slice(digits.as_bytes());
        }
        &self.body
    }
}
