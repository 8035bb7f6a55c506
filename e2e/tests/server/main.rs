//! The server with real processes: what is submitted runs, whoever is killed.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "test code: a failure here is a failed test"
)]

mod accounts;
mod bucket;
mod code;
mod database;
mod kills;
mod load;
mod logs;
mod records;
mod resumes;
mod runs;
mod service;
mod tables;
mod terminals;
mod traces;
mod workers;

use std::process::{Child, Stdio};

use e2e::live::{Ended, Stage, poll};
use e2e::place;
use serde_json::Value;

/// A server of a stage's own home.
struct Served {
    stage: Stage,
    server: Option<Child>,
    options: Vec<String>,
    listen: String,
    variables: Vec<(String, String)>,
}

impl Served {
    fn start() -> Self {
        Self::on(Stage::new(), &[])
    }

    fn on(stage: Stage, options: &[&str]) -> Self {
        Self::among(stage, options, &[])
    }

    /// With these variables besides its stage's.
    fn among(stage: Stage, options: &[&str], variables: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut served = Self {
            variables: variables.iter().map(owned).collect(),
            stage,
            server: None,
            options: options.iter().map(|&option| option.to_owned()).collect(),
            listen: "127.0.0.1:0".to_owned(),
        };
        std::fs::create_dir_all(&served.stage.home).unwrap();
        served.start_again();
        served
    }

    /// Starts the server and waits until it says where it is.
    fn start_again(&mut self) {
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.stage.path("server.log"))
            .unwrap();
        let mut command = self.stage.command(place::nbpress());
        command.args(["serve", "--listen", &self.listen, "--slots", "4"]);
        command.args(&self.options);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let pid = u64::from(child.id());
        self.server = Some(child);
        let file = self.stage.home.join("server.json");
        let ready = poll(|| {
            let bytes = std::fs::read(&file).ok()?;
            let said: Value = serde_json::from_slice(&bytes).ok()?;
            (said["pid"] == pid).then_some(())
        });
        assert!(ready.is_some(), "{}", self.log());
    }

    /// It comes back where it is now.
    fn keep_address(&mut self) {
        let file = std::fs::read(self.stage.home.join("server.json")).unwrap();
        let said: Value = serde_json::from_slice(&file).unwrap();
        let url = said["url"].as_str().unwrap();
        url.trim_start_matches("http://")
            .clone_into(&mut self.listen);
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.stage.path("server.log")).unwrap_or_default()
    }

    /// `kill -9`, and no more.
    fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    fn stop(&mut self) {
        let mut server = self.server.take().unwrap();
        e2e::live::signal(server.id(), "TERM");
        assert_eq!(server.wait().unwrap().code(), Some(0), "{}", self.log());
    }

    fn nbpress(&self, words: &str) -> Ended {
        self.stage.nbpress(&words.split(' ').collect::<Vec<_>>())
    }

    /// What a command answers with `--json`, one value a line.
    fn json(&self, words: &str) -> Vec<Value> {
        let ended = self.nbpress(&format!("{words} --json"));
        assert_eq!(ended.exit, 0, "{words}: {}", ended.stderr);
        let parse = |line: &String| serde_json::from_str(line).unwrap();
        ended.stdout.iter().map(parse).collect()
    }

    /// Asks with SQL.
    fn sql(&self, sql: &str) -> Vec<Vec<Value>> {
        let ended = self.stage.nbpress(&["sql", sql, "--json"]);
        assert_eq!(ended.exit, 0, "{sql}: {}", ended.stderr);
        let answer: Value = serde_json::from_str(&ended.stdout[0]).unwrap();
        serde_json::from_value(answer["rows"].clone()).unwrap()
    }

    /// Submits and answers with the id.
    fn submit(&self, words: &str) -> String {
        let ended = self.nbpress(&format!("submit {words}"));
        assert_eq!(ended.exit, 0, "{words}: {}", ended.stderr);
        ended.stdout[0].clone()
    }

    /// Waits until a run is over and answers with its state.
    fn wait(&self, run: &str) -> String {
        let over = poll(|| {
            let sql =
                format!("select state from runs where run_id = '{run}' and ended_at is not null");
            Some(self.sql(&sql).first()?[0].as_str()?.to_owned())
        });
        over.unwrap_or_else(|| panic!("{run} does not end: {}", self.log()))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _gone = server.kill();
            let _gone = server.wait();
        }
        // Runners outlive servers on purpose.
        for process in
            e2e::live::processes_with(&format!("NBPRESS_HOME={}", self.stage.home.display()))
        {
            e2e::live::end_process(process);
        }
    }
}
