//! What a kernel depends on from its first instruction: variables, packages, configuration.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::NotFromPool;
use crate::process::KERNEL_ID_VARIABLE;

/// Variables that the loader, the C library, numerical libraries and the interpreter itself read, which
/// nobody can observe: beginnings of names.
const READ_BY_LIBRARIES: [&str; 18] = [
    "BLIS_",
    "CONDA_",
    "CUDA_",
    "GLIBC_",
    "GOTO_",
    "HOME",
    "KMP_",
    "LANG",
    "LC_",
    "LD_",
    "MALLOC_",
    "MKL_",
    "NUMEXPR_",
    "OMP_",
    "OPENBLAS_",
    "PYTHON",
    "TZ",
    "VIRTUAL_ENV",
];

/// Variables that say to whom a kernel belongs; each has its own.
const OF_THE_KERNEL: [&str; 2] = [KERNEL_ID_VARIABLE, "JPY_PARENT_PID"];

/// The first variable that differs among those that matter: the given, and those that libraries read.
pub(super) fn different_variable(
    one: &BTreeMap<String, String>,
    other: &BTreeMap<String, String>,
    read: &[String],
) -> Option<String> {
    let by_libraries = one
        .keys()
        .chain(other.keys())
        .filter(|name| READ_BY_LIBRARIES.iter().any(|part| name.starts_with(part)));
    read.iter()
        .chain(by_libraries)
        .filter(|name| !OF_THE_KERNEL.contains(&name.as_str()))
        .find(|name| one.get(*name) != other.get(*name))
        .cloned()
}

/// The first variable that differs at all; `_` is a shell's note of what it ran.
pub(super) fn any_different_variable(
    one: &BTreeMap<String, String>,
    other: &BTreeMap<String, String>,
) -> Option<String> {
    one.keys()
        .chain(other.keys())
        .filter(|name| *name != "_" && !OF_THE_KERNEL.contains(&name.as_str()))
        .find(|name| one.get(*name) != other.get(*name))
        .cloned()
}

/// The first file or folder that is not as it was.
pub(super) fn change(watched: &BTreeMap<PathBuf, Option<i64>>) -> Option<NotFromPool> {
    watched
        .iter()
        .find(|(path, modified)| modification(path) != **modified)
        .map(|(path, _)| NotFromPool::Changed { path: path.clone() })
}

/// In nanoseconds since 1970; `None` where there is nothing.
fn modification(path: &Path) -> Option<i64> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(metadata.mtime() * 1_000_000_000 + metadata.mtime_nsec())
}
