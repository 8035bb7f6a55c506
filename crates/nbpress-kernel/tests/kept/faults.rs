//! Whatever is killed, nothing is left and nobody waits.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use nbpress_kernel::Kernel;
use nbpress_kernel::kept::{self, Keep, NotKept, Policy, ReviveError};
use rustix::process::{Pid, Signal};

use crate::place::{Place, is_alive, python_kernels, run, test_kernel, until_gone};
use crate::{folder, keeping, newest, revive};

/// How many cells are frozen one after the other.
const FREEZES: usize = 200;

fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
}

/// The processes of a place, recognised by their home.
fn processes(place: &Place) -> usize {
    place.traces().0
}

async fn why(place: &Place, kernel: &mut Kernel, code: &str) -> Option<NotKept> {
    run(kernel, code).await;
    kept::outcome(&folder(place)).unwrap().not_kept
}

#[tokio::test(flavor = "current_thread")]
async fn a_kernel_that_is_killed_leaves_its_copies_and_a_copy_its_kernels() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let keep = Keep::in_folder(folder(&place));
    let mut kernel = keeping(&place, &found, &keep).await;
    run(&mut kernel, "x = 41").await;
    run(&mut kernel, "x = None; import os; os.kill(os.getpid(), 9)").await;
    assert_eq!(kernel.kill().await.signal, Some(9));
    let copy = newest(&place);
    assert!(copy.memory_bytes().unwrap() > 1 << 20, "{copy:?}");

    let mut revived = revive(&place, &copy, &found).await.unwrap();
    assert_eq!(run(&mut revived, "print(x + 1)").await, "42\n");
    kill(revived.process_id());
    assert_eq!(revived.kill().await.signal, Some(9));
    let mut revived = revive(&place, &copy, &found).await.unwrap();
    run(&mut revived, "os = __import__('os'); os._exit(7)").await;
    assert_eq!(revived.kill().await.code, Some(7));

    let mut revived = revive(&place, &copy, &found).await.unwrap();
    kill(copy.process_id);
    until_gone(&[copy.process_id]).await;
    assert_eq!(run(&mut revived, "print(x + 1)").await, "42\n");
    let exit = revived.shutdown(std::future::pending()).await;
    // The one that could say it is gone.
    assert_eq!((exit.code, exit.signal), (None, None));
    let gone = revive(&place, &copy, &found).await.unwrap_err();
    assert!(matches!(gone, ReviveError::Gone(_)), "{gone:?}");
    assert!(
        kept::list(&folder(&place))
            .iter()
            .all(|left| left.process_id != copy.process_id)
    );
    kept::drop_all(&folder(&place));
}

#[tokio::test(flavor = "current_thread")]
async fn what_runs_is_interrupted_and_ended_as_in_any_kernel() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let mut kernel = keeping(&place, &found, &Keep::in_folder(folder(&place))).await;
    run(&mut kernel, "import time").await;
    kernel.kill().await;
    let mut revived = revive(&place, &newest(&place), &found).await.unwrap();
    let id = revived
        .execute(
            "import time; open('begun', 'w').close(); time.sleep(60)",
            false,
        )
        .await;
    place.until_there("begun").await;
    revived.interrupt().await;
    let text = crate::place::collect(&mut revived, &id).await;
    assert!(text.contains("KeyboardInterrupt"), "{text}");
    assert_eq!(run(&mut revived, "print(1)").await, "1\n");
    let pid = revived.process_id();
    drop(revived);
    assert!(!is_alive(pid));
    kept::drop_all(&folder(&place));
}

