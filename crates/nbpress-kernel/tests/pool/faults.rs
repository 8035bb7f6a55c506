//! Whatever is killed, nothing is left and nobody waits.

use std::io::BufRead as _;
use std::process::{Child, Command, Stdio};

use nbpress_kernel::Origin;
use nbpress_kernel::pool::{NotFromPool, Readiness};
use rustix::process::{Pid, Signal};

use crate::place::{Place, TESTKERNEL, is_alive, python_kernels, run, test_kernel, until_gone};

/// How many kernels are taken one after the other; `NBPRESS_TEST_FORKS` for more.
const FORKS: usize = 40;

fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
}

fn template(place: &Place) -> u32 {
    place.status().shelves[0].template.unwrap()
}

#[tokio::test(flavor = "current_thread")]
async fn a_killed_template_leaves_kernels_that_were_handed_over_alone() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let mut kernel = place.ready(&found).await;
    let waiting = place
        .until(|status| !status.shelves[0].ready.is_empty())
        .await;
    let gone = waiting.shelves[0].template.unwrap();
    kill(gone);
    until_gone(&[gone]).await;
    assert_eq!(run(&mut kernel, "print(1)").await, "1\n");
    run(&mut kernel, "import os; os._exit(7)").await;
    assert_eq!(kernel.kill().await.code, Some(7));
    // One may have been waiting still; then there is none, and then another template.
    let next = place.ready(&found).await;
    next.kill().await;
    let last = place.ready(&found).await;
    last.kill().await;
    place
        .until(|status| {
            let templates = status.shelves.iter().filter_map(|shelf| shelf.template);
            templates.into_iter().any(|template| template != gone)
        })
        .await;
}

#[tokio::test(flavor = "current_thread")]
async fn with_its_owner_a_pool_ends_and_what_was_handed_over_goes_on() {
    let mut place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let mut kernel = place.ready(&found).await;
    let waiting = place
        .until(|status| !status.shelves[0].ready.is_empty())
        .await;
    let mut pids = waiting.shelves[0].ready.clone();
    pids.push(template(&place));
    place.owner.kill().unwrap();
    place.owner.wait().unwrap();
    until_gone(&pids).await;
    assert_eq!(run(&mut kernel, "print(1)").await, "1\n");
    let pid = kernel.process_id();
    let exit = kernel.shutdown(std::future::pending()).await;
    // Nobody is there to say how it ended.
    assert_eq!((exit.code, exit.signal), (None, None));
    assert!(!is_alive(pid));
    place.until_no_files().await;
    let cold = place.start(&found).await;
    let origin = cold.origin();
    assert!(
        matches!(origin, Origin::StartedInstead(NotFromPool::NotRunning)),
        "{origin:?}"
    );
}

/// A process that has a kernel of the pool, with the kernel's and that of what the kernel started.
#[expect(
    clippy::disallowed_methods,
    reason = "the one that is killed is a process of its own"
)]
async fn user(place: &Place, guarded: &str) -> (Child, [u32; 2]) {
    let found = python_kernels().remove(0);
    place.ready(&found).await.kill().await;
    place
        .until(|status| !status.shelves[0].ready.is_empty())
        .await;
    let mut user = Command::new(TESTKERNEL)
        .args([
            "take".as_ref(),
            place.socket().as_os_str(),
            found.name.as_ref(),
            guarded.as_ref(),
        ])
        .env_clear()
        .envs(&place.environment)
        .current_dir(place.folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(user.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let left = place.text("left").await;
    std::fs::remove_file(place.folder.path().join("left")).unwrap();
    let pids = [&line, &left].map(|text| text.trim().parse().unwrap());
    assert!(pids.into_iter().all(is_alive));
    (user, pids)
}

#[tokio::test(flavor = "current_thread")]
async fn with_its_user_a_kernel_ends() {
    let place = Place::open(&[]);
    for guarded in ["guarded", "alone"] {
        let (mut user, pids) = user(&place, guarded).await;
        user.kill().unwrap();
        user.wait().unwrap();
        until_gone(&pids).await;
    }
    place.until(|status| status.in_use == 0).await;
}

#[tokio::test(flavor = "current_thread")]
async fn with_its_user_a_kernel_ends_also_where_the_owner_was_gone() {
    let mut place = Place::open(&[]);
    let (mut user, pids) = user(&place, "guarded").await;
    place.owner.kill().unwrap();
    place.owner.wait().unwrap();
    Place::until_it_has_a_child(&user).await;
    assert!(pids.into_iter().all(is_alive));
    user.kill().unwrap();
    user.wait().unwrap();
    until_gone(&pids).await;
    place.until_no_files().await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_death_is_told_as_if_it_were_our_own_child() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let mut kernel = place.ready(&found).await;
    let code = "import os, signal; x = bytearray(40 << 20); os.kill(os.getpid(), signal.SIGKILL)";
    let told = run(&mut kernel, code).await;
    assert_eq!(told, "killed by signal 9 (SIGKILL)");
    let exit = kernel.kill().await;
    assert!(
        exit.peak_memory_bytes > 60 << 20 && exit.cpu_microseconds > 1000,
        "{exit:?}"
    );
    assert!(exit.disk_bytes.is_some());
}

#[tokio::test(flavor = "current_thread")]
async fn a_kernel_that_dies_while_it_waits_is_not_handed_over() {
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    place.ready(&found).await.kill().await;
    let waiting = place
        .until(|status| !status.shelves[0].ready.is_empty())
        .await;
    waiting.shelves[0].ready.iter().copied().for_each(kill);
    let mut next = place.start(&found).await;
    assert_eq!(run(&mut next, "print(2)").await, "2\n");
}

#[tokio::test(flavor = "current_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "more can be asked of it than of every change"
)]
async fn many_kernels_leave_nothing_behind() {
    let forks = std::env::var("NBPRESS_TEST_FORKS").map_or(FORKS, |count| count.parse().unwrap());
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let quiet = |status: &nbpress_kernel::pool::PoolStatus| {
        status.in_use == 0 && status.shelves[0].ready.len() == 1
    };
    place.ready(&found).await.kill().await;
    place.until(quiet).await;
    place
        .until_traces(|(processes, _, folders)| processes == 2 && folders == 2)
        .await;
    let (_, descriptors, _) = place.traces();
    for count in 0..forks {
        place
            .until(|status| !status.shelves[0].ready.is_empty())
            .await;
        let mut kernel = place.start(&found).await;
        assert!(
            matches!(kernel.origin(), Origin::Pool(_)),
            "{:?}",
            kernel.origin()
        );
        assert_eq!(run(&mut kernel, "print(1)").await, "1\n");
        if count % 2 == 0 {
            kernel.kill().await;
        } else {
            run(&mut kernel, "import os; os.system('sleep 100 &')").await;
            // By itself: one that does not come to its end is ended by a signal, seconds later.
            let exit = kernel.shutdown(std::future::pending()).await;
            assert_eq!((exit.code, exit.signal), (Some(0), None), "{exit}");
        }
    }
    // As many wait as were asked for recently: soon that is one again.
    place.until(quiet).await;
    place
        .until_traces(|(processes, now, folders)| {
            processes == 2 && now <= descriptors && folders == 2
        })
        .await;
}

