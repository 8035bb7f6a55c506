//! Limits: what a kernel may use, held with everything it starts, and nothing left of the means.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "test code: a failure here is a failed test"
)]

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use e2e::live::{
    Ended, Live, Stage, assert_valid_notebooks, cell_statuses, poll, processes_with, signal,
};
use e2e::place;
use serde_json::Value;

const MIB: u64 = 1 << 20;

/// Says which group the kernel is in, so that the test can look what became of it.
const TELL_KERNEL: &str = "import os\nprint('kernel', os.environ['NBPRESS_KERNEL_ID'], flush=True)";

/// Whether this machine lets us make control groups. For root it must, or nothing here is tested.
fn groups_can_be_made() -> bool {
    let stage = Stage::new();
    stage.notebook("in.ipynb", "testkernel", &["print x"]);
    let ended = stage
        .run(&["in.ipynb", "--memory", "1GiB", "--cpus", "1"])
        .end();
    let limits = limits_of(&ended);
    let can =
        limits.contains("memory 1.0 GiB by cgroup v") && limits.contains("1 cpus by cgroup v");
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    assert!(can || !root, "root cannot make control groups: {limits}");
    if !can {
        println!("skipped: no control group can be made: {limits}");
    }
    can
}

/// By which means the limits of a run hold, as its record says.
fn limits_of(ended: &Ended) -> String {
    let events = ended.events();
    let started = events
        .iter()
        .find(|event| event["type"] == "kernel_started");
    let limits = started.map(|event| event["kernel"]["limits"].clone());
    limits
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// The kernel's id, which a cell printed.
fn kernel_id(printed: &str) -> String {
    let (_, id) = printed.split_once("kernel ").unwrap();
    id.split_whitespace().next().unwrap().to_owned()
}

/// Everything the cells of a run printed.
fn printed(ended: &Ended) -> String {
    ended
        .events()
        .iter()
        .filter_map(|event| event["output"]["text"].as_str().map(str::to_owned))
        .collect()
}

/// Every control group of a kernel, in whatever hierarchy.
fn groups_of(kernel_id: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("/sys/fs/cgroup")];
    while let Some(folder) = folders.pop() {
        // Groups of others come and go.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let named = entry.file_name().to_string_lossy().contains(kernel_id);
            if named {
                found.push(entry.path());
            }
            folders.push(entry.path());
        }
    }
    found
}

fn assert_no_groups(kernel_id: &str) {
    let gone = poll(|| groups_of(kernel_id).is_empty().then_some(()));
    assert!(gone.is_some(), "left: {:?}", groups_of(kernel_id));
}

fn assert_no_processes(kernel_id: &str) {
    let left = || processes_with(&format!("NBPRESS_KERNEL_ID={kernel_id}"));
    let gone = poll(|| left().is_empty().then_some(()));
    assert!(gone.is_some(), "still alive: {:?}", left());
}

/// Asserts that a run ended for lack of memory, said so, and left a whole record; returns the reason.
fn assert_out_of_memory(stage: &Stage, ended: &Ended, limit: &str) -> String {
    let outcome = ended.outcome();
    let reason = outcome["reason"].as_str().unwrap().to_owned();
    assert_eq!(ended.exit, 137, "{reason}\n{}", ended.stderr);
    assert_eq!(outcome["class"], "resource", "{reason}");
    assert_eq!(outcome["cell"], 1, "{reason}");
    assert!(reason.contains("out of memory"), "{reason}");
    assert!(reason.contains(limit), "`{limit}` is not in `{reason}`");
    assert_eq!(
        cell_statuses(&stage.read("out.ipynb")),
        ["completed", "failed", "pending"],
        "{reason}"
    );
    assert_valid_notebooks(&[stage.path("out.ipynb")]);
    let verified = stage.nbpress(&["verify"]);
    assert_eq!(verified.exit, 0, "{}", verified.stdout.join("\n"));
    let shown = stage.nbpress(&["show", &ended.run_id()]);
    assert!(
        shown.stdout.join("\n").contains("out of memory"),
        "{:?}",
        shown.stdout
    );
    let id = kernel_id(&printed(ended));
    assert_no_processes(&id);
    assert_no_groups(&id);
    reason
}

