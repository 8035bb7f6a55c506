//! The page beneath a base.

use super::*;

#[test]
fn the_page_names_its_base() {
    let page = r#"<head><base href="/" /><script src="./ui/a.js">"#;
    for (base, expected) in [
        ("/", "/"),
        ("/a%40b/", "/a%40b/"),
        (r#"/a"b&c/"#, "/a&quot;b&amp;c/"),
    ] {
        let page = beneath(&BaseUrl::new(base), page);
        let expected = format!(r#"<head><base href="{expected}" /><script src="./ui/a.js">"#);
        assert_eq!(page, expected);
    }
}

#[test]
fn the_built_page_has_a_base_to_replace() {
    if let Some(page) = files::text("index.html") {
        assert_eq!(page.matches(BASE).count(), 1, "{page}");
    }
}
