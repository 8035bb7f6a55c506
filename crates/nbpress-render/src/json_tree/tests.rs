use nbpress_format::Json;

use super::write;
use crate::html::{Html, whole};

fn tree(json: &Json) -> String {
    whole(|out| write(&mut Html::new(out), json))
}

#[test]
fn a_tree_of_json() {
    let json = Json::parse(br#"{"a<b": [1, "x"], "c": null, "d": {}}"#).unwrap();
    assert_eq!(
        tree(&json),
        "<div class=\"json\" tabindex=\"0\"><details open><summary>{3}</summary><ul>\
         <li><details open><summary><span class=\"key\">a&lt;b</span> [2]</summary><ul>\
         <li><span class=\"key\">0</span> <span class=\"n\">1</span></li>\
         <li><span class=\"key\">1</span> <span class=\"s\">&quot;x&quot;</span></li></ul></details></li>\
         <li><span class=\"key\">c</span> <span class=\"k\">null</span></li>\
         <li><span class=\"key\">d</span> <span class=\"k\">{}</span></li></ul></details></div>"
    );
}

#[test]
fn a_deep_or_a_wide_value_stays_small() {
    let deep = format!("{}1{}", "[".repeat(400), "]".repeat(400));
    let html = tree(&Json::parse(deep.as_bytes()).unwrap());
    assert_eq!(html.matches("<details").count(), super::DEEPEST);
    let wide = Json::Array(vec![Json::Null; 5000]);
    assert!(tree(&wide).contains("<li class=\"left\">and 4000 more</li>"));
}