#[test]
fn memory_past_the_limit_ends_the_kernel_whichever_of_its_processes_asks_for_it() {
    if !groups_can_be_made() {
        return;
    }
    let cells = [
        (
            "the kernel itself",
            "held = []\nfor n in range(64):\n    held.append(bytearray(b'x') * (16 << 20))\n    print(n, flush=True)",
        ),
        (
            "a child that is waited for",
            "import subprocess, sys\n\
             subprocess.run([sys.executable, '-c', 'bytearray(b\"x\") * (1 << 30)'], check=True)",
        ),
        // The pool would wait for ever for the worker that was killed.
        (
            "a worker of a pool",
            "import multiprocessing\n\
             def eat(_): return len(bytearray(b'x') * (1 << 30))\n\
             with multiprocessing.get_context('fork').Pool(2) as pool: pool.map(eat, [1, 2])",
        ),
        (
            "several children, none of them past it alone",
            "import subprocess, sys\n\
             eat = 'x = bytearray(b\"x\") * (100 << 20); import time; time.sleep(3600)'\n\
             children = [subprocess.Popen([sys.executable, '-c', eat]) for _ in range(4)]\n\
             for child in children: child.wait()",
        ),
    ];
    for (who, cell) in cells {
        let stage = Stage::new();
        let cells = [TELL_KERNEL, cell, "print('never')"];
        stage.notebook("in.ipynb", "python3", &cells);
        let ended = stage
            .run(&["in.ipynb", "out.ipynb", "--memory", "256MiB"])
            .end();
        let reason = assert_out_of_memory(&stage, &ended, "its limit of 256 MiB");
        assert!(reason.contains("(peak 25"), "{who}: {reason}");
        let peak = ended.outcome()["peak_memory_bytes"].as_u64().unwrap();
        assert!(
            (250 * MIB..=256 * MIB).contains(&peak),
            "{who}: {peak} bytes"
        );
        println!("{who}: {reason}, after {:?}", ended.time);
    }
}

#[test]
fn a_kernel_too_large_to_start_is_out_of_memory_too() {
    if !groups_can_be_made() {
        return;
    }
    let stage = Stage::new();
    stage.notebook("in.ipynb", "python3", &["1"]);
    let ended = stage
        .run(&["in.ipynb", "out.ipynb", "--memory", "8MiB"])
        .end();
    let outcome = ended.outcome();
    let reason = outcome["reason"].as_str().unwrap();
    assert_eq!(ended.exit, 137, "{reason}");
    assert_eq!(outcome["class"], "resource", "{reason}");
    assert!(reason.contains("limit of 8 MiB"), "{reason}");
}

#[test]
fn without_control_groups_each_process_is_limited_and_the_record_says_so() {
    let stage = Stage::new();
    let cells = [
        TELL_KERNEL,
        "held = bytearray(b'x') * (1 << 30)",
        "print('never')",
    ];
    stage.notebook("in.ipynb", "python3", &cells);
    let mut command = stage.command(place::nbpress());
    command.env("NBPRESS_NO_CGROUPS", "1").args([
        "run",
        "--json",
        "in.ipynb",
        "out.ipynb",
        "--memory",
        "512MiB",
        "--cpus",
        "1",
    ]);
    let ended = Live::start(&mut command).end();
    let reason = assert_out_of_memory(&stage, &ended, "limit is 512 MiB");
    assert!(reason.contains("MemoryError"), "{reason}");
    let limits = limits_of(&ended);
    for words in [
        "memory 512 MiB for each process by RLIMIT_DATA",
        "not enforced: 1 cpus",
    ] {
        assert!(limits.contains(words), "`{words}` is not in `{limits}`");
    }
    let warned = ended.events().iter().any(|event| {
        event["level"] == "warning" && event["text"].as_str().unwrap().contains("not enforced")
    });
    assert!(warned, "{:#?}", ended.stdout);
}

#[test]
fn a_memory_error_without_a_limit_is_the_notebooks() {
    let stage = Stage::new();
    stage.notebook("in.ipynb", "python3", &["raise MemoryError"]);
    let ended = stage.run(&["in.ipynb", "out.ipynb"]).end();
    assert_eq!(ended.exit, 1, "{}", ended.stderr);
    assert_eq!(ended.outcome()["class"], "user");
    assert_eq!(limits_of(&ended), "");
}

