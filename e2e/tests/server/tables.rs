//! Frames that cells of runs have shown: all their rows can be asked for, wherever the run was and whatever became of its kernel.

use std::path::Path;

use e2e::live::{Stage, poll};
use e2e::place;
use serde_json::{Value, json};

use crate::Served;
use crate::workers::{Elsewhere, http, server_without_worker};

/// 200,000 rows, of which every thousandth is in the west.
const FRAME: &str = "import pandas as pd\n\
    frame = pd.DataFrame({'n': range(200_000)})\n\
    frame['region'] = ['west' if n % 1000 == 7 else 'east' for n in frame.n]\n\
    frame";
/// The same in R.
const FRAME_OF_R: &str = "n <- 0:199999\n\
    frame <- data.frame(index = n, n = n, region = ifelse(n %% 1000 == 7, 'west', 'east'))\n\
    frame";
/// The next frame is written whole, and then its file is to get its name.
const DIES_THERE: &str = "import os, signal\n\
    os.rename = lambda *names: os.kill(os.getpid(), signal.SIGKILL)";

fn run(served: &Served, name: &str, cells: &[&str], options: &str) -> (String, String) {
    run_on(served, "python3", name, cells, options)
}

fn run_on(
    served: &Served,
    kernel: &str,
    name: &str,
    cells: &[&str],
    options: &str,
) -> (String, String) {
    assert!(
        place::has_kernel(kernel),
        "the kernel `{kernel}` is missing"
    );
    let notebook = served.stage.notebook(name, kernel, cells);
    let words = format!("{} {options}", notebook.display());
    let run = served.submit(words.trim_end());
    let state = served.wait(&run);
    (run, state)
}

/// The table that the last cell of a run shows.
fn shown(served: &Served, run: &str) -> Value {
    let (status, notebook) = http(served, "GET", &format!("/v1/runs/{run}/notebook"), "");
    assert_eq!(status, 200);
    let cells = notebook["cells"].as_array().unwrap();
    let data = &cells.last().unwrap()["outputs"][0]["data"];
    assert!(
        data["text/html"].to_string().contains("<table"),
        "what readers had before is there: {data}"
    );
    data["application/vnd.dataresource+json"].clone()
}

/// A page of a table.
pub(crate) fn ask(served: &Served, table: &str, question: &[(&str, Value)]) -> Value {
    let pairs = question
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(&value.to_string())));
    let between = if table.contains('?') { '&' } else { '?' };
    let path = format!("{table}{between}{}", pairs.collect::<Vec<_>>().join("&"));
    let (status, page) = http(served, "GET", &path, "");
    assert_eq!(status, 200, "{path}: {page}");
    page
}

pub(crate) fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Asks for rows that are not among those in the output.
fn has_all_rows(served: &Served, table: &str) {
    let last = ask(served, table, &[("offset", json!(199_998))]);
    let rows = json!([[199_998, 199_998, "east"], [199_999, 199_999, "east"]]);
    assert_eq!(last["rows"], rows, "{table}");
    let descending = json!([{"column": "n", "descending": true}]);
    let west = json!({"column": "region", "is": "=", "value": "west"});
    let question = [
        ("sort", descending),
        ("filter", west),
        ("limit", json!(1)),
        ("columns", json!(["n"])),
        ("summary", json!(true)),
    ];
    let page = ask(served, table, &question);
    assert_eq!(page["rows"], json!([[199_007]]), "{page}");
    assert_eq!(
        (&page["matching"], &page["total"]),
        (&json!(200), &json!(200_000))
    );
    assert_eq!(page["summary"][0]["count"], 200, "{page}");
}

/// The names in a folder and those below it.
fn files(folder: &Path) -> Vec<String> {
    let all = e2e::live::all_bytes(folder).into_iter();
    all.map(|(path, _)| path.display().to_string()).collect()
}