#[tokio::test(flavor = "current_thread")]
async fn changed_packages_make_new_kernels() {
    let mut place = Place::open(&["answer"]);
    let packages = place.packages(&[("answer", "value = 41")]);
    let found = python_kernels().remove(0);
    let mut before = place.ready(&found).await;
    let code = "import answer; print(answer.value)";
    assert_eq!(run(&mut before, code).await, "41\n");
    place
        .until(|status| !status.shelves[0].ready.is_empty())
        .await;
    place.packages(&[("answer", "value = 42 + 0")]);
    let mut after = place.start(&found).await;
    let origin = after.origin();
    assert!(
        matches!(origin, Origin::StartedInstead(NotFromPool::Changed { path }) if path.starts_with(&packages)),
        "{origin:?}"
    );
    assert_eq!(run(&mut after, code).await, "42\n");
    let mut ready = place.ready(&found).await;
    assert_eq!(run(&mut ready, code).await, "42\n");
}

#[tokio::test(flavor = "current_thread")]
async fn what_cannot_be_forked_is_refused_and_said() {
    let cases = [
        (
            "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True, name='busy').start()",
            "threads",
        ),
        ("import socket\nheld = socket.socket()", "descriptors"),
        ("import torch", "modules"),
        ("raise ValueError('not today')", "import"),
    ];
    for (text, kind) in cases {
        let mut place = Place::open(&["imported"]);
        place.packages(&[("imported", text), ("torch", "")]);
        assert_refused(&place, kind).await;
    }
    let place = Place::open(&[]);
    let startup = place.folder.path().join(".ipython/profile_default/startup");
    std::fs::create_dir_all(&startup).unwrap();
    std::fs::File::create(startup.join("00-mine.py")).unwrap();
    assert_refused(&place, "configuration").await;
}

async fn assert_refused(place: &Place, kind: &str) {
    let found = python_kernels().remove(0);
    let mut cold = place.start(&found).await;
    assert_eq!(run(&mut cold, "print(1)").await, "1\n");
    place
        .until(|status| status.shelves[0].refused.is_some())
        .await;
    let cold = place.start(&found).await;
    let Origin::StartedInstead(NotFromPool::Refused { why }) = cold.origin() else {
        panic!("{:?}", cold.origin());
    };
    let why = serde_json::to_value(why).unwrap();
    assert_eq!(why["refused"], kind, "{why}");
}

#[tokio::test(flavor = "current_thread")]
async fn any_other_kernel_is_ready_for_the_same_place_and_environment() {
    let mut place = Place::open(&[]);
    let found = test_kernel();
    place.environment.insert("OF_THE_JOB".into(), "1".into());
    place.start(&found).await.kill().await;
    place.start(&found).await.kill().await;
    place
        .until(|status| !status.shelves[0].ready.is_empty())
        .await;
    let mut kernel = place.start(&found).await;
    assert!(
        matches!(kernel.origin(), Origin::Pool(Readiness::Started)),
        "{:?}",
        kernel.origin()
    );
    assert_eq!(run(&mut kernel, "print x\nenv OF_THE_JOB").await, "x\n1\n");
    let exit = kernel.shutdown(std::future::pending()).await;
    assert_eq!(exit.code, Some(0));
    place.environment.insert("OF_THE_JOB".into(), "2".into());
    let other = place.start(&found).await;
    let origin = other.origin();
    assert!(
        matches!(origin, Origin::StartedInstead(NotFromPool::Variable { name }) if name == "OF_THE_JOB"),
        "{origin:?}"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn no_message_is_lost() {
    // A publisher in its usual state drops whatever exceeds a thousand.
    const LINES: usize = 5_000;
    let place = Place::open(&[]);
    let found = python_kernels().remove(0);
    let mut kernel = place.ready(&found).await;
    let code = format!("for i in range({LINES}): print(i, flush=True)\nopen('done', 'w').close()");
    let id = kernel.execute(&code, false).await;
    // Nobody reads before everything has been sent.
    place.until_there("done").await;
    let got = crate::place::collect(&mut kernel, &id).await;
    let expected: Vec<String> = (0..LINES).map(|number| format!("{number}\n")).collect();
    assert!(got == expected.concat(), "{} bytes", got.len());
}
