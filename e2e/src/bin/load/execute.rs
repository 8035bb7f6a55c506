//! A cell that does nothing: through the server, and past it to the same kernel's own sockets.

use std::fs::File;
use std::time::Instant;

use nbpress_kernel::KernelClient;
use nbpress_protocol::ConnectionInfo;
use nbpress_protocol::content::ExecuteRequest;
use tokio::runtime::{Builder, Runtime};

use crate::kernel::{Client, Ending, Kernel};
use crate::samples::Samples;
use crate::{Result, Target, figures};

/// In one go: the machine is not the same for long.
const AT_ONCE: usize = 50;

pub(crate) fn measure(target: &Target) -> Result<()> {
    for (name, code, times) in [("testkernel", "# nothing", 1_000), ("python3", "pass", 400)] {
        let kernel = Kernel::start(target, name)?;
        let measured = compare(target, &kernel, code, target.amount(times));
        kernel.end()?;
        let mut measured = measured?;
        let [through, direct] = [&mut measured.through, &mut measured.direct]
            .map(|samples| (samples.quantile(0.5), samples.quantile(0.99)));
        figures(
            &format!("cell of {name}"),
            [
                ("median", "ms", through.0),
                ("99 %", "ms", through.1),
                ("direct ZeroMQ, median", "ms", direct.0),
                ("direct ZeroMQ, 99 %", "ms", direct.1),
                ("added, median", "ms", through.0 - direct.0),
                ("CPU of the server", "ms", measured.cpu_ms),
            ],
        );
    }
    Ok(())
}

struct Measured {
    through: Samples,
    direct: Samples,
    /// Of the server for one cell that went through it.
    cpu_ms: f64,
}

fn compare(target: &Target, kernel: &Kernel<'_>, code: &str, times: usize) -> Result<Measured> {
    let mut client = kernel.client()?;
    let file = target
        .processes()
        .connection_file(&kernel.id)?
        .ok_or("the kernel has no connection file")?;
    let mut direct = Direct::connect(&serde_json::from_reader(File::open(file)?)?)?;
    let mut measured = Measured {
        through: through(&mut client, code, 20).map(|_| Samples::default())?,
        direct: direct.execute(code, 20).map(|_| Samples::default())?,
        cpu_ms: 0.0,
    };
    let mut cpu = 0.0;
    while measured.through.count() < times {
        let before = target.processes().cpu_seconds()?;
        measured.through.add(through(&mut client, code, AT_ONCE)?);
        // The server listens to iopub meanwhile: that costs it something, but is no part of this.
        cpu += target.processes().cpu_seconds()? - before;
        measured.direct.add(direct.execute(code, AT_ONCE)?);
    }
    measured.cpu_ms = cpu * 1e3 / measured.through.count() as f64;
    Ok(measured)
}

fn through(client: &mut Client, code: &str, times: usize) -> Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..times {
        let start = Instant::now();
        let request = client.execute(code)?;
        if !client.follow(&request, |_| {})? {
            return Err("a cell never ended".into());
        }
        samples.push(start.elapsed());
    }
    Ok(samples)
}

/// The same kernel, without the server.
struct Direct {
    runtime: Runtime,
    client: KernelClient,
}

impl Direct {
    fn connect(connection: &ConnectionInfo) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let client = runtime.block_on(async {
            let mut client = KernelClient::connect(connection).await;
            client.ready(None).await.map(|_| client)
        })?;
        Ok(Self { runtime, client })
    }

    fn execute(&mut self, code: &str, times: usize) -> Result<Samples> {
        let request = ExecuteRequest {
            code,
            silent: false,
            store_history: false,
            user_expressions: serde_json::Map::new(),
            allow_stdin: false,
            stop_on_error: true,
        };
        let client = &mut self.client;
        self.runtime.block_on(async {
            let mut samples = Samples::default();
            for _ in 0..times {
                let start = Instant::now();
                let id = client.execute(&request).await?;
                let mut ending = Ending::default();
                while !ending.is_over() {
                    let (channel, parts) = client.next_parts().await?;
                    if parts.parent_label().msg_id == id.as_str() {
                        ending.see(channel, &parts);
                    }
                }
                samples.push(start.elapsed());
            }
            Ok(samples)
        })
    }
}