#[test]
fn every_row_of_a_frame_is_kept_beside_the_record() {
    let stage = Stage::new();
    let (archive, folder) = (stage.path("archive"), stage.path("folder"));
    std::fs::create_dir(&folder).unwrap();
    let options = [
        folder.to_str().unwrap(),
        "--records",
        archive.to_str().unwrap(),
    ];
    let mut served = Served::on(stage, &options);
    let (run, state) = run(
        &served,
        "frame.ipynb",
        &[FRAME, "print('between')", "frame"],
        "",
    );
    assert_eq!(state, "succeeded");
    let resource = shown(&served, &run);
    assert_eq!(resource["data"].as_array().unwrap().len(), 100);
    assert_eq!(
        resource["data"][7],
        json!({"index": 7, "n": 7, "region": "west"})
    );
    let about = &resource["nbpress"];
    assert_eq!(about["rows"], 200_000, "{about}");
    for cell in ["cell-0", "cell-2"] {
        has_all_rows(&served, &format!("/v1/runs/{run}/tables/{cell}/0"));
    }

    // The two were the same bytes, and nothing is left of their making.
    let record = served.stage.home.join("runs").join(&run);
    assert!(!record.join(".incoming").exists());
    let name = about["table"].as_str().unwrap();
    let kept = served.stage.home.join("blobs").join(&name[..2]).join(name);
    assert!(kept.is_file(), "{about}");
    let verified = served.nbpress("verify");
    assert_eq!(verified.exit, 0, "{}", verified.stderr);

    // A copy of the notebook finds them too.
    let (_, copy) = http(&served, "GET", &format!("/v1/runs/{run}/notebook"), "");
    std::fs::write(folder.join("copy.ipynb"), copy.to_string()).unwrap();
    has_all_rows(&served, "/v1/tables?path=copy.ipynb&cell=cell-2&output=0");

    served.kill();
    std::fs::remove_dir_all(served.stage.home.join("runs")).unwrap();
    std::fs::remove_dir_all(served.stage.home.join("blobs")).unwrap();
    served.start_again();
    has_all_rows(&served, &format!("/v1/runs/{run}/tables/cell-0/0"));
}

#[test]
fn the_frame_of_a_worker_elsewhere_comes_with_its_record() {
    let served = server_without_worker(&[]);
    let worker = Elsewhere::start(&served, "elsewhere");
    let (run, state) = run(&served, "frame.ipynb", &[FRAME], "");
    assert_eq!(state, "succeeded");
    worker.is_empty();
    has_all_rows(&served, &format!("/v1/runs/{run}/tables/cell-0/0"));
}

#[test]
fn a_frame_in_a_notebook_outlives_its_kernel() {
    outlives_its_kernel("python3", FRAME);
}

#[test]
fn a_frame_of_r_in_a_notebook_outlives_its_kernel() {
    outlives_its_kernel("ir", FRAME_OF_R);
}

fn outlives_its_kernel(kernel: &str, frame: &str) {
    let stage = Stage::new();
    let folder = stage.path("folder");
    std::fs::create_dir(&folder).unwrap();
    let notebook = e2e::live::notebook(kernel, &[frame]);
    std::fs::write(folder.join("frame.ipynb"), notebook.to_string()).unwrap();
    let mut served = Served::on(stage, &[folder.to_str().unwrap()]);
    let wish = json!({"path": "frame.ipynb"}).to_string();
    let (status, answer) = http(&served, "POST", "/v1/notebooks/execute", &wish);
    assert_eq!(status, 202, "{answer}");
    let shown = poll(|| {
        let saved = std::fs::read(folder.join("frame.ipynb")).ok()?;
        let saved: Value = serde_json::from_slice(&saved).ok()?;
        let data = saved["cells"][0]["outputs"].get(0)?["data"].clone();
        Some(data["application/vnd.dataresource+json"].clone())
    });
    let shown = shown.unwrap_or_else(|| panic!("{}", served.log()));
    assert_eq!(shown["data"].as_array().unwrap().len(), 100);
    let table = "/v1/tables?path=frame.ipynb&cell=cell-0&output=0";
    has_all_rows(&served, table);

    let (_, kernels) = http(&served, "GET", "/api/kernels", "");
    let path = format!("/api/kernels/{}", kernels[0]["id"].as_str().unwrap());
    assert_eq!(http(&served, "DELETE", &path, "").0, 204);
    served.stop();
    served.start_again();
    has_all_rows(&served, table);

    // What has been removed to make room leaves the rows in the output.
    std::fs::remove_dir_all(served.stage.home.join("kernels/tables")).unwrap();
    let page = ask(&served, table, &[("limit", json!(1))]);
    assert_eq!(page["total"], 100);
}

