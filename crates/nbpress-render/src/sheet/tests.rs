//! What the page of a table says, and that what is in the table stays text.

use super::{Sheet, SheetColumn, Sorted, sheet};
use crate::Page;

fn example() -> Sheet {
    let column = |name: &str, is_number| SheetColumn {
        name: name.to_owned(),
        holds: "Int64".to_owned(),
        is_number,
        href: format!("?sort={name}"),
        sorted: is_number.then_some(Sorted::Descending),
    };
    Sheet {
        columns: vec![column("<b>", false), column("n", true)],
        all_columns: 300,
        rows: vec![
            vec![Some("<script>".to_owned()), Some("7".to_owned())],
            vec![None, Some("é".repeat(2000))],
        ],
        before: 1000,
        total: 1_234_567,
        previous: Some("?page=1".to_owned()),
        next: None,
    }
}

#[test]
fn a_page_names_its_rows_and_the_way_to_others() {
    let html = sheet(&example(), &Page::default());
    for part in [
        "aria-sort=\"descending\"><a href=\"?sort=n\">n ↓</a><small>Int64</small>",
        "<th scope=\"row\">1,001</th>",
        "<td class=\"null\">null</td>",
        "1,234,567 rows, 300 columns, of which the first 2 are shown.",
        "1,001–1,002 of 1,234,567",
        "<a href=\"?page=1\">← Before</a>",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    assert!(!html.contains("More →"));
    assert_eq!(html.matches('é').count(), 1000, "2,000 bytes of a field");
}

#[test]
fn what_is_in_a_table_is_text() {
    let html = sheet(&example(), &Page::default());
    assert!(html.contains("&lt;b&gt;") && html.contains("&lt;script&gt;"));
    assert!(!html.contains("<script>") && !html.contains("<b>"));
}
