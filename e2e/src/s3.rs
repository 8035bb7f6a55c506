//! A real S3 server for tests: moto's, from the reference environment.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::live::Stage;
use crate::place;

/// Not to be seen in any message.
pub const SECRET: &str = "wJalrXUtnFEMI-nobody-may-see-this";

/// A real S3 server, ended with the value.
#[derive(Debug)]
pub struct Moto {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

impl Moto {
    /// One that listens.
    pub fn start() -> Self {
        let mut child = Command::new(place::reference().join("s3/bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.contains("Running on http://"))
            .unwrap();
        let address = line.split_once("http://").unwrap().1.trim().to_owned();
        // Its log must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// Makes an empty bucket.
    pub fn make_bucket(&self, stage: &Stage, bucket: &str) {
        const MAKE: &str = "import boto3, sys; boto3.client('s3', endpoint_url=sys.argv[1]).create_bucket(Bucket=sys.argv[2])";
        let mut command = stage.command(place::reference().join("s3/bin/python"));
        credentials(&mut command, &self.address);
        command.args(["-c", MAKE, &format!("http://{}", self.address), bucket]);
        assert!(command.status().unwrap().success());
    }

    /// Puts a file of the stage into a bucket.
    pub fn put(&self, stage: &Stage, file: &str, bucket: &str, key: &str) {
        const PUT: &str = "import boto3, sys; boto3.client('s3', endpoint_url=sys.argv[1]).upload_file(*sys.argv[2:])";
        let mut command = stage.command(place::reference().join("s3/bin/python"));
        credentials(&mut command, &self.address);
        let endpoint = format!("http://{}", self.address);
        command.args(["-c", PUT, &endpoint, file, bucket, key]);
        assert!(command.status().unwrap().success());
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Lets a command reach the server at an address.
pub fn credentials(command: &mut Command, address: &str) {
    command
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_DEFAULT_REGION", "us-east-1");
}
