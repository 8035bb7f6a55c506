//! What a cell waits for a frozen copy, and a kernel that is made of one takes, against the size of the namespace.
//!
//! `cargo bench -p nbpress-kernel --bench kept -- [ROUNDS]`. Half of the namespace is arrays, half is Python's own
//! objects, which each write to memory when they are looked at.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark: a failure here is no measurement"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use nbpress_kernel::kept::{self, FrozenCopy, Keep, Revival};
use nbpress_kernel::{
    FoundKernel, Kernel, KernelEvent, KernelFinder, LaunchRequest, Limits, LocalProvisioner,
};
use nbpress_protocol::Channel;

const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let given = std::env::args().find_map(|argument| argument.parse().ok());
    let rounds: usize = given.unwrap_or(40);
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let finder = KernelFinder::new(&environment, &[]);
    let kernel = finder.by_name("python3").unwrap().unwrap();
    println!("MiB\tfreeze p50\tp90 (ms)\trevive p50\tmax (ms)\tcopy PSS after change of 1 % (MiB)");
    for mebibytes in [8_u32, 256, 1024] {
        measure(&kernel, &environment, mebibytes, rounds).await;
    }
}

async fn measure(
    found: &FoundKernel,
    environment: &BTreeMap<String, String>,
    mebibytes: u32,
    rounds: usize,
) {
    let folder = tempfile::tempdir().unwrap();
    let copies = folder.path().join("copies");
    let keep = Keep {
        copies: 1,
        memory_bytes: u64::MAX,
        ..Keep::in_folder(copies.clone())
    };
    let mut kernel = start(found, environment, folder.path()).await;
    let installing = Instant::now();
    keep.install(&mut kernel).await.unwrap();
    let installing = milliseconds(installing.elapsed());
    let half = mebibytes * 1024 * 1024 / 2;
    // An integer and its place in the list are 40 bytes.
    let fill = format!(
        "a = bytearray({half}); a[::4096] = a[::4096]; b = [n + 300 for n in range({})]",
        half / 40
    );
    run(&mut kernel, &fill).await;
    let mut freezes = Vec::new();
    for _ in 0..rounds {
        run(
            &mut kernel,
            &format!("a[:{}:4096] = a[:{}:4096]", half / 50, half / 50),
        )
        .await;
        freezes.push(kept::outcome(&copies).unwrap().milliseconds);
    }
    let copy = last(&copies);
    let share = copy.memory_bytes().unwrap() >> 20;
    kernel.kill().await;
    let (mut revivals, provisioner) = (Vec::new(), LocalProvisioner::default());
    for _ in 0..rounds.div_ceil(4) {
        let since = Instant::now();
        let revival = Revival {
            kernel: found,
            working_directory: None,
            environment: &BTreeMap::new(),
            limits: Limits::default(),
        };
        let mut revived = kept::revive(&copy, &provisioner, &revival, PATIENCE)
            .await
            .unwrap();
        run(&mut revived, "b[0]").await;
        revivals.push(milliseconds(since.elapsed()));
        revived.kill().await;
    }
    freezes.sort_by(f64::total_cmp);
    revivals.sort_by(f64::total_cmp);
    println!(
        "{mebibytes}\t{:.1}\t{:.1}\t{:.0}\t{:.0}\t{share}\t(installed in {installing:.0} ms)",
        freezes[freezes.len() / 2],
        freezes[freezes.len() * 9 / 10],
        revivals[revivals.len() / 2],
        revivals[revivals.len() - 1],
    );
    kept::drop_all(&copies);
}

/// The copy that was made before the last cell; it may still be on its way.
fn last(copies: &Path) -> FrozenCopy {
    let request = kept::outcome(copies).unwrap().request;
    loop {
        let newest = kept::list(copies).pop();
        if let Some(copy) = newest.filter(|copy| copy.request == request) {
            return copy;
        }
    }
}

async fn start(
    found: &FoundKernel,
    environment: &BTreeMap<String, String>,
    folder: &Path,
) -> Kernel {
    let request = LaunchRequest {
        kernel: found,
        working_directory: folder,
        environment,
        limits: Limits::default(),
    };
    Kernel::start(&LocalProvisioner::default(), &request, PATIENCE)
        .await
        .unwrap()
}

async fn run(kernel: &mut Kernel, code: &str) {
    let id = kernel.execute(code, false).await;
    loop {
        match kernel.next().await {
            KernelEvent::Message(Channel::Shell, message) if message.parent_id() == Some(&id) => {
                let content: serde_json::Value = message.view().unwrap();
                assert_eq!(content["status"], "ok", "{content}");
                return;
            }
            KernelEvent::Exited(exit) => panic!("{exit}"),
            _ => {}
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