#[test]
fn a_kernel_that_dies_at_a_frame_leaves_the_frames_before() {
    let served = Served::start();
    let cells = [FRAME, DIES_THERE, "frame[['n']]"];
    let (run, state) = run(&served, "dies.ipynb", &cells, "--retries platform=0");
    assert_eq!(state, "failed");
    has_all_rows(&served, &format!("/v1/runs/{run}/tables/cell-0/0"));
    let left = files(&served.stage.home.join("runs"));
    assert!(
        !left.iter().any(|path| path.contains(".incoming")),
        "{left:?}"
    );
    let blobs = e2e::live::all_bytes(&served.stage.home.join("blobs"));
    let parquet = blobs.iter().filter(|(_, bytes)| bytes.starts_with(b"PAR1"));
    assert_eq!(parquet.count(), 1);
    assert_eq!(served.nbpress("verify").exit, 0);
}

#[test]
fn a_run_that_goes_on_has_the_frames_that_it_carried_over() {
    let served = Served::start();
    let cells = [FRAME, "mend(frame)"];
    let (failed, state) = run(&served, "frame.ipynb", &cells, "--keep every");
    assert_eq!(state, "failed");
    let mended = [FRAME, "frame[['n', 'region']]", "frame.n.sum()"];
    let notebook = served.stage.notebook("frame.ipynb", "python3", &mended);
    let words = format!("retry {failed} {} --resume --wait", notebook.display());
    let run = served.json(&words).pop().unwrap();
    assert_eq!(run["resumed"]["way"], "fork", "{run:#}");
    let run = run["id"].as_str().unwrap();
    for cell in ["cell-0", "cell-1"] {
        has_all_rows(&served, &format!("/v1/runs/{run}/tables/{cell}/0"));
    }
}

#[test]
fn what_is_more_than_wanted_has_its_first_rows() {
    let served = Served::start();
    let told = |options: &str| {
        let (run, state) = run(&served, "frame.ipynb", &[FRAME], options);
        assert_eq!(state, "succeeded", "{options}");
        (shown(&served, &run), run)
    };
    for (options, omitted) in [
        (
            "--env NBPRESS_TABLES_ROWS=1000",
            "it has more than 1000 rows",
        ),
        (
            "--env NBPRESS_TABLES_BYTES=100000",
            "it takes more bytes than are kept",
        ),
        // A file is not looked through for them.
        ("--secret key=env:PATH", "tables of this run are not kept"),
    ] {
        let (resource, run) = told(options);
        let about = json!({"rows": 200_000, "omitted": omitted});
        assert_eq!(resource["nbpress"], about, "{options}");
        let page = ask(&served, &format!("/v1/runs/{run}/tables/cell-0/0"), &[]);
        assert_eq!(page["total"], 100, "{options}");
    }
    assert!(
        !files(&served.stage.home)
            .iter()
            .any(|path| path.contains(".incoming"))
    );
    assert_eq!(told("--env NBPRESS_TABLES=off").0, Value::Null);
    let (run, state) = run(&served, "frame.ipynb", &[FRAME], "--env NBPRESS_TABLES=no");
    assert_eq!(state, "failed");
    let why = served.sql(&format!("select reason from runs where run_id = '{run}'"));
    assert!(
        why[0][0].to_string().contains("`NBPRESS_TABLES` is `no`"),
        "{why:?}"
    );
}

