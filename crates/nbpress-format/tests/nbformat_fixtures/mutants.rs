//! Notebooks with every field of their format, each damaged in one place.

use nbpress_format::Json;

use crate::reference::Case;

const EVERY_FIELD: &[(&str, &str)] = &[
    ("4.5", include_str!("every_field/v4_5.ipynb")),
    ("4.99", include_str!("every_field/v4_99.ipynb")),
    ("3", include_str!("every_field/v3.ipynb")),
    ("2", include_str!("every_field/v2.ipynb")),
];

/// What a value is replaced by.
const REPLACEMENTS: &[&str] = &[
    "null",
    "7",
    "-3",
    "2.5",
    r#""x""#,
    r#""""#,
    r#""a,\nb""#,
    "[]",
    "{}",
    r#"["a\n", "b"]"#,
];

/// What nbformat lets pass and we do not.
///
/// - A file says it is newer than 4.5: the kind of an unknown cell or output, and the id of such a
///   cell, may be anything in the schema; a notebook in memory has texts there.
/// - An empty text or object in the place of a list of worksheets or cells: Python can iterate over
///   it.
///
/// And what we do not look at: where a file of format 3 says it came from, which no file of format 4
/// may say.
fn is_known_difference(name: &str) -> bool {
    let (format, place) = name.split_once(": ").unwrap();
    let (field, value) = place.split_once('=').unwrap_or((place, ""));
    match format {
        "4.99" if !value.starts_with('"') => {
            field.ends_with("cell_type")
                || field.ends_with("output_type")
                || field.ends_with("].id")
        }
        "2" | "3" if value == "\"\"" || value == "{}" => {
            field == ".worksheets" || field.ends_with("].cells")
        }
        "3" => field == ".orig_nbformat",
        _ => false,
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut bases: Vec<(String, Json)> = EVERY_FIELD
        .iter()
        .map(|(name, text)| ((*name).to_owned(), Json::parse(text.as_bytes()).unwrap()))
        .collect();
    for minor in [1_u64, 2, 3, 4] {
        bases.push((format!("4.{minor}"), without_ids(&bases[0].1, minor)));
    }
    let replacements: Vec<Json> = REPLACEMENTS
        .iter()
        .map(|text| Json::parse(text.as_bytes()).unwrap())
        .collect();
    let mut cases = Vec::new();
    for (name, base) in bases {
        // Formats 4.0 to 4.4 differ from 4.5 in what metadata may hold.
        let whole = !["4.1", "4.2", "4.3", "4.4"].contains(&name.as_str());
        let mut add = |place: &str, mutant: Json| {
            if whole || place.contains("metadata") || !place.contains('=') {
                cases.push(Case {
                    name: format!("{name}: {place}"),
                    bytes: mutant.to_compact().into_bytes(),
                });
            }
        };
        add("as it is", base.clone());
        damage(&base, "", &replacements, &mut add);
    }
    cases.retain(|case| !is_known_difference(&case.name));
    cases
}

fn without_ids(base: &Json, minor: u64) -> Json {
    let mut base = base.clone();
    let notebook = base.as_object_mut().unwrap();
    notebook.insert("nbformat_minor".to_owned(), minor.into());
    for cell in notebook["cells"].as_array_mut().unwrap() {
        cell.as_object_mut().unwrap().shift_remove("id");
    }
    base
}

/// Gives every document that differs from `value` in one place.
fn damage(value: &Json, place: &str, replacements: &[Json], give: &mut dyn FnMut(&str, Json)) {
    for replacement in replacements {
        give(
            &format!("{place}={}", replacement.to_compact()),
            replacement.clone(),
        );
    }
    match value {
        Json::Object(object) => {
            let mut more = object.clone();
            more.insert("unknown".to_owned(), "x".into());
            give(&format!("{place}=+unknown"), more.into());
            for (key, inner) in object {
                let mut less = object.clone();
                less.shift_remove(key);
                give(&format!("{place}=-{key}"), less.into());
                damage(
                    inner,
                    &format!("{place}.{key}"),
                    replacements,
                    &mut |place, mutant| {
                        let mut object = object.clone();
                        object.insert(key.clone(), mutant);
                        give(place, object.into());
                    },
                );
            }
        }
        Json::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                damage(
                    inner,
                    &format!("{place}[{index}]"),
                    replacements,
                    &mut |place, mutant| {
                        let mut items = items.clone();
                        items[index] = mutant;
                        give(place, items.into());
                    },
                );
            }
        }
        _ => {}
    }
}
