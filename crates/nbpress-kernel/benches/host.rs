//! What a host adds to the round trip of a cell: through it, and with its kernel's ZeroMQ sockets directly.
//!
//! `cargo bench -p nbpress-kernel --bench host -- [KERNEL]`, by turns, so that both meet the same machine.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark: a failure here is no measurement"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nbpress_kernel::kernels::{Connection, Kernels, StartRequest};
use nbpress_kernel::{Kernel, KernelEvent, KernelFinder, LaunchRequest, Limits, LocalProvisioner};
use nbpress_protocol::{Channel, Session};
use serde_json::json;

const TESTKERNEL: &str = env!("CARGO_BIN_EXE_testkernel");
const ROUNDS: usize = 20;
const CELLS: usize = 50;

/// The machine that a place of kernels is on.
struct Bench {
    kernels: Kernels,
    environment: BTreeMap<String, String>,
    name: String,
    code: &'static str,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let given = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let name = given.unwrap_or_else(|| "testkernel".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let mut environment: BTreeMap<String, String> = std::env::vars().collect();
    if name == "testkernel" {
        let data = test_kernelspec(folder.path());
        environment.insert("JUPYTER_PATH".to_owned(), data.display().to_string());
    }
    let finder = KernelFinder::new(&environment, &[]);
    let program = PathBuf::from(TESTKERNEL);
    let place = folder.path().join("kernels");
    let kernels = Kernels::open(&place, program, finder, environment.clone());
    let bench = Bench {
        kernels: kernels.await.unwrap(),
        environment,
        code: if name == "testkernel" { "print 1" } else { "1" },
        name,
    };
    bench.run(folder.path()).await;
}

fn test_kernelspec(folder: &Path) -> PathBuf {
    let kernelspec = folder.join("jupyter/kernels/testkernel");
    std::fs::create_dir_all(&kernelspec).unwrap();
    let file = std::fs::File::create(kernelspec.join("kernel.json")).unwrap();
    let spec = json!({"argv": [TESTKERNEL, "{connection_file}"], "language": "testlang"});
    serde_json::to_writer(file, &spec).unwrap();
    folder.join("jupyter")
}

impl Bench {
    async fn run(&self, folder: &Path) {
        let mut direct = self.direct(folder).await;
        let request = StartRequest {
            name: Some(self.name.clone()),
            working_directory: folder.to_owned(),
            ..StartRequest::default()
        };
        let kernel = self.kernels.start(request).await.unwrap();
        let mut hosted = kernel.connect("bench", None).await.unwrap();
        let session = Session::new("bench");
        let (mut directly, mut through) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            for _ in 0..CELLS {
                let one = self.cell_directly(&mut direct).await;
                let other = self.cell_through_host(&mut hosted, &session).await;
                // The first round is for caches and connections.
                if round > 0 {
                    directly.push(one);
                    through.push(other);
                }
            }
        }
        self.kernels.shutdown(kernel.id()).await.unwrap();
        direct.shutdown(std::future::pending()).await;
        let cells = directly.len();
        println!(
            "{cells} cells of {} each, reply and idle awaited",
            self.name
        );
        report("direct ZeroMQ", &mut directly);
        report("through a host", &mut through);
    }

    async fn direct(&self, folder: &Path) -> Kernel {
        let kernel = self.kernels.finder().by_name(&self.name).unwrap().unwrap();
        let request = LaunchRequest {
            kernel: &kernel,
            working_directory: folder,
            environment: &self.environment,
            limits: Limits::default(),
        };
        let provisioner = LocalProvisioner::default();
        Kernel::start(&provisioner, &request, Duration::from_mins(1))
            .await
            .unwrap()
    }

    async fn cell_directly(&self, kernel: &mut Kernel) -> Duration {
        let start = Instant::now();
        let id = kernel.execute(self.code, false).await;
        let (mut replied, mut idle) = (false, false);
        while !(replied && idle) {
            let KernelEvent::Message(channel, message) = kernel.next().await else {
                continue;
            };
            if message.parent_id() == Some(&id) {
                replied |= channel == Channel::Shell;
                idle |= nbpress_kernel::kernel::is_idle(&message);
            }
        }
        start.elapsed()
    }

    async fn cell_through_host(&self, connection: &mut Connection, session: &Session) -> Duration {
        let content = json!({
            "code": self.code, "silent": false, "store_history": true, "user_expressions": {},
            "allow_stdin": false, "stop_on_error": true,
        });
        let start = Instant::now();
        let request = session.message("execute_request", content.to_string());
        let sent = connection.send(Channel::Shell, request.to_parts());
        sent.await.unwrap();
        let (mut replied, mut idle) = (false, false);
        while !(replied && idle) {
            let delivery = connection.recv().await.unwrap();
            let message = delivery.parts.into_message().unwrap();
            if message.parent_id() == Some(&request.header.msg_id) {
                replied |= delivery.channel == Channel::Shell;
                idle |= nbpress_kernel::kernel::is_idle(&message);
            }
        }
        start.elapsed()
    }
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at =
        |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    println!(
        "{what:<15} p50 {:.3} ms  p90 {:.3} ms  p99 {:.3} ms",
        at(50),
        at(90),
        at(99)
    );
}
