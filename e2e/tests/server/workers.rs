//! Workers with homes of their own, as on other machines: they know a server's address, and no file of it.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use e2e::live::{Live, Stage, poll, processes_with};
use e2e::place;
use serde_json::Value;

use crate::Served;
use crate::kills::Random;
use crate::runs::{gate, open};

/// How many processes are killed at random.
const KILLS: usize = 60;

/// A worker, and the home it comes back to.
pub(super) struct Elsewhere {
    home: PathBuf,
    process: Option<Child>,
}

impl Elsewhere {
    pub(super) fn start(served: &Served, name: &str) -> Self {
        let mut worker = Self {
            home: served.stage.path(name),
            process: None,
        };
        worker.start_again(served);
        worker
    }

    /// Starts it and waits until the server knows it.
    fn start_again(&mut self, served: &Served) {
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.home.with_extension("log"))
            .unwrap();
        let mut command = served.stage.command(place::nbpress());
        command
            .args(["worker", "run", "--slots", "2", "--server"])
            .arg(address(served)["url"].as_str().unwrap())
            .env("NBPRESS_TOKEN", address(served)["token"].as_str().unwrap())
            .env("NBPRESS_HOME", &self.home);
        self.process = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let known = poll(|| {
            let id = std::fs::read_to_string(self.home.join("worker-id")).ok()?;
            let workers = served.json("worker list");
            let up = |worker: &Value| worker["id"] == id && worker["state"] == "up";
            workers.iter().any(up).then_some(())
        });
        assert!(known.is_some(), "{}", self.log());
    }

    /// `kill -9`; its runners go on.
    fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.with_extension("log")).unwrap_or_default()
    }

    /// Waits until its runner has printed something.
    fn has_printed(&self, record: &str, text: &str) {
        let journal = self.home.join("runs").join(record).join("journal");
        let printed = poll(|| {
            let bytes = std::fs::read(&journal).ok()?;
            let mut windows = bytes.windows(text.len());
            windows
                .any(|window| window == text.as_bytes())
                .then_some(())
        });
        assert!(printed.is_some(), "{}", self.log());
    }

    /// Waits until it keeps nothing of runs that the server has.
    pub(super) fn is_empty(&self) {
        let entries = |folder: &str| {
            let entries = std::fs::read_dir(self.home.join(folder)).unwrap();
            entries.map(|entry| entry.unwrap().path())
        };
        let left = || -> Vec<_> { entries("runs").chain(entries("worker/attempts")).collect() };
        let empty = poll(|| left().is_empty().then_some(()));
        assert!(empty.is_some(), "{:?} {}", left(), self.log());
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        if self.process.is_some() {
            self.kill();
        }
        for process in processes_with(&format!("NBPRESS_HOME={}", self.home.display())) {
            e2e::live::end_process(process);
        }
    }
}

