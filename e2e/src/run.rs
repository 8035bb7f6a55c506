//! One run of a command in a folder of its own, and everything that can be seen of it afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::place;

/// What a run left behind.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; 128 + number for a signal.
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
    /// New or changed files by their path from the run's folder.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

/// A folder with the same files on both sides of a comparison.
#[derive(Debug)]
pub struct Folder {
    folder: tempfile::TempDir,
    seeds: BTreeMap<PathBuf, Vec<u8>>,
}

impl Folder {
    /// A new folder holding `seeds` (path from the folder, bytes).
    pub fn new(seeds: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("nbpress-e2e-")
            .tempdir()
            .unwrap();
        let mut kept = BTreeMap::new();
        for (name, bytes) in seeds {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            kept.insert(PathBuf::from(name), bytes.to_vec());
        }
        Self {
            folder,
            seeds: kept,
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Files that are new here or differ from their seed.
    pub fn changes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let bytes = fs::read(entry.path()).unwrap();
                let name = entry
                    .path()
                    .strip_prefix(self.folder.path())
                    .unwrap()
                    .to_path_buf();
                if self.seeds.get(&name) != Some(&bytes) {
                    files.insert(name, bytes);
                }
            }
        }
        files
    }
}

/// Variables that both sides of a comparison get, so that neither sees the machine's own.
pub fn environment() -> Vec<(&'static str, String)> {
    let reference = place::reference();
    vec![
        (
            "JUPYTER_PATH",
            reference.join("jupyter").display().to_string(),
        ),
        (
            "IPYTHONDIR",
            reference.join("ipython").display().to_string(),
        ),
        (
            "NBPRESS_HOME",
            reference.join("nbpress-home").display().to_string(),
        ),
        ("COLUMNS", "80".to_owned()),
        ("LINES", "24".to_owned()),
        ("NO_COLOR", "1".to_owned()),
    ]
}

/// A command for the program under test, without standard input.
pub fn nbpress(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(place::nbpress());
    command
        .args(arguments)
        .current_dir(folder)
        .envs(environment())
        .stdin(Stdio::null());
    command
}

/// Runs the program under test to its end.
pub fn run_nbpress(arguments: &[&str], folder: &Folder) -> Outcome {
    outcome(&mut nbpress(arguments, folder.path()), folder)
}

/// No run of the tests takes longer; one that does is ended, and shows as killed.
pub const LONGEST: Duration = Duration::from_secs(90);

/// The output of a command, which is killed when the time is up.
fn within(command: &mut Command, time: Duration) -> Output {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    let (sender, receiver) = mpsc::channel();
    let waiting = thread::spawn(move || {
        let output = child.wait_with_output().unwrap();
        sender.send(()).ok();
        output
    });
    if receiver.recv_timeout(time).is_err() {
        Command::new("kill")
            .args(["-KILL", &id.to_string()])
            .status()
            .unwrap();
    }
    waiting.join().unwrap()
}

/// Runs a command to its end in `folder`.
pub fn outcome(command: &mut Command, folder: &Folder) -> Outcome {
    use std::os::unix::process::ExitStatusExt as _;

    let output = within(command, LONGEST);
    let exit = output
        .status
        .code()
        .unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0));
    Outcome {
        exit,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        files: folder.changes(),
    }
}
