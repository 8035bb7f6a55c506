//! Where the memory of a machine or a container is used up, copies end and the kernel goes on.
#![expect(
    clippy::disallowed_methods,
    reason = "files of control groups are not notebook locations"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use nbpress_kernel::kept::{self, Keep};

use crate::place::{Place, python_kernels, run};
use crate::{PATIENCE, folder, keeping};

/// What the group holds: less than the kernel with all its copies, more than the kernel with half of them. The
/// system takes a process that is ending for none it could end, although it still holds its memory: among
/// many small copies there is another.
const MEMORY: u64 = 32 << 20;

/// A control group that counts what its processes hold from the moment they are in it.
struct Group(PathBuf);

impl Group {
    /// `None` where this machine does not let us make one.
    fn make() -> Option<Self> {
        let name = format!("nbpress-test-{}", std::process::id());
        let places = [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            ("/sys/fs/cgroup", "memory.max"),
        ];
        places.into_iter().find_map(|(parent, limit)| {
            let group = Self(Path::new(parent).join(&name));
            fs::create_dir(&group.0).ok()?;
            let limited = fs::write(group.0.join(limit), MEMORY.to_string());
            limited.ok().map(|()| group)
        })
    }

    /// How often the system ended one of its processes for lack of memory.
    fn kills(&self) -> u64 {
        let counted = ["memory.oom_control", "memory.events"];
        let counted = counted
            .iter()
            .find_map(|name| fs::read_to_string(self.0.join(name)).ok());
        let counted = counted.unwrap_or_default();
        let kills = counted
            .lines()
            .find_map(|line| line.strip_prefix("oom_kill "));
        kills.and_then(|kills| kills.parse().ok()).unwrap_or(0)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let since = Instant::now();
        // It goes when the last of its processes has.
        while self.0.exists() && fs::remove_dir(&self.0).is_err() && since.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn copies_end_before_the_kernel_when_there_is_no_memory() {
    let Some(group) = Group::make() else {
        println!("skipped: no control group can be made");
        return;
    };
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let mut kernel = keeping(&place, &found, &Keep::in_folder(folder(&place))).await;
    run(&mut kernel, "held = bytearray(2 << 20)").await;
    fs::write(
        group.0.join("cgroup.procs"),
        kernel.process_id().to_string(),
    )
    .unwrap();
    for number in 0..30 {
        let code = format!("held[::4096] = bytes(len(held) // 4096); print({number})");
        assert_eq!(run(&mut kernel, &code).await, format!("{number}\n"));
    }
    assert!(group.kills() > 0, "there was memory enough");
    kernel.kill().await;
    kept::drop_all(&folder(&place));
}
