//! Servers that other people wrote, each as a process that ends with the value, and what they received.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nbpress_scheduler::notify::{Deliverer, DeliverySettings};
use serde_json::Value;
use tempfile::TempDir;

/// A Python script that prints the port it listens at and keeps what it receives.
pub(crate) struct Peer {
    child: Child,
    folder: TempDir,
    pub(crate) port: u16,
}

#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
pub(crate) fn python() -> PathBuf {
    let reference = std::env::var("NBPRESS_TEST_REFERENCE").expect(
        "NBPRESS_TEST_REFERENCE is not set: run `cargo xtask test`, which installs the servers",
    );
    Path::new(&reference).join("services/bin/python")
}

impl Peer {
    /// Starts a script of this folder and waits until it listens.
    #[expect(
        clippy::disallowed_methods,
        reason = "a real server is started for the tests"
    )]
    pub(crate) fn start(script: &str, arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notify");
        let mut child = Command::new(python())
            .arg(scripts.join(script))
            .arg(folder.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{script}: {error}; run `cargo xtask test`"));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().strip_prefix("port ").map(str::parse);
        let port = port.unwrap_or_else(|| panic!("{script} said {line:?}"));
        Self {
            child,
            folder,
            port: port.unwrap(),
        }
    }

    /// What was received, in order. It was written before the sender had its answer.
    #[expect(clippy::disallowed_methods, reason = "the server's own files")]
    pub(crate) fn received(&self) -> Vec<Value> {
        let files = (1..).map(|count| self.folder.path().join(format!("{count}.json")));
        let texts = files.map_while(|file| std::fs::read(file).ok());
        texts
            .map(|text| serde_json::from_slice(&text).unwrap())
            .collect()
    }

    /// The one message that was received.
    pub(crate) fn only(&self) -> Value {
        let mut received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received.remove(0)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The values of a header in what a peer kept.
pub(crate) fn headers(received: &Value, wanted: &str) -> Vec<String> {
    let headers = received["headers"].as_array().unwrap().iter();
    headers
        .filter(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(wanted))
        .map(|pair| pair[1].as_str().unwrap().to_owned())
        .collect()
}

/// A deliverer for whose links `https://nb.example/base/` is the base.
pub(crate) fn deliverer(settings: DeliverySettings) -> Deliverer {
    let link_base = Some("https://nb.example/base/".to_owned());
    Deliverer::new(DeliverySettings {
        link_base,
        ..settings
    })
    .unwrap()
}
