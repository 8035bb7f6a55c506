//! What a kernel costs until its first cell has run: started, and taken from a pool where it is ready.
//!
//! `cargo bench -p nbpress-kernel --bench pool -- [ROUNDS]`, by turns, so that both meet the same machine;
//! then what waits holds, and messages by the million. The kernel is `python3`, found as Jupyter finds it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark: a failure here is no measurement"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nbpress_kernel::pool::{self, PoolStatus};
use nbpress_kernel::{
    FoundKernel, Kernel, KernelEvent, KernelFinder, LaunchRequest, Limits, LocalProvisioner, Origin,
};
use nbpress_protocol::Channel;

const TESTKERNEL: &str = env!("CARGO_BIN_EXE_testkernel");
const PATIENCE: Duration = Duration::from_mins(2);

struct Bench<'a> {
    kernel: FoundKernel,
    environment: BTreeMap<String, String>,
    folder: &'a Path,
    socket: &'a Path,
}

/// One way of starting.
#[derive(Default)]
struct Measured {
    answered: Vec<Duration>,
    ran: Vec<Duration>,
    cpu: Vec<Duration>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let given = std::env::args().find_map(|argument| argument.parse().ok());
    let rounds: usize = given.unwrap_or(100);
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let mut owner = Command::new(TESTKERNEL)
        .arg("pool")
        .arg(&socket)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let finder = KernelFinder::new(&environment, &[]);
    let bench = Bench {
        kernel: finder.by_name("python3").unwrap().unwrap(),
        environment,
        folder: folder.path(),
        socket: &socket,
    };
    bench.run(rounds).await;
    owner.kill().unwrap();
    owner.wait().unwrap();
}

impl Bench<'_> {
    async fn run(&self, rounds: usize) {
        while pool::status(self.socket).is_err() {}
        let (alone, pooled) = (self.provisioner(false), self.provisioner(true));
        self.start(&pooled).await.kill().await;
        let (mut started, mut ready) = (Measured::default(), Measured::default());
        for _ in 0..rounds {
            self.until_ready().await;
            self.measure(&pooled, &mut ready).await;
            self.measure(&alone, &mut started).await;
        }
        println!("{rounds} kernels each way, load {}", load());
        started.report("started");
        ready.report("ready");
        let status = self.until_ready().await;
        let kernels = status.shelves[0].ready.len();
        let memory = status.shelves[0].memory_bytes as f64 / f64::from(1 << 20);
        println!("template and {kernels} ready kernels: {memory:.1} MiB (PSS)");
        self.messages(&pooled).await;
    }

    fn provisioner(&self, pooled: bool) -> LocalProvisioner {
        LocalProvisioner {
            guard: Some(TESTKERNEL.into()),
            pool: pooled.then(|| self.socket.to_owned()),
            ..LocalProvisioner::default()
        }
    }

    async fn start(&self, provisioner: &LocalProvisioner) -> Kernel {
        let request = LaunchRequest {
            kernel: &self.kernel,
            working_directory: self.folder,
            environment: &self.environment,
            limits: Limits::default(),
        };
        Kernel::start(provisioner, &request, PATIENCE)
            .await
            .unwrap()
    }

    async fn until_ready(&self) -> PoolStatus {
        loop {
            let status = pool::status(self.socket).unwrap();
            if status.shelves.iter().any(|shelf| !shelf.ready.is_empty()) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn measure(&self, provisioner: &LocalProvisioner, measured: &mut Measured) {
        let start = Instant::now();
        let mut kernel = self.start(provisioner).await;
        let answered = start.elapsed();
        let from_pool = matches!(kernel.origin(), Origin::Pool(_));
        assert_eq!(
            from_pool,
            provisioner.pool.is_some(),
            "{:?}",
            kernel.origin()
        );
        let id = kernel.execute("print(0)", false).await;
        until_idle(&mut kernel, &id).await;
        measured.answered.push(answered);
        measured.ran.push(start.elapsed());
        let exit = kernel.kill().await;
        measured
            .cpu
            .push(Duration::from_micros(exit.cpu_microseconds));
    }

    /// Each line printed is a message of its own, and none is lost.
    async fn messages(&self, provisioner: &LocalProvisioner) {
        let lines = 100_000;
        let code = format!("for i in range({lines}): print(i, flush=True)");
        let kernel = self.start(provisioner).await;
        count(kernel, &code, lines).await;
        let spec = serde_json::json!({
            "argv": [TESTKERNEL, "{connection_file}"], "language": "testlang",
        });
        let kernel = FoundKernel {
            name: "testkernel".into(),
            folder: "/nowhere".into(),
            spec: serde_json::from_value(spec).unwrap(),
        };
        let rust = Self {
            kernel,
            environment: self.environment.clone(),
            ..*self
        };
        let kernel = rust.start(&self.provisioner(false)).await;
        count(kernel, "lines 1000000", 1_000_000).await;
    }
}

async fn count(mut kernel: Kernel, code: &str, expected: usize) {
    let start = Instant::now();
    let id = kernel.execute(code, false).await;
    let (messages, lines) = until_idle(&mut kernel, &id).await;
    assert_eq!(lines, expected);
    println!(
        "{} ({:?}): {lines} lines in {messages} messages, none lost, {:.1} s",
        kernel.name(),
        kernel.origin(),
        start.elapsed().as_secs_f64()
    );
    kernel.kill().await;
}

/// How many messages of text came, and how many lines in them, each the next.
async fn until_idle(kernel: &mut Kernel, id: &str) -> (usize, usize) {
    let (mut replied, mut idle) = (false, false);
    let (mut messages, mut lines, mut begun) = (0, 0, String::new());
    while !(replied && idle) {
        let KernelEvent::Message(channel, message) = kernel.next().await else {
            continue;
        };
        if message.parent_id() != Some(id) {
            continue;
        }
        replied |= channel == Channel::Shell;
        idle |= nbpress_kernel::kernel::is_idle(&message);
        if message.kind() != "stream" {
            continue;
        }
        messages += 1;
        let content: serde_json::Value = message.view().unwrap();
        begun.push_str(content["text"].as_str().unwrap());
        while let Some((line, rest)) = begun.split_once('\n') {
            let number: usize = line.trim_start_matches("line ").parse().unwrap();
            assert_eq!(number, lines);
            lines += 1;
            begun = rest.to_owned();
        }
    }
    (messages, lines)
}

impl Measured {
    fn report(&mut self, what: &str) {
        for times in [&mut self.answered, &mut self.ran, &mut self.cpu] {
            times.sort_unstable();
        }
        let at = |times: &[Duration], share: usize| {
            times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3
        };
        println!(
            "{what:<8} answers p50 {:.1} p99 {:.1} ms, first cell p50 {:.1} p99 {:.1} ms, kernel cpu p50 {:.0} ms",
            at(&self.answered, 50),
            at(&self.answered, 99),
            at(&self.ran, 50),
            at(&self.ran, 99),
            at(&self.cpu, 50),
        );
    }
}

/// Of the last minute.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
