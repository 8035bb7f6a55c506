use jiff::Timestamp;

use super::{Column, Entry, EntryKind, Listing, Order, listing};
use crate::page::Page;

fn entry(name: &str, kind: EntryKind, modified: Option<i64>, size: Option<u64>) -> Entry {
    Entry {
        name: name.to_owned(),
        href: format!("/view/{name}"),
        edit: None,
        kind,
        modified: modified.map(|second| Timestamp::from_second(second).unwrap()),
        size,
    }
}

fn entries() -> Vec<Entry> {
    vec![
        entry("b.csv", EntryKind::File, Some(30), Some(5)),
        entry("Z", EntryKind::Directory, Some(20), None),
        entry("a.ipynb", EntryKind::Notebook, Some(10), Some(9_000)),
        entry("c", EntryKind::Directory, None, None),
    ]
}

#[test]
fn entries_are_sorted_as_the_query_says() {
    for (query, expected) in [
        ("", "c Z a.ipynb b.csv"),
        ("nonsense", "c Z a.ipynb b.csv"),
        ("name", "c Z a.ipynb b.csv"),
        ("-name", "Z c b.csv a.ipynb"),
        ("kind", "c Z a.ipynb b.csv"),
        ("-kind", "b.csv a.ipynb c Z"),
        ("modified", "a.ipynb Z b.csv c"),
        ("-modified", "b.csv Z a.ipynb c"),
        ("size", "b.csv a.ipynb c Z"),
        ("-size", "a.ipynb b.csv c Z"),
    ] {
        let mut entries = entries();
        Order::from_query(query).sort(&mut entries);
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names.join(" "), expected, "{query}");
    }
    for query in ["-name", "kind", "modified", "-size"] {
        assert_eq!(Order::from_query(query).to_query(), query);
    }
}

#[test]
fn a_folder_is_a_table_that_sorts_and_searches() {
    let shown = Listing {
        entries: entries(),
        order: Order {
            by: Column::Modified,
            descending: true,
        },
        search: "a&b \"".to_owned(),
        total: Some(1200),
        next: Some("?page=2".to_owned()),
        ..Listing::default()
    };
    let html = listing(&shown, &Page::default());
    for part in [
        "name=\"q\" aria-label=\"Search this folder\" placeholder=\"Search this folder\" value=\"a&amp;b &quot;\"",
        "<input type=\"hidden\" name=\"sort\" value=\"-modified\">",
        "class=\"when\" aria-sort=\"descending\"><a href=\"?sort=modified&amp;q=a%26b%20%22\">Modified ↓</a>",
        "<th scope=\"col\"><a href=\"?sort=name&amp;q=a%26b%20%22\">Name</a>",
        "<tr class=\"nb\"><td><a href=\"/view/a.ipynb\">a.ipynb</a></td><td class=\"kind\">Notebook</td>",
        "<time datetime=\"1970-01-01T00:00:10Z\">1970-01-01 00:00</time></td><td class=\"num\">9.0 kB</td>",
        "<span>4 of 1,200</span><span><a href=\"?page=2\">More →</a></span>",
    ] {
        assert!(html.contains(part), "no {part} in {html}");
    }
}

#[test]
fn an_empty_folder_says_so() {
    let html = listing(&Listing::default(), &Page::default());
    assert!(html.contains("This folder is empty."));
    let search = "x".to_owned();
    let searched = Listing {
        search,
        ..Listing::default()
    };
    assert!(listing(&searched, &Page::default()).contains("Nothing here has that in its name."));
}

/// CVE-2015-6938 and CVE-2018-19352: the name of a folder was markup.
#[test]
fn cve_2015_6938_a_name_is_text() {
    let name = "<img src=x onerror=alert(1)>\"'";
    let shown = Listing {
        entries: vec![entry(name, EntryKind::Directory, None, None)],
        ..Listing::default()
    };
    let page = Page {
        title: name.to_owned(),
        breadcrumbs: vec![(name.to_owned(), "/view/".to_owned())],
        ..Page::default()
    };
    let html = listing(&shown, &page);
    assert!(!html.contains("<img"));
    assert_eq!(
        html.matches("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;")
            .count(),
        7
    );
}
