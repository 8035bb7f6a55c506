//! Notebooks such as people have: text, code, printed lines and pictures.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::{Result, Target};

/// Name and size of the notebooks that are read and written, in bytes.
pub(crate) const SIZES: [(&str, &str, usize); 3] = [
    ("10 KB", "10KB.ipynb", 10_000),
    ("1 MB", "1MB.ipynb", 1_000_000),
    ("20 MB", "20MB.ipynb", 20_000_000),
];
/// The one that is shown, and its size in MB.
pub(crate) const SHOWN: (&str, usize) = ("shown.ipynb", 100);
/// Folders, and how many notebooks are in each.
pub(crate) const FOLDERS: [(&str, usize); 2] = [("few", 10), ("many", 10_000)];

/// Everything below the target's folder.
pub(crate) fn all(target: &Target) -> Result<()> {
    fs::create_dir_all(&target.folder)?;
    for (_, name, bytes) in SIZES {
        fs::write(target.folder.join(name), notebook(bytes))?;
    }
    let (name, megabytes) = SHOWN;
    let bytes = target.amount(megabytes) * 1_000_000;
    fs::write(target.folder.join(name), notebook(bytes))?;
    for (name, count) in FOLDERS {
        folder(
            &target.folder.join(name),
            if target.quick { count.min(500) } else { count },
        )?;
    }
    Ok(())
}

fn folder(folder: &Path, count: usize) -> Result<()> {
    fs::create_dir_all(folder)?;
    let notebook = notebook(1_000);
    for number in 0..count {
        fs::write(folder.join(format!("report-{number:05}.ipynb")), &notebook)?;
    }
    Ok(())
}

/// A notebook of about so many bytes, as nbformat writes it.
pub(crate) fn notebook(bytes: usize) -> Vec<u8> {
    let mut noise = Noise(42);
    let (mut cells, mut written, mut number) = (Vec::new(), 700, 0);
    while written < bytes {
        let room = bytes - written;
        let cell = match number % 4 {
            0 => text(number),
            // Most of a big notebook is pictures.
            3 if room > 4_000 => picture(number, &mut noise, (bytes / 20).clamp(2_000, 150_000)),
            _ => code(number),
        };
        written += cell.to_string().len() * 5 / 4;
        number += 1;
        cells.push(cell);
    }
    let notebook = json!({"cells": cells, "metadata": {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "version": "3.11.2"}, "saved": "00000000"},
        "nbformat": 4, "nbformat_minor": 5});
    let mut written = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut written, formatter);
    // A JSON value is always written.
    let _written = serde::Serialize::serialize(&notebook, &mut serializer);
    written.push(b'\n');
    written
}

fn text(number: usize) -> Value {
    json!({"cell_type": "markdown", "id": format!("cell-{number}"), "metadata": {}, "source": [
        format!("## Part {number}\n"), "\n",
        "Sales by region and week, with the *seasonal* part taken out; see [the data](https://example.org).\n"]})
}

fn code(number: usize) -> Value {
    let lines: Vec<String> = (0..12)
        .map(|line| {
            format!(
                "week {line:2}  north {:7.2}  south {:7.2}\n",
                f64::from(line) * 3.7,
                number as f64 / 1.3
            )
        })
        .collect();
    json!({"cell_type": "code", "id": format!("cell-{number}"), "metadata": {}, "execution_count": number,
        "source": ["for week, row in table.iterrows():\n", "    print(f\"week {week:2}  north {row.north:7.2f}\")\n"],
        "outputs": [{"name": "stdout", "output_type": "stream", "text": lines}]})
}

fn picture(number: usize, noise: &mut Noise, bytes: usize) -> Value {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend((0..bytes).map(|_| noise.next()));
    json!({"cell_type": "code", "id": format!("cell-{number}"), "metadata": {}, "execution_count": number,
        "source": ["table.plot(figsize=(12, 4))"],
        "outputs": [{"output_type": "display_data", "metadata": {},
            "data": {"text/plain": ["<Figure size 1200x400 with 1 Axes>"], "image/png": STANDARD.encode(png)}}]})
}

/// Bytes that do not compress, the same every time (xorshift, Marsaglia 2003).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.to_le_bytes()[0]
    }
}
