//! How the file is laid out; its contents are compared with the checked-in store.

use super::*;

#[test]
fn pretty_json_is_the_same_json() {
    let text = r#"{"a":[],"b":{},"c":[1,[true,null]],"d":{"e\"\n":"f","g":[{}]},"h":"é"}"#;
    let json = Json::parse(text.as_bytes()).unwrap();
    let mut pretty = String::new();
    write_pretty(&json, 0, &mut pretty);
    assert_eq!(Json::parse(pretty.as_bytes()).unwrap(), json);
    assert_eq!(
        pretty,
        "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    [\n      true,\n      null\n    ]\n  ],\n  \"d\": {\n    \"e\\\"\\n\": \"f\",\n    \"g\": [\n      {}\n    ]\n  },\n  \"h\": \"é\"\n}"
    );
}
