//! A machine that runs out of memory or of disk, and folders that cannot be written.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use e2e::live::{Ended, Live, Stage, assert_valid_notebooks, cell_statuses};
use e2e::place;

use crate::scenario::{assert_nothing_left, status};

pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A control group with a memory limit, removed when dropped.
struct MemoryLimit(PathBuf);

impl MemoryLimit {
    /// Version 1 or 2, whichever this machine has the memory controller in.
    fn new(bytes: u64) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("nbpress-e2e-{}-{number}", std::process::id());
        let first = Path::new("/sys/fs/cgroup/memory");
        let (folder, limit, swap) = if first.is_dir() {
            (
                first.join(name),
                "memory.limit_in_bytes",
                "memory.memsw.limit_in_bytes",
            )
        } else {
            let root = Path::new("/sys/fs/cgroup");
            fs::write(root.join("cgroup.subtree_control"), "+memory").unwrap();
            (root.join(name), "memory.max", "memory.swap.max")
        };
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(limit), bytes.to_string()).unwrap();
        // Not there where the machine has no accounting of swap.
        fs::write(folder.join(swap), bytes.to_string()).ok();
        Self(folder)
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        fs::remove_dir(&self.0).ok();
    }
}

#[test]
fn a_kernel_that_runs_out_of_memory_is_said_to_have_and_how_much_it_held() {
    if !is_root() {
        println!("skipped: limiting memory needs root");
        return;
    }
    let stage = Stage::new();
    let ended = within_memory(&stage, 256 << 20, &place::fixture("out_of_memory"));
    let outcome = ended.outcome();
    let reason = outcome["reason"].as_str().unwrap();
    assert_eq!(ended.exit, 137, "{reason} {}", ended.stderr);
    assert_eq!(status(&outcome), "failed (resource)", "{reason}");
    assert!(
        reason.contains("lack of memory") && reason.contains("peak"),
        "{reason}"
    );
    let peak = outcome["peak_memory_bytes"].as_u64().unwrap() >> 20;
    assert!((128..=320).contains(&peak), "{peak} MiB");
    let output = stage.read("out.ipynb");
    assert_eq!(
        cell_statuses(&output),
        ["completed", "completed", "failed", "pending"]
    );
    // What it had printed when it died is there.
    let printed = output["cells"].to_string();
    assert!(printed.contains("64 MB"), "{printed}");
    assert_valid_notebooks(&[stage.path("out.ipynb")]);
    assert_nothing_left(&ended.run_id());
}

#[test]
fn memory_that_a_child_ran_out_of_is_mentioned() {
    if !is_root() {
        println!("skipped: limiting memory needs root");
        return;
    }
    let stage = Stage::new();
    let cell = "import subprocess, sys\n\
        subprocess.run([sys.executable, '-c', 'bytearray(b\"x\") * (512 << 20)'], check=True)";
    stage.notebook("in.ipynb", "python3", &[cell]);
    let ended = within_memory(&stage, 256 << 20, &stage.path("in.ipynb"));
    let outcome = ended.outcome();
    let reason = outcome["reason"].as_str().unwrap();
    assert_eq!(ended.exit, 1, "{reason}");
    assert!(reason.contains("CalledProcessError"), "{reason}");
    assert!(
        reason.contains("killed a process for lack of memory"),
        "{reason}"
    );
}

/// Runs a notebook in a control group with that much memory, in bytes.
fn within_memory(stage: &Stage, bytes: u64, notebook: &Path) -> Ended {
    let limit = MemoryLimit::new(bytes);
    let script = format!(
        "echo $$ > {}/cgroup.procs && exec \"$@\"",
        limit.0.display()
    );
    let mut command = stage.command("sh");
    command.args(["-c", &script, "sh"]).arg(place::nbpress());
    command
        .args(["run", "--json"])
        .arg(notebook)
        .arg("out.ipynb");
    Live::start(&mut command).end()
}

/// Runs a script in which `$1` is `nbpress` and `small` is a mounted disk of that size. The disk
/// goes with the script.
fn with_small_disk(stage: &Stage, size: &str, script: &str) -> Ended {
    let mut command = stage.command("unshare");
    command.arg("--mount");
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let script = format!("mkdir -p small && mount -t tmpfs -o size={size} tmpfs small && {script}");
    command
        .args(["sh", "-c", &script, "sh"])
        .arg(place::nbpress());
    Live::start(&mut command).end()
}

#[test]
fn a_full_disk_ends_the_run_and_keeps_what_was_recorded() {
    // Many small events, and one that goes to a file of its own.
    for filling in ["lines 100000", "burst 6000000"] {
        let stage = Stage::new();
        stage.notebook(
            "in.ipynb",
            "testkernel",
            &["print before", filling, "print never"],
        );
        let ended = with_small_disk(
            &stage,
            "1m",
            "export NBPRESS_HOME=$PWD/small/home; \"$1\" run --quiet in.ipynb out.ipynb; code=$?; \
             \"$1\" show >shown; \"$1\" show --json >events; \"$1\" export latest exported.ipynb; \
             \"$1\" verify >verified; echo $? >>verified; \"$1\" runs --json >runs; exit $code",
        );
        assert_eq!(ended.exit, 4, "{filling}: {}", ended.stderr);
        assert!(ended.stderr.contains("no room left"), "{}", ended.stderr);
        let text = |name: &str| fs::read_to_string(stage.path(name)).unwrap();
        assert!(
            text("shown").contains("failed (memory or disk)"),
            "{}",
            text("shown")
        );
        assert!(text("shown").contains("before"), "{}", text("shown"));
        assert!(text("runs").contains("\"resource\""), "{}", text("runs"));
        assert!(text("verified").ends_with("0\n"), "{}", text("verified"));
        let last = text("events").lines().last().unwrap().to_owned();
        assert!(
            last.contains("run_finished") && last.contains("no room left"),
            "{last}"
        );
        let output = stage.read("out.ipynb");
        assert_eq!(
            cell_statuses(&output),
            ["completed", "failed", "pending"],
            "{filling}"
        );
        assert_eq!(output["metadata"]["nbpress"]["class"], "resource");
        assert_eq!(
            fs::read(stage.path("out.ipynb")).unwrap(),
            fs::read(stage.path("exported.ipynb")).unwrap()
        );
        assert_valid_notebooks(&[stage.path("out.ipynb")]);
    }
}

