//! Files and notebooks: what Jupyter's own suite does not ask.

use super::*;

const NOTEBOOK: &str = r#"{"cells": [{"cell_type": "code", "id": "one", "metadata": {}, "execution_count": null,
    "outputs": [], "source": ["a = 1\n", "a"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;

impl Site {
    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.root().join(name), text).unwrap();
    }

    async fn save(&self, name: &str, text: &str, headers: &[(&str, &str)]) -> Answer {
        let body = serde_json::json!({"type": "file", "format": "text", "content": text});
        let path = format!("/api/contents/{name}");
        let request = self.request(Method::PUT, &path).bearer_auth(TOKEN);
        Answer::of(request.headers(header_map(headers)).body(body.to_string())).await
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.root().join(name)).unwrap()
    }
}

#[tokio::test]
async fn a_stale_save_changes_nothing_and_gets_what_is_there() {
    let site = Site::start().await;
    site.put("a.txt", "first");
    let read = site.get("/api/contents/a.txt").await;
    let seen = read.header("etag").to_owned();
    let saved = site.save("a.txt", "mine", &[("if-match", &seen)]).await;
    assert_eq!(saved.status, 200);
    assert_ne!(saved.header("etag"), seen);
    let stale = site.save("a.txt", "lost?", &[("if-match", &seen)]).await;
    assert_eq!(stale.status, 409);
    assert_eq!(stale.json()["reason"], "stale");
    assert_eq!(stale.json()["current"]["content"], "mine");
    assert_eq!(stale.header("etag"), saved.header("etag"));
    assert_eq!(site.text("a.txt"), "mine");
    let cases = [
        ("a.txt", ("if-none-match", "*"), 409),
        ("b.txt", ("if-none-match", "*"), 201),
        ("a.txt", ("if-match", "no quotes"), 400),
        ("a.txt", ("if-none-match", "\"x\""), 400),
    ];
    for (name, condition, status) in cases {
        let answer = site.save(name, "new", &[condition]).await;
        assert_eq!(
            answer.status,
            status,
            "{name} {condition:?}: {}",
            answer.text()
        );
    }
    assert_eq!(
        (site.text("a.txt"), site.text("b.txt")),
        ("mine".to_owned(), "new".to_owned())
    );
}

#[tokio::test]
async fn changes_of_two_to_one_notebook_are_put_together_or_both_kept() {
    let site = Site::start().await;
    let cells = |texts: [&str; 2]| {
        let cell = |(id, source): (&str, &str)| serde_json::json!({"cell_type": "markdown", "id": id, "metadata": {}, "source": source});
        let cells: Vec<Value> = ["one", "two"].into_iter().zip(texts).map(cell).collect();
        serde_json::json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    };
    let save = async |notebook: Value, condition: &str| {
        let body = serde_json::json!({"type": "notebook", "format": "json", "content": notebook});
        let request = site
            .request(Method::PUT, "/api/contents/a.ipynb?merge=1")
            .bearer_auth(TOKEN);
        Answer::of(request.header("if-match", condition).body(body.to_string())).await
    };
    let first = serde_json::json!({"type": "notebook", "content": cells(["a", "b"])});
    let first = site
        .send(Method::PUT, "/api/contents/a.ipynb", &first)
        .await;
    assert_eq!(first.status, 201, "{}", first.text());
    let base = first.header("etag").to_owned();
    assert_eq!(
        save(cells(["a", "theirs"]), &base)
            .await
            .header("x-nbpress-save"),
        "saved"
    );
    let merged = save(cells(["mine", "b"]), &base).await;
    assert_eq!(
        merged.header("x-nbpress-save"),
        "merged",
        "{}",
        merged.text()
    );
    let both = site.text("a.ipynb");
    assert!(both.contains("mine") && both.contains("theirs"), "{both}");
    let conflict = save(cells(["a", "mine too"]), &base).await;
    assert_eq!(
        (conflict.status.as_u16(), &conflict.json()["cells"][0]),
        (409, &Value::from("two"))
    );
    let copy = site.text(conflict.json()["copy"].as_str().unwrap());
    assert!(copy.contains("mine too"), "{copy}");
    assert_eq!(site.text("a.ipynb"), both);
}

