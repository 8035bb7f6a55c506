//! The reference implementations' Python environment.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A file or folder of the reference folder.
pub(crate) fn reference(path: &str) -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test runner says where the reference is"
    )]
    let folder = std::env::var("NBPRESS_TEST_REFERENCE").expect(
        "NBPRESS_TEST_REFERENCE is not set: run `cargo xtask test`, which installs papermill",
    );
    PathBuf::from(folder).join(path)
}

/// Runs Python code. Whether it succeeds is the caller's concern.
pub(crate) fn python<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Output {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests start the reference implementation"
    )]
    let mut command = Command::new(reference("venv/bin/python"));
    command
        .args(arguments)
        .env_remove("JUPYTER_PATH")
        .output()
        .expect("the reference Python starts")
}

/// What Python code prints; it must succeed.
pub(crate) fn printed(code: &str, arguments: &[PathBuf]) -> Vec<u8> {
    let code = [
        OsStr::new("-W"),
        OsStr::new("ignore"),
        OsStr::new("-c"),
        OsStr::new(code),
    ];
    let output = python(
        code.into_iter()
            .chain(arguments.iter().map(|path| path.as_os_str())),
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// A file's bytes.
#[expect(clippy::disallowed_methods, reason = "tests read local files")]
pub(crate) fn read(path: &std::path::Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