#[test]
fn processors_are_shared_by_everything_a_kernel_starts() {
    const CPUS: f64 = 0.3;
    if !groups_can_be_made() {
        return;
    }
    let stage = Stage::new();
    // Two processes that would use two processors, until the system says that it had to hold them: on a
    // busy machine that takes longer.
    let spin = "import glob, os, signal, time\n\
        kernel = os.environ['NBPRESS_KERNEL_ID']\n\
        files = glob.glob(f'/sys/fs/cgroup/**/nbpress-{kernel}/cpu.stat', recursive=True)\n\
        def held(): return any('nr_throttled ' in text and 'nr_throttled 0' not in text\n    \
            for text in (open(file).read() for file in files))\n\
        def used(): return sum(os.times()[:4])\n\
        begin, used_before = time.monotonic(), used()\n\
        child = os.fork()\n\
        if child == 0:\n    \
            while True: pass\n\
        while time.monotonic() < begin + 3: pass\n\
        while not held() and time.monotonic() < begin + 120: pass\n\
        os.kill(child, signal.SIGKILL)\n\
        os.waitpid(child, 0)\n\
        print('spun', used() - used_before, time.monotonic() - begin)\n\
        print('held', held())";
    stage.notebook("in.ipynb", "python3", &[TELL_KERNEL, spin]);
    let ended = stage
        .run(&["in.ipynb", "out.ipynb", "--cpus", &CPUS.to_string()])
        .end();
    assert_eq!(ended.exit, 0, "{:#?}", ended.stdout);
    let printed = printed(&ended);
    let numbers: Vec<f64> = printed
        .split_once("spun ")
        .unwrap()
        .1
        .split_whitespace()
        .take(2)
        .map(|number| number.parse().unwrap())
        .collect();
    let (used, wall) = (numbers[0], numbers[1]);
    println!("{used:.2} s of processor time in {wall:.2} s");
    assert!(used <= CPUS * wall * 1.3, "{used} s in {wall} s");
    assert!(printed.contains("held True"), "{printed}");
    let whole = ended.outcome()["cpu_seconds"].as_f64().unwrap();
    assert!(whole >= used, "{whole} s of the kernel, {used} s of a cell");
    assert_no_groups(&kernel_id(&printed));
}

#[test]
fn what_children_use_counts_even_when_nobody_waits_for_them() {
    if !groups_can_be_made() {
        return;
    }
    let stage = Stage::new();
    // Two that hold memory at the same time, one of them an orphan in a session of its own.
    let spread = "import os, time\n\
        ready, tell = os.pipe()\n\
        def work():\n    \
            held = bytearray(b'x') * (100 << 20)\n    \
            while time.process_time() < 1: pass\n    \
            os.write(tell, b'.')\n    \
            time.sleep(3600)\n\
        if os.fork() == 0: work()\n\
        middle = os.fork()\n\
        if middle == 0:\n    \
            os.setsid()\n    \
            if os.fork() == 0: work()\n    \
            os._exit(0)\n\
        os.waitpid(middle, 0)\n\
        done = b''\n\
        while len(done) < 2: done += os.read(ready, 2)\n";
    let write = "with open('written', 'wb') as file:\n    \
        file.write(os.urandom(8 << 20))\n    \
        os.fsync(file.fileno())";
    stage.notebook("in.ipynb", "python3", &[TELL_KERNEL, spread, write]);
    let ended = stage
        .run(&["in.ipynb", "out.ipynb", "--memory", "1GiB"])
        .end();
    assert_eq!(ended.exit, 0, "{:#?}", ended.stdout);
    let outcome = ended.outcome();
    let peak = outcome["peak_memory_bytes"].as_u64().unwrap();
    assert!(peak >= 200 * MIB, "{} MiB", peak / MIB);
    let seconds = outcome["cpu_seconds"].as_f64().unwrap();
    assert!(seconds >= 2.0, "{seconds} s");
    // A folder in memory has no disk below it.
    let on_disk = !fs::read_to_string("/proc/mounts")
        .unwrap()
        .lines()
        .any(|line| line.starts_with("tmpfs /tmp "));
    let written = outcome["disk_bytes"].as_u64().unwrap();
    assert!(!on_disk || written >= 8 * MIB, "{} MiB", written / MIB);
    let id = kernel_id(&printed(&ended));
    assert_no_processes(&id);
    assert_no_groups(&id);
}

