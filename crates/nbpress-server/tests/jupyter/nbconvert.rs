//! Notebooks in other formats, through the real nbconvert.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Setup, Site};

/// With the nbconvert of the reference environment, which the tests' set-up installs.
async fn site() -> Site {
    let reference = std::env::var("NBPRESS_TEST_REFERENCE")
        .expect("NBPRESS_TEST_REFERENCE is not set: eval \"$(cargo xtask test --setup-only)\"");
    let path = format!("{reference}/venv-jupyter/bin:/usr/bin:/bin");
    let environment = BTreeMap::from([
        ("PATH".to_owned(), path),
        ("HOME".to_owned(), "/nonexistent".to_owned()),
    ]);
    let site = Site::start_with(Setup {
        environment,
        ..Setup::default()
    })
    .await;
    std::fs::create_dir(site.root().join("foo")).unwrap();
    std::fs::write(
        site.root().join("foo/test nb.ipynb"),
        notebook().to_string(),
    )
    .unwrap();
    std::fs::write(site.root().join("foo/a.txt"), "text").unwrap();
    site
}

fn notebook() -> Value {
    let pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec":
        {"name": "python3", "language": "python", "display_name": "Python"}},
    "cells": [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "Created by test ³"},
        {"cell_type": "code", "id": "c", "metadata": {}, "execution_count": 1, "source": "print(2*6)", "outputs": [
            {"output_type": "stream", "name": "stdout", "text": "12"},
            {"output_type": "display_data", "metadata": {}, "data": {"image/png": pixel, "text/plain": "pixel"}},
            {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<script>alert('xss')</script>"}},
        ]},
    ]})
}

/// CVE-2026-44727: what nbconvert makes of a stranger's outputs ran as a page of the server.
#[tokio::test]
async fn cve_2026_44727_pages_of_nbconvert_are_sandboxed() {
    let site = site().await;
    let here = site.get("/nbconvert/html/foo/test%20nb.ipynb").await;
    let model = json!({"name": "test nb.ipynb", "content": notebook()});
    let sent = site.send(Method::POST, "/nbconvert/html", &model).await;
    for answer in [here, sent] {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("sandbox allow-scripts"), "{policy}");
        assert!(!policy.contains("allow-same-origin"), "{policy}");
        let text = answer.text();
        assert!(text.contains("Created by test ³") && text.contains("<script>alert"));
    }
    let path = "/nbconvert/html/foo/test%20nb.ipynb?sanitize_html=true";
    assert!(!site.get(path).await.text().contains("<script>alert"));
}

#[tokio::test]
async fn one_file_is_itself_and_several_are_an_archive() {
    let site = site().await;
    let python = site
        .get("/nbconvert/python/foo/test%20nb.ipynb?download=True")
        .await;
    assert_eq!(
        python.header("content-type"),
        "text/x-python; charset=utf-8"
    );
    assert!(
        python
            .header("content-disposition")
            .contains("test%20nb.py"),
        "{python:?}"
    );
    assert!(python.text().contains("print(2*6)"));
    let markdown = site.get("/nbconvert/markdown/foo/test%20nb.ipynb").await;
    assert_eq!(markdown.header("content-type"), "application/zip");
    assert!(
        markdown
            .header("content-disposition")
            .contains("test%20nb.zip")
    );
    assert_eq!(
        names_in(&site, &markdown.body),
        ["test nb.md", "test nb_files/test nb_1_1.png"]
    );
}

/// What Python's own reader finds in an archive, having checked every file's sum.
fn names_in(site: &Site, archive: &[u8]) -> Vec<String> {
    let file = site.home.path().join("archive.zip");
    std::fs::write(&file, archive).unwrap();
    let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
        print('\\n'.join(sorted(z.namelist())))";
    let python = std::path::Path::new("/usr/bin/python3");
    let arguments = ["-c", script, file.to_str().unwrap()];
    let output = nbpress_kernel::process::run_to_end(python, &arguments, &BTreeMap::new()).unwrap();
    assert!(output.success, "{}", output.text);
    output.text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn what_cannot_be_converted_is_said() {
    let site = site().await;
    for (path, status) in [
        ("/nbconvert/html/foo/missing.ipynb", 404),
        ("/nbconvert/html/..%2F..%2Fetc/passwd", 404),
        ("/nbconvert/nothing/foo/test%20nb.ipynb", 404),
        ("/nbconvert/--execute/foo/test%20nb.ipynb", 404),
        ("/nbconvert/html/foo/a.txt", 302),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, status, "{path} {answer:?}");
    }
    let answer = site.get("/nbconvert/html/foo/a.txt").await;
    assert_eq!(answer.header("location"), "/a%40b/files/foo/a.txt");
    let broken = json!({"name": "x.ipynb", "content": {"nbformat": "?"}});
    let answer = site.send(Method::POST, "/nbconvert/html", &broken).await;
    assert_eq!(answer.status, 500);
    let text = answer.text();
    assert!(
        text.contains("nbconvert failed") && !text.contains("/tmp"),
        "{text}"
    );
}

#[tokio::test]
async fn without_nbconvert_it_says_what_is_missing() {
    let site = Site::start().await;
    let formats = site.get("/api/nbconvert").await.json();
    assert_eq!(formats["html"]["output_mimetype"], "text/html");
    std::fs::write(site.root().join("a.ipynb"), notebook().to_string()).unwrap();
    let answer = site.get("/nbconvert/html/a.ipynb").await;
    assert_eq!(answer.status, 501);
    assert!(answer.text().contains("jupyter-nbconvert"));
}

/// CVE-2022-39286: Jupyter's programs run configuration found in their working directory.
#[tokio::test]
async fn cve_2022_39286_no_configuration_beside_notebooks_is_run() {
    let site = site().await;
    let trap = site.root().join("trapped");
    let config = format!("open({:?}, 'w').close()\n", trap.display().to_string());
    for folder in ["", "foo"] {
        for name in ["jupyter_nbconvert_config.py", "jupyter_config.py"] {
            std::fs::write(site.root().join(folder).join(name), &config).unwrap();
        }
    }
    let answer = site.get("/nbconvert/python/foo/test%20nb.ipynb").await;
    assert_eq!(answer.status, 200);
    assert!(!trap.exists());
}
