//! Tables as pages and as JSON: files that pyarrow wrote, files that are no tables, and what cells have shown.

use serde_json::json;

use super::*;

/// 1,000 rows: `day` ascends, `revenue` descends from 2^53 + 1000, every tenth `region` is null.
const WRITE: &str = r#"
import sys, datetime, pyarrow as pa, pyarrow.parquet as pq, pyarrow.feather as feather
rows = range(1000)
table = pa.table({
    "day": [datetime.date(2024, 1, 1) + datetime.timedelta(days=row) for row in rows],
    "revenue": [2**53 + 1000 - row for row in rows],
    "region & <b>": [None if row % 10 == 0 else "<i>west" for row in rows],
})
pq.write_table(table, sys.argv[1] + "/t.parquet", row_group_size=100)
feather.write_feather(table, sys.argv[1] + "/t.feather")
pq.write_table(table, sys.argv[1] + "/gzip.parquet", compression="gzip")
pq.write_table(table, sys.argv[1] + "/lz4.parquet", compression="lz4")
"#;

async fn with_files() -> Site {
    let site = Site::start().await;
    let reference = std::env::var("NBPRESS_TEST_REFERENCE")
        .expect("NBPRESS_TEST_REFERENCE is set by `cargo xtask test --setup-only`");
    let python = PathBuf::from(reference).join("venv/bin/python");
    let written = std::process::Command::new(python)
        .args(["-c", WRITE])
        .arg(site.root())
        .output()
        .expect("pyarrow writes the tables");
    let said = String::from_utf8_lossy(&written.stderr).into_owned();
    assert!(written.status.success(), "{said}");
    site
}

#[tokio::test]
async fn a_table_is_a_page_with_links_to_its_other_rows() {
    let site = with_files().await;
    std::fs::write(site.root().join("broken.parquet"), "PAR1 and nothing more").unwrap();
    for file in ["t.parquet", "gzip.parquet", "lz4.parquet", "t.feather"] {
        let page = site.get(&format!("/view/{file}")).await;
        assert_eq!(page.status, 200, "{file}: {}", page.text());
        let first = page.text();
        for part in [
            "1,000 rows, 3 columns",
            "<small>date</small>",
            "region &amp; &lt;b&gt;",
            "&lt;i&gt;west",
            "9007199254741992",
            "1–100 of 1,000",
            "?page=1&amp;sort=revenue\"",
            &format!("/explore?path={file}\" class=\"main\">Explore"),
        ] {
            assert!(first.contains(part), "{file}: {part} is not in {first}");
        }
        assert!(!first.contains("<i>west") && !first.contains("<script"));
        let last = format!("/view/{file}?page=10&sort=revenue&descending=1");
        let last = site.get(&last).await.text();
        assert!(
            last.contains("901–1,000 of 1,000") && !last.contains("More →"),
            "{last}"
        );
        assert!(last.contains("2026-09-26"), "the last day: {last}");
    }
    let cases = [
        ("/view/broken.parquet", 422, "damaged"),
        ("/view/t.parquet?sort=none", 422, "there is no column"),
    ];
    for (path, status, message) in cases {
        let page = site.get(path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.text().contains(message), "{path}: {}", page.text());
    }
}

