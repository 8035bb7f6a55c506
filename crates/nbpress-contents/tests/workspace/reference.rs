//! The same requests to jupyter_server's own contents manager and to a workspace: the same answers,
//! the same files.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use nbpress_contents::{Condition, ContentsError, Kind, ListOptions, Workspace};
use serde_json::{Value, json};

use crate::{OnDisk, bytes, names_of, path};

const PROGRAM: &str = include_str!("reference.py");

/// What is asked for, in order.
fn requests() -> Vec<Value> {
    let mut requests = Vec::new();
    for (directory, kind, extension) in [
        ("", "notebook", ""),
        ("", "notebook", ".ipynb"),
        ("", "file", ".txt"),
        ("", "file", ".txt"),
        ("", "file", ""),
        ("", "directory", ""),
        ("", "directory", ""),
        ("Untitled Folder", "notebook", ""),
        ("Untitled Folder", "file", ".py"),
        ("none", "file", ""),
    ] {
        requests.push(json!(["new", directory, kind, extension]));
    }
    for name in ["a.py", "b.tar.gz", "c.d.txt", "Makefile", "e-Copy2.md"] {
        requests.push(json!(["save", name, format!("the text of {name}\n")]));
        for directory in ["", "", "Untitled Folder", "Untitled Folder"] {
            requests.push(json!(["copy", name, directory]));
        }
        // Python takes `b.tar.gz` for a tar archive in an encoding of its own.
        if name != "b.tar.gz" {
            requests.push(json!(["entry", name]));
        }
        requests.push(json!(["digest", name]));
    }
    requests.extend([
        json!(["copy", "Untitled.ipynb", ""]),
        json!(["copy", "Untitled-Copy1.ipynb", ""]),
        json!(["copy", "Untitled-Copy1.ipynb", "Untitled Folder"]),
        json!(["copy", "none.txt", ""]),
        json!(["checkpoints", "a.py"]),
        json!(["checkpoint", "a.py"]),
        json!(["checkpoints", "a.py"]),
        json!(["save", "a.py", "changed"]),
        json!(["restore", "a.py", "checkpoint"]),
        json!(["checkpoint", "b.tar.gz"]),
        json!(["restore", "c.d.txt", "checkpoint"]),
        json!(["rename", "a.py", "Untitled Folder/renamed.py"]),
        json!(["checkpoints", "Untitled Folder/renamed.py"]),
        json!(["rename", "b.tar.gz", "Makefile"]),
        json!(["rename", "none", "x"]),
        json!(["rename", "Untitled Folder 1", "renamed folder"]),
        json!(["delete", "b.tar.gz"]),
        json!(["delete", "renamed folder"]),
        json!(["delete", "Untitled Folder"]),
        json!(["delete", "none"]),
        json!(["delete", ""]),
        json!(["entry", ""]),
        json!(["entry", "Untitled Folder"]),
        json!(["entry", "Untitled.ipynb"]),
        json!(["entry", ".ipynb_checkpoints"]),
        json!(["chunk", "big.txt", 1, "one "]),
        json!(["chunk", "big.txt", 2, "two "]),
        json!(["chunk", "big.txt", -1, "three"]),
        json!(["digest", "big.txt"]),
        json!(["save", ".hidden", "no"]),
        json!(["save", "cache.pyc", "noise"]),
        json!(["save", "draft~", "noise"]),
        json!(["save", "none/x.txt", "no"]),
        json!(["listing", ""]),
        json!(["listing", "Untitled Folder"]),
        json!(["listing", "a.py"]),
    ]);
    requests
}

async fn answer(workspace: &Workspace, request: &Value) -> Value {
    let done = ask(workspace, request).await;
    done.unwrap_or_else(|_| json!("refused"))
}

