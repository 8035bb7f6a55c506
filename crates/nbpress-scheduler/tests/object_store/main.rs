//! Snapshots and records in an object store: the same promises on a real S3 server (moto) as in a folder.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod imports;
mod records;
mod snapshots;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nbpress_storage::{Location, Settings, Storage, WriteOptions};

/// A server as a process of its own, ended with the value.
struct Moto {
    child: Child,
    url: String,
}

impl Moto {
    /// Waits for the line in which the server says where it listens.
    #[expect(
        clippy::disallowed_methods,
        reason = "a real server is started for the tests"
    )]
    fn start() -> Self {
        let reference = std::env::var("NBPRESS_TEST_REFERENCE").expect(
            "NBPRESS_TEST_REFERENCE is not set: run `cargo xtask test`, which installs the servers",
        );
        let program = Path::new(&reference).join("s3/bin/moto_server");
        let mut child = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}; run `cargo xtask test`", program.display())
            });
        let mut lines = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, rest) = line.split_once("http://127.0.0.1:")?;
            Some(
                rest.chars()
                    .take_while(char::is_ascii_digit)
                    .collect::<String>(),
            )
        });
        // To the end, so that the server never waits for its log to be read.
        std::thread::spawn(move || lines.for_each(drop));
        let url = format!(
            "http://127.0.0.1:{}",
            port.expect("the server did not start")
        );
        Self { child, url }
    }

    fn storage(&self) -> Arc<Storage> {
        let environment = [
            ("AWS_ENDPOINT_URL", self.url.as_str()),
            ("AWS_ACCESS_KEY_ID", "AKIATEST"),
            ("AWS_SECRET_ACCESS_KEY", "a secret"),
            ("AWS_REGION", "us-east-1"),
        ];
        let environment: BTreeMap<_, _> = environment
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        Arc::new(Storage::new(Settings::new(
            environment,
            PathBuf::from("/nonexistent"),
        )))
    }

    /// An empty bucket of this name.
    async fn bucket(&self, name: &str) -> Location {
        let address = location(&format!("{}/{name}", self.url));
        let options = WriteOptions::overwrite();
        self.storage()
            .write(&address, "".into(), options)
            .await
            .unwrap();
        location(&format!("s3://{name}"))
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn location(text: &str) -> Location {
    Location::parse(text).unwrap()
}