#[tokio::test]
async fn a_page_of_a_table_is_sorted_filtered_and_summarised() {
    let site = with_files().await;
    let filter = json!({"and": [
        {"column": "region & <b>", "is": "null"},
        {"column": "day", "is": "<", "value": "2024-02-01"},
    ]});
    let question = [
        ("path", "t.parquet".to_owned()),
        ("limit", "2".to_owned()),
        ("sort", json!([{"column": "revenue"}]).to_string()),
        ("filter", filter.to_string()),
        ("columns", json!(["revenue", "day"]).to_string()),
        ("summary", "true".to_owned()),
    ];
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(question)
        .finish();
    let path = format!("/v1/tables?{query}");
    let answer = site.get(&path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page = answer.json();
    assert_eq!(
        page["columns"],
        json!([
            {"name": "revenue", "type": "Int64", "kind": "number"},
            {"name": "day", "type": "Date32", "kind": "time"},
        ])
    );
    assert_eq!(
        page["rows"],
        json!([
            ["9007199254741962", "2024-01-31"],
            ["9007199254741972", "2024-01-21"]
        ])
    );
    assert_eq!(
        (&page["matching"], &page["total"]),
        (&json!(4), &json!(1000))
    );
    assert_eq!(page["summary"][0]["count"], 4, "{page}");
    let known = [("if-none-match", answer.header("etag"))];
    let request = site.request(Method::GET, &path).bearer_auth(TOKEN);
    let again = Answer::of(request.headers(header_map(&known))).await;
    assert_eq!(
        (again.status, again.body.len()),
        (StatusCode::NOT_MODIFIED, 0)
    );
}

#[tokio::test]
async fn what_cannot_be_answered_is_said_with_its_reason() {
    let site = with_files().await;
    std::fs::write(site.root().join("a.txt"), "text").unwrap();
    std::fs::write(
        site.root().join("broken.arrow"),
        "ARROW1\0\0 and nothing more",
    )
    .unwrap();
    let cases = [
        ("path=none.parquet", 404, "none.parquet"),
        ("path=a.txt", 422, "not that of a table"),
        ("path=broken.arrow", 422, "damaged"),
        ("path=..%2Ft.parquet", 422, ""),
        ("path=t.parquet&limit=many", 422, "many"),
        ("path=t.parquet&sort=revenue", 422, "expected"),
        ("path=t.parquet&columns=%5B%22none%22%5D", 422, "`none`"),
        ("path=t.parquet&order=1", 422, "order"),
    ];
    for (query, status, part) in cases {
        let answer = site.get(&format!("/v1/tables?{query}")).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
        assert!(answer.text().contains(part), "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_a_cell_has_shown_is_a_table_too() {
    let site = Site::start().await;
    let shown = json!({
        "schema": {"fields": [{"name": "n", "type": "integer"}, {"name": "x", "type": "number"}]},
        "data": [{"n": 1, "x": 0.5}, {"n": 2, "x": null}, {"n": 3, "x": -1}],
    });
    let cell = json!({
        "cell_type": "code", "id": "frame", "metadata": {}, "execution_count": 1, "source": "frame",
        "outputs": [
            {"output_type": "stream", "name": "stdout", "text": "here it is"},
            {"output_type": "execute_result", "execution_count": 1, "metadata": {},
                "data": {"application/vnd.dataresource+json": shown, "text/plain": "…"}},
        ],
    });
    let notebook = json!({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5});
    std::fs::write(site.root().join("a.ipynb"), notebook.to_string()).unwrap();
    for cell in ["frame", "0"] {
        let path = format!("/v1/tables?path=a.ipynb&cell={cell}&output=1&offset=1");
        let page = site.get(&path).await.json();
        assert_eq!(page["rows"], json!([[2, null], [3, -1.0]]), "{page}");
    }
    for (cell, output) in [("frame", 0), ("frame", 2), ("1", 0), ("none", 0)] {
        let path = format!("/v1/tables?path=a.ipynb&cell={cell}&output={output}");
        let answer = site.get(&path).await;
        assert_eq!(answer.status, 404, "{cell} {output}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_table_that_becomes_another_one_has_another_version() {
    let site = Site::start().await;
    let version = async |question: &str| {
        let page = site.get(&format!("/v1/tables?{question}")).await.json();
        let version = page["version"].as_str().map(str::to_owned);
        version.unwrap_or_else(|| panic!("{page}"))
    };
    let file = site.root().join("t.csv");
    std::fs::write(&file, "n\n1\n2\n").unwrap();
    let first = version("path=t.csv&limit=1").await;
    assert_eq!(version("path=t.csv&limit=0&summary=true").await, first);
    std::fs::write(&file, "n\n1\n2\n3\n").unwrap();
    assert_ne!(version("path=t.csv&limit=1").await, first);

    // Of a notebook only the output that is asked for.
    let write = |shown: u32, source: &str| {
        let table = json!({"schema": {"fields": [{"name": "n", "type": "integer"}]}, "data": [{"n": shown}]});
        let output = json!({"output_type": "display_data", "metadata": {}, "data": {"application/vnd.dataresource+json": table}});
        let cells = json!([
            {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "source": "", "outputs": [output]},
            {"cell_type": "markdown", "id": "b", "metadata": {}, "source": source},
        ]);
        let notebook = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5});
        std::fs::write(site.root().join("a.ipynb"), notebook.to_string()).unwrap();
    };
    let asked = "path=a.ipynb&cell=a&output=0";
    write(1, "once");
    let first = version(asked).await;
    write(1, "and again");
    assert_eq!(version(asked).await, first);
    write(2, "and again");
    assert_ne!(version(asked).await, first);
}
