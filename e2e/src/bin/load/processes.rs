//! What the processes of a server have used: the server and what it started, without the kernels.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::Result;

/// In which `/proc/PID/stat` counts: a hundred a second, on every Linux.
const TICKS: f64 = 100.0;

/// A server's processes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Processes {
    root: u32,
}

impl Processes {
    pub(crate) fn of(root: u32) -> Self {
        Self { root }
    }

    /// User and system time so far, in seconds; exact to a tick. A process that has ended is not counted.
    pub(crate) fn cpu_seconds(self) -> Result<f64> {
        let (own, _) = self.split()?;
        Ok(own.iter().filter_map(|&pid| ticks(pid)).sum::<f64>() / TICKS)
    }

    /// Memory now, in bytes; what several processes share is divided among them.
    pub(crate) fn memory(self) -> Result<u64> {
        let (own, _) = self.split()?;
        let memory = own
            .iter()
            .filter_map(|pid| kilobytes(&format!("/proc/{pid}/smaps_rollup"), "Pss:"));
        Ok(memory.sum::<u64>() * 1024)
    }

    /// Begins to measure the peak anew.
    pub(crate) fn forget_peak(self) -> Result<()> {
        let (own, _) = self.split()?;
        for pid in own {
            fs::write(format!("/proc/{pid}/clear_refs"), "5")?;
        }
        Ok(())
    }

    /// The sum of the largest resident sets of each, in bytes.
    pub(crate) fn peak(self) -> Result<u64> {
        let (own, _) = self.split()?;
        let peaks = own
            .iter()
            .filter_map(|pid| kilobytes(&format!("/proc/{pid}/status"), "VmHWM:"));
        Ok(peaks.sum::<u64>() * 1024)
    }

    /// The file that says where a kernel listens. A kernel's id is in its own command line or in that of the
    /// process that started it.
    pub(crate) fn connection_file(self, kernel: &str) -> Result<Option<PathBuf>> {
        let (_, kernels) = self.split()?;
        let named = |pid: u32| command(pid).iter().any(|word| word.contains(kernel));
        let pid = kernels
            .into_iter()
            .find(|&pid| named(pid) || stat(pid, 1).is_some_and(named));
        Ok(pid.and_then(connection_file))
    }

    /// The server's own processes, and the kernels.
    fn split(self) -> Result<(Vec<u32>, Vec<u32>)> {
        let children = children()?;
        let (mut own, mut kernels, mut rest) = (Vec::new(), Vec::new(), vec![self.root]);
        while let Some(pid) = rest.pop() {
            // What a kernel starts is the kernel's.
            if connection_file(pid).is_some() {
                kernels.push(pid);
                continue;
            }
            own.push(pid);
            rest.extend(children.get(&pid).into_iter().flatten());
        }
        Ok((own, kernels))
    }
}

fn connection_file(pid: u32) -> Option<PathBuf> {
    let words = command(pid).into_iter();
    words
        .map(PathBuf::from)
        .find(|word| word.extension().is_some_and(|end| end == "json"))
}

fn command(pid: u32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|&byte| byte == 0);
    words
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect()
}

/// The children of every process.
fn children() -> Result<BTreeMap<u32, Vec<u32>>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Ok(pid) = name.to_string_lossy().parse() else {
            continue;
        };
        if let Some(parent) = stat(pid, 1) {
            children.entry(parent).or_default().push(pid);
        }
    }
    Ok(children)
}

fn ticks(pid: u32) -> Option<f64> {
    Some(f64::from(stat(pid, 11)?) + f64::from(stat(pid, 12)?))
}

/// A field of `/proc/PID/stat`, counted from the one after the name.
fn stat(pid: u32, field: usize) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    fields.split(' ').nth(field)?.parse().ok()
}

fn kilobytes(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
