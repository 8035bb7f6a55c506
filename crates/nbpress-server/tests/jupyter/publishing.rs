//! A notebook of the served folder becomes a job, by its path.

use serde_json::json;

use super::*;

/// With one parameter of a type that can be given wrongly.
fn notebook() -> String {
    let cell = json!({"cell_type": "code", "id": "a", "metadata": {"tags": ["parameters"]},
        "source": "rows: int = 3  # how many", "outputs": [], "execution_count": null});
    json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3",
        "language": "python", "display_name": "Python"}}, "cells": [cell]})
    .to_string()
}

fn write(site: &Site, name: &str, text: &str) {
    std::fs::write(site.root().join(name), text).unwrap();
}

#[tokio::test]
async fn what_a_notebook_declares_is_asked_before_it_is_published_by_its_path() {
    let site = Site::start().await;
    std::fs::create_dir(site.root().join("a b")).unwrap();
    write(&site, "a b/day.ipynb", &notebook());
    let declared = site.get("/v1/notebooks/parameters?path=a%20b/day.ipynb");
    let declared = declared.await.json();
    let parameter = &declared[0];
    assert_eq!(
        [
            &parameter["name"],
            &parameter["type"],
            &parameter["default"]
        ],
        [&json!("rows"), &json!("int"), &json!(3)]
    );
    let task = json!({"path": "a b/day.ipynb", "parameters": {"rows": 5}});
    let job = site
        .send(Method::PUT, "/v1/jobs/day", &json!({"tasks": [task]}))
        .await;
    assert_eq!(job.status, 200, "{}", job.text());
    let published = &job.json()["definition"]["tasks"][0];
    let source = site.root().join("a b/day.ipynb").display().to_string();
    assert_eq!(published["source"], source);
    assert_eq!(published["parameters"], json!({"rows": 5}));
    assert_eq!(published["schema"], declared);
    // So it is known that the notebook is edited later.
    let ahead = site.get("/v1/jobs/day/ahead").await.json();
    assert_eq!(ahead["ahead"], false);
    write(
        &site,
        "a b/day.ipynb",
        &notebook().replace("how many", "changed"),
    );
    let ahead = site.get("/v1/jobs/day/ahead").await.json();
    assert_eq!(ahead["ahead"], true);
}

#[tokio::test]
async fn what_cannot_be_published_says_where_and_why() {
    let site = Site::start().await;
    write(&site, "day.ipynb", &notebook());
    write(&site, "day.txt", "text");
    let cases = [
        (json!({"path": "none.ipynb"}), 404, "tasks[0].path"),
        (json!({"path": "../day.ipynb"}), 422, "tasks[0].path"),
        (
            json!({"path": "day.ipynb", "source": "/x.ipynb"}),
            422,
            "tasks[0].source",
        ),
        (
            json!({"path": "day.ipynb", "parameters": {"rows": "many"}}),
            422,
            "tasks[0].parameters.rows",
        ),
    ];
    for (task, status, field) in cases {
        let body = json!({"tasks": [task]});
        let refused = site.send(Method::PUT, "/v1/jobs/day", &body).await;
        assert_eq!(refused.status, status, "{task}: {}", refused.text());
        assert_eq!(refused.json()["error"]["field"], field, "{task}");
    }
    for (path, status) in [("none.ipynb", 404), ("day.txt", 422)] {
        let asked = format!("/v1/notebooks/parameters?path={path}");
        assert_eq!(site.get(&asked).await.status, status, "{path}");
    }
}
