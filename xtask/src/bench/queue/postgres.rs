//! A Postgres server of the benchmark's own, with the settings it comes with: every commit is on the disk.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::reference;

/// Ends with this value.
#[derive(Debug)]
pub(super) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    server: Child,
}

impl Postgres {
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let programs = reference::postgres_programs().context("no Postgres server is installed")?;
        fs::create_dir_all(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777))?;
        let data = folder.join("data");
        let made = as_somebody(&programs.join("initdb"))?
            .args(
                "--username=postgres --auth=trust --no-sync --encoding=UTF8 --locale=C.UTF-8 -D"
                    .split(' '),
            )
            .arg(&data)
            .current_dir(folder)
            .output()?;
        ensure!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let server = as_somebody(&programs.join("postgres"))?
            .args(["-c", "listen_addresses=", "-k"])
            .arg(folder)
            .arg("-D")
            .arg(&data)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("log"))?)
            .spawn()?;
        let postgres = Self {
            programs,
            folder: folder.to_owned(),
            server,
        };
        postgres.wait_until_ready()?;
        postgres.psql("CREATE ROLE nbpress LOGIN")?;
        Ok(postgres)
    }

    /// The address of a new, empty database.
    pub(super) fn new_database(&self, name: &str) -> Result<String> {
        self.psql(&format!("CREATE DATABASE {name} OWNER nbpress"))?;
        let folder = self.folder.display().to_string().replace('/', "%2F");
        Ok(format!("postgres://nbpress@localhost/{name}?host={folder}"))
    }

    fn wait_until_ready(&self) -> Result<()> {
        for _ in 0..600 {
            let ready = Command::new(self.programs.join("pg_isready"))
                .args(["-q", "-h"])
                .arg(&self.folder)
                .status()?;
            if ready.success() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        anyhow::bail!("{}", fs::read_to_string(self.folder.join("log"))?)
    }

    fn psql(&self, sql: &str) -> Result<()> {
        let done = Command::new(self.programs.join("psql"))
            .args("-q -U postgres -d postgres -v ON_ERROR_STOP=1 -c".split(' '))
            .args([sql, "-h"])
            .arg(&self.folder)
            .output()?;
        ensure!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A fast shutdown, which waits for nobody.
        let asked = Command::new("kill")
            .args(["-INT", &self.server.id().to_string()])
            .status();
        if asked.is_err() {
            let _gone = self.server.kill();
        }
        let _gone = self.server.wait();
    }
}

/// Postgres refuses to run as root.
fn as_somebody(program: &Path) -> Result<Command> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command
        .args("--reuid=65534 --regid=65534 --clear-groups --".split(' '))
        .arg(program);
    Ok(command)
}
