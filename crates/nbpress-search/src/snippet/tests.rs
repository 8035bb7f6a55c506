use super::*;

/// What matched in brackets.
fn shown(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|span| {
            if span.is_match {
                format!("[{}]", span.text)
            } else {
                span.text.clone()
            }
        })
        .collect()
}

fn marked(text: &str) -> Marked {
    Marked::read(&text.replace('[', "\u{2}").replace(']', "\u{3}"))
}

#[test]
fn marks_are_found_and_spaces_are_one() {
    let marked = marked("a  [b]\n\tc [d\u{200b}e]");
    assert_eq!(shown(&marked.whole()), "a [b] c [de]");
    assert_eq!(marked.count(), 2);
    assert!(Marked::read("no match").best().is_none());
}

#[test]
fn the_place_with_the_most_matches_is_shown_with_words_that_are_whole() {
    let far = "lorem ".repeat(60);
    let text = format!("[one] {far} before [two] and [three] after {far}");
    let (at, spans) = marked(&text).best().unwrap();
    let shown = shown(&spans);
    assert!(shown.starts_with("… lorem"), "{shown}");
    assert!(shown.contains("before [two] and [three] after"), "{shown}");
    assert!(shown.ends_with("lorem …"), "{shown}");
    assert!(shown.len() < LENGTH + 20);
    assert_eq!(&text.replace(['[', ']'], "")[at..at + 3], "two");
}

#[test]
fn characters_are_never_cut() {
    for length in 0..200 {
        let text = format!("{}[ü]{}", "ä".repeat(length), "ö".repeat(200));
        let marked = marked(&text);
        assert!(shown(&marked.best().unwrap().1).contains("[ü]"), "{length}");
        marked.beginning();
    }
}