/// Columns whose types Parquet has, has not, or has in another way, 400 rows of them.
const ODD: &str = r#"import datetime, decimal, warnings
import numpy as np, pandas as pd
days = pd.date_range("2024-01-01", periods=4)
odd = pd.DataFrame({
    "mixed": [1, "x", None, [1, 2]],
    "number": [1.5, np.nan, np.inf, 2],
    "berlin": days.tz_localize("Europe/Berlin"),
    "category": pd.Categorical(["u", "v", "u", None]),
    "decimal": [decimal.Decimal("1.50"), decimal.Decimal("22"), None, decimal.Decimal("3")],
    "month": days.to_period("M"),
    "hours": pd.to_timedelta([1, 2, 3, None], unit="h"),
    "whole": pd.array([1, None, 3, 4], dtype="Int64"),
    "bytes": [b"ab"] * 4,
    "day": [datetime.date(2024, 1, 1)] * 4,
    "long": [2**70] * 4,
    "unsigned": np.array([2**64 - 1] * 4, dtype="uint64"),
    "complex": [1 + 2j] * 4,
    "between": pd.interval_range(0, 4),
    "sparse": pd.arrays.SparseArray([0, 0, 1, 0]),
    "nothing": [None] * 4,
})
odd = pd.concat([odd, odd.drop(columns="number").assign(number=3)[odd.columns]] * 50)
odd.columns = [*odd.columns[:-1], "mixed"]
odd.index = pd.MultiIndex.from_product([range(100), list("abcd")])
warnings.warn("once")
odd"#;

#[test]
fn columns_of_every_kind_are_told_as_what_they_are() {
    let served = Served::start();
    let (run, state) = run(&served, "odd.ipynb", &[ODD], "");
    assert_eq!(state, "succeeded");
    let (_, notebook) = http(&served, "GET", &format!("/v1/runs/{run}/notebook"), "");
    let outputs = notebook["cells"][0]["outputs"].as_array().unwrap();
    assert_eq!(
        outputs.len(),
        2,
        "its own warning and the frame: {outputs:?}"
    );
    let table = format!("/v1/runs/{run}/tables/cell-0/1");
    let page = ask(&served, &table, &[("limit", json!(2))]);
    let columns = page["columns"].as_array().unwrap().iter();
    let found: Vec<Value> = columns
        .enumerate()
        .map(|(at, column)| json!([column["name"], column["kind"], page["rows"][1][at]]))
        .collect();
    let wanted = [
        json!(["level_0", "number", 0]),
        json!(["level_1", "text", "b"]),
        json!(["mixed", "text", "x"]),
        json!(["number", "number", null]),
        json!(["berlin", "time", "2024-01-02T00:00:00+01:00"]),
        json!(["category", "text", "v"]),
        json!(["decimal", "number", "22.00"]),
        json!(["month", "text", "2024-01"]),
        json!(["hours", "text", "PT7200S"]),
        json!(["whole", "number", null]),
        json!(["bytes", "text", "6162"]),
        json!(["day", "time", "2024-01-01"]),
        json!(["long", "text", "1180591620717411303424"]),
        json!(["unsigned", "number", "18446744073709551615"]),
        json!(["complex", "text", "(1+2j)"]),
        json!(["between", "text", "(1, 2]"]),
        json!(["sparse", "number", 0]),
        json!(["mixed_2", "text", null]),
    ];
    assert_eq!(found, wanted);
    assert_eq!(page["total"], 400);
    let descending = json!([{"column": "decimal", "descending": true}]);
    let question = [("sort", descending), ("columns", json!(["decimal"]))];
    let page = ask(&served, &table, &question);
    assert_eq!(page["rows"][0], json!(["22.00"]));
}

