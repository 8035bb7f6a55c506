//! Whole pages of fixture notebooks.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that reads the repository's own files"
)]

use std::path::Path;

use nbpress_format::Notebook;
use nbpress_render::{Options, Page, STYLE, notebook};

fn fixture(name: &str) -> Notebook {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("../..").join(name);
    Notebook::parse(&std::fs::read(path).unwrap()).unwrap()
}

/// A page without its style, which has no part in what it says.
fn page(of: &Notebook, title: &str) -> String {
    let page = Page {
        title: title.to_owned(),
        ..Page::default()
    };
    notebook(of, &page).replace(STYLE, "…")
}

#[test]
fn pages_are_as_they_were() {
    for (name, path) in [
        (
            "parameters_typed",
            "fixtures/notebooks/parameters_typed.ipynb",
        ),
        ("ansi_colours", "fixtures/notebooks/ansi_colours.ipynb"),
        (
            "executed",
            "crates/nbpress-scheduler/src/import/record/tests/executed.ipynb",
        ),
    ] {
        insta::assert_snapshot!(name, page(&fixture(path), name));
    }
}

/// Every fixture gives a page, which is the same when it is written again.
#[test]
fn every_fixture_has_a_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/notebooks");
    let mut seen = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "ipynb")
        {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let Ok(parsed) = Notebook::parse(&bytes) else {
            continue;
        };
        let html = page(&parsed, "t");
        assert!(html.ends_with("</main>\n</body>\n</html>\n"), "{path:?}");
        assert_eq!(html, page(&parsed, "t"), "{path:?}");
        seen += 1;
    }
    assert!(seen > 50, "{seen} fixtures");
}

/// What a policy names is what a page has.
#[test]
fn the_style_is_the_one_of_the_policy() {
    let embedded = Page {
        options: Options {
            embed: true,
            ..Options::default()
        },
        ..Page::default()
    };
    let html = notebook(&fixture("fixtures/notebooks/ansi_colours.ipynb"), &embedded);
    assert_eq!(html.matches("<style>").count(), 1);
    assert!(html.contains(&format!("<style>{STYLE}</style>")));
    let hash = format!("&#39;sha256-{}&#39;", *nbpress_render::STYLE_SHA256);
    assert!(html.contains(&hash));
    // A text that ends the element would end the style, whatever it is in.
    assert!(!STYLE.contains("</"));
}
