//! A bucket is served as a folder is: files, pages, kernels whose outputs are written into the notebook there.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use e2e::live::{Stage, poll, processes_with};
use e2e::place;
use e2e::s3::{Moto, credentials};
use serde_json::{Value, json};

use crate::tables::encoded;

/// Ends everything that a server and its kernels are, also when the test fails.
struct Served<'a> {
    server: Child,
    stage: &'a Stage,
    address: String,
    token: String,
}

impl<'a> Served<'a> {
    fn start(stage: &'a Stage, moto: &Moto) -> Self {
        let mut command = stage.command(place::nbpress());
        credentials(&mut command, &moto.address);
        command
            .args(["serve", "s3://team/notebooks", "--listen", "127.0.0.1:0"])
            .args(["--no-worker", "--cull-idle", "1s"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = command.spawn().unwrap();
        let file = stage.home.join("server.json");
        let said: Option<Value> = poll(|| serde_json::from_slice(&std::fs::read(&file).ok()?).ok());
        let said = said.unwrap();
        let url = said["url"].as_str().unwrap();
        Self {
            server,
            stage,
            address: url.trim_start_matches("http://").to_owned(),
            token: said["token"].as_str().unwrap().to_owned(),
        }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: token {}\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
        let mark = format!("NBPRESS_HOME={}", self.stage.home.display());
        for process in processes_with(&mark) {
            e2e::live::end_process(process);
        }
    }
}

#[test]
fn a_notebook_in_a_bucket_is_saved_run_and_shown() {
    let moto = Moto::start();
    let stage = Stage::new();
    moto.make_bucket(&stage, "team");
    let written = stage.notebook(
        "doc.ipynb",
        "testkernel",
        &["print here", "raise Trouble again"],
    );
    let notebook: Value = serde_json::from_slice(&std::fs::read(written).unwrap()).unwrap();
    let served = Served::start(&stage, &moto);
    let folder = json!({"type": "directory"});
    assert_eq!(served.ask("PUT", "/api/contents/a%20b", &folder).0, 201);
    let model = json!({"type": "notebook", "content": notebook});
    assert_eq!(
        served.ask("PUT", "/api/contents/a%20b/doc.ipynb", &model).0,
        201
    );
    let wish = json!({"path": "a b/doc.ipynb"});
    let (status, answer) = served.ask("POST", "/v1/notebooks/execute", &wish);
    assert_eq!(status, 202, "{answer}");
    let outputs = || {
        let model = served.get("/api/contents/a%20b/doc.ipynb");
        let cells = model["content"]["cells"].as_array().unwrap().clone();
        let cells = cells.iter().map(|cell| cell["outputs"][0].clone());
        cells.collect::<Vec<Value>>()
    };
    let shown = poll(|| {
        let outputs = outputs();
        (outputs[0]["text"] == "here\n" && outputs[1]["ename"] == "Trouble").then_some(())
    });
    assert!(shown.is_some(), "{:?}", outputs());
    let (status, page) = served.ask("GET", "/view/a%20b/doc.ipynb", &Value::Null);
    assert!(status == 200 && page.contains("Trouble"), "{page}");
    let versions = served.get("/v1/versions?path=a%20b/doc.ipynb");
    assert!(versions.as_array().unwrap().len() >= 2, "{versions}");
    // Nobody is connected to its kernel, and it is idle.
    let gone = poll(|| {
        served
            .get("/v1/kernels")
            .as_array()
            .unwrap()
            .is_empty()
            .then_some(())
    });
    assert!(gone.is_some());
}

/// A table of Parquet that is fetched in two parts, and one of text.
const WRITE: &str = "import pyarrow, pyarrow.csv, pyarrow.parquet\n\
    def table(rows): return pyarrow.table({'n': range(rows), 'region': ['west' if n % 1000 == 7 else 'east' for n in range(rows)]})\n\
    pyarrow.parquet.write_table(table(2_200_000), 't.parquet', compression='none', use_dictionary=['region'], column_encoding={'n': 'PLAIN'})\n\
    pyarrow.csv.write_csv(table(3_000), 't.csv')";

#[test]
fn a_table_in_a_bucket_is_paged_sorted_and_filtered() {
    let moto = Moto::start();
    let stage = Stage::new();
    moto.make_bucket(&stage, "team");
    let mut python = stage.command(place::reference().join("venv/bin/python"));
    assert!(python.args(["-c", WRITE]).status().unwrap().success());
    let large = std::fs::metadata(stage.path("t.parquet")).unwrap().len();
    assert!(large > 16 << 20, "{large}");
    for file in ["t.parquet", "t.csv"] {
        moto.put(&stage, file, "team", &format!("notebooks/a b/{file}"));
    }
    let served = Served::start(&stage, &moto);
    for (file, rows) in [("t.parquet", 2_200_000), ("t.csv", 3_000)] {
        let table = format!("/v1/tables?path=a%20b/{file}");
        let page = served.get(&format!("{table}&offset={}&limit=5", rows - 2));
        let last = json!([[rows - 2, "east"], [rows - 1, "east"]]);
        assert_eq!((&page["rows"], &page["total"]), (&last, &json!(rows)));
        let sort = json!([{"column": "n", "descending": true}]).to_string();
        let filter = json!({"and": [
            {"column": "region", "is": "=", "value": "west"},
            {"column": "n", "is": "<", "value": 2_500},
        ]});
        let (sort, filter) = (encoded(&sort), encoded(&filter.to_string()));
        let question = format!("{table}&sort={sort}&filter={filter}&offset=1&limit=1&summary=true");
        let page = served.get(&question);
        assert_eq!(page["rows"], json!([[1007, "west"]]), "{file}");
        assert_eq!(page["matching"], 3, "{file}");
        assert_eq!(page["summary"][0]["max"], 2007.0, "{file}");
    }
    let (_, page) = served.ask("GET", "/view/a%20b/t.csv", &Value::Null);
    assert!(page.contains("3,000 rows, 2 columns"), "{page}");

    // What is put there afterwards is what is asked.
    stage.write("other.csv", "n\n1\n2\n");
    moto.put(&stage, "other.csv", "team", "notebooks/a b/t.csv");
    let page = served.get("/v1/tables?path=a%20b/t.csv");
    assert_eq!(page["rows"], json!([[1], [2]]));
    let (status, answer) = served.ask("GET", "/v1/tables?path=a%20b/none.csv", &Value::Null);
    assert_eq!(status, 404, "{answer}");
}
