//! The page and its settings, from a front end as a wheel would install it.

use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::base_url::BaseUrl;

/// A prefix with a front end, a theme extension and one that is broken.
fn installed() -> tempfile::TempDir {
    let prefix = tempfile::tempdir().unwrap();
    for (path, text) in [
        (
            "lab/static/index.html",
            r#"<script defer="defer" src="{{page_config.fullStaticUrl}}/main.efd36b46f3b45eb8.js?v=efd3"></script>"#,
        ),
        ("lab/static/package.json", r#"{"version": "4.6.6"}"#),
        (
            "lab/schemas/@jupyterlab/a-extension/package.json.orig",
            r#"{"version": "1.2.3"}"#,
        ),
        ("lab/schemas/@jupyterlab/a-extension/plugin.json", "{}"),
        (
            "labextensions/@team/dark/package.json",
            r#"{"jupyterlab": {"_build": {"load": "static/remoteEntry.js", "style": "./style"}}}"#,
        ),
        (
            "labextensions/@team/dark/schemas/@team/dark/plugin.json",
            "{}",
        ),
        ("labextensions/broken/package.json", "{"),
    ] {
        write(&prefix.path().join("share/jupyter").join(path), text);
    }
    prefix
}

fn write(path: &Path, text: &str) {
    use std::io::Write as _;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_wheel_is_read() {
    let prefix = installed();
    let lab = Lab::open(prefix.path()).unwrap();
    assert_eq!(lab.version(), "4.6.6");
    assert_eq!(lab.script, "main.efd36b46f3b45eb8.js");
    let entries: Vec<&Value> = lab.extensions.iter().map(|found| &found.entry).collect();
    let dark = json!({"name": "@team/dark", "load": "static/remoteEntry.js", "style": "./style"});
    assert_eq!(entries, [&dark]);
    let plugins = settings::plugins(&lab);
    let ids: Vec<&str> = plugins.iter().map(|plugin| &*plugin.id).collect();
    assert_eq!(ids, ["@jupyterlab/a-extension:plugin", "@team/dark:plugin"]);
}

#[test]
fn what_is_no_front_end_is_refused_with_the_file_that_is_missing() {
    let empty = tempfile::tempdir().unwrap();
    let error = Lab::open(empty.path()).unwrap_err();
    assert!(
        error.to_string().contains("lab/static/index.html"),
        "{error}"
    );
    let prefix = installed();
    let page = prefix.path().join("share/jupyter/lab/static/index.html");
    write(&page, "<html></html>");
    let error = Lab::open(prefix.path()).unwrap_err();
    assert!(matches!(error, LabError::NoScript { .. }), "{error}");
}

#[test]
fn no_name_of_a_file_can_end_the_script_it_stands_in() {
    let prefix = installed();
    let lab = Lab::open(prefix.path()).unwrap();
    let base = BaseUrl::new("/a%40b/");
    let path = "</script><script>alert(1)</script>&.ipynb";
    let config = page::config(&lab, &base, "default", path);
    let html = page::html(&lab, &base, &config);
    let begin = html.find("application/json\">").unwrap() + "application/json\">".len();
    let json = &html[begin..begin + html[begin..].find("</script>").unwrap()];
    let read: Value = serde_json::from_str(json).unwrap();
    assert_eq!(read["treePath"], path);
    assert_eq!(read["baseUrl"], "/a%40b/");
    assert_eq!(read["fullSettingsUrl"], "/a%40b/lab/api/settings");
    assert_eq!(html.matches("<script").count(), 2, "{html}");
    assert!(html.contains("src=\"/a%40b/static/lab/main.efd36b46f3b45eb8.js\""));
}