#[test]
fn a_plain_run_shows_what_the_kernel_shows() {
    shows_what_it_did("python3", FRAME, &["text/html", "text/plain"]);
}

#[test]
fn a_plain_run_shows_what_r_shows() {
    let kinds = ["text/html", "text/latex", "text/markdown", "text/plain"];
    shows_what_it_did("ir", FRAME_OF_R, &kinds);
}

fn shows_what_it_did(kernel: &str, frame: &str, kinds: &[&str]) {
    let stage = Stage::new();
    let notebook = stage.notebook("frame.ipynb", kernel, &[frame]);
    let shown = |options: &[&str]| {
        let output = stage.path("executed.ipynb");
        let places = [&notebook, &output].map(|path| path.to_str().unwrap());
        let ended = stage.nbpress(&[&["run"], &places[..], options].concat());
        assert_eq!(ended.exit, 0, "{}", ended.stderr);
        let data = stage.read("executed.ipynb")["cells"][0]["outputs"][0]["data"].clone();
        data.as_object().unwrap().clone()
    };
    let plain = shown(&[]);
    let mut found: Vec<&String> = plain.keys().collect();
    found.sort_unstable();
    assert_eq!(found, kinds);
    let mut with_table = shown(&["--tables"]);
    let table = with_table.remove("application/vnd.dataresource+json");
    assert_eq!(table.unwrap()["nbpress"]["rows"], 200_000);
    assert_eq!(with_table, plain);
}

#[test]
fn without_pyarrow_the_rows_are_lines_of_json() {
    let served = Served::start();
    let cells = ["import sys\nsys.modules['pyarrow'] = None", FRAME];
    let (run, state) = run(&served, "frame.ipynb", &cells, "");
    assert_eq!(state, "succeeded");
    assert_eq!(shown(&served, &run)["nbpress"]["format"], "jsonl");
    has_all_rows(&served, &format!("/v1/runs/{run}/tables/cell-1/0"));
}

#[test]
fn an_output_names_only_tables_of_its_own_run() {
    let served = Served::start();
    let (first, _) = run(&served, "frame.ipynb", &[FRAME], "");
    let table = shown(&served, &first)["nbpress"]["table"].clone();
    let claims = format!(
        "from IPython.display import display\n\
        display({{'application/vnd.dataresource+json': {{'schema': {{'fields': [{{'name': 'n', 'type': 'integer'}}]}}, \
        'data': [{{'n': 1}}], 'nbpress': {{'rows': 2, 'table': {table}, 'format': 'parquet'}}}}, \
        'text/html': '<table>'}}, raw=True)"
    );
    let (second, state) = run(&served, "claims.ipynb", &[&claims], "");
    assert_eq!(state, "succeeded");
    let about = json!({"rows": 2, "omitted": "its file could not be kept"});
    assert_eq!(shown(&served, &second)["nbpress"], about);

    // Nor where the kernel's runner believed it.
    let options = "--env NBPRESS_TABLES=off";
    let (third, _) = run(&served, "claims.ipynb", &[&claims], options);
    assert_eq!(shown(&served, &third)["nbpress"]["table"], table);
    let page = ask(&served, &format!("/v1/runs/{third}/tables/cell-0/0"), &[]);
    assert_eq!(page["rows"], json!([[1]]));
}

#[test]
fn every_row_of_a_frame_of_r_is_kept_beside_the_record() {
    let served = Served::start();
    let cells = [FRAME_OF_R, "cat('between')", "frame"];
    let (run, state) = run_on(&served, "ir", "frame.ipynb", &cells, "");
    assert_eq!(state, "succeeded");
    let resource = shown(&served, &run);
    let first = resource["data"].as_array().unwrap();
    assert_eq!(first.len(), 100);
    assert_eq!(first[7], json!({"index": 7, "n": 7, "region": "west"}));
    for cell in ["cell-0", "cell-2"] {
        has_all_rows(&served, &format!("/v1/runs/{run}/tables/{cell}/0"));
    }
    assert_eq!(served.nbpress("verify").exit, 0);
    let left = files(&served.stage.home.join("runs"));
    assert!(
        !left.iter().any(|path| path.contains(".incoming")),
        "{left:?}"
    );
}

