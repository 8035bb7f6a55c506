//! What holds for every JSON value, every notebook and every byte sequence.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use nbpress_format::json::Number;
use nbpress_format::{Cell, CellKind, Json, Notebook, Object, Output, OutputKind, ParseError};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// Characters that writers, readers or line splitters treat in a special way, and others.
fn text() -> impl Strategy<Value = String> {
    let special = proptest::sample::select(
        "\n\r\t\u{b}\u{c}\u{1c}\u{1e}\u{85}\u{2028}\u{2029}\u{0}\u{7f}\u{feff}\u{1f600}\"\\/ aé"
            .chars()
            .collect::<Vec<_>>(),
    );
    let char = prop_oneof![3 => special, 1 => any::<char>()];
    vec(char, 0..12).prop_map(String::from_iter)
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_map(Number::from),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        number().prop_map(Json::Number),
        text().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            btree_map(text(), inner, 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Object> {
    btree_map(text(), json(), 0..3).prop_map(|entries| entries.into_iter().collect())
}

/// Fields that no format names.
fn extra() -> impl Strategy<Value = Object> {
    btree_map("x_[a-z]{1,3}", json(), 0..2).prop_map(|entries| entries.into_iter().collect())
}

/// Texts outside JSON types: there, a list of texts is a text split into lines.
fn bundle() -> impl Strategy<Value = Object> {
    let mime = proptest::sample::select(vec![
        "text/plain",
        "text/html",
        "image/svg+xml",
        "image/png",
        "application/javascript",
        "application/json",
        "application/vnd.x+json",
    ]);
    let entry = (mime, text(), json()).prop_map(|(mime, text, json)| {
        let value = if mime.ends_with("json") {
            json
        } else {
            text.into()
        };
        (mime.to_owned(), value)
    });
    vec(entry, 0..3).prop_map(|entries| entries.into_iter().collect())
}

fn output() -> impl Strategy<Value = Output> {
    let count = proptest::option::of(any::<u64>());
    let kind = prop_oneof![
        (text(), text()).prop_map(|(name, text)| OutputKind::Stream { name, text }),
        (bundle(), object())
            .prop_map(|(data, metadata)| OutputKind::DisplayData { data, metadata }),
        (count, bundle(), object()).prop_map(|(execution_count, data, metadata)| {
            OutputKind::ExecuteResult {
                execution_count,
                data,
                metadata,
            }
        }),
        (text(), text(), vec(text(), 0..3)).prop_map(|(ename, evalue, traceback)| {
            OutputKind::Error {
                ename,
                evalue,
                traceback,
            }
        }),
    ];
    (kind, extra()).prop_map(|(kind, extra)| Output { kind, extra })
}

fn cell() -> impl Strategy<Value = Cell> {
    let code = (proptest::option::of(any::<u64>()), vec(output(), 0..3)).prop_map(
        |(execution_count, outputs)| CellKind::Code {
            execution_count,
            outputs,
        },
    );
    let kind = prop_oneof![
        4 => code,
        1 => Just(CellKind::Markdown),
        1 => Just(CellKind::Raw),
        1 => Just(CellKind::Other("chart".to_owned())),
    ];
    let attachments = btree_map(text(), bundle(), 0..2).prop_map(|bundles| {
        Json::Object(
            bundles
                .into_iter()
                .map(|(name, bundle)| (name, bundle.into()))
                .collect(),
        )
    });
    (kind, text(), object(), extra(), attachments).prop_map(
        |(kind, source, metadata, mut extra, attachments)| {
            extra.insert("attachments".to_owned(), attachments);
            Cell {
                id: None,
                kind,
                source,
                metadata,
                extra,
            }
        },
    )
}

fn notebook() -> impl Strategy<Value = Notebook> {
    (object(), vec(cell(), 0..4), extra()).prop_map(|(metadata, mut cells, extra)| {
        for (index, cell) in cells.iter_mut().enumerate() {
            cell.id = Some(format!("cell-{index}"));
        }
        Notebook {
            metadata,
            nbformat: 4,
            nbformat_minor: 5,
            cells,
            extra,
        }
    })
}

/// A small notebook of each format, for damage.
const NOTEBOOKS: &[&[u8]] = &[
    include_bytes!("nbformat_fixtures/every_field/v4_5.ipynb"),
    include_bytes!("nbformat_fixtures/every_field/v4_99.ipynb"),
    include_bytes!("nbformat_fixtures/every_field/v3.ipynb"),
    include_bytes!("nbformat_fixtures/every_field/v2.ipynb"),
];

/// A place, how many bytes go, and what comes instead.
type Edit = (prop::sample::Index, usize, Vec<u8>);

fn edit() -> impl Strategy<Value = Edit> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..4),
        proptest::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "NaN", "-1", "1e999", "\\ud800",
            "\"a\":", "[[[[[[", "\u{2028}", "{}", "[]",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    (any::<prop::sample::Index>(), 0..8_usize, piece)
}

fn apply(bytes: &mut Vec<u8>, (place, length, piece): &Edit) {
    let start = place.index(bytes.len() + 1);
    let end = (start + length).min(bytes.len());
    bytes.splice(start..end, piece.iter().copied());
}

