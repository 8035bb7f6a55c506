use super::*;

fn location(text: &str) -> Location {
    Location::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn shows_itself_without_credentials() {
    let cases = [
        ("out dir/ünï %20.ipynb", "out dir/ünï %20.ipynb"),
        ("file:///data/a%20b.ipynb", "file:///data/a%20b.ipynb"),
        ("s3://bucket/a b?c#d.ipynb", "s3://bucket/a b?c#d.ipynb"),
        (
            "https://me:hunter2@example.org/a.ipynb?raw=true",
            "https://example.org/a.ipynb?raw=true",
        ),
        (
            "https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA%2F1&X-Amz-Date=2026&X-Amz-Signature=beef",
            "https://b.s3.amazonaws.com/k?X-Amz-Credential=REDACTED&X-Amz-Date=2026&X-Amz-Signature=REDACTED",
        ),
        (
            "https://example.org/a?ghp_secretsecret",
            "https://example.org/a?REDACTED",
        ),
        (
            "abs://acct.blob.core.windows.net/box/a.ipynb?sv=2022&sig=c2VjcmV0",
            "abs://acct.blob.core.windows.net/box/a.ipynb?sv=2022&sig=REDACTED",
        ),
        (
            "abfss://box@acct.dfs.core.windows.net/a.ipynb",
            "abfss://box@acct.dfs.core.windows.net/a.ipynb",
        ),
        ("-", "-"),
    ];
    for (given, shown) in cases {
        assert_eq!(location(given).to_string(), shown);
        assert_eq!(
            format!("{:?}", location(given)),
            format!("Location({shown:?})")
        );
    }
}

#[test]
fn refuses_what_it_cannot_serve() {
    let cases = [
        ("", "a location may not be empty"),
        (
            "hdfs://host/a",
            "locations with the scheme `hdfs://` are not supported",
        ),
        (
            "s3:///key",
            "`s3:///key` is no address of this kind: the bucket or container is missing",
        ),
        (
            "s3://AKIA:secret@bucket/key",
            "`s3://bucket/key` is no address of this kind: credentials in the address are not accepted; set them in the environment",
        ),
        (
            "abs://example.org/box/a?sig=secret",
            "`abs://example.org/box/a?sig=REDACTED` is no address of this kind: expected `abs://account.blob.core.windows.net/container/blob`",
        ),
    ];
    for (given, text) in cases {
        assert_eq!(Location::parse(given).unwrap_err().to_string(), text);
    }
}

#[test]
fn names_extensions_and_parents() {
    let cases = [
        ("a/b.ipynb", Some("b.ipynb"), Some("ipynb"), Some("a")),
        ("b.ipynb", Some("b.ipynb"), Some("ipynb"), Some(".")),
        ("/", None, None, None),
        (
            "s3n://bucket/a/b.tar.gz",
            Some("b.tar.gz"),
            Some("gz"),
            Some("s3n://bucket/a"),
        ),
        ("s3://bucket/b", Some("b"), None, Some("s3://bucket")),
        ("s3://bucket", None, None, None),
        (
            "abfs://box@acct.dfs.core.windows.net/x/y.py",
            Some("y.py"),
            Some("py"),
            Some("abfs://box@acct.dfs.core.windows.net/x"),
        ),
        (
            "abs://acct.blob.core.windows.net/box/x/y.py?sig=s",
            Some("y.py"),
            Some("py"),
            Some("abs://acct.blob.core.windows.net/box/x"),
        ),
        (
            "http://h:1/x/y%20z.py?q=1",
            Some("y z.py"),
            Some("py"),
            Some("http://h:1/x"),
        ),
        ("http://h/", None, None, None),
        ("-", None, None, None),
    ];
    for (given, name, extension, parent) in cases {
        let location = location(given);
        assert_eq!(location.file_name().as_deref(), name, "{given}");
        assert_eq!(location.extension().as_deref(), extension, "{given}");
        assert_eq!(
            location
                .parent()
                .map(|parent| parent.to_string())
                .as_deref(),
            parent,
            "{given}"
        );
    }
}

#[test]
fn joins_literal_names() {
    let cases = [
        ("a", "b c%20.ipynb", "a/b c%20.ipynb"),
        ("s3://bucket", "x/ü ?.ipynb", "s3://bucket/x/ü ?.ipynb"),
        ("s3://bucket/p/", "x", "s3://bucket/p/x"),
        (
            "abs://acct.blob.core.windows.net/box/p",
            "x",
            "abs://acct.blob.core.windows.net/box/p/x",
        ),
        ("http://h/p/", "a b%2F.ipynb", "http://h/p/a%20b%252F.ipynb"),
        ("-", "x", "-"),
    ];
    for (given, name, joined) in cases {
        let joined_location = location(given).join(name);
        assert_eq!(joined_location.to_string(), joined);
        if given.starts_with("http") {
            assert_eq!(joined_location.file_name().as_deref(), Some(name));
        }
    }
}

#[test]
fn same_object_however_it_is_written() {
    for (one, other) in [
        ("s3://b/k", "s3n://b/k"),
        ("s3://b/k", "s3a://b/k"),
        ("gs://b/k", "gcs://b/k"),
    ] {
        assert!(location(one).place() == location(other).place());
    }
    let sas = location("abs://acct.blob.core.windows.net/box/p?sv=1&sig=x").join("q");
    assert!(sas.place() == location("abfs://box@acct.dfs.core.windows.net/p/q?sv=1&sig=x").place());
}

#[test]
fn drives_and_odd_names_are_paths() {
    for text in ["C://x", "a:b", "-x", "local/x", "./-", "1a://x"] {
        assert!(location(text).is_local().is_some(), "{text}");
    }
    assert_eq!(
        location("file:///a%20b").is_local(),
        Some(Path::new("/a b"))
    );
}

#[test]
fn cleans_the_texts_of_others() {
    let text = "error sending request for url (http://u:p@h/x?sig=abc&y=1) with AKIASECRET, see <https://h?tok>";
    let clean = redact_text(text, &["AKIASECRET".to_owned()]);
    assert_eq!(
        clean,
        "error sending request for url (http://h/x?sig=REDACTED&y=1) with REDACTED, see <https://h?REDACTED>"
    );
}