/// Columns of R's types, 400 rows of four kinds. `long` is as bit64 has it: the bits of an integer.
const ODD_OF_R: &str = r#"four <- data.frame(
    whole = c(1L, NA, -3L, 4L),
    number = c(0.1 + 0.2, NA, Inf, -2e-300),
    truth = c(TRUE, NA, FALSE, TRUE),
    text = c("it's \"q\" \\", NA, "Z\u00fcrich\n", ""),
    category = factor(c("u", "v", NA, "u"), levels = c("v", "u")),
    day = as.Date(c("2024-02-29", NA, "1969-12-31", "2024-01-01")),
    berlin = as.POSIXct(c("2024-03-31 01:59:59", NA, "2024-03-31 03:00:00", "1969-12-31 00:00:00"), tz = "Europe/Berlin") + 0.25,
    hours = as.difftime(c(2, NA, 0.5, 1), units = "hours"),
    stringsAsFactors = FALSE
)
four$local <- as.POSIXlt(four$berlin, tz = "UTC")
four$complex <- complex(real = 1:4, imaginary = 2)
four$list <- list(1:3, "x", NULL, TRUE)
four$matrix <- matrix(1:8, 4)
four <- four[rep(1:4, 100), ]
names(four)[[3]] <- "number"
four$long <- structure(rep(c(2, NA, 4.940656458412465e-324, -0.0), 100), class = "integer64")
class(four) <- c("tbl_df", "tbl", "data.frame")
attr(four, "row.names") <- paste0("r", 1:400)
set.seed(7)
before <- .Random.seed
warning("once")
four"#;

#[test]
fn columns_of_r_are_told_as_what_they_are() {
    let served = Served::start();
    let cells = [
        ODD_OF_R,
        "identical(before, .Random.seed)\nls(all.names = TRUE)",
    ];
    let (run, state) = run_on(&served, "ir", "odd.ipynb", &cells, "");
    assert_eq!(state, "succeeded");
    let (_, notebook) = http(&served, "GET", &format!("/v1/runs/{run}/notebook"), "");
    let outputs = notebook["cells"][0]["outputs"].as_array().unwrap();
    assert_eq!(outputs.len(), 2, "its warning and the frame: {outputs:?}");
    let told = notebook["cells"][1]["outputs"].to_string();
    assert!(
        told.contains("TRUE") && !told.contains("settings"),
        "{told}"
    );

    let table = format!("/v1/runs/{run}/tables/cell-0/1");
    let page = ask(&served, &table, &[("limit", json!(4))]);
    let columns = page["columns"].as_array().unwrap().iter();
    let found: Vec<Value> = columns
        .enumerate()
        .map(|(at, column)| {
            let values = page["rows"].as_array().unwrap().iter();
            let values: Vec<&Value> = values.map(|row| &row[at]).collect();
            json!([column["name"], column["kind"], values])
        })
        .collect();
    let wanted = [
        json!(["rowname", "text", ["r1", "r2", "r3", "r4"]]),
        json!(["whole", "number", [1, null, -3, 4]]),
        json!(["number", "number", [0.1 + 0.2, null, null, -2e-300]]),
        json!(["number_2", "text", [true, null, false, true]]),
        json!(["text", "text", ["it's \"q\" \\", null, "Z\u{fc}rich\n", ""]]),
        json!(["category", "text", ["u", "v", null, "u"]]),
        json!([
            "day",
            "time",
            ["2024-02-29", null, "1969-12-31", "2024-01-01"]
        ]),
        json!([
            "berlin",
            "time",
            [
                "2024-03-31T01:59:59.250+01:00",
                null,
                "2024-03-31T03:00:00.250+02:00",
                "1969-12-31T00:00:00.250+01:00"
            ]
        ]),
        json!(["hours", "text", ["PT7200S", null, "PT1800S", "PT3600S"]]),
        json!([
            "local",
            "time",
            [
                "2024-03-31T00:59:59.250Z",
                null,
                "2024-03-31T01:00:00.250Z",
                "1969-12-30T23:00:00.250Z"
            ]
        ]),
        json!(["complex", "text", ["1+2i", "2+2i", "3+2i", "4+2i"]]),
        json!(["list", "text", ["1, 2, 3", "x", null, "TRUE"]]),
        json!(["matrix", "text", ["1, 5", "2, 6", "3, 7", "4, 8"]]),
        json!([
            "long",
            "number",
            ["4611686018427387904", "9218868437227407266", 1, null]
        ]),
    ];
    assert_eq!(found, wanted);
    assert_eq!(page["total"], 400);

    // Those in the output are the same, as far as JSON has them.
    let resource = &outputs[1]["data"]["application/vnd.dataresource+json"];
    let first = &resource["data"][0];
    assert_eq!(first["number"], json!(0.1 + 0.2));
    assert_eq!(first["berlin"], "2024-03-31T01:59:59.250000+01:00");
    assert_eq!(first["long"], json!(4_611_686_018_427_387_904_i64));
    assert_eq!(resource["data"][2]["number"], Value::Null);

    // Bounds let row groups out, and let in what they hold.
    let from = json!({"column": "berlin", "is": ">=", "value": "2024-03-31T01:00:00Z"});
    let page = ask(&served, &table, &[("filter", from), ("limit", json!(1))]);
    assert_eq!(page["matching"], 100, "{page}");
}

