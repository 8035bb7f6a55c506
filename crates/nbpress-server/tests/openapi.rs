//! The API's document is checked in; a change of the API is a change of it.

use std::path::Path;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test that reads the repository's own files"
)]
fn the_document_is_the_one_that_is_checked_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/nbpress.json");
    let made = nbpress_server::openapi_document();
    if std::env::var_os("NBPRESS_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        made == kept,
        "openapi/nbpress.json is not what the handlers say; \
         run `NBPRESS_BLESS=1 cargo test -p nbpress-server --test openapi`, `npm run schema` in `ui/`, \
         and look at the difference"
    );
    let document: serde_json::Value = serde_json::from_str(&made).unwrap();
    assert!(document["paths"].as_object().unwrap().len() >= 30);
}