/// A run in the middle of a cell that has left a process behind, and its kernel's id.
fn running(stage: &Stage) -> (Live, String) {
    let leave = "import subprocess, time\n\
        subprocess.Popen(['sleep', '3600'], start_new_session=True)\n\
        print('left', flush=True)\n\
        time.sleep(3600)";
    stage.notebook("in.ipynb", "python3", &[TELL_KERNEL, leave]);
    let mut live = stage.run(&[
        "in.ipynb",
        "out.ipynb",
        "--memory",
        "512MiB",
        "--cpus",
        "1.5",
    ]);
    let told = live.wait_for_output("kernel ");
    let id = kernel_id(told["output"]["text"].as_str().unwrap());
    live.wait_for_output("left");
    assert!(!groups_of(&id).is_empty(), "no group to look for");
    (live, id)
}

#[test]
fn a_killed_runner_leaves_no_group() {
    if !groups_can_be_made() {
        return;
    }
    let stage = Stage::new();
    let (live, id) = running(&stage);
    live.signal("KILL");
    live.end();
    assert_no_processes(&id);
    assert_no_groups(&id);
}

#[test]
fn what_a_killed_runner_and_its_killed_guard_left_goes_with_the_next_start() {
    if !groups_can_be_made() {
        return;
    }
    let stage = Stage::new();
    let (live, id) = running(&stage);
    // Stopped, it can be killed before it acts.
    let guard = guard_of(&id);
    signal(guard, "STOP");
    live.signal("KILL");
    live.end();
    signal(guard, "KILL");

    // Or with any start before it: these tests run beside each other.
    stage.notebook("next.ipynb", "testkernel", &["print x"]);
    let next = stage.run(&["next.ipynb", "--memory", "512MiB"]).end();
    assert_eq!(next.exit, 0, "{}", next.stderr);
    assert_no_processes(&id);
    assert_no_groups(&id);
}

/// The process that guards a kernel.
fn guard_of(kernel_id: &str) -> u32 {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let mut ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.find(|id| {
        let file = Path::new("/proc").join(id.to_string()).join("cmdline");
        let line = fs::read(file).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        line.contains("__guard-kernel") && line.contains(kernel_id)
    })
    .unwrap()
}

#[test]
fn memory_and_processor_are_looked_at_while_a_cell_runs() {
    let holds = "held = bytearray(b'x') * (200 << 20)\nimport time\nend = time.monotonic() + 2.5\n\
        while time.monotonic() < end: pass";
    let stage = Stage::new();
    stage.notebook("in.ipynb", "python3", &["pass", holds]);
    let ended = stage.run(&["in.ipynb"]).end();
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    let looks: Vec<(u64, f64)> = ended
        .events()
        .iter()
        .filter(|event| event["type"] == "usage")
        .map(|event| {
            let memory = event["memory_bytes"].as_u64().unwrap();
            (memory, event["cpu_seconds"].as_f64().unwrap())
        })
        .collect();
    let (memory, cpu) = *looks.last().unwrap();
    assert!(memory >= 200 * MIB, "{looks:?}");
    assert!(cpu > looks[0].1 || looks.len() == 1, "{looks:?}");
    assert!(looks.len() <= 1 + ended_seconds(&ended), "{looks:?}");
}

/// How long a run was, in whole seconds.
fn ended_seconds(ended: &Ended) -> usize {
    let times = |kind: &str| {
        let events = ended.events();
        let event = events.iter().find(|event| event["type"] == kind).unwrap();
        let at = event["at"].as_str().unwrap();
        at.parse::<jiff::Timestamp>().unwrap().as_second()
    };
    usize::try_from(times("run_finished") - times("kernel_started")).unwrap()
}

#[test]
fn a_limit_that_is_none_is_refused() {
    let stage = Stage::new();
    stage.notebook("in.ipynb", "testkernel", &["print x"]);
    for (arguments, words) in [
        (["--memory", "2 gigs"], "`2GiB`"),
        (["--memory", "0"], "at least 1MiB"),
        (["--cpus", "0"], "at least 0.01"),
        (["--cpus", "many"], "a number of processors"),
    ] {
        let ended = stage.nbpress(&["run", "in.ipynb", arguments[0], arguments[1]]);
        assert_eq!(ended.exit, 2, "{arguments:?}");
        assert!(
            ended.stderr.contains(words),
            "{arguments:?}: {}",
            ended.stderr
        );
    }
    assert!(stage.runs().is_empty());
}