#[test]
fn what_of_r_is_more_than_wanted_has_its_first_rows() {
    let served = Served::start();
    let off = format!("options(nbpress.tables = FALSE)\n{FRAME_OF_R}");
    for (code, options, omitted) in [
        (
            FRAME_OF_R,
            "--env NBPRESS_TABLES_ROWS=1000",
            Some("it has more than 1000 rows"),
        ),
        (
            FRAME_OF_R,
            "--env NBPRESS_TABLES_BYTES=100000",
            Some("it takes more bytes than are kept"),
        ),
        (
            FRAME_OF_R,
            "--secret key=env:PATH",
            Some("tables of this run are not kept"),
        ),
        (FRAME_OF_R, "--env NBPRESS_TABLES=off", None),
        (&off, "", None),
    ] {
        let (run, state) = run_on(&served, "ir", "frame.ipynb", &[code], options);
        assert_eq!(state, "succeeded", "{options}");
        let about = shown(&served, &run)["nbpress"].clone();
        let wanted = omitted.map(|omitted| json!({"rows": 200_000, "omitted": omitted}));
        assert_eq!(about, wanted.unwrap_or_default(), "{code} {options}");
    }
}

/// The same frame, as other libraries of Python have it.
const FRAME_OF_POLARS: &str = "import polars as pl\n\
    frame = pl.DataFrame({'index': range(200_000), 'n': range(200_000)})\n\
    frame.with_columns(region=pl.when(pl.col('n') % 1000 == 7).then(pl.lit('west')).otherwise(pl.lit('east')))";
const RELATION: &str = "import duckdb\n\
    duckdb.sql('select range::int as \"index\", range::int as n, '\n\
    \"if(range % 1000 = 7, 'west', 'east') as region from range(200000)\")";

/// For jobs that use what is in no kernel's environment.
fn with_frames() -> String {
    let packages = place::frames();
    format!(
        "--env PYTHONPATH={} --env PLOOMBER_STATS_ENABLED=false",
        packages.display()
    )
}

