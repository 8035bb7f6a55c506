//! `nbpress user`, `token` and `share` with a real server: made, used, ended.

use e2e::live::{Ended, Stage};
use e2e::place;
use serde_json::Value;

use super::Served;
use super::workers::{address, exchange};

/// A server of a folder with a notebook, and a viewer named `ada`.
fn served() -> Served {
    let stage = Stage::new();
    std::fs::create_dir(stage.path("shared")).unwrap();
    stage.notebook(
        "shared/report.ipynb",
        "python3",
        &["secret_of_the_report = 1"],
    );
    let served = Served::on(stage, &["shared"]);
    let made = served.nbpress("user add ada --role viewer");
    assert_eq!(made.exit, 0, "{}", made.stderr);
    served
}

/// A command as somebody elsewhere gives it, with a token only.
fn elsewhere(served: &Served, token: &str, words: &str) -> Ended {
    let mut command = served.stage.command(place::nbpress());
    command
        .env("NBPRESS_HOME", served.stage.path("elsewhere"))
        .env("NBPRESS_SERVER", address(served)["url"].as_str().unwrap())
        .env("NBPRESS_TOKEN", token)
        .args(words.split(' '));
    e2e::live::Live::start(&mut command).end()
}

/// Status, head and body of what a stranger with this cookie gets.
fn get(served: &Served, path: &str, cookie: &str) -> (u16, String, String) {
    exchange(
        served,
        &format!("GET {path}"),
        &format!("cookie: {cookie}"),
        "",
    )
}

#[test]
fn a_token_does_what_its_scope_says_until_it_is_revoked() {
    let served = served();
    let made = served
        .json("token create ci --user ada --scope read")
        .remove(0);
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(elsewhere(&served, secret, "queue").exit, 0);
    let refused = elsewhere(&served, secret, "submit shared/report.ipynb");
    assert_eq!(refused.exit, 2);
    assert!(
        refused.stderr.contains("`ada` has no permission to run"),
        "{}",
        refused.stderr
    );

    let listed = served.json("token list --user ada").remove(0);
    assert_eq!(listed["id"], made["id"]);
    assert_eq!(listed["secret"], Value::Null);
    let id = made["id"].as_str().unwrap();
    assert_eq!(served.nbpress(&format!("token revoke {id}")).exit, 0);
    let refused = elsewhere(&served, secret, "queue");
    assert_eq!(refused.exit, 2);
    assert!(
        refused.stderr.contains("the token is not valid"),
        "{}",
        refused.stderr
    );
    let log = served.log();
    assert!(!log.contains(secret), "a secret is in the log");
}

#[test]
fn whoever_has_a_link_reads_one_thing_until_it_is_revoked() {
    let served = served();
    let made = served
        .json("share create report.ipynb --lasts 1h")
        .remove(0);
    let link = made["link"].as_str().unwrap();
    assert_eq!(get(&served, "/view/report.ipynb", "none=1").0, 403);
    let (status, head, _) = get(&served, link, "none=1");
    assert_eq!(status, 302, "{head}");
    let header = |name: &str| {
        let mut lines = head.lines();
        let line = lines.find_map(|line| line.strip_prefix(name)).unwrap();
        line.split(';').next().unwrap().to_owned()
    };
    let (place, cookie) = (header("location: "), header("set-cookie: "));
    let (status, _, page) = get(&served, &place, &cookie);
    assert_eq!(status, 200);
    assert!(page.contains("secret_of_the_report"));
    assert_eq!(get(&served, "/v1/runs", &cookie).0, 401);

    let listed = served.json("share list").remove(0);
    assert_eq!(
        (&listed["id"], &listed["link"]),
        (&made["id"], &Value::Null)
    );
    let id = made["id"].as_str().unwrap();
    assert_eq!(served.nbpress(&format!("share revoke {id}")).exit, 0);
    assert_eq!(get(&served, &place, &cookie).0, 410);
    assert_ne!(get(&served, link, "none=1").0, 302);
}
