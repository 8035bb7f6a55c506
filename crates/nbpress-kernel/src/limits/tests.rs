//! What is read from the files of control groups, in samples of each kind of machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::delegate::parent_with;
use super::group::{Group, counting_memory_of, keyed, write};
use super::hierarchy::{OwnGroup, Version, own_groups, parse, read};
use super::{Limits, Report, size_in_words};

const FIRST: Version = Version::One;
const SECOND: Version = Version::Two;

fn own(version: Version, folder: &str, controllers: &[&str]) -> OwnGroup {
    OwnGroup {
        version,
        folder: PathBuf::from(folder),
        controllers: controllers.iter().map(|&name| name.to_owned()).collect(),
    }
}

/// A machine: its name, `/proc/self/cgroup`, `/proc/self/mountinfo`, and our groups.
type Sample = (&'static str, &'static str, &'static str, Vec<OwnGroup>);

fn samples() -> Vec<Sample> {
    vec![
        (
            "version 2 under systemd",
            "0::/user.slice/user-1000.slice/session-2.scope\n",
            "24 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
             31 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
            vec![own(
                SECOND,
                "/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope",
                &[],
            )],
        ),
        (
            "version 1, two controllers mounted together",
            "5:cpu,cpuacct:/jobs\n3:memory:/\n1:name=systemd:/init.scope\n",
            "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
             35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
             40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n",
            vec![
                own(
                    FIRST,
                    "/sys/fs/cgroup/cpu,cpuacct/jobs",
                    &["cpu", "cpuacct"],
                ),
                own(FIRST, "/sys/fs/cgroup/memory", &["memory"]),
                own(FIRST, "/sys/fs/cgroup/systemd/init.scope", &[]),
            ],
        ),
        (
            "hybrid: version 2 beside controllers of version 1",
            "4:memory:/a/b\n1:cpu:/\n0::/\n",
            "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n\
             35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
             41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
            vec![
                own(FIRST, "/sys/fs/cgroup/memory/a/b", &["memory"]),
                own(FIRST, "/sys/fs/cgroup/cpu", &["cpu"]),
                own(SECOND, "/sys/fs/cgroup/unified", &[]),
            ],
        ),
        (
            "a container that sees its host's paths",
            "4:memory:/docker/0a1b\n",
            "35 31 0:32 /docker/0a1b /sys/fs/cgroup/memory ro master:9 - cgroup cgroup rw,memory\n",
            vec![own(FIRST, "/sys/fs/cgroup/memory", &["memory"])],
        ),
        (
            "a group outside of what is mounted",
            "4:memory:/elsewhere\n0::/../outside\n",
            "35 31 0:32 /docker/0a1b /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n\
             41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
            vec![],
        ),
        (
            "nothing mounted",
            "0::/\n",
            "24 1 8:1 / / rw - ext4 x rw\n",
            vec![],
        ),
    ]
}

#[test]
fn our_groups_are_found_on_every_kind_of_machine() {
    for (machine, groups, mounts, expected) in samples() {
        assert_eq!(parse(groups, mounts), expected, "{machine}");
    }
}

#[test]
fn counters_are_read_by_their_whole_name() {
    let first = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
    let second = "low 0\nhigh 0\nmax 17\noom 2\noom_kill 1\noom_group_kill 0\n";
    for (text, key, value) in [
        (first, "oom_kill", Some(3)),
        (second, "oom_kill", Some(1)),
        (second, "max", Some(17)),
        ("usage_usec 1250\nuser_usec 9\n", "usage_usec", Some(1250)),
        (second, "peak", None),
        ("oom_kill", "oom_kill", None),
        ("oom_kill x", "oom_kill", None),
    ] {
        assert_eq!(keyed(text, key), value, "{key} in {text:?}");
    }
}

#[test]
fn sizes_are_said_as_people_say_them() {
    for (bytes, words) in [
        (2 << 30, "2.0 GiB"),
        (3 << 29, "1.5 GiB"),
        (512 << 20, "512 MiB"),
        (300 << 10, "300 KiB"),
    ] {
        assert_eq!(size_in_words(bytes), words);
    }
}

#[test]
fn what_holds_and_what_does_not_is_said_in_one_line() {
    assert_eq!(Report::default().finish(), None);
    let mut report = Report::default();
    report.enforced("memory 2.0 GiB by cgroup v1".to_owned());
    let enforcement = report.finish().unwrap();
    assert_eq!(enforcement.text, "memory 2.0 GiB by cgroup v1");
    assert!(enforcement.complete);

    let mut report = Report::default();
    report.partly("memory 1 by RLIMIT_DATA".to_owned());
    report.unenforced("2 cpus (no)".to_owned());
    let enforcement = report.finish().unwrap();
    assert_eq!(
        enforcement.text,
        "memory 1 by RLIMIT_DATA; not enforced: 2 cpus (no)"
    );
    assert!(!enforcement.complete);
}

#[test]
fn limits_are_written_as_each_version_wants_them() {
    let bytes = "536870912";
    let first = [
        ("memory.limit_in_bytes", bytes),
        ("memory.memsw.limit_in_bytes", bytes),
        ("cpu.cfs_period_us", "100000"),
        ("cpu.cfs_quota_us", "150000"),
    ];
    let second = [
        ("memory.max", bytes),
        ("memory.swap.max", "0"),
        ("memory.oom.group", "1"),
        ("cpu.max", "150000 100000"),
    ];
    // Neither swap nor groups that end as one are everywhere.
    let plain = |(name, _): &&(&str, &str)| !name.contains("sw") && !name.contains("oom");
    for (version, files) in [(FIRST, first), (SECOND, second)] {
        for files in [
            BTreeMap::from(files),
            files.iter().filter(plain).copied().collect(),
        ] {
            let folder = tempfile::tempdir().unwrap();
            for name in files.keys() {
                fs::File::create(folder.path().join(name)).unwrap();
            }
            let path = folder.path().to_str().unwrap();
            let group = Group::at(own(version, path, &[])).unwrap();
            assert_eq!(group.limit_memory(512 << 20).unwrap(), version);
            assert_eq!(group.limit_cpus(1.5).unwrap(), version);
            let written: BTreeMap<String, String> = fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap())
                .map(|entry| {
                    let name = entry.file_name().into_string().unwrap();
                    (name, read(&entry.path()).unwrap())
                })
                .collect();
            let expected: BTreeMap<String, String> = files
                .into_iter()
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect();
            assert_eq!(written, expected, "{version}");
        }
    }
}

