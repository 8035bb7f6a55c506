//! Every value comes back.

use std::cell::RefCell;
use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::disk;

/// Blobs in memory.
#[derive(Default)]
struct Blobs(RefCell<HashMap<String, Vec<u8>>>);

impl Blobs {
    fn encode(&self, value: Json) -> String {
        encode(value, &mut |bytes| {
            let sha256 = disk::sha256(bytes);
            self.0.borrow_mut().insert(sha256.clone(), bytes.to_vec());
            Ok(sha256)
        })
        .unwrap()
    }

    fn decode(&self, text: &str) -> Result<Json, PayloadError> {
        decode(text.as_bytes(), &|sha256| {
            let missing = || RecordError::MissingBlob {
                sha256: sha256.to_owned(),
            };
            self.0.borrow().get(sha256).cloned().ok_or_else(missing)
        })
    }

    fn check(&self, value: &Json) -> String {
        let text = self.encode(value.clone());
        assert_eq!(&self.decode(&text).unwrap(), value);
        text
    }
}

#[test]
fn texts_go_to_a_blob_from_64_kib_on() {
    for (text, blobs) in [
        ("x".repeat(LARGE_TEXT - 1), 0),
        ("x".repeat(LARGE_TEXT), 1),
        ("é".repeat(LARGE_TEXT / 2), 1),
        ("x ".repeat(10 << 20), 1),
    ] {
        let store = Blobs::default();
        let kept = store.check(&object([("text", text.into())]));
        assert_eq!(store.0.borrow().len(), blobs);
        assert_eq!(kept.len() < 200, blobs == 1, "{}", kept.len());
    }
}

#[test]
fn images_are_kept_as_their_bytes_when_nothing_is_lost() {
    let image: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
    let base64 = STANDARD.encode(&image);
    let store = Blobs::default();
    let text = store.check(&object([("image/png", base64.clone().into())]));
    assert!(text.contains(r#""encoding":"base64""#), "{text}");
    assert_eq!(store.0.borrow()[&disk::sha256(&image)], image);

    // With a line break, other padding or loose last bits, the text would not come back the same.
    let mut loose = base64.clone().into_bytes();
    let place = loose.iter().rposition(|byte| *byte != b'=').unwrap();
    loose[place] += 1;
    for text in [
        format!("{base64}\n"),
        base64.trim_end_matches('=').to_owned(),
        String::from_utf8(loose).unwrap(),
    ] {
        assert!(store.check(&text.into()).contains("utf-8"));
    }
}

#[test]
fn a_large_value_of_small_texts_goes_to_a_blob_as_a_whole() {
    let store = Blobs::default();
    let numbers: Vec<Json> = (0..200_000_u64).map(Json::from).collect();
    let text = store.check(&object([
        ("data", numbers.into()),
        ("text", "x".repeat(70_000).into()),
    ]));
    assert!(text.len() < 200);
    assert_eq!(store.0.borrow().len(), 2);
}

#[test]
fn whatever_the_parser_takes_can_be_nested_in_an_event() {
    let depth = nbpress_format::json::MAX_DEPTH;
    let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let deepest = Json::parse(text.as_bytes()).unwrap();
    let store = Blobs::default();
    store.check(&object([(
        "output",
        object([("data", object([("application/json", deepest)]))]),
    )]));
}

#[test]
fn dictionaries_that_look_like_references_stay_what_they_are() {
    let store = Blobs::default();
    for key in [
        "$blob", "$$blob", "$$$blob", "blob", "$", "", "$blob ", "$$",
    ] {
        let value = object([(key, "0".repeat(64).into()), ("encoding", "utf-8".into())]);
        store.check(&value);
        store.check(&object([("outer", Json::Array(vec![value]))]));
    }
    assert!(store.0.borrow().is_empty());
}

#[test]
fn references_that_lead_nowhere_are_errors() {
    let store = Blobs::default();
    let sha256 = "0".repeat(64);
    for text in [
        format!(r#"{{"$blob":"{sha256}","encoding":"utf-8"}}"#),
        r#"{"$blob":"../../etc/passwd","encoding":"utf-8"}"#.to_owned(),
        r#"{"$blob":7,"encoding":"utf-8"}"#.to_owned(),
        format!(r#"{{"$blob":"{sha256}"}}"#),
    ] {
        assert!(store.decode(&text).is_err(), "{text}");
    }
    store
        .0
        .borrow_mut()
        .insert(sha256.clone(), b"\xff".to_vec());
    for encoding in ["utf-8", "json", "rot13"] {
        assert!(
            store
                .decode(&format!(
                    r#"{{"$blob":"{sha256}","encoding":"{encoding}"}}"#
                ))
                .is_err()
        );
    }
    // A blob that refers to itself cannot be made, but a store can be tampered with.
    let circle = format!(r#"{{"$blob":"{sha256}","encoding":"json"}}"#);
    store
        .0
        .borrow_mut()
        .insert(sha256, circle.clone().into_bytes());
    assert!(store.decode(&circle).is_err());
}

fn json() -> impl Strategy<Value = Json> {
    let key = prop_oneof![
        Just("$blob".to_owned()),
        Just("$$blob".to_owned()),
        "[a-z$]{0,3}"
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        ".*".prop_map(Json::from),
        ("[a-zA-Z0-9+/=]{1,4}", 16_000..40_000_usize)
            .prop_map(|(text, times)| Json::from(text.repeat(times))),
    ];
    leaf.prop_recursive(6, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|pairs| Json::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn every_value_comes_back(value in json()) {
        Blobs::default().check(&value);
    }
}
