//! A server as a service of its machine: what its manager hears, what outlives it, what a backup is worth.

use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::Duration;

use e2e::live::{Stage, poll, signal};
use e2e::place;

use crate::Served;
use crate::runs::{gate, open};

/// What `KillMode=process` of the unit means: the server alone is told to end, and what it started goes on.
#[test]
fn the_manager_hears_of_the_server_and_a_run_outlives_its_restart() {
    let stage = Stage::new();
    let socket = stage.path("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_mins(1)))
        .unwrap();
    let hear = || {
        let mut heard = [0; 64];
        let length = manager.recv(&mut heard).unwrap();
        String::from_utf8_lossy(&heard[..length]).into_owned()
    };
    let start = |stage: &Stage| {
        let mut command = stage.command(place::nbpress());
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command
            .env("NOTIFY_SOCKET", &socket)
            .env("WATCHDOG_USEC", "100000");
        command.stderr(Stdio::null()).spawn().unwrap()
    };
    let mut served = Served {
        server: Some(start(&stage)),
        stage,
        options: vec![],
        listen: String::new(),
        variables: vec![],
    };
    assert_eq!(hear(), "READY=1");
    assert_eq!(hear(), "WATCHDOG=1");
    let path = gate(&served, "gate");
    let cells = ["lines 100", &format!("read {}", path.display())];
    let notebook = served.stage.notebook("n.ipynb", "testkernel", &cells);
    let run = served.submit(&notebook.display().to_string());
    let journal = served.stage.home.join("runs").join(&run).join("journal");
    assert!(poll(|| (std::fs::metadata(&journal).ok()?.len() > 1000).then_some(())).is_some());
    let mut server = served.server.take().unwrap();
    signal(server.id(), "TERM");
    while hear() != "STOPPING=1" {}
    assert_eq!(server.wait().unwrap().code(), Some(0));
    open(&path);
    served.server = Some(start(&served.stage));
    while hear() != "READY=1" {}
    assert_eq!(served.wait(&run), "succeeded");
}

/// Files are copied in the order of the documentation while a run goes on.
#[test]
fn a_backup_of_a_running_server_is_whole() {
    let served = Served::start();
    let path = gate(&served, "gate");
    let cells = ["lines 1000", &format!("read {}", path.display())];
    let notebook = served.stage.notebook("n.ipynb", "testkernel", &cells);
    let before = served
        .stage
        .notebook("before.ipynb", "testkernel", &["lines 3"]);
    let over = served.submit(&before.display().to_string());
    assert_eq!(served.wait(&over), "succeeded");
    let run = served.submit(&notebook.display().to_string());
    let journal = served.stage.home.join("runs").join(&run).join("journal");
    assert!(poll(|| (std::fs::metadata(&journal).ok()?.len() > 1000).then_some(())).is_some());
    let restored = Stage::new();
    let script = "import shutil, sqlite3, sys\n\
        home, there = sys.argv[1:]\n\
        ignore = shutil.ignore_patterns('attempts', 'kernels', '*.lock', 'nbpress.db*')\n\
        source, copy = sqlite3.connect(home + '/nbpress.db'), sqlite3.connect(home + '/backup')\n\
        source.backup(copy); copy.close()\n\
        shutil.copytree(home, there, ignore=ignore)\n\
        shutil.move(there + '/backup', there + '/nbpress.db')\n";
    let mut python = restored.command("python3");
    python
        .args(["-c", script])
        .arg(&served.stage.home)
        .arg(&restored.home);
    assert!(python.status().unwrap().success());
    open(&path);
    assert_eq!(served.wait(&run), "succeeded");
    let verified = restored.nbpress(&["verify"]);
    assert_eq!(verified.exit, 0, "{:?}", verified.stdout);
    let restored = Served::on(restored, &[]);
    assert_eq!(
        restored.sql(&format!("select state from runs where run_id = '{over}'"))[0][0],
        "succeeded"
    );
    let audit = restored.nbpress("audit --verify");
    assert_eq!(audit.exit, 0, "{}", audit.stderr);
    let log = restored.nbpress(&format!("logs {over}"));
    assert_eq!(
        log.stdout
            .iter()
            .filter(|line| line.starts_with("line"))
            .count(),
        3
    );
}
