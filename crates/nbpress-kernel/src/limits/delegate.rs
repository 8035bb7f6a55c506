//! Getting a group of version 2 to hand its controllers to groups beneath it.
//!
//! A group that does so may have no processes of its own (the rule of *no internal processes*:
//! <https://docs.kernel.org/admin-guide/cgroup-v2.html#no-internal-process-constraint>), and this
//! process is in it. So it moves into a leaf beneath. Where it shares its group with programs that are
//! not ours to move, nothing is changed.

use std::io;
use std::path::{Path, PathBuf};

use super::group::write;
use super::hierarchy::read;

/// What kernels are limited in.
const CONTROLLERS: &[&str] = &["memory", "cpu"];

/// How the name of the leaf ends that a runner moved into; not a kernel's group, so never killed.
const LEAF: &str = ".nbpress-runner";

/// The group beneath which kernels' groups can be made and limited, given the group we are in.
///
/// # Errors
/// The group has no such controllers, is not ours to write, or holds other programs.
pub(super) fn parent_of_kernels(own: &Path) -> io::Result<PathBuf> {
    parent_with(CONTROLLERS, own)
}

/// The group beneath which groups with these controllers can be made.
pub(super) fn parent_with(controllers: &[&str], own: &Path) -> io::Result<PathBuf> {
    let parent = own.parent().filter(|_| is_leaf(own)).unwrap_or(own);
    remove_left_leaves(parent);
    if hand_down(controllers, parent).is_ok() {
        return Ok(parent.to_owned());
    }
    let leaf = parent.join(format!("{}{LEAF}", std::process::id()));
    std::fs::create_dir(&leaf)?;
    let moved = write(&leaf, "cgroup.procs", "0").and_then(|()| hand_down(controllers, parent));
    if let Err(error) = moved {
        let _best_effort = write(parent, "cgroup.procs", "0");
        let _best_effort = std::fs::remove_dir(&leaf);
        return Err(match error.kind() {
            io::ErrorKind::ResourceBusy => {
                io::Error::other(format!("other programs are in `{}` too", parent.display()))
            }
            _ => error,
        });
    }
    Ok(parent.to_owned())
}

/// The last process of a leaf cannot remove it.
fn remove_left_leaves(parent: &Path) {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    for folder in entries
        .map(|entry| entry.path())
        .filter(|path| is_leaf(path))
    {
        let _in_use = std::fs::remove_dir(folder);
    }
}

fn is_leaf(folder: &Path) -> bool {
    folder
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.ends_with(LEAF))
}

/// Gives the controllers, as far as the group has them, to the groups beneath.
fn hand_down(controllers: &[&str], group: &Path) -> io::Result<()> {
    let words = |name: &str| -> Vec<String> {
        let text = read(&group.join(name)).unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    };
    let (available, handed) = (words("cgroup.controllers"), words("cgroup.subtree_control"));
    let missing: Vec<String> = controllers
        .iter()
        .filter(|&name| available.iter().any(|other| other == name))
        .filter(|&name| !handed.iter().any(|other| other == name))
        .map(|name| format!("+{name}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    write(group, "cgroup.subtree_control", &missing.join(" "))
}
