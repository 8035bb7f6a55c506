//! What a run ran in, as a client reads it from the run's record.

use nbpress_format::notebook::Notebook;
use nbpress_record::{Event, GitCommit, KernelInfo, RunHeader, RunId, Source, Store};

use super::*;
use crate::workers::{claim, with_worker};

/// Begins a record as a runner does: a header, and a kernel that introduces itself.
fn begin(store: &Store, run: &str) {
    let notebook = notebook("days: int = 1");
    let packages = json!({"numpy": "2.1.0", "pandas": "2.3.1"}).to_string();
    let at = "2026-11-22T05:31:18Z".parse().unwrap();
    let header = RunHeader {
        run_id: RunId::parse(run).unwrap(),
        nbpress_version: "0.1.0".to_owned(),
        command: "run".to_owned(),
        source: Source {
            path: "daily.ipynb".to_owned(),
            sha256: "0".repeat(64),
        },
        output_path: None,
        parameters: Default::default(),
        working_directory: None,
        platform: "linux-x86_64".to_owned(),
        git_commit: Some(GitCommit {
            commit: "c0ffee".to_owned(),
        }),
        sweep: None,
        parent: None,
        tags: Default::default(),
        started_at: at,
    };
    let kernel = KernelInfo {
        name: "python3".to_owned(),
        implementation: "ipython".to_owned(),
        implementation_version: "9.1.0".to_owned(),
        language: "python".to_owned(),
        language_version: "3.11.2".to_owned(),
        environment: Some(store.put_blob(packages.as_bytes()).unwrap()),
        ..KernelInfo::default()
    };
    let notebook = Notebook::parse(notebook.as_bytes()).unwrap();
    let mut recorder = store.begin(header, notebook).unwrap();
    recorder
        .append(&Event::KernelStarted { kernel, at })
        .unwrap();
}

#[tokio::test]
async fn a_run_says_what_it_runs_in_once_its_kernel_has_answered() {
    let (api, run) = with_worker().await;
    let address = format!("/v1/runs/{run}/environment");
    assert_eq!(api.get(&address).await.0, 404, "it waits");
    let record = claim(&api).await[0]["record"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&address).await.0, 404, "nothing is recorded yet");
    begin(&Store::open(api.folder.path()).unwrap(), &record);
    let expected = json!({
        "platform": "linux-x86_64",
        "commit": "c0ffee",
        "kernel": "python3",
        "language": "python 3.11.2",
        "implementation": "ipython 9.1.0",
        "packages": {"numpy": "2.1.0", "pandas": "2.3.1"},
    });
    assert_eq!(api.get(&address).await, (200, expected));
}
