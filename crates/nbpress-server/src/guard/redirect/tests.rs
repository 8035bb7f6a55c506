//! Whatever is asked for, a browser stays on this server.

use proptest::prelude::*;
use url::Url;

use super::*;

#[test]
fn paths_of_this_server_are_kept() {
    for (base, wanted) in [
        ("/", "/"),
        ("/", "/tree/a%20b.ipynb?x=//y#z"),
        ("/a%40b/", "/a%40b/tree/"),
        ("/a%40b/", "/a@b/tree"),
        ("/a%40b/", "/a%40b/tree//something"),
        ("/a%40b/", "/a%40b////a%40b/tree"),
    ] {
        assert_eq!(same_origin_path(&BaseUrl::new(base), wanted), wanted);
    }
}

/// And CVE-2020-26232, CVE-2020-26275, CVE-2019-10255, CVE-2019-10856, CVE-2023-39968.
#[test]
fn cve_2025_61669_other_addresses_lead_home() {
    for base in ["/", "/a%40b/"] {
        for wanted in [
            "",
            "tree",
            "//host",
            "///host",
            "\\\\host",
            "/\\host",
            "/\\/host",
            "/a%40b/\\host",
            "https://host",
            "https:///a%40b/x",
            "https:host",
            "javascript:alert(1)",
            "/\t/host",
            "/\n//host",
            "\u{0}//host",
            " //host",
            "/a%40b/\r\nset-cookie: x=y",
            "//host/a%40b/",
            "/é",
        ] {
            let base = BaseUrl::new(base);
            assert_eq!(same_origin_path(&base, wanted), base.path(), "{wanted:?}");
        }
    }
    assert_eq!(same_origin_path(&BaseUrl::new("/a/"), "/b/x"), "/a/");
    assert_eq!(same_origin_path(&BaseUrl::new("/a/"), "/ab/x"), "/a/");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_browser_leaves(
        base in prop::sample::select(vec!["/", "/a%40b/", "/a/b"]),
        wanted in "(/|//|///|\\\\|/\\\\|:///|https:|javascript:|@|\\.\\.|%2f|%5c|a%40b|a|b|host|\\?|#|[\\x00-\\x20]|é|:8888){0,9}",
    ) {
        let ours = Url::parse("http://server.example:8888/login").unwrap();
        let answer = same_origin_path(&BaseUrl::new(base), &wanted);
        let address = ours.join(&answer).unwrap();
        prop_assert_eq!(address.origin(), ours.origin(), "{:?} from {:?}", answer, wanted);
    }
}
