//! The database goes away, and a disk is full: runs go on, and nothing that happened is forgotten.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use e2e::live::{Stage, poll, signal};

use crate::Served;
use crate::runs::{gate, open};

/// A Postgres server that can be stopped and started again. It refuses to run as root.
struct Postgres {
    folder: tempfile::TempDir,
    server: Option<Child>,
}

impl Postgres {
    fn start() -> Self {
        // Short, since a socket's name has at most 107 bytes.
        let folder = tempfile::Builder::new()
            .prefix("pg")
            .tempdir_in("/tmp")
            .unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let mut postgres = Self {
            folder,
            server: None,
        };
        let made = postgres
            .program("initdb")
            .args([
                "--username=postgres",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
            ])
            .arg("-D")
            .arg(postgres.folder.path().join("data"))
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        postgres.start_again();
        // Who reads with SQL must not be able to read files, as a superuser is.
        for sql in [
            "CREATE ROLE nbpress LOGIN",
            "CREATE DATABASE runs OWNER nbpress",
        ] {
            let mut psql = postgres.program("psql");
            psql.args(["-q", "-U", "postgres", "-c", sql, "-h"]);
            assert!(psql.arg(postgres.folder.path()).status().unwrap().success());
        }
        postgres
    }

    fn program(&self, name: &str) -> Command {
        let programs = std::env::var_os("NBPRESS_TEST_POSTGRES")
            .unwrap_or_else(|| panic!("no Postgres: run `cargo xtask test --setup-only`"));
        let program = Path::new(&programs).join(name);
        let root = fs::metadata("/proc/self").unwrap();
        let mut command = if std::os::unix::fs::MetadataExt::uid(&root) == 0 {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn start_again(&mut self) {
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        let mut command = self.program("postgres");
        command.args(["-c", "listen_addresses=", "-D", "data", "-k"]);
        command.arg(self.folder.path());
        self.server = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let ready = poll(|| {
            let mut asked = self.program("pg_isready");
            asked.args(["-q", "-h"]).arg(self.folder.path());
            asked.status().unwrap().success().then_some(())
        });
        assert!(ready.is_some(), "Postgres does not start");
    }

    /// At once, as if its machine had lost power.
    fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            signal(server.id(), "QUIT");
            server.wait().unwrap();
        }
    }

    fn url(&self) -> String {
        let folder = self.folder.path().display().to_string();
        format!(
            "postgres://nbpress@localhost/runs?host={}",
            folder.replace('/', "%2F")
        )
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

#[test]
fn a_run_that_ends_while_the_database_is_away_is_taken_down_when_it_is_back() {
    let mut postgres = Postgres::start();
    let url = postgres.url();
    let served = Served::on(Stage::new(), &["--database", &url]);
    let path = gate(&served, "gate");
    let cells = [
        "lines 500",
        &format!("read {}", path.display()),
        "lines 500",
    ];
    let notebook = served.stage.notebook("away.ipynb", "testkernel", &cells);
    let run = served.submit(&notebook.display().to_string());
    let folder = served.stage.home.join("runs").join(&run);
    poll(|| (fs::metadata(folder.join("journal")).ok()?.len() > 1000).then_some(())).unwrap();

    postgres.stop();
    open(&path);
    poll(|| folder.join("manifest.json").exists().then_some(())).unwrap();
    let refused = served.nbpress(&format!("submit {}", notebook.display()));
    assert_ne!(refused.exit, 0);
    assert!(refused.stderr.contains("database"), "{}", refused.stderr);

    postgres.start_again();
    poll(|| (served.nbpress("queue").exit == 0).then_some(())).unwrap();
    assert_eq!(served.wait(&run), "succeeded");
    let attempts = served.sql(&format!("select attempts from runs where run_id = '{run}'"));
    assert_eq!(attempts[0][0], 1);
    let log = served.nbpress(&format!("logs {run}"));
    let lines = log.stdout.iter().filter(|line| line.starts_with("line"));
    assert_eq!(lines.count(), 1000);
    let other = served
        .stage
        .notebook("after.ipynb", "testkernel", &["print after"]);
    let after = served.nbpress(&format!("submit {} --wait", other.display()));
    assert_eq!(after.exit, 0, "{}", after.stderr);
}

/// A small disk of its own for a server's home. It is unmounted before the server's folder is removed.
struct SmallDisk {
    mounted: Mounted,
    served: Served,
}

struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

impl SmallDisk {
    /// `None` where nothing can be mounted.
    fn new(size: &str) -> Option<Self> {
        let stage = Stage::new();
        fs::create_dir_all(&stage.home).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]);
        let done = mount.arg(&stage.home).stderr(Stdio::null()).status();
        if !done.is_ok_and(|done| done.success()) {
            return None;
        }
        Some(Self {
            mounted: Mounted(stage.home.clone()),
            served: Served::on(stage, &[]),
        })
    }

    fn fill(&self, name: &str) -> PathBuf {
        let path = self.mounted.0.join(name);
        let mut file = fs::File::create(&path).unwrap();
        let full = std::io::copy(&mut std::io::repeat(b'x'), &mut file);
        assert_eq!(full.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
        path
    }
}

#[test]
fn a_full_disk_ends_a_run_and_not_the_server() {
    let Some(disk) = SmallDisk::new("24m") else {
        println!("skipped: only root can mount a small disk");
        return;
    };
    let served = &disk.served;
    let path = gate(served, "gate");
    let cells = [
        "print before",
        &format!("read {}", path.display()),
        "lines 100000",
    ];
    let notebook = served.stage.notebook("full.ipynb", "testkernel", &cells);
    let run = served.submit(&format!("{} --retries resource=0", notebook.display()));
    let journal = served.stage.home.join("runs").join(&run).join("journal");
    poll(|| {
        let bytes = fs::read(&journal).ok()?;
        bytes
            .windows(6)
            .any(|window| window == b"before")
            .then_some(())
    })
    .unwrap();

    let filling = disk.fill("filling");
    open(&path);
    let attempt = served.stage.home.join("attempts").join(&run).join("lock");
    let over = poll(|| {
        let pid = fs::read_to_string(&attempt)
            .ok()
            .and_then(|text| text.parse::<u32>().ok());
        let alive = pid.is_some_and(|pid| Path::new(&format!("/proc/{pid}")).exists());
        (!alive).then_some(())
    });
    assert!(over.is_some(), "the runner goes on without a disk");
    // What it had kept free for its last words.
    let rest = disk.fill("rest");
    let large = "n = 1\n".repeat(10_000);
    let large = served
        .stage
        .notebook("large.ipynb", "testkernel", &[&large]);
    let refused = served.nbpress(&format!("submit {}", large.display()));
    assert_ne!(refused.exit, 0, "its snapshot cannot be kept");
    let reason = refused
        .stderr
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(reason.contains("No space left"), "{reason}");

    fs::remove_file(filling).unwrap();
    fs::remove_file(rest).unwrap();
    assert_eq!(served.wait(&run), "failed", "{}", served.log());
    let class = served.sql(&format!("select class from runs where run_id = '{run}'"));
    assert_eq!(class[0][0], "resource");
    let log = served.nbpress(&format!("logs {run}"));
    assert_eq!(log.stdout[0], "before");
    let other = served
        .stage
        .notebook("after.ipynb", "testkernel", &["print after"]);
    let after = served.nbpress(&format!("submit {} --wait", other.display()));
    assert_eq!(after.exit, 0, "{}", after.stderr);
}