#[tokio::test(flavor = "current_thread")]
async fn a_copy_ends_with_its_time_and_with_its_folder() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let short = Keep {
        time: Duration::from_secs(1),
        ..Keep::in_folder(folder(&place))
    };
    let mut kernel = keeping(&place, &found, &short).await;
    run(&mut kernel, "1").await;
    let expires = newest(&place);
    until_gone(&[expires.process_id]).await;
    assert!(!expires.folder.exists());
    kernel.kill().await;

    let mut kernel = keeping(&place, &found, &Keep::in_folder(folder(&place))).await;
    run(&mut kernel, "1").await;
    let orphan = newest(&place);
    std::fs::remove_dir_all(folder(&place)).unwrap();
    until_gone(&[orphan.process_id]).await;
    // Nobody wants copies any more, and cells go on.
    assert_eq!(run(&mut kernel, "print(2)").await, "2\n");
    kernel.kill().await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_clock_that_is_set_back_makes_no_copy_live_longer() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let short = Keep {
        time: Duration::from_secs(2),
        ..Keep::in_folder(folder(&place))
    };
    let mut kernel = keeping(&place, &found, &short).await;
    // As copies see it, the clock goes back by a day when they have begun to wait.
    let set_back = "import time; real, begun = time.time, time.monotonic()\n\
        time.time = lambda: real() - 86400 * (time.monotonic() > begun + 1)";
    run(&mut kernel, set_back).await;
    run(&mut kernel, "1").await;
    let expires = newest(&place);
    until_gone(&[expires.process_id]).await;
    kernel.kill().await;
    kept::drop_all(&folder(&place));
}

#[tokio::test(flavor = "current_thread")]
async fn files_that_a_cell_removed_are_read_on_in_what_comes_of_a_copy() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let mut kernel = keeping(&place, &found, &Keep::in_folder(folder(&place))).await;
    let begin = "import os; file = open('removed', 'w+'); _ = file.write('one two'); file.seek(4)\n\
        os.mkdir('inner'); os.chdir('inner')";
    run(&mut kernel, begin).await;
    let remove = "os.remove('../removed'); os.rmdir(os.getcwd()); 1 / 0";
    run(&mut kernel, remove).await;
    // One from before they were removed, and one from after.
    let before = newest(&place);
    run(&mut kernel, "1 / 0").await;
    for copy in [before, newest(&place)] {
        let mut revived = revive(&place, &copy, &found).await.unwrap();
        let said = run(
            &mut revived,
            "print(file.read(), os.path.exists('../removed'))",
        )
        .await;
        assert_eq!(said, "two False\n");
        revived.kill().await;
    }
    kernel.kill().await;
    kept::drop_all(&folder(&place));
}

#[tokio::test(flavor = "current_thread")]
async fn the_oldest_go_when_there_are_too_many_or_they_hold_too_much() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let mut kernel = keeping(&place, &found, &Keep::in_folder(folder(&place))).await;
    let mut made = Vec::new();
    for number in 0..5 {
        run(&mut kernel, &format!("x{number} = 1")).await;
        made.push(newest(&place).process_id);
    }
    // The newest, which ends those that are too many, does so when it waits.
    until_gone(&made[..2]).await;
    let kept: Vec<u32> = kept::list(&folder(&place))
        .iter()
        .map(|copy| copy.process_id)
        .collect();
    assert_eq!(kept, made[2..]);
    kept::trim(&folder(&place), 2, u64::MAX);
    assert!(!is_alive(made[2]));
    // The system is to end the newest last.
    let score = |pid| {
        let path = Path::new("/proc")
            .join(u32::to_string(&pid))
            .join("oom_score_adj");
        let mut text = String::new();
        std::io::Read::read_to_string(&mut std::fs::File::open(path).unwrap(), &mut text).unwrap();
        text.trim().parse::<i32>().unwrap()
    };
    while score(made[3]) <= score(made[4]) {
        tokio::task::yield_now().await;
    }
    let held = newest(&place).memory_bytes().unwrap();
    kept::trim(&folder(&place), 2, held * 3 / 2);
    assert!(!is_alive(made[3]) && is_alive(made[4]));

    let little = Keep {
        memory_bytes: 1,
        ..Keep::in_folder(folder(&place))
    };
    little.install(&mut kernel).await.unwrap();
    run(&mut kernel, "1").await;
    until_gone(&made[4..]).await;
    while !kept::list(&folder(&place)).is_empty() {
        tokio::task::yield_now().await;
    }
    kernel.kill().await;
}

