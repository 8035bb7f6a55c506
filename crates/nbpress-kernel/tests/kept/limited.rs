//! A kernel with limits has its frozen copies in its control groups: they count, end first, and outlive it.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "files of control groups are not notebook locations, and a test says that it is skipped"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use nbpress_kernel::kept::{self, Keep, NotKept, Revival};
use nbpress_kernel::{FoundKernel, Kernel, Limits, LocalProvisioner};

use crate::place::{Place, python_kernels, run};
use crate::{PATIENCE, folder, newest, newest_in, revive};

const LIMIT: u64 = 176 << 20;

/// What a cell holds, in MiB; a copy from before a cell that changes all of it holds as much.
const HELD: u64 = 48;

fn memory(bytes: u64) -> Limits {
    Limits {
        memory_bytes: Some(bytes),
        cpus: Some(2.0),
        ..Limits::default()
    }
}

/// A kernel that keeps copies within limits; `None` where this machine lets us make no control groups.
async fn limited(place: &Place, found: &FoundKernel, limits: Limits) -> Option<Kernel> {
    let alone = LocalProvisioner {
        pool: None,
        ..place.provisioner()
    };
    let mut kernel = place.start_with(&alone, found, limits).await;
    if !kernel.enforcement().unwrap().complete {
        println!("skipped: {:?}", kernel.enforcement());
        return None;
    }
    let keep = Keep::in_folder(folder(place));
    keep.install(&mut kernel).await.unwrap();
    Some(kernel)
}

/// The group that a process is in and its memory is counted in.
fn group_of(process: &str) -> PathBuf {
    let text = fs::read_to_string(format!("/proc/{process}/cgroup")).unwrap();
    let second = || text.lines().find_map(|line| line.strip_prefix("0::"));
    let first = text.lines().find_map(|line| line.split_once(":memory:"));
    let (root, path) = match first {
        Some((_, path)) => ("/sys/fs/cgroup/memory", path),
        None => ("/sys/fs/cgroup", second().unwrap()),
    };
    Path::new(root).join(path.trim_start_matches('/'))
}

/// How often the system ended one of a group's processes for lack of memory.
fn kills(group: &Path) -> u64 {
    let files = ["memory.oom_control", "memory.events"];
    let text = files
        .iter()
        .find_map(|name| fs::read_to_string(group.join(name)).ok())
        .unwrap();
    let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    count.unwrap().parse().unwrap()
}

async fn until_removed(group: &Path) {
    let since = Instant::now();
    while group.exists() {
        assert!(since.elapsed() < PATIENCE, "`{}` is left", group.display());
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn copies_outlive_the_group_of_their_kernel_and_its_limits() {
    let place = Place::open(&[]);
    for found in python_kernels() {
        let Some(mut kernel) = limited(&place, &found, memory(LIMIT)).await else {
            return;
        };
        run(&mut kernel, "x = 41").await;
        run(&mut kernel, "1 / 0").await;
        let copy = newest(&place);
        let copies = group_of(&copy.process_id.to_string());
        assert!(copies.ends_with("copies"), "{}", copies.display());
        kernel.kill().await;
        assert!(copy.lives());

        let mut free = revive(&place, &copy, &found).await.unwrap();
        assert_eq!(group_of(&free.process_id().to_string()), group_of("self"));
        assert_eq!(run(&mut free, "print(x + 1)").await, "42\n");
        free.kill().await;

        let more = 2 * LIMIT;
        let revival = Revival {
            kernel: &found,
            working_directory: None,
            environment: &BTreeMap::new(),
            limits: memory(more),
        };
        let revived = kept::revive(&copy, &place.provisioner(), &revival, PATIENCE).await;
        let mut revived = revived.unwrap();
        let keep = Keep::in_folder(place.folder.path().join("again"));
        keep.install(&mut revived).await.unwrap();
        assert_eq!(run(&mut revived, "print(x + 1)").await, "42\n");
        let again = newest_in(&keep.folder);
        let own = group_of(&again.process_id.to_string());
        assert_ne!(own, copies);
        let said = run(&mut revived, "held = b'x' * (1 << 30)").await;
        assert!(said.contains("out of memory"), "{said}");
        let exit = revived.kill().await;
        assert_eq!(exit.memory_limit_reached, Some(more), "{exit}");
        assert!(copy.lives(), "it is in another group");
        kept::drop_all(&keep.folder);
        kept::drop_all(&folder(&place));
        for group in [copies, own] {
            until_removed(group.parent().unwrap()).await;
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn copies_count_and_end_before_their_kernel() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let Some(mut kernel) = limited(&place, &found, memory(LIMIT)).await else {
        return;
    };
    run(&mut kernel, &format!("held = bytearray({HELD} << 20)")).await;
    let copies = group_of(&newest(&place).process_id.to_string());
    for number in 0..12 {
        let code = format!("held[::4096] = bytes(len(held) // 4096); print({number})");
        assert_eq!(run(&mut kernel, &code).await, format!("{number}\n"));
    }
    assert!(kills(&copies) > 0, "there was memory enough");
    assert!(!kernel.memory_ran_out());
    let said = run(&mut kernel, "held = b'x' * (1 << 30)").await;
    assert!(said.contains("out of memory"), "{said}");
    assert_eq!(kernel.kill().await.memory_limit_reached, Some(LIMIT));
    kept::drop_all(&folder(&place));
    until_removed(copies.parent().unwrap()).await;
}

#[tokio::test(flavor = "current_thread")]
async fn in_a_group_that_is_almost_full_no_copy_is_begun() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let Some(mut kernel) = limited(&place, &found, memory(4 * LIMIT)).await else {
        return;
    };
    let group = group_of(&kernel.process_id().to_string());
    let names = [
        ("memory.usage_in_bytes", "memory.limit_in_bytes"),
        ("memory.current", "../memory.max"),
    ];
    let limited = names.iter().any(|(used, most)| {
        let Ok(text) = fs::read_to_string(group.join(used)) else {
            return false;
        };
        let most_bytes = text.trim().parse::<u64>().unwrap() + (8 << 20);
        fs::write(group.join(most), most_bytes.to_string()).is_ok()
    });
    assert!(limited, "`{}`", group.display());
    assert_eq!(run(&mut kernel, "x = 41").await, "");
    let outcome = kept::outcome(&folder(&place)).unwrap();
    assert!(
        matches!(&outcome.not_kept, Some(NotKept::Memory(why)) if why.contains("MiB are left")),
        "{outcome:?}"
    );
    assert_eq!(run(&mut kernel, "print(x + 1)").await, "42\n");
    // There is always room for a few variables.
    assert_eq!(kept::saved(&folder(&place)).len(), 2);
    assert!(kept::list(&folder(&place)).is_empty());
    kernel.kill().await;
    kept::drop_all(&folder(&place));
}
