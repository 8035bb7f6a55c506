//! A Postgres server of the test's own, started once, as a user that is not root.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// A server that ends with the test program.
struct Server {
    folder: TempDir,
    programs: PathBuf,
    child: Child,
}

static SERVER: OnceLock<Server> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The address of a new, empty database whose owner is no superuser.
pub(crate) fn new_database() -> String {
    let server = SERVER.get_or_init(start);
    let name = format!("test{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    server.psql(&format!("CREATE DATABASE {name} OWNER nbpress"));
    // A socket's folder is given as a parameter (libpq's `host`).
    let folder = server
        .folder
        .path()
        .display()
        .to_string()
        .replace('/', "%2F");
    format!("postgres://nbpress@localhost/{name}?host={folder}")
}

fn programs() -> PathBuf {
    let given = std::env::var_os("NBPRESS_TEST_POSTGRES").map(PathBuf::from);
    let installed = || {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let mut found: Vec<PathBuf> = versions
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .collect();
        found.sort();
        found.pop()
    };
    let folder = given
        .or_else(installed)
        .expect("no Postgres server is installed: run `cargo xtask test`");
    assert!(
        folder.join("initdb").exists(),
        "{} has no initdb",
        folder.display()
    );
    folder
}

/// Postgres refuses to run as root.
fn as_somebody(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(program);
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn start() -> Server {
    let programs = programs();
    // Short, since a socket's name has at most 107 bytes.
    let folder = tempfile::Builder::new()
        .prefix("pg")
        .tempdir_in("/tmp")
        .unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let data = folder.path().join("data");
    let made = as_somebody(&programs.join("initdb"))
        .args([
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "-D",
        ])
        .arg(&data)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let mut command = as_somebody(&programs.join("postgres"));
    command
        .args([
            "-c",
            "listen_addresses=",
            "-c",
            "max_connections=200",
            "-c",
            "unix_socket_directories=.",
        ])
        .arg("-k")
        .arg(folder.path())
        .arg("-D")
        .arg(&data)
        .stdout(Stdio::null())
        .stderr(log)
        // The server ends, and its files with it, when this program does.
        .stdin(Stdio::null());
    let child = command.spawn().unwrap();
    let server = Server {
        folder,
        programs,
        child,
    };
    server.wait_until_ready();
    end_with_this_program(server.child.id(), server.folder.path());
    server.psql("CREATE ROLE nbpress LOGIN");
    server
}

/// Statics are not dropped: a process of its own waits for our end, ends the server and removes its files.
#[expect(
    clippy::zombie_processes,
    reason = "it outlives this program on purpose"
)]
fn end_with_this_program(server: u32, folder: &Path) {
    let (us, folder) = (std::process::id(), folder.display());
    let script = format!(
        "tail --pid={us} -f /dev/null; kill -INT {server}; tail --pid={server} -f /dev/null; rm -rf {folder}"
    );
    Command::new("setsid")
        .args(["sh", "-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
}

impl Server {
    fn wait_until_ready(&self) {
        for _ in 0..600 {
            let ready = Command::new(self.programs.join("pg_isready"))
                .arg("-q")
                .arg("-h")
                .arg(self.folder.path())
                .status()
                .unwrap();
            if ready.success() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!(
            "{}",
            fs::read_to_string(self.folder.path().join("log")).unwrap()
        );
    }

    fn psql(&self, sql: &str) {
        let done = Command::new(self.programs.join("psql"))
            .args([
                "-q",
                "-U",
                "postgres",
                "-d",
                "postgres",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                sql,
                "-h",
            ])
            .arg(self.folder.path())
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
}