#[tokio::test]
async fn every_save_is_a_version_that_can_come_back() {
    let site = Site::start().await;
    for text in ["one", "two", "two", "three"] {
        site.save("a.txt", text, &[]).await;
    }
    let versions = async || site.get("/v1/versions?path=a.txt").await.json();
    let listed = versions().await;
    let sizes: Vec<u64> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["size"].as_u64().unwrap())
        .collect();
    assert_eq!(sizes, [5, 3, 3], "{listed}");
    let first = &listed[2]["id"];
    let named = serde_json::json!({"path": "a.txt", "id": first, "name": "the first"});
    let answer = site.send(Method::PUT, "/v1/versions/name", &named).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(versions().await[2]["name"], "the first");
    let view = format!("/view/a.txt?version={}", first.as_str().unwrap());
    assert!(site.get(&view).await.text().contains("one"));
    let back = serde_json::json!({"path": "a.txt", "id": first});
    assert_eq!(
        site.send(Method::POST, "/v1/versions/restore", &back)
            .await
            .status,
        204
    );
    assert_eq!(site.text("a.txt"), "one");
    assert_eq!(versions().await.as_array().unwrap().len(), 4);
    let unknown = serde_json::json!({"path": "a.txt", "id": "none"});
    let answer = site
        .send(Method::POST, "/v1/versions/restore", &unknown)
        .await;
    assert_eq!(answer.status, 404, "{}", answer.text());
}

#[tokio::test]
async fn a_large_file_comes_in_chunks_and_appears_whole() {
    let site = Site::start().await;
    let chunk = async |number: i64, text: &str| {
        let body =
            serde_json::json!({"type": "file", "format": "text", "content": text, "chunk": number});
        site.send(Method::PUT, "/api/contents/big.txt", &body)
            .await
            .status
            .as_u16()
    };
    assert_eq!(chunk(2, "early").await, 400);
    assert_eq!(chunk(1, "a").await, 200);
    assert_eq!(chunk(2, "b").await, 200);
    assert!(!site.root().join("big.txt").exists());
    assert_eq!(chunk(-1, "c").await, 201);
    assert_eq!(site.text("big.txt"), "abc");
}

#[tokio::test]
async fn bytes_are_served_in_ranges_without_an_origin_of_ours() {
    let site = Site::start().await;
    let lines: Vec<String> = (0..400_000)
        .map(|number| format!("{number:07}\n"))
        .collect();
    let text = lines.concat();
    site.put("big.html", &text);
    let ask = async |headers: &[(&str, &str)]| {
        let request = site
            .request(Method::GET, "/files/big.html")
            .bearer_auth(TOKEN);
        Answer::of(request.headers(header_map(headers))).await
    };
    let whole = ask(&[]).await;
    assert_eq!((whole.status.as_u16(), whole.text() == text), (200, true));
    let policy = whole.header("content-security-policy");
    assert!(policy.contains("sandbox allow-scripts"), "{policy}");
    assert!(!policy.contains("allow-same-origin"), "{policy}");
    assert_eq!(whole.header("x-content-type-options"), "nosniff");
    let etag = whole.header("etag").to_owned();
    assert_eq!(ask(&[("if-none-match", &etag)]).await.status, 304);
    let cases = [
        ("bytes=0-7", 206, "0000000\n"),
        ("bytes=8-8", 206, "0"),
        ("bytes=-8", 206, "0399999\n"),
        ("bytes=3199992-", 206, "0399999\n"),
        ("bytes=3199992-9999999", 206, "0399999\n"),
        ("bytes=3200000-", 416, ""),
        ("bytes=-0", 416, ""),
    ];
    for (range, status, expected) in cases {
        let part = ask(&[("range", range)]).await;
        assert_eq!(
            (part.status.as_u16(), part.text().as_str()),
            (status, expected),
            "{range}"
        );
    }
    for range in ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5"] {
        assert_eq!(ask(&[("range", range)]).await.status, 200, "{range}");
    }
    let other = ask(&[("range", "bytes=0-7"), ("if-range", "\"other\"")]).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    let site = Site::start().await;
    std::fs::write(site.home.path().join("secret.txt"), "secret").unwrap();
    std::fs::create_dir(site.home.path().join("root-sibling")).unwrap();
    std::fs::write(site.home.path().join("root-sibling/secret.txt"), "secret").unwrap();
    std::os::unix::fs::symlink(site.home.path(), site.root().join("out")).unwrap();
    std::fs::create_dir(site.root().join(".hidden")).unwrap();
    std::fs::write(site.root().join(".hidden/secret.txt"), "secret").unwrap();
    let paths = [
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "a/%2e%2e/%2e%2e/secret.txt",
        "%2e%2e/root-sibling/secret.txt",
        "%2fetc%2fpasswd",
        "out/secret.txt",
        "secret.txt%00.ipynb",
        "..%5csecret.txt",
        "C:%5csecret.txt",
        "CON",
        ".hidden/secret.txt",
    ];
    for path in paths {
        for place in ["api/contents", "files", "view"] {
            let answer = site.get(&format!("/{place}/{path}")).await;
            assert!(
                [400, 404].contains(&answer.status.as_u16()),
                "{place}/{path}: {answer:?}"
            );
            assert!(!answer.text().contains("secret\n") && answer.text() != "secret");
        }
        let saved = site.save(path, "mine", &[]).await;
        assert!(saved.status.is_client_error(), "{path}: {saved:?}");
    }
    assert_eq!(
        std::fs::read_to_string(site.home.path().join("secret.txt")).unwrap(),
        "secret"
    );
}

