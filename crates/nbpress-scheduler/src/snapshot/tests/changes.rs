//! How far the working copy is ahead of a snapshot.

use super::*;

const CELLS: [(&str, &str); 3] = [
    ("load", "rows = load(path)\nrows = rows.dropna()"),
    ("sum", "total = rows.sum()"),
    ("show", "print(total)"),
];

/// Publishes a notebook with a file, edits, and asks what has changed.
async fn after(edit: impl Fn(&Desk)) -> Option<SnapshotDiff> {
    let desk = Desk::with(&[("n.ipynb", &notebook(&CELLS)), ("d/a", "a"), ("d/b", "b")]);
    let request = desk.request("n.ipynb", &["d/*"]);
    let id = desk.store.publish(&request).await.unwrap().id;
    edit(&desk);
    let diff = desk.store.changed_since(&id, &request).await.unwrap();
    if let Some(diff) = &diff {
        let text = serde_json::to_string(diff).unwrap();
        assert_eq!(&serde_json::from_str::<SnapshotDiff>(&text).unwrap(), diff);
        assert_eq!(
            desk.store.object(id.as_str()).await.unwrap().len() as u64,
            { fs::metadata(desk.object(id.as_str())).unwrap().len() }
        );
    }
    diff
}

async fn summary(edit: impl Fn(&Desk)) -> String {
    after(edit)
        .await
        .map_or("nothing".to_owned(), |diff| diff.summary)
}

fn save(desk: &Desk, cells: &[(&str, &str)]) {
    desk.save("n.ipynb", notebook(cells).as_bytes());
}

#[tokio::test]
async fn one_line_says_what_changed() {
    type Edit = fn(&Desk);
    let cases: &[(Edit, &str)] = &[
        (|_| {}, "nothing"),
        (|desk| save(desk, &CELLS), "nothing"),
        (
            |desk| {
                let [load, _, _] = CELLS;
                save(
                    desk,
                    &[
                        load,
                        ("sum", "total = rows.mean()"),
                        ("show", "show(total)"),
                    ],
                );
                desk.save("d/c", b"c");
            },
            "2 cells changed, 1 file added",
        ),
        (|desk| save(desk, &CELLS[..2]), "1 cell removed"),
        (
            |desk| {
                let [load, sum, show] = CELLS;
                save(desk, &[load, sum, show, ("new", "x = 1")]);
            },
            "1 cell added",
        ),
        (
            |desk| {
                let [load, sum, show] = CELLS;
                save(desk, &[show, load, sum]);
            },
            "1 cell moved",
        ),
        (
            |desk| {
                let text =
                    notebook(&CELLS).replace("\"execution_count\":null", "\"execution_count\":7");
                desk.save("n.ipynb", text.as_bytes());
            },
            "only outputs or metadata changed",
        ),
        (
            |desk| {
                let text = notebook(&CELLS).replace("python3", "other");
                desk.save("n.ipynb", text.as_bytes());
            },
            "another kernel",
        ),
        (
            |desk| desk.save("n.ipynb", b"{"),
            "the file is not a notebook any more",
        ),
        (
            |desk| fs::remove_file(desk.work().join("n.ipynb")).unwrap(),
            "the notebook is gone",
        ),
        (
            |desk| fs::remove_dir_all(desk.work().join("d")).unwrap(),
            "2 files removed",
        ),
        (
            |desk| fs::remove_dir_all(desk.work()).unwrap(),
            "the notebook is gone, 2 files removed",
        ),
        (
            |desk| {
                desk.save("d/a", b"other");
                let mode = fs::Permissions::from_mode(0o755);
                fs::set_permissions(desk.work().join("d/b"), mode).unwrap();
            },
            "2 files changed",
        ),
    ];
    for (position, (edit, expected)) in cases.iter().enumerate() {
        assert_eq!(summary(edit).await, *expected, "case {position}");
    }
}

#[tokio::test]
async fn a_changed_cell_comes_with_its_diff() {
    let [load, _, show] = CELLS;
    let edited = [load, ("sum", "total = rows.mean()"), show];
    let diff = after(|desk| {
        save(desk, &edited);
        desk.save("d/a", b"other");
        fs::remove_file(desk.work().join("d/b")).unwrap();
        desk.save("d/c", b"c");
    })
    .await
    .unwrap();
    assert_eq!(diff.notebook.state, NotebookState::Edited);
    assert_eq!(
        serde_json::to_value(&diff.notebook.cells).unwrap(),
        json!([{"change": "changed", "id": "sum", "before": 1, "after": 1,
                "diff": "@@ -1 +1 @@\n-total = rows.sum()\n+total = rows.mean()\n"}])
    );
    assert_eq!(
        serde_json::to_value(&diff.files).unwrap(),
        json!([{"path": "d/a", "change": "changed"}, {"path": "d/b", "change": "removed"},
               {"path": "d/c", "change": "added"}])
    );
}

#[tokio::test]
async fn a_notebook_that_was_renamed() {
    let desk = Desk::with(&[("old.ipynb", &notebook(&CELLS))]);
    let id = desk.publish("old.ipynb", &[]).await.unwrap().id;
    fs::rename(desk.work().join("old.ipynb"), desk.work().join("new.ipynb")).unwrap();
    let request = desk.request("new.ipynb", &[]);
    let diff = desk
        .store
        .changed_since(&id, &request)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(diff.summary, "the notebook is `new.ipynb` now");
    assert_eq!(diff.notebook.renamed_to.as_deref(), Some("new.ipynb"));
    assert_ne!(desk.store.publish(&request).await.unwrap().id, id);
}

#[tokio::test]
async fn republishing_what_changed_leaves_nothing_to_tell() {
    let desk = Desk::with(&[("n.sql", "select 1"), ("d/a", "a")]);
    let request = desk.request("n.sql", &["d/*"]);
    let old = desk.store.publish(&request).await.unwrap().id;
    desk.save("n.sql", b"select 2");
    let diff = desk
        .store
        .changed_since(&old, &request)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(diff.summary, "1 cell changed");
    assert!(
        diff.notebook.cells[0]
            .diff
            .contains("-select 1\n+select 2\n")
    );
    let new = desk.store.publish(&request).await.unwrap().id;
    assert_eq!(
        desk.store.changed_since(&new, &request).await.unwrap(),
        None
    );
    let back = desk.store.changed_since(&old, &request).await.unwrap();
    assert_eq!(back.unwrap().summary, "1 cell changed");
}
