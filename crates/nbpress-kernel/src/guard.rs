//! What ends a kernel's processes when the runner itself is killed and can end nothing any more.
//!
//! The system kills the kernel with the thread that started it, but not what the kernel started. So
//! a second process of our own program waits for the end of a pipe that only the runner holds open:
//! it comes with the runner's death, whatever the cause. It costs about a millisecond, and nothing
//! while it waits.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use crate::limits;
use crate::process::end_marked;

/// The first argument of a process that is to be a guard.
const COMMAND: &str = "__guard-kernel";

/// A folder in the private folder: to what it has links to, the guard does the same.
pub(crate) const FOLDERS: &str = "folders";

/// The runner's end of a guard; dropping it dismisses the guard.
#[derive(Debug)]
pub struct Guard(Child);

impl Guard {
    /// Starts `program` as the guard of a kernel's processes, of its private folder and of its control
    /// groups.
    #[expect(
        clippy::disallowed_methods,
        reason = "this crate is the one that starts processes"
    )]
    pub(crate) fn start<'a>(
        program: &Path,
        kernel_id: &str,
        folder: &Path,
        groups: impl Iterator<Item = &'a Path>,
    ) -> io::Result<Self> {
        let child = Command::new(program)
            .args([COMMAND, kernel_id])
            .arg(folder)
            .args(groups)
            .env_clear()
            .current_dir("/")
            // A signal from the terminal or to the runner's group is not for the guard.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

/// A guard's whole life, if that is what this process was started for; to be asked first by every
/// program that is given as `LocalProvisioner::guard`.
pub fn serve(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let _program = arguments.next();
    if arguments.next()? != COMMAND {
        return None;
    }
    let kernel_id = arguments.next()?.into_string().ok()?;
    let folder = arguments.next().map(PathBuf::from)?;
    // Nothing is ever written to the pipe.
    let _ended = io::stdin().read_to_end(&mut Vec::new());
    // What was being started at that moment may carry its mark only a little later.
    for wait in [0, 20, 200] {
        std::thread::sleep(std::time::Duration::from_millis(wait));
        end_marked(&kernel_id, None);
    }
    for linked in folder.join(FOLDERS).read_dir().into_iter().flatten() {
        if let Ok(target) = linked.and_then(|link| std::fs::read_link(link.path())) {
            let _absent = std::fs::remove_dir_all(target);
        }
    }
    let _absent = std::fs::remove_dir_all(folder);
    for group in arguments {
        limits::remove(Path::new(&group));
    }
    Some(ExitCode::SUCCESS)
}