#[test]
fn every_row_of_a_frame_of_polars_and_of_a_relation_of_duckdb_is_kept() {
    let served = Served::start();
    for code in [FRAME_OF_POLARS, RELATION] {
        let (run, state) = run(&served, "frame.ipynb", &[code], &with_frames());
        assert_eq!(state, "succeeded", "{code}");
        let about = shown(&served, &run)["nbpress"].clone();
        assert_eq!(about["rows"], 200_000, "{code}: {about}");
        has_all_rows(&served, &format!("/v1/runs/{run}/tables/cell-0/0"));
    }
    let few = format!("{} --env NBPRESS_TABLES_ROWS=1000", with_frames());
    let (run, _) = run(&served, "frame.ipynb", &[RELATION], &few);
    let resource = shown(&served, &run);
    let omitted = "it has more than 1000 rows";
    assert_eq!(resource["nbpress"]["omitted"], omitted);
    assert_eq!(resource["data"].as_array().unwrap().len(), 100);
}

/// Types that are not Arrow's or not Parquet's, in a transaction.
const ODD_OF_DUCKDB: &str = r#"import duckdb
con = duckdb.connect()
con.execute("begin")
con.execute("create table t as select range n from range(400)")
odd = con.sql('''select n, interval (n) hour as span, n::hugeint * 10 as huge, '0123' || n as "te""xt",
    'x'::enum('x', 'y') as word, [n, 1] as list, 1.25::decimal(9, 2) as money, null as nothing from t''')
odd"#;

#[test]
fn a_relation_that_was_shown_can_be_used_again() {
    let served = Served::start();
    let cells = [
        ODD_OF_DUCKDB,
        "con.execute('insert into t values (400)')\ncon.execute('commit')\nprint(len(odd.fetchall()))\nodd",
    ];
    let (run, state) = run(&served, "odd.ipynb", &cells, &with_frames());
    assert_eq!(state, "succeeded");
    let (_, notebook) = http(&served, "GET", &format!("/v1/runs/{run}/notebook"), "");
    let printed = &notebook["cells"][1]["outputs"][0]["text"];
    assert_eq!(*printed, json!(["401\n"]), "{notebook:#}");
    for (table, total) in [("cell-0/0", 400), ("cell-1/1", 401)] {
        let table = format!("/v1/runs/{run}/tables/{table}");
        let page = ask(
            &served,
            &table,
            &[("offset", json!(2)), ("limit", json!(1))],
        );
        assert_eq!(page["total"], total);
        let row = json!([2, "02:00:00", "20", "01232", "x", "[2, 1]", "1.25", null]);
        assert_eq!(page["rows"], json!([row]));
    }
}

#[test]
fn every_row_of_a_result_of_a_sql_magic_is_kept() {
    let served = Served::start();
    let query = "%sql with recursive t(n) as (select 0 union all select n + 1 from t where n < 2999) \
        select n, n * 0.5 as half, case when n = 7 then null else 'it' end as text from t";
    let cells = ["%load_ext sql\n%sql sqlite://", query];
    let (run, state) = run(&served, "sql.ipynb", &cells, &with_frames());
    assert_eq!(state, "succeeded");
    let (_, notebook) = http(&served, "GET", &format!("/v1/runs/{run}/notebook"), "");
    let outputs = notebook["cells"][1]["outputs"].as_array().unwrap();
    let is_table = |output: &Value| output["output_type"] == "execute_result";
    let at = outputs.iter().position(is_table).unwrap();
    let table = format!("/v1/runs/{run}/tables/cell-1/{at}");
    let question = [
        ("sort", json!([{"column": "n", "descending": true}])),
        (
            "filter",
            json!({"column": "half", "is": "<", "value": 4.75}),
        ),
        ("offset", json!(1)),
        ("limit", json!(2)),
    ];
    let page = ask(&served, &table, &question);
    assert_eq!(page["rows"], json!([[8, 4.0, "it"], [7, 3.5, null]]));
    assert_eq!(page["total"], 3000, "{}", outputs[at]);
}
