use jiff::Timestamp;
use nbpress_format::{Cell, Notebook, Output};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::document::{Document, Stamp};
use crate::query::Query;
use crate::snippet::Part;

async fn index() -> (TempDir, Index) {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(&folder.path().join("search.sqlite"))
        .await
        .unwrap();
    (folder, index)
}

fn notebook(path: &str, cells: Vec<Cell>) -> Document {
    let mut notebook =
        Notebook::parse(br#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#)
            .unwrap();
    notebook.cells = cells;
    Document::new(DocumentKind::Notebook, "main", path, path).with_notebook(&notebook)
}

fn code(source: &str, output: &str) -> Cell {
    let mut cell = Cell::new_code(source);
    cell.outputs_mut()
        .unwrap()
        .push(Output::stream("stdout", output));
    cell
}

/// Three notebooks and the run of one.
async fn shelf() -> (TempDir, Index) {
    let (folder, index) = index().await;
    let mut revenue = notebook(
        "finance/revenue.ipynb",
        vec![
            Cell::new_markdown("# Monthly Revenue\nAll regions, by *month*."),
            code(
                "df = pd.read_parquet(path)\nplotTotals(df)",
                "total 42 crowns",
            ),
            code("load_data('naïve')", ""),
        ],
    );
    revenue.authors = vec!["Ada Lovelace".to_owned()];
    revenue.tags = vec!["Finance".to_owned(), "monthly close".to_owned()];
    let mut draft = notebook(
        "drafts/日本.ipynb",
        vec![Cell::new_markdown(
            "# 東京の売上\n売上は増えた。 revenue, in a draft",
        )],
    );
    draft.tags = vec!["finance".to_owned()];
    draft.description = "Sales in Tokyo".to_owned();
    draft.stamp.modified = Timestamp::from_second(100).unwrap();
    let other = notebook(
        "etl/load.ipynb",
        vec![code("import pandas", "KeyError: 'revenue'")],
    );
    let mut run = notebook(
        "finance/revenue.ipynb",
        vec![code("x = 1", "total 43 crowns")],
    );
    run.kind = DocumentKind::Run;
    run.workspace = "other".to_owned();
    run.place = "run_1".to_owned();
    run.parameters = [("region".to_owned(), "west".to_owned())].into();
    run.facts = [("state".to_owned(), "succeeded".to_owned())].into();
    index.put(&[revenue, draft, other, run]).await.unwrap();
    (folder, index)
}

async fn found(index: &Index, search: &Search) -> Vec<String> {
    let hits = index.search(search).await.unwrap().hits;
    hits.into_iter().map(|hit| hit.place).collect()
}

fn words(text: &str) -> Search {
    Search {
        query: Query::parse(text),
        ..Search::default()
    }
}

#[tokio::test]
async fn what_people_type_finds_what_they_mean() {
    let (_folder, index) = shelf().await;
    let (revenue, draft, load, run) = (
        "finance/revenue.ipynb",
        "drafts/日本.ipynb",
        "etl/load.ipynb",
        "run_1",
    );
    let cases: &[(&str, &[&str])] = &[
        ("REVENUE", &[revenue, run, draft, load]),
        ("monthly rev", &[revenue]),
        ("\"by month\"", &[revenue]),
        ("\"month by\"", &[]),
        ("revenue -draft -path:etl", &[revenue, run]),
        ("title:revenue", &[revenue, run]),
        ("author:ada", &[revenue]),
        ("tag:\"monthly close\"", &[revenue]),
        ("in:output revenue", &[load]),
        ("in:source revenue", &[]),
        ("naive", &[revenue]),
        ("load_data", &[revenue]),
        ("totals", &[revenue]),
        ("売上", &[draft]),
        ("京の", &[draft]),
        ("region=west", &[run]),
        ("nothing", &[]),
        ("-revenue", &[]),
    ];
    for (text, expected) in cases {
        let mut found = found(&index, &words(text)).await;
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{text}");
    }
}

#[tokio::test]
async fn filters_hold_with_and_without_words() {
    let (_folder, index) = shelf().await;
    for text in ["", "revenue"] {
        let search = |change: fn(&mut Search)| {
            let mut search = words(text);
            change(&mut search);
            search
        };
        for (search, expected) in [
            (
                search(|search| search.kind = Some(DocumentKind::Run)),
                vec!["run_1"],
            ),
            (
                search(|search| search.workspaces = Some(vec!["other".to_owned()])),
                vec!["run_1"],
            ),
            (
                search(|search| search.workspaces = Some(Vec::new())),
                vec![],
            ),
            (
                search(|search| search.author = Some("ADA lovelace".to_owned())),
                vec!["finance/revenue.ipynb"],
            ),
        ] {
            assert_eq!(found(&index, &search).await, expected, "{search:?}");
        }
    }
    let tag = Search {
        tag: Some("finance".to_owned()),
        ..Search::default()
    };
    assert_eq!(
        found(&index, &tag).await,
        ["drafts/日本.ipynb", "finance/revenue.ipynb"]
    );
    let labels = index
        .labels(DocumentKind::Notebook, LabelKind::Tag, None, 10)
        .await
        .unwrap();
    let labels: Vec<_> = labels
        .iter()
        .map(|label| (label.name.as_str(), label.count))
        .collect();
    assert_eq!(labels, [("Finance", 2), ("monthly close", 1)]);
}

#[tokio::test]
async fn a_hit_shows_the_cell() {
    let (_folder, index) = shelf().await;
    let hits = index
        .search(&words("crowns read_parquet"))
        .await
        .unwrap()
        .hits;
    let places: Vec<_> = hits[0]
        .snippets
        .iter()
        .map(|snippet| (snippet.part, snippet.cell))
        .collect();
    assert_eq!(places, [(Part::Source, Some(1)), (Part::Output, Some(1))]);
    let marked: Vec<_> = hits[0]
        .snippets
        .iter()
        .flat_map(|snippet| &snippet.spans)
        .filter(|span| span.is_match)
        .map(|span| span.text.as_str())
        .collect();
    assert_eq!(marked, ["read_parquet", "crowns"]);
    let hits = index.search(&words("東京")).await.unwrap().hits;
    let spans: String = hits[0]
        .title_spans
        .iter()
        .map(|span| span.text.as_str())
        .collect();
    assert_eq!(spans, "東京の売上");
    assert_eq!(hits[0].snippets[0].cell, Some(0));
    let newest = index.search(&Search::default()).await.unwrap().hits;
    assert_eq!(newest[0].snippets[0].spans[0].text, "Sales in Tokyo");
}

#[tokio::test]
async fn documents_are_replaced_moved_and_removed() {
    let (_folder, index) = shelf().await;
    let kind = DocumentKind::Notebook;
    index
        .put(&[notebook("etl/load.ipynb", vec![code("polars", "")])])
        .await
        .unwrap();
    assert_eq!(found(&index, &words("pandas")).await, Vec::<String>::new());
    assert_eq!(found(&index, &words("polars")).await, ["etl/load.ipynb"]);
    index
        .put(&[
            notebook("etl2/x.ipynb", vec![]),
            notebook("etl/a/b.ipynb", vec![]),
        ])
        .await
        .unwrap();
    assert_eq!(
        index.places_at(kind, "main", "etl").await.unwrap(),
        ["etl/a/b.ipynb", "etl/load.ipynb"]
    );
    index.remove(kind, "main", "etl/load.ipynb").await.unwrap();
    assert_eq!(found(&index, &words("polars")).await, Vec::<String>::new());
    let stamp = Stamp {
        size: 7,
        ..Stamp::default()
    };
    index
        .restamp(kind, "main", "etl2/x.ipynb", &stamp)
        .await
        .unwrap();
    assert_eq!(
        index.stamps(kind, "main").await.unwrap()["etl2/x.ipynb"].0,
        stamp
    );
    assert_eq!(
        index.places_after(DocumentKind::Run, "", 9).await.unwrap(),
        [("other".to_owned(), "run_1".to_owned())]
    );
    let counts = index.counts().await.unwrap();
    assert_eq!((counts.notebooks, counts.runs), (4, 1));
    index.set_mark("runs", "run_1").await.unwrap();
    assert_eq!(index.mark("runs").await.unwrap().as_deref(), Some("run_1"));
    index.clear().await.unwrap();
    assert_eq!(index.mark("runs").await.unwrap(), None);
    assert_eq!(
        found(&index, &Search::default()).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn pages_follow_each_other() {
    let (_folder, index) = index().await;
    let all: Vec<_> = (0..25)
        .map(|at| notebook(&format!("{at:02}.ipynb"), vec![code("shared", "")]))
        .collect();
    index.put(&all).await.unwrap();
    let mut seen = Vec::new();
    let mut search = Search {
        limit: 10,
        ..words("shared")
    };
    loop {
        let page = index.search(&search).await.unwrap();
        seen.extend(page.hits.into_iter().map(|hit| hit.place));
        search.cursor = page.next;
        if search.cursor.is_none() {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 25);
    for cursor in ["x", "-1", "99999999999"] {
        search.cursor = Some(cursor.to_owned());
        assert!(
            matches!(index.search(&search).await, Err(SearchError::Cursor { .. })),
            "{cursor}"
        );
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a file that is no index")]
async fn a_file_that_is_no_index_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.sqlite");
    for before in [
        &b"not a database, by no means, and long enough to be sure of it"[..],
        b"",
    ] {
        std::fs::write(&path, before).unwrap();
        let index = Index::open(&path).await.unwrap();
        index.put(&[notebook("a.ipynb", vec![])]).await.unwrap();
        index.close().await;
        let index = Index::open(&path).await.unwrap();
        assert_eq!(found(&index, &Search::default()).await, ["a.ipynb"]);
        index.close().await;
    }
}

#[test]
fn any_text_is_a_query() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (_folder, index) = runtime.block_on(shelf());
    let syntax = prop::sample::select(vec![
        "\"",
        "*",
        "^",
        ":",
        "-",
        "(",
        ")",
        "{",
        "}",
        "+",
        "NEAR",
        "NEAR(",
        "AND",
        "OR",
        "NOT",
        " ",
        "\0",
        "'",
        ";",
        "--",
        "title:",
        "in:output",
        "in:",
        "tag:",
        "revenue",
        "売上",
        "\u{200b}",
        "ß",
        "\\",
        "%",
        "🦀",
        ",",
    ]);
    let text = prop_oneof![
        any::<String>(),
        prop::collection::vec(syntax, 0..12).prop_map(|words| words.concat()),
    ];
    proptest!(ProptestConfig::with_cases(2000), |(text in text)| {
        let answered = runtime.block_on(index.search(&words(&text)));
        prop_assert!(answered.is_ok(), "{:?}: {:?}", text, answered.err());
    });
}