#[test]
fn copies_are_in_a_group_within_and_the_kernel_of_version_2_beside_them() {
    for version in [FIRST, SECOND] {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::io::Write::write_all(&mut fs::File::create(path).unwrap(), text.as_bytes())
                .unwrap();
        };
        let text = |name: &str| read(&folder.join(name)).unwrap_or_default();
        for name in [
            "cgroup.procs",
            "cgroup.subtree_control",
            "memory.oom.group",
            "kernel/cgroup.procs",
            "kernel/memory.oom.group",
        ] {
            file(name, "");
        }
        file("cgroup.procs", "4711\n");
        // What each says of the kernel alone, and what has copies in it.
        file("memory.oom_control", "oom_kill 1\n");
        file("memory.events", "oom_kill 7\n");
        file("kernel/memory.events", "oom_kill 1\n");
        let mut group = Group::at(own(version, folder.to_str().unwrap(), &["memory"])).unwrap();
        let entry = group.hold_copies().unwrap();
        assert_eq!(entry, folder.join("copies/cgroup.procs"), "{version}");
        assert!(folder.join("copies").is_dir());
        assert_eq!(group.kills(), Some(1), "{version}");
        let handed = match version {
            FIRST => ["", "", "", ""],
            SECOND => ["+memory", "0", "1", "4711"],
        };
        let names = [
            "cgroup.subtree_control",
            "memory.oom.group",
            "kernel/memory.oom.group",
            "kernel/cgroup.procs",
        ];
        assert_eq!(names.map(text), handed, "{version}");
    }
}

#[test]
fn the_groups_above_that_count_memory_are_those_with_a_limit() {
    let own = counting_memory_of(rustix::process::getpid());
    let unlike = own.iter().find(|folder| {
        let limits = ["memory.limit_in_bytes", "memory.max"];
        !limits.iter().any(|name| folder.join(name).exists())
    });
    assert_eq!(unlike, None);
    let is_inner = |pair: &[PathBuf]| pair[0].starts_with(&pair[1]);
    assert!(own.windows(2).all(is_inner), "{own:?}");
}

/// On the real tree of version 2, with whatever controller is not in use by version 1.
#[test]
fn a_group_hands_its_controllers_down_once_its_processes_are_in_a_leaf() {
    let second = own_groups()
        .into_iter()
        .find(|group| group.version == SECOND && !group.controllers.is_empty());
    let Some(root) = second else {
        println!("skipped: no tree of version 2 with a controller");
        return;
    };
    let controller = root.controllers[0].as_str();
    let parent = root
        .folder
        .join(format!("nbpress-test-{}", std::process::id()));
    let control = read(&root.folder.join("cgroup.subtree_control")).unwrap_or_default();
    let was_handed = control.split_whitespace().any(|name| name == controller);
    let before = format!("{}{controller}", if was_handed { '+' } else { '-' });
    let handed = write(
        &root.folder,
        "cgroup.subtree_control",
        &format!("+{controller}"),
    );
    if handed.and_then(|()| fs::create_dir(&parent)).is_err() {
        println!("skipped: `{}` is not ours to write", root.folder.display());
        return;
    }
    write(&parent, "cgroup.procs", "0").unwrap();
    // The rule itself: while a process is in it, it may not.
    let direct = write(&parent, "cgroup.subtree_control", &format!("+{controller}"));
    assert_eq!(direct.unwrap_err().kind(), std::io::ErrorKind::ResourceBusy);

    assert_eq!(parent_with(&[controller], &parent).unwrap(), parent);
    let control = read(&parent.join("cgroup.subtree_control")).unwrap();
    assert_eq!(control.trim(), controller);
    let ours = own_groups()
        .into_iter()
        .find(|group| group.version == SECOND);
    let leaf = ours.unwrap().folder;
    assert_eq!(leaf.parent(), Some(parent.as_path()));
    // What a runner started from there finds.
    assert_eq!(parent_with(&[controller], &leaf).unwrap(), parent);

    write(&root.folder, "cgroup.procs", "0").unwrap();
    fs::remove_dir(&leaf).unwrap();
    fs::remove_dir(&parent).unwrap();
    write(&root.folder, "cgroup.subtree_control", &before).unwrap();
}

#[test]
fn a_wish_is_heard_within_what_all_may() {
    let limits = |memory_bytes, cpus| Limits {
        memory_bytes,
        cpus,
        ..Limits::default()
    };
    let most = limits(Some(4), Some(1.5));
    for (wished, given) in [
        (limits(None, None), most),
        (limits(Some(9), Some(9.0)), most),
        (limits(Some(2), Some(0.5)), limits(Some(2), Some(0.5))),
    ] {
        assert_eq!(wished.within(most), given);
        assert_eq!(wished.within(Limits::default()), wished);
    }
}
