use super::*;

fn link(text: &str, href: &str) -> Link {
    Link {
        text: text.to_owned(),
        href: href.to_owned(),
        download: false,
    }
}

#[test]
fn whatever_was_found_is_text() {
    let evil = "<script>alert(1)</script>\"'&";
    let piece = |text: &str| (text.to_owned(), true);
    let results = Results {
        search: evil.to_owned(),
        action: evil.to_owned(),
        hidden: vec![(evil.to_owned(), evil.to_owned())],
        tabs: vec![Tab {
            text: evil.to_owned(),
            href: evil.to_owned(),
            is_current: true,
        }],
        filters: vec![link(evil, evil)],
        groups: vec![("Tags", vec![(link(evil, evil), 3)])],
        found: vec![Found {
            title: vec![piece(evil)],
            href: evil.to_owned(),
            path: vec![link(evil, evil)],
            facts: vec![evil.to_owned()],
            modified: Timestamp::from_second(60).ok(),
            authors: vec![link(evil, evil)],
            tags: vec![link(evil, evil)],
            excerpts: vec![Excerpt {
                place: evil.to_owned(),
                href: Some(evil.to_owned()),
                is_code: true,
                text: vec![piece(evil)],
            }],
        }],
        next: Some(evil.to_owned()),
    };
    let html = found(&results, &Page::default());
    assert!(!html.contains("<script>") && !html.contains("\"'"));
    assert!(html.contains("<mark>&lt;script&gt;"));
    assert!(html.contains("1970-01-01 00:01"));
}

#[test]
fn a_list_of_nothing_says_so() {
    let page = Page::default();
    assert!(found(&Results::default(), &page).contains("Nothing is here yet."));
    let results = Results {
        search: "x".to_owned(),
        ..Results::default()
    };
    assert!(found(&results, &page).contains("Nothing was found."));
}

#[test]
fn a_page_with_a_form_says_from_where_it_is_sent() {
    let form = crate::page::Form {
        text: "Copy".to_owned(),
        action: "/copy".to_owned(),
        fields: vec![("path".to_owned(), "a\"b".to_owned())],
    };
    let page = Page {
        forms: vec![form],
        ..Page::default()
    };
    let html = found(&Results::default(), &page);
    assert!(
        html.contains(
            "<input type=\"hidden\" name=\"path\" value=\"a&quot;b\"><button>Copy</button>"
        )
    );
    assert!(html.contains("<meta name=\"referrer\" content=\"same-origin\">"));
    let html = found(&Results::default(), &Page::default());
    assert!(html.contains("<meta name=\"referrer\" content=\"no-referrer\">"));
}
