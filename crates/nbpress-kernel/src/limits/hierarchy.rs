//! Where in the file system the control groups are that this process is in.

use std::path::{Path, PathBuf};

/// The two interfaces of the system to control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// <https://docs.kernel.org/admin-guide/cgroup-v1/>: each controller has groups of its own.
    One,
    /// <https://docs.kernel.org/admin-guide/cgroup-v2.html>: one tree for all controllers.
    Two,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::One => "cgroup v1",
            Self::Two => "cgroup v2",
        })
    }
}

/// The group of this process in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnGroup {
    pub(super) version: Version,
    /// Where it is in the file system.
    pub(super) folder: PathBuf,
    /// What the hierarchy controls.
    pub(super) controllers: Vec<String>,
}

impl OwnGroup {
    pub(super) fn controls(&self, controller: &str) -> bool {
        self.controllers.iter().any(|name| name == controller)
    }
}

/// Every group this process is in, as of now.
pub(super) fn own_groups() -> Vec<OwnGroup> {
    groups_of("self")
}

/// Every group a process is in, as far as this one sees them.
pub(super) fn groups_of(process: &str) -> Vec<OwnGroup> {
    let text = |path: &str| read(Path::new(path)).unwrap_or_default();
    let mut groups = parse(
        &text(&format!("/proc/{process}/cgroup")),
        &text("/proc/self/mountinfo"),
    );
    for group in &mut groups {
        if group.version == Version::Two {
            let available = read(&group.folder.join("cgroup.controllers")).unwrap_or_default();
            group.controllers = available.split_whitespace().map(str::to_owned).collect();
        }
    }
    groups
}

/// Joins cgroups(7) `/proc/self/cgroup` with proc_pid_mountinfo(5). Groups that are mounted nowhere, or
/// lie outside of what is mounted, are left out. Controllers of version 2 are not in these files.
pub(super) fn parse(groups: &str, mounts: &str) -> Vec<OwnGroup> {
    let mounts: Vec<Mount<'_>> = mounts.lines().filter_map(Mount::parse).collect();
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (controllers, path) = (fields.next()?, fields.next()?);
            let folder = mounts
                .iter()
                .filter(|mount| mount.has(controllers))
                .find_map(|mount| mount.locate(path))?;
            let version = if controllers.is_empty() {
                Version::Two
            } else {
                Version::One
            };
            let named = |name: &&str| !name.is_empty() && !name.starts_with("name=");
            Some(OwnGroup {
                version,
                folder,
                controllers: controllers
                    .split(',')
                    .filter(named)
                    .map(str::to_owned)
                    .collect(),
            })
        })
        .collect()
}

struct Mount<'a> {
    /// The group that is mounted.
    root: &'a Path,
    /// Where.
    point: &'a Path,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let mut after = after.split(' ');
        let mount = Self {
            root: Path::new(before.next()?),
            point: Path::new(before.next()?),
            kind: after.next()?,
            options: after.nth(1)?,
        };
        matches!(mount.kind, "cgroup" | "cgroup2").then_some(mount)
    }

    fn has(&self, controllers: &str) -> bool {
        if controllers.is_empty() {
            return self.kind == "cgroup2";
        }
        let options: Vec<&str> = self.options.split(',').collect();
        self.kind == "cgroup" && controllers.split(',').all(|name| options.contains(&name))
    }

    /// A container may see the path of the host, of which only a part is mounted.
    fn locate(&self, path: &str) -> Option<PathBuf> {
        let below = Path::new(path).strip_prefix(self.root).ok()?;
        let outside = below.components().any(|part| part.as_os_str() == "..");
        (!outside).then(|| {
            // `join` of an empty path would end in a slash.
            below
                .components()
                .fold(self.point.to_owned(), |folder, part| folder.join(part))
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "files of the kernel are not notebook locations"
)]
pub(super) fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}