#[test]
fn a_limit_on_the_size_of_files_is_a_full_disk() {
    let stage = Stage::new();
    stage.notebook("in.ipynb", "testkernel", &["print before", "lines 100000"]);
    let mut command = stage.command("sh");
    let script = "ulimit -f 300; exec \"$1\" run --json in.ipynb out.ipynb";
    command.args(["-c", script, "sh"]).arg(place::nbpress());
    let ended = Live::start(&mut command).end();
    assert_eq!(ended.exit, 4, "{}", ended.stderr);
    // The outcome fits into what was kept free for it, or not: then it is only said.
    let said = format!("{}\n{}", ended.stderr, ended.stdout.join("\n"));
    assert!(
        said.contains("File too large") || said.contains("no room left"),
        "{said}"
    );
    // Neither file may grow; what is there is whole.
    assert_valid_notebooks(&[stage.path("out.ipynb")]);
    let shown = stage.nbpress(&["show", &ended.run_id()]);
    assert_eq!(shown.exit, 0, "{}", shown.stderr);
    assert!(shown.stdout.join("\n").contains("before"));
    assert_nothing_left(&ended.run_id());
}

#[test]
fn a_disk_too_small_for_a_record_is_refused() {
    let stage = Stage::new();
    stage.notebook("in.ipynb", "testkernel", &["print before"]);
    let script = "mkdir small/home; head -c 1M /dev/zero >small/filler 2>/dev/null; \
        NBPRESS_HOME=$PWD/small/home \"$1\" run in.ipynb out.ipynb";
    let ended = with_small_disk(&stage, "64k", script);
    assert_eq!(ended.exit, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("no room left"), "{}", ended.stderr);
    assert!(!stage.path("out.ipynb").exists());
}

#[test]
fn a_full_disk_under_the_output_costs_the_output_only() {
    let stage = Stage::new();
    stage.notebook("in.ipynb", "testkernel", &["print before", "burst 4000000"]);
    let ended = with_small_disk(
        &stage,
        "1m",
        "\"$1\" run in.ipynb small/out.ipynb; code=$?; cp small/out.ipynb seen.ipynb; ls -A small >left; exit $code",
    );
    assert_eq!(ended.exit, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("small/out.ipynb"), "{}", ended.stderr);
    assert!(
        ended.stderr.to_lowercase().contains("space"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("nbpress export"), "{}", ended.stderr);
    // The version from the beginning of the run is untouched, and nothing lies beside it.
    let seen = stage.read("seen.ipynb");
    assert_eq!(seen["metadata"]["nbpress"]["status"], "running");
    assert_eq!(
        fs::read_to_string(stage.path("left")).unwrap(),
        "out.ipynb\n"
    );
    let exported = stage.nbpress(&["export", "latest", "exported.ipynb"]);
    assert_eq!(exported.exit, 0, "{}", exported.stderr);
    assert_eq!(
        stage.read("exported.ipynb")["metadata"]["nbpress"]["status"],
        "succeeded"
    );
    assert_valid_notebooks(&[stage.path("seen.ipynb"), stage.path("exported.ipynb")]);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_before_a_kernel_starts() {
    let stage = Stage::new();
    stage.notebook("in.ipynb", "testkernel", &["print before"]);
    fs::create_dir(stage.path("locked")).unwrap();
    fs::set_permissions(stage.path("locked"), fs::Permissions::from_mode(0o555)).unwrap();
    let nowhere = stage.nbpress(&["run", "in.ipynb", "no/such/folder/out.ipynb"]);
    assert_eq!(nowhere.exit, 2, "{}", nowhere.stderr);
    assert!(
        nowhere.stderr.contains("no/such/folder"),
        "{}",
        nowhere.stderr
    );

    // Root may write anywhere; without its capabilities it is as others are.
    let mut command = Command::new(place::nbpress());
    if is_root() {
        command = stage.command("setpriv");
        command
            .args(["--bounding-set=-all", "--inh-caps=-all"])
            .arg(place::nbpress());
    } else {
        command = stage.command(command.get_program());
    }
    command.args(["run", "in.ipynb", "locked/out.ipynb"]);
    let locked = Live::start(&mut command).end();
    assert_eq!(locked.exit, 2, "{}", locked.stderr);
    assert!(
        locked.stderr.contains("locked/out.ipynb"),
        "{}",
        locked.stderr
    );
    assert!(
        locked.stderr.to_lowercase().contains("permission"),
        "{}",
        locked.stderr
    );
    assert!(stage.runs().is_empty(), "nothing was run");
}