async fn ask(workspace: &Workspace, request: &Value) -> Result<Value, ContentsError> {
    let word = |index: usize| request[index].as_str().unwrap_or_default();
    let first = path(word(1));
    Ok(match word(0) {
        "new" => {
            let kind = serde_json::from_value::<Kind>(request[2].clone()).unwrap();
            let made = workspace.untitled(&first, kind, word(3)).await?;
            json!(made.path.as_str())
        }
        "save" => {
            let saved = workspace.save(&first, bytes(word(2)), Condition::Any);
            json!(saved.await?.entry.path.as_str())
        }
        "chunk" => {
            let number = request[2].as_i64().unwrap();
            let sent = workspace.upload_chunk(&first, number, bytes(word(3)));
            sent.await.map(|_| Value::Null)?
        }
        "copy" => {
            let copy = workspace.copy_into(&first, &path(word(2))).await?;
            json!(copy.path.as_str())
        }
        "rename" => {
            workspace.rename(&first, &path(word(2))).await?;
            Value::Null
        }
        "delete" => workspace
            .delete(&first, false)
            .await
            .map(|()| Value::Null)?,
        "checkpoint" => json!(workspace.create_checkpoint(&first).await?.id),
        "checkpoints" => {
            let found = workspace.checkpoints(&first).await?;
            found.into_iter().map(|checkpoint| checkpoint.id).collect()
        }
        "restore" => {
            let restored = workspace.restore_checkpoint(&first, word(2));
            restored.await.map(|_| Value::Null)?
        }
        "entry" => {
            let entry = workspace.entry(&first).await?;
            let kind = entry.kind.as_str();
            let at = entry.path.as_str();
            json!([
                entry.name,
                at,
                kind,
                entry.mimetype,
                entry.size,
                entry.writable
            ])
        }
        "listing" => {
            let page = workspace.list(&first, ListOptions::default()).await?;
            json!(names_of(&page.entries))
        }
        "digest" => json!(workspace.hash(&first).await?),
        other => panic!("no such request: {other}"),
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the reference is started for the test"
)]
fn answers_of_jupyter_server(root: &Path, requests: &[Value]) -> Vec<Value> {
    let reference = std::env::var("NBPRESS_TEST_REFERENCE").expect(
        "NBPRESS_TEST_REFERENCE is not set: run `cargo xtask test`, which installs jupyter_server",
    );
    let python = Path::new(&reference).join("venv-jupyter/bin/python");
    let mut child = Command::new(&python)
        .args(["-c", PROGRAM])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask test`", python.display()));
    let mut input = child.stdin.take().unwrap();
    for request in requests {
        writeln!(input, "{request}").unwrap();
    }
    drop(input);
    let answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let answers = answers.map(|line| serde_json::from_str(&line.unwrap()).unwrap());
    let answers = answers.collect();
    assert!(child.wait().unwrap().success());
    answers
}

/// The bytes of every file, by its path; directories end with a slash. Without the checkpoint that
/// jupyter_server makes of each new notebook by itself: the history has more.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let at = entry.unwrap().path();
            let name = at.strip_prefix(root).unwrap().display().to_string();
            if at.is_dir() {
                found.insert(format!("{name}/"), Vec::new());
                folders.push(at);
            } else if !name.ends_with("-checkpoint.ipynb") {
                let mut bytes = Vec::new();
                let read = fs::File::open(&at).unwrap().read_to_end(&mut bytes);
                read.unwrap();
                found.insert(name, bytes);
            }
        }
    }
    found
}

#[tokio::test]
async fn jupyter_server_and_we_do_the_same() {
    let requests = requests();
    let reference = tempfile::tempdir().unwrap();
    let expected = answers_of_jupyter_server(reference.path(), &requests);
    assert_eq!(expected.len(), requests.len());
    let refused = expected.iter().filter(|answer| **answer == "refused");
    assert!(refused.count() > 5);
    let disk = OnDisk::new().await;
    for (request, expected) in requests.iter().zip(&expected) {
        let found = answer(&disk.workspace, request).await;
        assert_eq!(found, *expected, "{request}");
    }
    let (found, expected) = (tree(&disk.root()), tree(reference.path()));
    let names = |tree: &BTreeMap<String, Vec<u8>>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    for (name, bytes) in &expected {
        let (found, bytes) = (found[name].escape_ascii(), bytes.escape_ascii());
        assert_eq!(found.to_string(), bytes.to_string(), "{name}");
    }
}
