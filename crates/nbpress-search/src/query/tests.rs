use super::*;

fn fts(text: &str) -> (Option<String>, Option<String>) {
    let query = Query::parse(text);
    (query.wanted(), query.unwanted())
}

#[test]
fn words_phrases_and_fields_are_what_people_mean() {
    for (text, wanted, unwanted) in [
        ("", "", ""),
        ("  !?  - \"\" ", "", ""),
        ("x", "\"x\"", ""),
        ("Sales", "(\"Sales\" OR \"Sales\" *)", ""),
        ("\"by month\" q3", "\"by month\" AND \"q3\"", ""),
        ("\"by month", "\"by month\"", ""),
        ("a -b -\"c d\"", "\"a\"", "\"b\" OR \"c d\""),
        ("- a", "\"a\"", ""),
        ("title:x", "({title} : \"x\")", ""),
        ("TAG:\"a b\"", "({tags} : \"a b\")", ""),
        ("-author:al", "", "({authors} : \"al\")"),
        ("in:output ab", "({output} : \"ab\")", ""),
        ("ab in:source", "({source names} : \"ab\")", ""),
        ("path:x in:output", "({path} : \"x\")", ""),
        ("in:nowhere", "(\"in:nowhere\" OR \"in:nowhere\" *)", ""),
        ("title: x", "(\"title:\" OR \"title:\" *) AND \"x\"", ""),
        ("a\0b", "\"a b\"", ""),
        ("b\"c", "\"b\" AND \"c\"", ""),
        ("col:x", "(\"col:x\" OR \"col:x\" *)", ""),
    ] {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        assert_eq!(fts(text), (some(wanted), some(unwanted)), "{text}");
    }
}

#[test]
fn a_query_is_bounded() {
    let query = Query::parse(&"w ".repeat(10_000));
    assert_eq!(query.clauses.len(), MOST_CLAUSES);
}
