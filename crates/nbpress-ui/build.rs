//! Builds `ui/` with npm into the folder of the build, and lists its files for the crate to embed.
//!
//! `NBPRESS_SKIP_UI=1` builds without: for work on Rust only, and where there is no Node.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a build script: it talks to cargo by printing, and to npm by starting it"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::{env, fs, io};

const SKIP: &str = "NBPRESS_SKIP_UI";
/// What the build reads; not `node_modules`, which follows from the lockfile.
const SOURCES: &[&str] = &[
    "src",
    "index.html",
    "vite.config.ts",
    "build",
    "tsconfig.json",
    "package.json",
    "package-lock.json",
];

fn main() {
    println!("cargo::rerun-if-env-changed={SKIP}");
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(error) = build() {
        eprintln!("the web UI could not be built: {error}");
        eprintln!(
            "  it needs Node 20.19 or newer with npm; `{SKIP}=1 cargo build` builds without it"
        );
        exit(1);
    }
}

fn build() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let built = out.join("ui");
    // What an earlier build left must not be embedded.
    if built.exists() {
        fs::remove_dir_all(&built)?;
    }
    fs::create_dir_all(&built)?;
    let skipped = env::var_os(SKIP).is_some_and(|value| !value.is_empty() && value != "0");
    if !skipped {
        // Asked now: a target folder may outlive the place it was made for.
        let here = env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?;
        let ui = Path::new(&here).join("../../ui");
        for source in SOURCES {
            println!("cargo::rerun-if-changed={}", ui.join(source).display());
        }
        install(&ui)?;
        let mut vite = npm(&ui, &["run", "--silent", "build", "--", "--outDir"]);
        finish(
            vite.arg(&built)
                .args(["--emptyOutDir", "--logLevel", "warn"]),
        )?;
        if !built.join("index.html").exists() {
            return Err(io::Error::other("there is no index.html in it"));
        }
    }
    let mut files = Vec::new();
    walk(&built, &mut files)?;
    files.sort();
    fs::write(out.join("files.rs"), listing(&built, &files))
}

/// Installs what the lockfile names, unless that is there.
fn install(ui: &Path) -> io::Result<()> {
    let changed = |path: &str| fs::metadata(ui.join(path)).and_then(|found| found.modified());
    let wanted = changed("package-lock.json")?;
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_ok_and(|installed| installed >= wanted) {
        return Ok(());
    }
    finish(&mut npm(
        ui,
        &["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    ))
}

fn npm(ui: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(ui).args(arguments);
    command
}

fn finish(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    Err(io::Error::other(format!("{command:?} failed\n{said}")))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// A table of names and contents, as an expression of Rust.
fn listing(built: &Path, files: &[PathBuf]) -> String {
    let mut listing = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(built).unwrap_or(file).display();
        let path = file.display().to_string();
        // Writing to a text never fails.
        let _written = writeln!(
            listing,
            "({:?}, include_bytes!({path:?})),",
            name.to_string()
        );
    }
    listing + "]\n"
}
