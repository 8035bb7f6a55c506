//! Saving a notebook that another program has changed.

use nbpress_contents::{Entry, Resolution, Workspace};
use nbpress_format::Notebook;

use crate::{OnDisk, bytes, names, path, save, text};

fn notebook(cells: &[(&str, &str)]) -> String {
    let cells: Vec<String> = cells
        .iter()
        .map(|(id, source)| {
            format!(
                r#"{{"cell_type": "markdown", "id": "{id}", "metadata": {{}}, "source": "{source}"}}"#
            )
        })
        .collect();
    let cells = cells.join(", ");
    format!(r#"{{"cells": [{cells}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}"#)
}

async fn sources(workspace: &Workspace, at: &str) -> Vec<String> {
    let notebook = Notebook::parse(text(workspace, at).await.as_bytes()).unwrap();
    let cells = notebook.cells.into_iter();
    cells.map(|cell| cell.source).collect()
}

async fn save_merged(workspace: &Workspace, base: &Entry, text: &str) -> Resolution {
    let etag = base.etag.clone().unwrap();
    let saved = workspace.save_merged(&base.path, &etag, bytes(text)).await;
    saved.unwrap()
}

const BASE: &[(&str, &str)] = &[("a", "1"), ("b", "2")];

#[tokio::test]
async fn an_unchanged_file_takes_the_bytes_as_they_are() {
    let disk = OnDisk::new().await;
    let base = save(&disk.workspace, "n.ipynb", &notebook(BASE))
        .await
        .entry;
    let mine = notebook(&[("a", "mine"), ("b", "2")]);
    let done = save_merged(&disk.workspace, &base, &mine).await;
    assert!(matches!(done, Resolution::Unchanged(_)), "{done:?}");
    assert_eq!(text(&disk.workspace, "n.ipynb").await, mine);
}

#[tokio::test]
async fn changes_of_different_cells_are_put_together() {
    let disk = OnDisk::new().await;
    // Made by another program, and seen when somebody began to edit.
    disk.write("n.ipynb", notebook(BASE));
    let workspace = &disk.workspace;
    workspace.keep(&path("n.ipynb")).await.unwrap();
    let base = workspace.entry(&path("n.ipynb")).await.unwrap();
    disk.write("n.ipynb", notebook(&[("a", "1"), ("t", "new")]));
    // JupyterLab says of each cell that it trusts it.
    let mine = notebook(&[("a", "mine"), ("b", "2")]);
    let mine = mine.replace(
        "\"metadata\": {}, \"source\"",
        "\"metadata\": {\"trusted\": true}, \"source\"",
    );
    let done = save_merged(workspace, &base, &mine).await;
    let Resolution::Merged(saved) = done else {
        panic!("{done:?}");
    };
    assert_eq!(sources(workspace, "n.ipynb").await, ["mine", "new"]);
    assert_eq!(workspace.entry(&base.path).await.unwrap(), saved.entry);
    // What both began with, what the other wrote, what came of it.
    assert_eq!(workspace.history(&base.path).await.unwrap().len(), 3);
    assert_eq!(names(workspace, "").await, ["n.ipynb"]);
}

#[tokio::test]
async fn a_change_of_the_same_cell_is_set_aside() {
    let disk = OnDisk::new().await;
    let workspace = &disk.workspace;
    let base = save(workspace, "n.ipynb", &notebook(BASE)).await.entry;
    let theirs = notebook(&[("a", "1"), ("b", "theirs")]);
    disk.write("n.ipynb", &theirs);
    let mine = notebook(&[("a", "1"), ("b", "mine")]);
    let done = save_merged(workspace, &base, &mine).await;
    let Resolution::Conflict {
        current,
        copy,
        cells,
    } = done
    else {
        panic!("{done:?}");
    };
    assert_eq!(cells, ["b"]);
    assert_eq!(text(workspace, "n.ipynb").await, theirs);
    assert_eq!(current, workspace.entry(&base.path).await.unwrap());
    let name = copy.entry.name;
    let time = name.strip_prefix("n (conflict ").unwrap();
    let time = time.strip_suffix(").ipynb").unwrap();
    jiff::civil::DateTime::strptime("%Y-%m-%d %H-%M-%S", time).unwrap();
    assert_eq!(text(workspace, &name).await, mine);
    // Again within the same second: another copy.
    save_merged(workspace, &base, &mine).await;
    assert_eq!(names(workspace, "").await.len(), 3);
}

#[tokio::test]
async fn what_cannot_be_compared_is_set_aside() {
    let disk = OnDisk::new().await;
    let workspace = &disk.workspace;
    for (at, began, theirs, mine) in [
        ("text.txt", "1".to_owned(), "2".to_owned(), "3".to_owned()),
        (
            "broken.ipynb",
            notebook(BASE),
            "{".to_owned(),
            notebook(&[]),
        ),
    ] {
        let base = save(workspace, at, &began).await.entry;
        disk.write(at, &theirs);
        let done = save_merged(workspace, &base, &mine).await;
        let Resolution::Conflict { copy, cells, .. } = done else {
            panic!("{done:?}");
        };
        assert_eq!(cells, Vec::<String>::new());
        assert_eq!(text(workspace, at).await, theirs);
        assert_eq!(text(workspace, copy.entry.path.as_str()).await, mine);
    }
    // Nobody kept what this one began with.
    disk.write("unseen.ipynb", notebook(BASE));
    let base = workspace.entry(&path("unseen.ipynb")).await.unwrap();
    disk.write("unseen.ipynb", notebook(&[("a", "1")]));
    let done = save_merged(workspace, &base, &notebook(&[("a", "mine"), ("b", "2")])).await;
    assert!(matches!(done, Resolution::Conflict { .. }), "{done:?}");
}