#[tokio::test]
async fn readers_get_pages_without_script() {
    let site = Site::start().await;
    site.put("report.ipynb", NOTEBOOK);
    std::fs::create_dir(site.root().join("a & b")).unwrap();
    site.put("a & b/<x>.md", "# Hello\n\n<script>alert(1)</script>");
    let cases = [
        ("/view", 200, "report.ipynb"),
        ("/view/?q=rep&sort=-modified", 200, "report.ipynb"),
        (
            "/view/",
            200,
            "href=\"/a%40b/edit/report.ipynb\" aria-label=\"Edit report.ipynb\">Edit</a>",
        ),
        ("/view/?q=nothing", 200, "Nothing here"),
        ("/view/report.ipynb", 200, "Hide code"),
        ("/view/report.ipynb?code=0", 200, "Show code"),
        ("/view/a%20&%20b/", 200, "&lt;x&gt;.md"),
        ("/view/a%20&%20b/%3Cx%3E.md", 200, "<h1"),
        ("/view/none", 404, "there is no"),
        ("/runs/run_none/view", 404, "run"),
        ("/jobs/none/view", 404, "job"),
    ];
    for (path, status, words) in cases {
        let answer = site.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.text().contains(words), "{path}: {}", answer.text());
        assert!(!answer.text().contains("<script"), "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
    }
    let hidden = site.get("/view/report.ipynb?code=0").await.text();
    assert!(!hidden.contains("a = 1"), "{hidden}");
}

/// What a stock client does: it looks whether the file is the one it knows, and saves.
#[tokio::test]
async fn a_client_that_names_no_version_replaces_none_that_it_was_not_told_of() {
    let site = Site::start().await;
    site.put("a.txt", "first");
    let look = "/api/contents/a.txt?content=0&hash=1";
    assert_eq!(
        site.get("/api/contents/a.txt").await.json()["content"],
        "first"
    );
    assert_eq!(site.save("a.txt", "mine", &[]).await.status, 200);
    assert_eq!(site.save("a.txt", "mine again", &[]).await.status, 200);
    // It has looked; and then another program is quicker.
    site.get(look).await;
    site.put("a.txt", "theirs");
    let refused = site.save("a.txt", "lost?", &[]).await;
    assert_eq!(
        (refused.status.as_u16(), site.text("a.txt").as_str()),
        (409, "theirs")
    );
    assert_eq!(refused.json()["current"]["content"], "theirs");
    // It looks again, and asks; whoever sits there wants theirs to be replaced.
    site.get(look).await;
    assert_eq!(site.save("a.txt", "mine at last", &[]).await.status, 200);
    // Another client has never been told of anything, and saves as with Jupyter; nothing is lost.
    site.put("a.txt", "theirs again");
    let saved = site
        .save("a.txt", "a script's", &[("user-agent", "script")])
        .await;
    assert_eq!(saved.status, 200);
    let versions = site.get("/v1/versions?path=a.txt").await.json();
    let sizes: Vec<u64> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["size"].as_u64().unwrap())
        .collect();
    let expected = [
        "a script's",
        "theirs again",
        "mine at last",
        "theirs",
        "mine again",
        "mine",
        "first",
    ];
    assert_eq!(sizes, expected.map(|text| text.len() as u64));
}