/// What is read is written in a form that stays as it is.
fn settles(bytes: &[u8]) {
    let Ok((notebook, _)) = Notebook::parse_and_validate(bytes) else {
        return;
    };
    let first = notebook.to_bytes();
    let second = Notebook::parse(&first).unwrap().to_bytes();
    let third = Notebook::parse(&second).unwrap().to_bytes();
    assert_eq!(
        String::from_utf8(second).unwrap(),
        String::from_utf8(third).unwrap()
    );
}

/// A notebook is the same, read at once, from JSON or out of a model of the contents API.
fn is_the_same_in_a_model(bytes: &[u8]) {
    let without_ids = |read: Result<Notebook, ParseError>| {
        read.ok().map(|mut notebook| {
            // Some are made up.
            notebook.cells.iter_mut().for_each(|cell| cell.id = None);
            notebook
        })
    };
    let at_once = without_ids(Notebook::parse(bytes));
    let Ok(json) = Json::parse(bytes) else {
        assert_eq!(at_once, None);
        return;
    };
    let model = [br#"{"type": "notebook", "content": "#, bytes, b"}"].concat();
    let mut model = Json::parse_model(&model).unwrap();
    let content = model.as_object_mut().unwrap().shift_remove("content");
    assert_eq!(without_ids(Notebook::from_json(json)), at_once);
    assert_eq!(without_ids(Notebook::from_json(content.unwrap())), at_once);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn json_survives_its_text(json in json()) {
        let text = json.to_compact();
        prop_assert!(!text.contains('\n'));
        prop_assert_eq!(Json::parse(text.as_bytes()).unwrap(), json.clone());
        prop_assert_eq!(Json::parse_lossy(text.as_bytes()).unwrap(), json);
    }

    #[test]
    fn floats_survive_their_text(bits: u64) {
        let float = f64::from_bits(bits);
        let back = Number::from(float).as_f64();
        prop_assert!(back.to_bits() == bits || float.is_nan() && back.is_nan());
    }

    #[test]
    fn notebooks_survive_their_bytes(notebook in notebook()) {
        let bytes = notebook.to_bytes();
        let back = Notebook::parse(&bytes).unwrap();
        prop_assert_eq!(String::from_utf8(back.to_bytes()).unwrap(), String::from_utf8(bytes).unwrap());
        prop_assert_eq!(back.cells.len(), notebook.cells.len());
    }

    #[test]
    fn outputs_survive_their_json(output in output()) {
        prop_assert_eq!(Output::from_json(&output.to_json()).unwrap(), output);
    }

    #[test]
    fn json_of_any_bytes_is_read_or_refused(bytes: Vec<u8>) {
        drop(Json::parse(&bytes));
        drop(Json::parse_lossy(&bytes));
    }

    #[test]
    fn damaged_notebooks_are_read_or_refused(
        which in 0..NOTEBOOKS.len(),
        edits in vec(edit(), 1..4),
    ) {
        let mut bytes = NOTEBOOKS[which].to_vec();
        for edit in &edits {
            apply(&mut bytes, edit);
        }
        settles(&bytes);
        is_the_same_in_a_model(&bytes);
        drop(Json::parse_lossy(&bytes));
    }
}

#[test]
fn notebooks_of_every_format_settle() {
    for bytes in NOTEBOOKS {
        assert!(Notebook::parse(bytes).is_ok());
        settles(bytes);
        is_the_same_in_a_model(bytes);
    }
}

/// What a field of any format may hold by mistake.
const VALUES: &[&str] = &[
    "null",
    r#""x""#,
    "[]",
    "[7]",
    r#"["a\n", "b"]"#,
    r#"{"a": 1}"#,
    r#"{"a": {"image/png": ["x", "y"], "text/plain": [1]}}"#,
];

/// Every field of every format in every object of a notebook of every format.
#[test]
fn notebooks_with_fields_in_the_wrong_place_settle() {
    let notebooks: Vec<Json> = NOTEBOOKS
        .iter()
        .map(|bytes| Json::parse(bytes).unwrap())
        .collect();
    let mut names = std::collections::BTreeSet::new();
    for notebook in &notebooks {
        each_object(&mut notebook.clone(), &mut |object| {
            names.extend(object.keys().cloned());
        });
    }
    let values: Vec<Json> = VALUES
        .iter()
        .map(|text| Json::parse(text.as_bytes()).unwrap())
        .collect();
    let mut tried = 0_u32;
    for notebook in &notebooks {
        let mut objects = 0;
        each_object(&mut notebook.clone(), &mut |_| objects += 1);
        let fields = names
            .iter()
            .flat_map(|name| values.iter().map(move |value| (name, value)));
        for (place, (name, value)) in
            (0..objects).flat_map(|place| fields.clone().map(move |field| (place, field)))
        {
            let damaged = with_field(notebook, place, name, value);
            settles(damaged.to_compact().as_bytes());
            tried += 1;
        }
    }
    assert!(tried > 20_000, "{tried}");
}

/// The document with another field in its object at `place`.
fn with_field(document: &Json, place: usize, name: &str, value: &Json) -> Json {
    let mut document = document.clone();
    let mut at = 0;
    each_object(&mut document, &mut |object| {
        if at == place {
            object.insert(name.to_owned(), value.clone());
        }
        at += 1;
    });
    document
}

/// Visits the objects of a document, outer ones first.
fn each_object(json: &mut Json, visit: &mut impl FnMut(&mut Object)) {
    match json {
        Json::Object(object) => {
            visit(object);
            for value in object.values_mut() {
                each_object(value, visit);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| each_object(item, visit)),
        _ => {}
    }
}
