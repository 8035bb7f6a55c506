//! What a process inherits besides its environment, and cannot be given later.

use std::collections::BTreeMap;

/// Lines of /proc/self/status that say so.
const STATUS: [&str; 7] = [
    "Umask",
    "Uid",
    "Gid",
    "Groups",
    "NoNewPrivs",
    "Seccomp",
    "Cpus_allowed",
];

const NAMESPACES: [&str; 6] = ["cgroup", "ipc", "mnt", "net", "user", "uts"];

/// What children of this process inherit: identity, file mode mask, limits, priority, processors and
/// namespaces, by name.
#[expect(
    clippy::disallowed_methods,
    reason = "/proc is not a notebook location"
)]
pub(super) fn own() -> BTreeMap<String, String> {
    let read =
        |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
    let status = read("status");
    let lines = status.lines().filter_map(|line| line.split_once(':'));
    let mut all: BTreeMap<String, String> = lines
        .filter(|(name, _)| STATUS.contains(name))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    // `Max open files  1024  4096  files`, columns two spaces apart.
    for line in read("limits").lines().skip(1) {
        let (name, values) = line.split_once("  ").unwrap_or((line, ""));
        let values: Vec<&str> = values.split_whitespace().collect();
        all.insert(name.to_owned(), values.join(" "));
    }
    // The 19th field of proc_pid_stat(5); the name before it may contain anything.
    let stat = read("stat");
    let nice = stat
        .rsplit_once(')')
        .and_then(|(_, fields)| fields.split_whitespace().nth(16));
    all.insert("priority".to_owned(), nice.unwrap_or_default().to_owned());
    for name in NAMESPACES {
        let target = std::fs::read_link(format!("/proc/self/ns/{name}")).unwrap_or_default();
        all.insert(
            format!("{name} namespace"),
            target.to_string_lossy().into_owned(),
        );
    }
    all
}

/// The first that two processes do not share.
pub(super) fn difference<'a>(
    one: &'a BTreeMap<String, String>,
    other: &'a BTreeMap<String, String>,
) -> Option<&'a str> {
    one.keys()
        .chain(other.keys())
        .find(|name| one.get(*name) != other.get(*name))
        .map(String::as_str)
}