/// Where the server is, and its token.
pub(super) fn address(served: &Served) -> Value {
    let file = served.stage.home.join("server.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Asks the server, byte for byte as it is written here; the status and the body.
pub(super) fn http(served: &Served, method: &str, path: &str, body: &str) -> (u16, Value) {
    let said = address(served);
    let token = said["token"].as_str().unwrap();
    let owner = format!("authorization: Bearer {token}");
    let (status, _, body) = exchange(served, &format!("{method} {path}"), &owner, body);
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

/// Asks with one header; the status, the head and the body.
pub(super) fn exchange(
    served: &Served,
    request: &str,
    header: &str,
    body: &str,
) -> (u16, String, String) {
    let said = address(served);
    let host = said["url"]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nhost: {host}\r\n{header}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, head.to_owned(), body.to_owned())
}

fn attempts(served: &Served, run: &str) -> Vec<Value> {
    let (status, run) = http(served, "GET", &format!("/v1/runs/{run}"), "");
    assert_eq!(status, 200);
    run["attempts"].as_array().unwrap().clone()
}

/// A notebook that waits in its middle, and how many lines it prints.
fn long(served: &Served, gate: &Path) -> String {
    let wait = format!("read {}", gate.display());
    let cells = ["lines 100", &wait, "burst 200000", "lines 100"];
    let notebook = served.stage.notebook("long.ipynb", "testkernel", &cells);
    served.submit(&notebook.display().to_string())
}

fn lines(served: &Served, run: &str) -> usize {
    let log = served.nbpress(&format!("logs {run}"));
    assert_eq!(log.exit, 0, "{}", log.stderr);
    let line = |line: &&String| line.starts_with("line");
    log.stdout.iter().filter(line).count()
}

pub(super) fn server_without_worker(options: &[&str]) -> Served {
    let options: Vec<&str> = [&["--no-worker"], options].concat();
    let mut served = Served::on(Stage::new(), &options);
    served.keep_address();
    served
}

#[test]
fn a_run_elsewhere_is_followed_here_and_its_record_stays_here() {
    let served = server_without_worker(&[]);
    let worker = Elsewhere::start(&served, "elsewhere");
    let path = gate(&served, "gate");
    let wait = format!("read {}", path.display());
    let scrap = r#"display application/scrapbook.scrap.json+json {"name": "rows", "data": 42, "encoder": "json", "version": 1}"#;
    let cells = [
        "print before",
        &wait,
        "burst 200000",
        scrap,
        "env NBPRESS_TOKEN",
        "print after",
    ];
    let notebook = served.stage.notebook("live.ipynb", "testkernel", &cells);
    let run = served.submit(&notebook.display().to_string());

    let mut command = served.stage.command(place::nbpress());
    command.args(["logs", "-f", &run]);
    let mut follow = Live::start(&mut command);
    assert_eq!(follow.next_line().as_deref(), Some("before"));
    assert!(worker.home.join("runs").join(&run).is_dir());
    let (_, live) = http(&served, "GET", &format!("/v1/runs/{run}/notebook"), "");
    assert_eq!(live["metadata"]["nbpress"]["status"], "running");
    open(&path);
    let followed = follow.end();
    assert_eq!(followed.stdout.last().unwrap(), "after");
    let token = address(&served)["token"].as_str().unwrap().to_owned();
    assert!(
        !followed.stdout.contains(&token),
        "user code has no business with the server"
    );
    assert_eq!(served.wait(&run), "succeeded");

    worker.is_empty();
    let log = served.nbpress(&format!("logs {run}"));
    assert_eq!(log.stdout, followed.stdout);
    let (status, notebook) = http(&served, "GET", &format!("/v1/runs/{run}/notebook"), "");
    assert_eq!(status, 200);
    let burst = &notebook["cells"][2]["outputs"][0]["text"];
    assert!(burst.to_string().len() > 200_000, "a large value came too");
    let shown = served.nbpress(&format!("show {run}"));
    assert!(
        shown.stdout.iter().any(|line| line.contains("after")),
        "{}",
        shown.stderr
    );
    let rows = served.sql("select name, value from scraps");
    assert_eq!(rows, [["rows", "42"]]);
}

#[test]
fn a_worker_that_was_killed_finds_its_run_again() {
    let served = server_without_worker(&[]);
    let mut worker = Elsewhere::start(&served, "elsewhere");
    let path = gate(&served, "gate");
    let run = long(&served, &path);
    worker.has_printed(&run, "line 99");
    worker.kill();
    open(&path);
    worker.start_again(&served);
    assert_eq!(served.wait(&run), "succeeded");
    assert_eq!(attempts(&served, &run).len(), 1);
    assert_eq!(lines(&served, &run), 200);
    worker.is_empty();
}

#[test]
fn a_run_goes_on_while_its_server_is_away() {
    let mut served = server_without_worker(&[]);
    let worker = Elsewhere::start(&served, "elsewhere");
    let path = gate(&served, "gate");
    let run = long(&served, &path);
    worker.has_printed(&run, "line 99");
    served.kill();
    open(&path);
    let manifest = worker.home.join("runs").join(&run).join("manifest.json");
    assert!(
        poll(|| manifest.is_file().then_some(())).is_some(),
        "{}",
        worker.log()
    );
    served.start_again();
    assert_eq!(served.wait(&run), "succeeded");
    assert_eq!(attempts(&served, &run).len(), 1);
    assert_eq!(lines(&served, &run), 200);
    worker.is_empty();
}

#[test]
fn a_worker_that_was_given_up_ends_what_is_not_its_own_any_more() {
    let served = server_without_worker(&["--lease", "8s"]);
    let mut first = Elsewhere::start(&served, "first");
    let path = gate(&served, "gate");
    let wait = format!("read {}", path.display());
    let cells = ["env NBPRESS_ATTEMPT", &wait];
    let notebook = served.stage.notebook("twice.ipynb", "testkernel", &cells);
    let run = served.submit(&format!("{} --retry-delay 0", notebook.display()));
    // The first attempt's record has the run's name.
    let of_first = format!("NBPRESS_RUN_ID={run}");
    let came = poll(|| (served.nbpress(&format!("logs {run}")).stdout == ["1"]).then_some(()));
    assert!(came.is_some(), "{}", first.log());
    first.kill();
    // Who waits for a writer goes on waiting; who comes later finds a file.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "go").unwrap();

    let second = Elsewhere::start(&served, "second");
    assert_eq!(served.wait(&run), "succeeded", "{}", second.log());
    let attempts = attempts(&served, &run);
    let states: Vec<&Value> = attempts.iter().map(|attempt| &attempt["state"]).collect();
    assert_eq!(states, ["lost", "succeeded"]);
    assert!(
        !processes_with(&of_first).is_empty(),
        "the first kernel still waits"
    );

    first.start_again(&served);
    let ended = poll(|| processes_with(&of_first).is_empty().then_some(()));
    assert!(ended.is_some(), "{}", first.log());
    first.is_empty();
    assert_eq!(self::attempts(&served, &run).len(), 2);
    // What came of the first attempt before its worker fell silent is still there to read.
    let log = served.nbpress(&format!("logs {run} --attempt 1"));
    assert_eq!(log.stdout, ["1"], "{}", log.stderr);
}

#[test]
fn another_worker_runs_all_cells_of_a_run_whose_state_is_gone_with_its_machine() {
    let served = server_without_worker(&[]);
    let mut first = Elsewhere::start(&served, "first");
    let log = served.stage.path("log").display().to_string();
    let begin = format!("print('once', file=open({log:?}, 'a'))\nx = 41");
    let notebook = served
        .stage
        .notebook("nb.ipynb", "python3", &[&begin, "mend(x)"]);
    let failed = served.submit(&format!("{} --keep every", notebook.display()));
    assert_eq!(served.wait(&failed), "failed", "{}", first.log());
    first.kill();
    let second = Elsewhere::start(&served, "second");
    served
        .stage
        .notebook("nb.ipynb", "python3", &[&begin, "print(x + 1)"]);
    let resume = format!("retry {failed} {} --resume", notebook.display());
    let ended = served.nbpress(&format!("{resume} --wait --json"));
    assert_eq!(ended.exit, 0, "{} {}", ended.stderr, second.log());
    let run: Value = serde_json::from_str(ended.stdout.last().unwrap()).unwrap();
    assert_eq!(run["resumed"]["way"], "rerun", "{run:#}");
    let lost = run["resumed"]["lost"].to_string();
    assert!(lost.contains("on another machine"), "{run:#}");
    let times = std::fs::read_to_string(&log).unwrap();
    assert_eq!(times.lines().count(), 2);
}

#[test]
fn a_worker_with_a_wrong_token_is_told_so() {
    let served = server_without_worker(&[]);
    let url = address(&served)["url"].as_str().unwrap().to_owned();
    for (variables, words) in [
        (
            vec![("NBPRESS_TOKEN", "wrong")],
            ["token is not valid", "set `NBPRESS_TOKEN`"],
        ),
        (vec![], ["NBPRESS_TOKEN", "not set"]),
    ] {
        let mut command = served.stage.command(place::nbpress());
        command.args(["worker", "run", "--server", &url]);
        command.env("NBPRESS_HOME", served.stage.path("stranger"));
        command.envs(variables);
        let ended = Live::start(&mut command).end();
        assert_eq!(ended.exit, 2, "{}", ended.stderr);
        for word in words {
            assert!(ended.stderr.contains(word), "{word}: {}", ended.stderr);
        }
    }
    assert!(served.json("worker list").is_empty());
}

/// Processes of a worker's home that are runners, or kernels.
fn victims(worker: &Elsewhere, word: &str) -> Vec<u32> {
    let is = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(word)
    };
    let all = processes_with(&format!("NBPRESS_HOME={}", worker.home.display()));
    all.into_iter().filter(is).collect()
}

#[test]
fn whoever_is_killed_between_machines_no_run_is_lost_doubled_or_stuck() {
    let mut served = server_without_worker(&[]);
    let mut worker = Elsewhere::start(&served, "elsewhere");
    let cells = ["lines 200", "burst 200000", "lines 200"];
    let notebook = served.stage.notebook("work.ipynb", "testkernel", &cells);
    let words = format!(
        "{} --retries platform=20 --retry-delay 0",
        notebook.display()
    );
    let mut random = Random(11);
    let mut submitted = Vec::new();
    let mut killed: BTreeMap<&str, usize> = BTreeMap::new();
    while killed.values().sum::<usize>() < KILLS {
        submitted.push(served.submit(&words));
        std::thread::sleep(Duration::from_millis(random.below(400) as u64));
        let kind = ["server", "worker", "\0runner\0", "testkernel"][random.below(4)];
        match kind {
            "server" => {
                served.kill();
                served.start_again();
            }
            "worker" => {
                worker.kill();
                worker.start_again(&served);
            }
            word => match victims(&worker, word).first() {
                Some(&victim) if e2e::live::end_process(victim) => {}
                _ => continue,
            },
        }
        *killed.entry(kind.trim_matches('\0')).or_default() += 1;
    }
    let mut tries = 0;
    for run in &submitted {
        assert_eq!(served.wait(run), "succeeded", "{}", worker.log());
        assert_eq!(lines(&served, run), 400, "{run}");
        tries += attempts(&served, run).len();
    }
    worker.is_empty();
    let verified = served.nbpress("audit --verify");
    assert_eq!(verified.exit, 0, "{}", verified.stderr);
    println!(
        "{killed:?} kills; {} runs, {tries} attempts, no line missing",
        submitted.len()
    );
}

#[test]
fn a_home_has_one_worker() {
    let served = server_without_worker(&[]);
    let mut worker = Elsewhere::start(&served, "elsewhere");
    let holder = worker.process.as_ref().unwrap().id().to_string();
    let said = address(&served);
    let mut command = served.stage.command(place::nbpress());
    command
        .args(["worker", "run", "--server", said["url"].as_str().unwrap()])
        .env("NBPRESS_TOKEN", said["token"].as_str().unwrap())
        .env("NBPRESS_HOME", &worker.home);
    let second = Live::start(&mut command).end();
    assert_eq!(second.exit, 2, "{}", second.stderr);
    assert!(second.stderr.contains(&holder), "{}", second.stderr);
    assert!(
        worker
            .process
            .as_mut()
            .unwrap()
            .try_wait()
            .unwrap()
            .is_none()
    );
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let served = server_without_worker(&[]);
    let sha256 = "0".repeat(64);
    let good = "run_01jdfwzzzzzzzzzzzzzzzzzzzz";
    for path in [
        "..%2F..%2Fevil/journal?offset=0".to_owned(),
        "%2Ftmp%2Fevil/journal?offset=0".to_owned(),
        "./evil/journal?offset=0".to_owned(),
        format!("..%2Fevil/blobs/{sha256}"),
        format!("{good}/blobs/..%2F..%2F..%2Fevil"),
        format!("{good}/blobs/{}", "Z".repeat(64)),
        // Neither are bytes that have another hash.
        format!("{good}/blobs/{sha256}"),
    ] {
        let path = format!("/v1/worker/records/{path}");
        let (status, said) = http(&served, "PUT", &path, "evil");
        assert!((400..500).contains(&status), "{path}: {status} {said}");
        assert!(said["error"]["message"].is_string(), "{path}: {said}");
    }
    let object = "/v1/worker/objects/..%2F..%2Ftoken";
    assert_eq!(http(&served, "GET", object, "").0, 404);
    let written = e2e::live::all_bytes(&served.stage.home);
    assert!(
        written.iter().all(|(_, bytes)| bytes != b"evil"),
        "{written:?}"
    );
}
