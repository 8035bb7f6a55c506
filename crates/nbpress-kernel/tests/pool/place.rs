//! A pool of its own for a test, and kernels from it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nbpress_kernel::pool::{self, NotFromPool, PoolStatus};
use nbpress_kernel::{
    FoundKernel, Kernel, KernelEvent, KernelFinder, LaunchRequest, Limits, LocalProvisioner, Origin,
};
use nbpress_protocol::Channel;

pub(crate) const TESTKERNEL: &str = env!("CARGO_BIN_EXE_testkernel");

/// Nothing here takes longer on a machine that works.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks at what takes a while.
const GLANCE: Duration = Duration::from_millis(20);

pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) owner: Child,
    pub(crate) environment: BTreeMap<String, String>,
}

/// What was printed and shown, in order, with the text of an error.
pub(crate) type Outputs = String;

impl Place {
    #[expect(
        clippy::disallowed_methods,
        reason = "the owner of a pool is a process of its own"
    )]
    pub(crate) fn open(modules: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut environment: BTreeMap<String, String> = std::env::vars().collect();
        // A home of its own, so that no history or configuration is shared.
        environment.insert("HOME".into(), folder.path().display().to_string());
        environment.insert("PYDEVD_DISABLE_FILE_VALIDATION".into(), "1".into());
        for name in ["IPYTHONDIR", "PYTHONSTARTUP"] {
            environment.remove(name);
        }
        let owner = Command::new(TESTKERNEL)
            .arg("pool")
            .arg(folder.path().join("socket"))
            .args(modules)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let place = Self {
            folder,
            owner,
            environment,
        };
        let since = Instant::now();
        while pool::status(&place.socket()).is_err() {
            assert!(since.elapsed() < PATIENCE, "the pool does not answer");
            std::thread::yield_now();
        }
        place
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub(crate) fn status(&self) -> PoolStatus {
        pool::status(&self.socket()).unwrap()
    }

    /// Waits until the pool says what is hoped for.
    pub(crate) async fn until(&self, reached: impl Fn(&PoolStatus) -> bool) -> PoolStatus {
        let since = Instant::now();
        loop {
            let status = self.status();
            if reached(&status) {
                return status;
            }
            assert!(since.elapsed() < PATIENCE, "{status:?}");
            tokio::time::sleep(GLANCE).await;
        }
    }

    pub(crate) fn provisioner(&self) -> LocalProvisioner {
        LocalProvisioner {
            guard: Some(TESTKERNEL.into()),
            runtime_folder: Some(self.folder.path().to_owned()),
            pool: Some(self.socket()),
            ..LocalProvisioner::default()
        }
    }

    pub(crate) async fn start(&self, kernel: &FoundKernel) -> Kernel {
        self.start_with(&self.provisioner(), kernel, Limits::default())
            .await
    }

    pub(crate) async fn start_with(
        &self,
        provisioner: &LocalProvisioner,
        kernel: &FoundKernel,
        limits: Limits,
    ) -> Kernel {
        let request = LaunchRequest {
            kernel,
            working_directory: self.folder.path(),
            environment: &self.environment,
            limits,
        };
        Kernel::start(provisioner, &request, PATIENCE)
            .await
            .unwrap()
    }

    /// A kernel from the pool: the first request makes it prepare one.
    pub(crate) async fn ready(&self, kernel: &FoundKernel) -> Kernel {
        let since = Instant::now();
        loop {
            let mut started = self.start(kernel).await;
            if matches!(started.origin(), Origin::Pool(_)) {
                return started;
            }
            // A pool that is busy is asked again.
            let refused = matches!(
                started.origin(),
                Origin::StartedInstead(NotFromPool::Refused { .. })
            );
            assert!(
                !refused && since.elapsed() < PATIENCE,
                "{:?}",
                started.origin()
            );
            // What it does meanwhile is the pool's time.
            run(&mut started, "1").await;
            started.kill().await;
            self.until(|status| {
                status.shelves.iter().any(|shelf| {
                    shelf.kernel == kernel.name
                        && (!shelf.ready.is_empty() || shelf.refused.is_some())
                })
            })
            .await;
        }
    }

    /// Modules that kernels of this place can import.
    pub(crate) fn packages(&mut self, modules: &[(&str, &str)]) -> PathBuf {
        let packages = self.folder.path().join("packages");
        std::fs::create_dir_all(&packages).unwrap();
        for (name, text) in modules {
            let file = packages.join(format!("{name}.py"));
            let _absent = std::fs::remove_file(&file);
            std::io::Write::write_all(&mut std::fs::File::create(file).unwrap(), text.as_bytes())
                .unwrap();
        }
        let path = packages.display().to_string();
        self.environment.insert("PYTHONPATH".into(), path);
        packages
    }

    /// How many processes beneath the owner, its open files and private folders there are.
    pub(crate) fn traces(&self) -> (usize, usize, usize) {
        let owner = Path::new("/proc").join(self.owner.id().to_string());
        let marked = self.folder.path().display().to_string();
        let processes = Path::new("/proc").read_dir().unwrap().flatten();
        let processes = processes.filter(|entry| {
            let mut text = Vec::new();
            let file = std::fs::File::open(entry.path().join("environ"));
            let read = file.and_then(|mut file| std::io::Read::read_to_end(&mut file, &mut text));
            let home = format!("HOME={marked}");
            read.is_ok()
                && text
                    .split(|&byte| byte == 0)
                    .any(|entry| entry == home.as_bytes())
        });
        let files = self.folder.path().read_dir().unwrap().flatten();
        let folders =
            files.filter(|entry| entry.file_name().to_string_lossy().starts_with("nbpress-"));
        (
            processes.count(),
            owner.join("fd").read_dir().unwrap().count(),
            folders.count(),
        )
    }

    pub(crate) async fn until_traces(&self, expected: impl Fn((usize, usize, usize)) -> bool) {
        let since = Instant::now();
        while !expected(self.traces()) {
            let now = self.traces();
            assert!(since.elapsed() < PATIENCE, "{now:?}: {:?}", self.status());
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Waits until code has made a file.
    pub(crate) async fn until_there(&self, name: &str) {
        let since = Instant::now();
        while !self.folder.path().join(name).exists() {
            assert!(since.elapsed() < PATIENCE, "`{name}` does not come");
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// The line that code writes to a file.
    pub(crate) async fn text(&self, name: &str) -> String {
        let since = Instant::now();
        loop {
            let mut text = String::new();
            if let Ok(mut file) = std::fs::File::open(self.folder.path().join(name)) {
                std::io::Read::read_to_string(&mut file, &mut text).unwrap();
            }
            if text.ends_with('\n') {
                return text;
            }
            assert!(since.elapsed() < PATIENCE, "`{name}` does not come");
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Waits until a process has started another.
    pub(crate) async fn until_it_has_a_child(parent: &Child) {
        let (since, pid) = (Instant::now(), parent.id());
        loop {
            let mut children = String::new();
            let file = std::fs::File::open(format!("/proc/{pid}/task/{pid}/children"));
            std::io::Read::read_to_string(&mut file.unwrap(), &mut children).unwrap();
            if !children.is_empty() {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "{pid} starts nothing");
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Waits until the guards of a pool that was killed have removed its folders.
    pub(crate) async fn until_no_files(&self) {
        let since = Instant::now();
        let left = || {
            let files = self.folder.path().read_dir().unwrap().flatten();
            let names = files.map(|entry| entry.file_name().into_string().unwrap());
            names
                .filter(|name| name.starts_with("nbpress-"))
                .collect::<Vec<_>>()
        };
        while !left().is_empty() {
            assert!(since.elapsed() < PATIENCE, "{:?} are left", left());
            tokio::time::sleep(GLANCE).await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _gone = self.owner.kill();
        let _gone = self.owner.wait();
    }
}

/// The Rust test kernel.
pub(crate) fn test_kernel() -> FoundKernel {
    let spec = serde_json::json!({
        "argv": [TESTKERNEL, "{connection_file}"], "language": "testlang", "interrupt_mode": "message",
    });
    FoundKernel {
        name: "testkernel".into(),
        folder: "/nowhere".into(),
        spec: serde_json::from_value(spec).unwrap(),
    }
}

/// The installed kernels that are forked.
#[expect(
    clippy::disallowed_methods,
    reason = "tests get their kernels from the environment"
)]
pub(crate) fn python_kernels() -> Vec<FoundKernel> {
    let environment = std::env::vars().collect();
    let finder = KernelFinder::new(&environment, &[]);
    let names = std::env::var("NBPRESS_TEST_KERNELS").unwrap_or_default();
    names
        .split(',')
        .filter(|name| name.starts_with("python3"))
        .map(|name| finder.by_name(name).unwrap().unwrap())
        .collect()
}

pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = Path::new("/proc").join(pid.to_string()).join("stat");
    let mut text = String::new();
    let read = std::fs::File::open(stat)
        .and_then(|mut file| std::io::Read::read_to_string(&mut file, &mut text));
    // A zombie is not alive; its parent is to collect it.
    read.is_ok() && !text.contains(") Z ")
}

pub(crate) async fn until_gone(pids: &[u32]) {
    let since = Instant::now();
    while pids.iter().any(|&pid| is_alive(pid)) {
        assert!(since.elapsed() < PATIENCE, "{pids:?} live on");
        tokio::time::sleep(GLANCE).await;
    }
}

/// Runs code and returns what came of it.
pub(crate) async fn run(kernel: &mut Kernel, code: &str) -> Outputs {
    let id = kernel.execute(code, false).await;
    collect(kernel, &id).await
}

/// What comes of code that runs. What was written to standard error comes last: it and standard output are sent when
/// each has waited long enough, in whatever order that is.
pub(crate) async fn collect(kernel: &mut Kernel, id: &str) -> Outputs {
    let (mut text, mut errors, mut replied, mut idle) =
        (String::new(), String::new(), false, false);
    while !(replied && idle) {
        match kernel.next().await {
            KernelEvent::Message(channel, message) if message.parent_id() == Some(id) => {
                let content: serde_json::Value = message.view().unwrap();
                replied |= channel == Channel::Shell;
                match message.kind() {
                    "stream" if content["name"] == "stderr" => {
                        errors.push_str(content["text"].as_str().unwrap());
                    }
                    "stream" => text.push_str(content["text"].as_str().unwrap()),
                    "error" => {
                        let lines = content["traceback"].as_array().unwrap().iter();
                        lines.for_each(|line| text.push_str(line.as_str().unwrap()));
                    }
                    "execute_result" | "display_data" => {
                        text.push_str(&content["data"].to_string());
                    }
                    "status" => idle |= content["execution_state"] == "idle",
                    _ => {}
                }
            }
            KernelEvent::Message(..) | KernelEvent::Log(_) => {}
            KernelEvent::Exited(exit) => return format!("{text}{errors}{exit}"),
        }
    }
    text + &errors
}