#[tokio::test(flavor = "current_thread")]
async fn why_there_is_no_copy_has_a_name() {
    let place = Place::open(&[]);
    let keep = Keep::in_folder(folder(&place));
    let mut other = place.start(&test_kernel()).await;
    let refused = keep.install(&mut other).await;
    assert_eq!(refused, Err(NotKept::Implementation("testkernel".into())));
    other.kill().await;

    for found in python_kernels() {
        let mut kernel = keeping(&place, &found, &keep).await;
        assert_eq!(kept::outcome(&folder(&place)).unwrap().request, "");
        let thread = "import threading, asyncio, sys; go = threading.Event()\n\
            threading.Thread(target=go.wait, name='the worker').start()";
        assert_eq!(why(&place, &mut kernel, thread).await, None);
        let named = why(&place, &mut kernel, "go.set()").await;
        assert_eq!(named, Some(NotKept::Threads("the worker".into())));
        let task =
            "async def wait(): await asyncio.sleep(3600)\ntask = asyncio.ensure_future(wait())";
        run(
            &mut kernel,
            "[t.join() for t in threading.enumerate() if t.name == 'the worker']",
        )
        .await;
        assert_eq!(why(&place, &mut kernel, task).await, None);
        let named = why(&place, &mut kernel, "task.cancel()").await;
        assert_eq!(named, Some(NotKept::Tasks("wait".into())));
        let of_asyncio = "task = asyncio.ensure_future(asyncio.sleep(3600))";
        assert_eq!(why(&place, &mut kernel, of_asyncio).await, None);
        let named = why(&place, &mut kernel, "task.cancel()").await;
        assert_eq!(named, Some(NotKept::Tasks("sleep".into())));
        let module = "sys.modules['polars'] = asyncio";
        assert_eq!(why(&place, &mut kernel, module).await, None);
        let named = why(&place, &mut kernel, "del sys.modules['polars']").await;
        assert_eq!(named, Some(NotKept::Modules("polars".into())));
        let gpu = "class torch: cuda = type('', (), {'is_initialized': staticmethod(lambda: True)})\n\
            sys.modules['torch'] = torch";
        run(&mut kernel, gpu).await;
        let named = why(&place, &mut kernel, "del sys.modules['torch']").await;
        assert_eq!(named, Some(NotKept::Cuda("torch".into())));
        assert_eq!(why(&place, &mut kernel, "1").await, None);
        kernel.kill().await;
        kept::drop_all(&folder(&place));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_lock_that_another_thread_holds_is_in_no_copy() {
    const THREADS: [&str; 2] = [
        "threading.Thread(target=hold, name='hold').start()",
        "import _thread; _thread.start_new_thread(hold, ())",
    ];
    // A logger's lock, and that of a module which is being imported.
    const LOCKS: [&str; 2] = [
        "with logging._lock: held.set(); go.wait()",
        "import waits_for_go",
    ];
    let place = Place::open(&[]);
    let module = "import __main__\n__main__.held.set(); __main__.go.wait()\n";
    std::fs::File::create(place.folder.path().join("waits_for_go.py"))
        .and_then(|mut file| std::io::Write::write_all(&mut file, module.as_bytes()))
        .unwrap();
    let found = python_kernels().remove(0);
    for (thread, lock) in THREADS
        .into_iter()
        .flat_map(|thread| LOCKS.map(|lock| (thread, lock)))
    {
        let mut kernel = keeping(&place, &found, &Keep::in_folder(folder(&place))).await;
        let begin = format!(
            "import logging, threading; held, go, ended = (threading.Event() for _ in range(3))\n\
             def hold():\n    {lock}\n    ended.set()\n{thread}\n_ = held.wait()"
        );
        assert_eq!(why(&place, &mut kernel, &begin).await, None, "{begin}");
        let named = why(&place, &mut kernel, "go.set(); _ = ended.wait()").await;
        assert_eq!(named, Some(NotKept::Threads("hold".into())), "{begin}");
        let end =
            "while len(__import__('sys')._current_frames()) > len(threading.enumerate()): pass";
        run(&mut kernel, end).await;
        assert_eq!(why(&place, &mut kernel, "1").await, None, "{begin}");
        kernel.kill().await;
        kept::drop_all(&folder(&place));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn without_memory_for_a_fork_the_cell_runs_and_the_reason_is_said() {
    const REFUSED: &str = "import os; fork = os.fork\n\
        def refuse(): raise OSError(12, 'Cannot allocate memory')";
    // The second one is in the process between.
    const FIRST: &str = "os.fork = refuse";
    const SECOND: &str = "def once(): os.fork = refuse; return fork()\nos.fork = once";
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    for (which, expected) in [
        (FIRST, "Cannot allocate memory"),
        (SECOND, "too little memory"),
    ] {
        let mut kernel = keeping(&place, &found, &Keep::in_folder(folder(&place))).await;
        run(&mut kernel, REFUSED).await;
        run(&mut kernel, which).await;
        // Whoever hears that a cell failed hears why there is no copy, too.
        let said = run(&mut kernel, "print(40 + 2); os.fork = fork; 1 / 0").await;
        assert!(said.starts_with("42\n"), "{said}");
        let outcome = kept::outcome(&folder(&place)).unwrap();
        let Some(NotKept::System(reason)) = &outcome.not_kept else {
            panic!("{which}: {outcome:?}");
        };
        assert!(reason.contains(expected), "{reason}");
        assert_eq!(children(kernel.process_id()), "");
        assert!(
            kept::list(&folder(&place))
                .iter()
                .all(|copy| copy.request != outcome.request)
        );
        assert_eq!(why(&place, &mut kernel, "1").await, None, "{which}");
        kernel.kill().await;
        kept::drop_all(&folder(&place));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn only_cells_after_long_ones_are_met_where_that_is_asked_for() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let keep = Keep {
        policy: Policy::After(Duration::from_millis(500)),
        copies: 9,
        ..Keep::in_folder(folder(&place))
    };
    let mut kernel = keeping(&place, &found, &keep).await;
    for code in ["1", "2", "import time; time.sleep(0.6)", "3", "4"] {
        run(&mut kernel, code).await;
    }
    run(&mut kernel, "1 / 0").await;
    let counts: Vec<u64> = kept::list(&folder(&place))
        .iter()
        .map(|copy| copy.execution_count)
        .collect();
    assert_eq!(counts, [1, 4]);
    kernel.kill().await;
    kept::drop_all(&folder(&place));
}

#[tokio::test(flavor = "current_thread")]
async fn what_cannot_be_carried_is_named_and_ports_are_free() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let mut kernel = keeping(&place, &found, &Keep::in_folder(folder(&place))).await;
    let code = "import socket; server = socket.create_server(('127.0.0.1', 0))\n\
        client = socket.create_connection(server.getsockname()); peer = server.accept()[0]\n\
        import subprocess; child = subprocess.Popen(['sleep', '60'])\n\
        import tempfile; made = tempfile.TemporaryDirectory(prefix='made')\n\
        import sqlite3; changed = sqlite3.connect('changed.db')\n\
        _ = changed.execute('create table t (n)'), changed.execute('insert into t values (1)')\n\
        print(server.getsockname()[1])";
    let port: u16 = run(&mut kernel, code).await.trim().parse().unwrap();
    run(&mut kernel, "peer.sendall(b'x'); print(client.recv(1))").await;
    let copy = newest(&place);
    let lost = copy.lost.join(", ");
    for name in [
        &format!("the connection to 127.0.0.1:{port}"),
        &format!("the socket at 127.0.0.1:{port}"),
        "the process sleep",
        "the folder /",
        "the transaction in changed.db",
    ] {
        assert!(lost.contains(name), "{name}: {lost}");
    }
    let itself = kernel.connection().clone();
    kernel.kill().await;
    std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    for port in [itself.shell_port, itself.iopub_port, itself.hb_port] {
        if itself.transport == nbpress_protocol::Transport::Tcp {
            std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
        }
    }
    assert!(
        open_files(copy.process_id)
            .iter()
            .all(|file| !file.starts_with("pipe:"))
    );
    let mut revived = revive(&place, &copy, &found).await.unwrap();
    assert_eq!(run(&mut revived, "print(client.recv(1))").await, "b''\n");
    revived.kill().await;
    kept::drop_all(&folder(&place));
}

#[tokio::test(flavor = "current_thread")]
async fn what_closes_itself_when_the_process_forks_ends_no_copy() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let mut kernel = keeping(&place, &found, &Keep::in_folder(folder(&place))).await;
    // Whatever opens something next gets the number that has become free.
    let code = "import os; held = [*os.pipe(), *(os.open('kept.txt', os.O_CREAT | os.O_RDWR) for _ in range(9))]\n\
        os.register_at_fork(after_in_child=lambda: [os.close(held.pop()) for _ in list(held)])";
    assert_eq!(run(&mut kernel, code).await, "");
    run(&mut kernel, "x = 41").await;
    let copy = newest(&place);
    kernel.kill().await;
    let mut revived = revive(&place, &copy, &found).await.unwrap();
    assert_eq!(run(&mut revived, "print(held)").await, "[]\n");
    revived.kill().await;
    kept::drop_all(&folder(&place));
}

fn children(pid: u32) -> String {
    let file = format!("/proc/{pid}/task/{pid}/children");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut std::fs::File::open(file).unwrap(), &mut text).unwrap();
    text
}

fn open_files(pid: u32) -> BTreeSet<String> {
    let folder = Path::new("/proc").join(pid.to_string()).join("fd");
    let entries = folder.read_dir().unwrap().flatten();
    let targets = entries.map(|entry| std::fs::read_link(entry.path()).unwrap());
    targets
        .map(|target| target.to_string_lossy().into_owned())
        .collect()
}

#[tokio::test(flavor = "current_thread")]
async fn many_freezes_leave_no_process_descriptor_or_file() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let before = processes(&place);
    let mut kernel = keeping(&place, &found, &Keep::in_folder(folder(&place))).await;
    let count = "import os; print(len(os.listdir('/proc/self/fd')))";
    run(&mut kernel, count).await;
    let descriptors = run(&mut kernel, count).await;
    let mut times = Vec::new();
    for _ in 0..FREEZES {
        run(&mut kernel, "1").await;
        let outcome = kept::outcome(&folder(&place)).unwrap();
        assert_eq!(outcome.not_kept, None);
        times.push(outcome.milliseconds);
    }
    assert_eq!(run(&mut kernel, count).await, descriptors);
    // Who hears that a cell failed finds its copy, and the kernel without children.
    run(&mut kernel, "1 / 0").await;
    assert_eq!(children(kernel.process_id()), "");
    times.sort_by(f64::total_cmp);
    // Generous, for machines that do other things.
    assert!(times[FREEZES / 2] < 100.0, "{} ms", times[FREEZES / 2]);
    let last = newest(&place);
    kernel.kill().await;
    place
        .until_traces(|(processes, ..)| processes <= before + 3)
        .await;
    let left = folder(&place).read_dir().unwrap().count();
    assert!(left <= 4, "{left} files of copies");
    kept::drop_all(&folder(&place));
    until_gone(&[last.process_id]).await;
    place
        .until_traces(|(processes, ..)| processes == before)
        .await;
    assert!(!folder(&place).exists());
}