/// What the client began with was written by another program and never saved here.
#[tokio::test]
async fn what_was_opened_can_be_merged() {
    let site = Site::start().await;
    let cells = |first: &str, second: &str| {
        let cell = |id: &str, source: &str| serde_json::json!({"cell_type": "raw", "id": id, "metadata": {}, "source": source});
        let cells = [cell("one", first), cell("two", second)];
        serde_json::json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    };
    site.put("a.ipynb", &cells("a", "b").to_string());
    let seen = site
        .get("/api/contents/a.ipynb")
        .await
        .header("etag")
        .to_owned();
    site.put("a.ipynb", &cells("theirs", "b").to_string());
    let body = serde_json::json!({"type": "notebook", "content": cells("a", "mine")});
    let request = site.request(Method::PUT, "/api/contents/a.ipynb?merge=1");
    let request = request.bearer_auth(TOKEN).header("if-match", &seen);
    let merged = Answer::of(request.body(body.to_string())).await;
    assert_eq!(
        merged.header("x-nbpress-save"),
        "merged",
        "{}",
        merged.text()
    );
    let read = site.get("/api/contents/a.ipynb").await.json();
    let sources = |json: &Value| {
        json["content"]["cells"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cell| cell["source"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(sources(&read), ["theirs", "mine"]);
}

#[tokio::test]
async fn a_directory_comes_in_pages() {
    let site = Site::start().await;
    for number in 0..25 {
        site.put(&format!("{number:02}.txt"), &"x".repeat(number));
    }
    let whole = site.get("/api/contents/").await.json();
    assert_eq!(whole["content"].as_array().unwrap().len(), 25);
    assert_eq!(whole.get("next"), None);
    for (query, first, count) in [
        ("limit=10", "00.txt", 25),
        ("limit=10&sort=-size", "24.txt", 25),
        ("limit=4&sort=name&filter=2", "02.txt", 7),
        ("limit=4&filter=nowhere", "", 0),
    ] {
        let mut names: Vec<String> = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = site
                .get(&format!("/api/contents/?type=directory&{query}{cursor}"))
                .await;
            assert_eq!(page.status, 200, "{}", page.text());
            let page = page.json();
            names.extend(
                page["content"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|entry| entry["name"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next"].as_str() else {
                break;
            };
            cursor = format!("&cursor={}", next.replace('/', "%2F"));
        }
        assert_eq!(
            (names.len(), names.first().map_or("", String::as_str)),
            (count, first),
            "{query}"
        );
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{query}");
    }
    for query in ["limit=0", "limit=x", "limit=10001", "sort=colour"] {
        assert_eq!(
            site.get(&format!("/api/contents/?{query}")).await.status,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn what_other_programs_do_is_told() {
    let site = Site::start().await;
    std::fs::create_dir(site.root().join("d")).unwrap();
    site.put("d/a.txt", "1");
    let mut jupyter = site
        .connect("/api/events/subscribe", &[BEARER])
        .await
        .unwrap();
    let request = site
        .request(Method::GET, "/v1/contents/events?path=d")
        .bearer_auth(TOKEN);
    let mut events = request.send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    site.put("elsewhere.txt", "not told");
    // Whole from the first moment, as editors write.
    site.put("b.tmp", "2");
    std::fs::rename(site.root().join("b.tmp"), site.root().join("d/b.txt")).unwrap();
    let created = told(&mut events, "created").await;
    assert_eq!(created["path"], "d/b.txt");
    let now = site.get("/api/contents/d/b.txt?content=0").await;
    assert_eq!(
        format!("\"{}\"", created["etag"].as_str().unwrap()),
        now.header("etag")
    );
    std::fs::rename(site.root().join("d/b.txt"), site.root().join("d/c.txt")).unwrap();
    let renamed = told(&mut events, "renamed").await;
    assert_eq!(
        (&renamed["path"], &renamed["from"]),
        (&"d/c.txt".into(), &"d/b.txt".into())
    );
    let saved = site.save("d/a.txt", "ours", &[]).await;
    let changed = told(&mut events, "changed").await;
    assert_eq!(
        format!("\"{}\"", changed["etag"].as_str().unwrap()),
        saved.header("etag")
    );
    std::fs::remove_file(site.root().join("d/c.txt")).unwrap();
    assert_eq!(told(&mut events, "deleted").await["path"], "d/c.txt");
    let actions = ["create", "rename", "save", "delete"];
    for action in actions {
        let event = jupyter.hear().await;
        assert_eq!(event["action"], action, "{event}");
    }
    for (path, status) in [("nowhere", 404), ("../x", 422), ("d/a.txt", 400)] {
        let answer = site.get(&format!("/v1/contents/events?path={path}")).await;
        assert_eq!(answer.status, status, "{path}");
    }
}

/// The next event of a kind.
async fn told(events: &mut reqwest::Response, kind: &str) -> Value {
    let mut text = String::new();
    loop {
        let piece = tokio::time::timeout(PATIENCE, events.chunk())
            .await
            .expect(kind);
        text.push_str(std::str::from_utf8(&piece.unwrap().expect("the stream goes on")).unwrap());
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        let mut events = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
        if let Some(event) = events.find(|event| event["kind"] == kind) {
            return event;
        }
    }
}
