//! How fast notebooks are read and written: `cargo bench -p nbpress-format` prints a table.
//!
//! Beside each stands what the machine takes for the same bytes in any case: to copy them, to hash them, and to
//! have them on disk.
#![expect(clippy::print_stdout, reason = "a program that measures and prints")]

use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use nbpress_format::{Json, Notebook};
use sha2::{Digest as _, Sha256};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often each is done; the fastest is shown: what disturbs only ever adds.
const TIMES: usize = 7;

fn main() -> Result<()> {
    // `cargo test --all-targets` only wants to see it start.
    if !std::env::args().any(|word| word == "--bench") {
        println!("usage: cargo bench -p nbpress-format");
        return Ok(());
    }
    println!(
        "milliseconds       size     parse   to send    to save      copy    sha256      disk"
    );
    for (name, output) in [
        ("lines", lines as fn(usize) -> String),
        ("picture", picture),
        ("numbers", numbers),
    ] {
        for size in [10_000, 1_000_000, 20_000_000, 100_000_000] {
            row(name, &notebook(output, size)?)?;
        }
    }
    row("small cells", &cells(40_000)?)
}

fn row(name: &str, file: &[u8]) -> Result<()> {
    let parse = fastest(|| Ok(Notebook::parse(file)?))?;
    let send = fastest(|| {
        let (notebook, problems) = Notebook::parse_and_validate(file)?;
        assert!(problems.is_empty(), "{problems:?}");
        Ok(notebook.to_compact())
    })?;
    let sent = Notebook::parse(file)?.to_compact();
    let save = fastest(|| {
        let json = Json::parse(sent.as_bytes())?;
        Ok(Notebook::from_json_and_validate(json)?.0.to_bytes())
    })?;
    let copy = fastest(|| Ok(file.to_vec()))?;
    let hash = fastest(|| Ok(Sha256::digest(file)))?;
    let disk = fastest(|| {
        let mut written = tempfile::tempfile_in(".")?;
        written.write_all(file)?;
        Ok(File::sync_all(&written)?)
    })?;
    let size = file.len();
    println!(
        "{name:11} {size:11} {parse:9.2} {send:9.2}  {save:9.2} {copy:9.2} {hash:9.2} {disk:9.2}"
    );
    Ok(())
}

/// In milliseconds.
fn fastest<T>(mut work: impl FnMut() -> Result<T>) -> Result<f64> {
    let mut best = Duration::MAX;
    for _ in 0..TIMES {
        let begin = Instant::now();
        black_box(work()?);
        best = best.min(begin.elapsed());
    }
    Ok(best.as_secs_f64() * 1e3)
}

/// A notebook of about `size` bytes: an output in each of its cells.
fn notebook(output: fn(usize) -> String, size: usize) -> Result<Vec<u8>> {
    let count = (size / 1_000_000).max(1);
    let output = output(size / count);
    let mut text = String::from("{\"cells\": [");
    for number in 0..count {
        let comma = if number > 0 { "," } else { "" };
        write!(
            text,
            r#"{comma}{{"cell_type": "code", "execution_count": {number}, "id": "cell-{number}", "metadata": {{}},
            "outputs": [{output}], "source": ["import this\n", "this.{number}"]}}"#
        )?;
    }
    text.push_str("], \"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 5}");
    Ok(Notebook::parse(text.as_bytes())?.to_bytes())
}

/// Printed lines of 80 bytes.
fn lines(size: usize) -> String {
    let line = format!(r#""{:74}\n","#, "2026-11-26 epoch 7: loss");
    let lines = line.repeat((size / line.len()).max(1));
    let lines = lines.trim_end_matches(',');
    format!(r#"{{"output_type": "stream", "name": "stdout", "text": [{lines}]}}"#)
}

fn picture(size: usize) -> String {
    let data = "iVBORw0KGgo".repeat(size / 11);
    format!(
        r#"{{"output_type": "display_data", "data": {{"image/png": "{data}"}}, "metadata": {{}}}}"#
    )
}

/// As a plot has them: the hardest for a JSON reader.
fn numbers(size: usize) -> String {
    let numbers = "0.123456789012,".repeat(size / 22);
    let numbers = numbers.trim_end_matches(',');
    format!(
        r#"{{"output_type": "display_data",
        "data": {{"application/vnd.plotly.v1+json": {{"data": [{numbers}]}}}}, "metadata": {{}}}}"#
    )
}

/// Many small cells.
fn cells(count: usize) -> Result<Vec<u8>> {
    let mut text = String::from("{\"cells\": [");
    for number in 0..count {
        let comma = if number > 0 { "," } else { "" };
        write!(
            text,
            r#"{comma}{{"cell_type": "code", "execution_count": {number}, "id": "cell-{number}",
            "metadata": {{"tags": ["one"]}}, "source": ["a = {number}\n", "a"], "outputs": [
            {{"output_type": "execute_result", "execution_count": {number}, "metadata": {{}},
            "data": {{"text/plain": ["{number}"]}}}}]}}"#
        )?;
    }
    text.push_str("], \"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 5}");
    Ok(Notebook::parse(text.as_bytes())?.to_bytes())
}
