//! The program that measures the server for the benchmark measures every part, and loses nothing.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use e2e::live::Stage;

use super::Served;

/// Parts, and how many figures each has.
const PARTS: [(&str, usize); 10] = [
    ("floors", 17),
    ("memory", 1),
    ("requests", 18),
    ("notebooks", 13),
    ("stall", 6),
    ("start", 4),
    ("execute", 12),
    ("output", 15),
    ("viewers", 12),
    ("view", 12),
];

#[test]
fn every_part_of_the_benchmark_measures() {
    let stage = Stage::new();
    let folder = stage.path("notebooks");
    std::fs::create_dir_all(&folder).unwrap();
    let served = Served::on(stage, &[folder.to_str().unwrap()]);
    let file = std::fs::read(served.stage.home.join("server.json")).unwrap();
    let server: Value = serde_json::from_slice(&file).unwrap();
    let address = server["url"]
        .as_str()
        .unwrap()
        .trim_start_matches("http://");
    let target = json!({"server": "nbpress", "address": address, "token": server["token"],
        "pid": server["pid"], "folder": folder, "quick": true});
    assert_eq!(measure("make", &target), BTreeMap::new());
    for (part, count) in PARTS {
        let figures = measure(part, &target);
        assert_eq!(figures.len(), count, "{part}: {figures:#?}");
        for (name, value) in figures {
            let lost = name.ends_with("lost");
            assert!(!lost || value == 0.0, "{name}: {value}");
            // A difference may be below nothing, and CPU time below a tick.
            let may_be_none = lost || name.contains("CPU") || name.contains("added");
            assert!(may_be_none || value > 0.0, "{name}: {value}");
        }
    }
}

/// The figures of one part, by thing and measure.
fn measure(part: &str, target: &Value) -> BTreeMap<String, f64> {
    let ended = Command::new(env!("CARGO_BIN_EXE_load"))
        .args([part, &target.to_string()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{part}: {said}");
    let figure = |line: &str| {
        let figure: Value = serde_json::from_str(line).unwrap();
        let name = format!("{}, {}", figure["what"], figure["measure"]).replace('"', "");
        (name, figure["value"].as_f64().unwrap_or(f64::NAN))
    };
    said.lines().map(figure).collect()
}
