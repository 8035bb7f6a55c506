//! Where things are that the tests need.

use std::env;
use std::path::{Path, PathBuf};

/// The repository's root.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// The folder that `cargo xtask test` fills with reference implementations and kernels.
///
/// # Panics
/// When it is not there: a comparison that compares nothing must not pass.
pub fn reference() -> PathBuf {
    let folder = env::var_os("NBPRESS_TEST_REFERENCE")
        .map_or_else(|| repository().join("target/test-reference"), PathBuf::from);
    assert!(
        folder.join("venv/bin/python").exists(),
        "{} is not filled; run `cargo xtask test --setup-only`",
        folder.display()
    );
    folder
}

/// Where DuckDB, polars and jupysql are, for the Python of the main environment: its `PYTHONPATH`.
///
/// # Panics
/// When they are not installed.
pub fn frames() -> PathBuf {
    let python = std::fs::read_dir(reference().join("frames/lib"));
    let packages = python
        .expect("no `frames` in the reference folder: run `cargo xtask test --setup-only`")
        .flatten()
        .map(|python| python.path().join("site-packages"))
        .find(|packages| packages.is_dir());
    packages.unwrap()
}

/// Whether a kernel is installed; `cargo xtask test` fails by itself when one is missing that nobody excused.
pub fn has_kernel(name: &str) -> bool {
    reference()
        .join("jupyter/kernels")
        .join(name)
        .join("kernel.json")
        .exists()
}

/// The `nbpress` program under test: `NBPRESS_BIN`, or the one beside this test's own program.
///
/// # Panics
/// When it was not built.
pub fn nbpress() -> PathBuf {
    let program = env::var_os("NBPRESS_BIN").map_or_else(
        || {
            let test = env::current_exe().unwrap();
            test.parent()
                .and_then(Path::parent)
                .unwrap()
                .join("nbpress")
        },
        PathBuf::from,
    );
    assert!(
        program.exists(),
        "{} is not built; run `cargo build -p nbpress-cli`",
        program.display()
    );
    program
}

/// One of our own fixture notebooks, by its name without the extension.
pub fn fixture(name: &str) -> PathBuf {
    repository()
        .join("fixtures/notebooks")
        .join(format!("{name}.ipynb"))
}
