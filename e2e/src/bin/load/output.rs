//! Much output at one client.

use std::time::Instant;

use crate::kernel::Kernel;
use crate::{Result, Target, figures};

/// A cell, and what it prints.
struct Output {
    what: &'static str,
    kernel: &'static str,
    code: String,
    lines: usize,
    bytes: usize,
}

pub(crate) fn measure(target: &Target) -> Result<()> {
    let (lines, bytes) = (target.amount(100_000), target.amount(50_000_000));
    let outputs = [
        Output {
            what: "100,000 flushed lines of python3",
            kernel: "python3",
            code: format!("for line in range({lines}):\n    print(line, flush=True)"),
            lines,
            bytes: 0,
        },
        // This one does not wait for anything.
        Output {
            what: "100,000 lines at once",
            kernel: "testkernel",
            code: format!("lines {lines}"),
            lines,
            bytes: 0,
        },
        Output {
            what: "one output of 50 MB",
            kernel: "testkernel",
            code: format!("burst {bytes}"),
            lines: 0,
            bytes,
        },
    ];
    outputs
        .iter()
        .try_for_each(|output| streamed(target, output))
}

fn streamed(target: &Target, output: &Output) -> Result<()> {
    let kernel = Kernel::start(target, output.kernel)?;
    let mut client = kernel.client()?;
    target.processes().forget_peak()?;
    let (start, cpu) = (Instant::now(), target.processes().cpu_seconds()?);
    let request = client.execute(&output.code)?;
    let (mut messages, mut bytes, mut lines, mut last) = (0_usize, 0, 0, start.elapsed());
    // Of an end that is never heard of, the silence before it is no part of the time.
    client.follow(&request, |parts| {
        last = start.elapsed();
        if parts.label().msg_type == "stream" {
            messages += 1;
            bytes += parts.content.len();
            lines += line_ends(&parts.content);
        }
    })?;
    let cpu = target.processes().cpu_seconds()? - cpu;
    let peak = target.processes().peak()?;
    kernel.end()?;
    let lost = if output.lines > 0 {
        ("lines lost", "", output.lines.saturating_sub(lines) as f64)
    } else {
        ("bytes lost", "", output.bytes.saturating_sub(bytes) as f64)
    };
    figures(
        output.what,
        [
            ("wall", "s", last.as_secs_f64()),
            ("CPU of the server", "s", cpu),
            ("peak memory", "B", peak as f64),
            ("messages", "", messages as f64),
            lost,
        ],
    );
    Ok(())
}

/// How many line ends there are in a JSON text.
fn line_ends(json: &[u8]) -> usize {
    json.windows(2).filter(|pair| pair == b"\\n").count()
}
