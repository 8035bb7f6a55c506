//! Takes out of an outcome what differs between two runs of the very same program.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The text of a run with its folder, colours, addresses and process ids replaced.
pub(crate) fn text(text: &str, folder: &str) -> String {
    let text = without_colours(&text.replace(folder, "<folder>"));
    let text = replace_run(&text, "0x", "<address>", |c| c.is_ascii_hexdigit());
    // ipykernel names a cell's code after its process and a hash of the source.
    let text = replace_run(&text, "ipykernel_", "<ipykernel>", |c| c.is_ascii_digit());
    let text = without_times(&text);
    // Both programs say who they are in their usage.
    text.replace("nbpress papermill", "papermill")
}

/// A notebook with times, ids and versions replaced, and stream outputs merged.
pub(crate) fn notebook(notebook: &Value, folder: &str, known_ids: &[String]) -> Value {
    let mut notebook = notebook.clone();
    if let Some(block) = notebook["metadata"].get_mut("papermill") {
        hide_times(block);
        hide(block, "version");
    }
    // Which Python ran is the same on both sides; what else is said about it must be too.
    for cell in notebook["cells"].as_array_mut().into_iter().flatten() {
        if let Some(block) = cell["metadata"].get_mut("papermill") {
            hide_times(block);
        }
        for (_, time) in cell["metadata"]
            .get_mut("execution")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            *time = json!("<time>");
        }
        if cell["id"]
            .as_str()
            .is_some_and(|id| !known_ids.iter().any(|known| known == id))
        {
            cell["id"] = json!("<made up>");
        }
        if let Some(outputs) = cell.get_mut("outputs").and_then(Value::as_array_mut) {
            *outputs = merged(std::mem::take(outputs));
        }
    }
    let mut notebook = strings(notebook, &|value| text(value, folder));
    number_widgets(&mut notebook);
    notebook
}

fn hide_times(block: &mut Value) {
    for key in ["start_time", "end_time", "duration"] {
        hide(block, key);
    }
}

/// Replaces a value that is there, but not a missing one or a null: those say something.
fn hide(block: &mut Value, key: &str) {
    if let Some(value) = block.get_mut(key)
        && !value.is_null()
    {
        *value = json!(format!("<{key}>"));
    }
}

/// Stream outputs directly after one another with the same name are one: where a kernel cuts them is chance.
fn merged(outputs: Vec<Value>) -> Vec<Value> {
    let mut merged: Vec<Value> = Vec::new();
    for output in outputs {
        match merged.last_mut() {
            Some(last)
                if output["output_type"] == "stream"
                    && last["output_type"] == "stream"
                    && last["name"] == output["name"] =>
            {
                let both = joined(&last["text"]) + &joined(&output["text"]);
                last["text"] = json!(both);
            }
            _ => merged.push(output),
        }
    }
    merged
}

fn joined(text: &Value) -> String {
    match text {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

fn strings(value: Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(&text)),
        Value::Array(values) => values
            .into_iter()
            .map(|value| strings(value, change))
            .collect(),
        Value::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| (change(&key), strings(value, change)))
            .collect(),
        other => other,
    }
}

/// Gives widget models numbers in the order in which the outputs, then the models, first name them.
fn number_widgets(notebook: &mut Value) {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    let mut see = |text: &str, order: &mut Vec<String>| {
        for id in hexadecimal_ids(text) {
            if !numbers.contains_key(id) {
                numbers.insert(id.to_owned(), numbers.len());
                order.push(id.to_owned());
            }
        }
    };
    see(&notebook["cells"].to_string(), &mut order);
    let states =
        notebook["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
            .clone();
    let mut next = 0;
    while next < order.len() {
        see(&states[&order[next]].to_string(), &mut order);
        next += 1;
    }
    if let Some(states) = states.as_object() {
        let mut unseen: Vec<(String, &String)> = states
            .iter()
            .map(|(id, state)| (without_ids(&state.to_string()), id))
            .collect();
        unseen.sort();
        for (_, id) in unseen {
            see(id, &mut order);
        }
    }
    let number = |text: &str| {
        let mut text = text.to_owned();
        for (id, number) in &numbers {
            text = text.replace(id, &format!("<id {number}>"));
        }
        text
    };
    if !numbers.is_empty() {
        *notebook = strings(notebook.take(), &number);
    }
}

/// Thirty-two hexadecimal digits in a row, the form of a widget model's id.
fn hexadecimal_ids(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_hexdigit())
        .filter(|word| word.len() == 32)
}

fn without_ids(text: &str) -> String {
    let mut result = text.to_owned();
    for id in hexadecimal_ids(text) {
        result = result.replace(id, "<id>");
    }
    result
}

/// Replaces `prefix` and the longest run of accepted characters after it.
fn replace_run(text: &str, prefix: &str, by: &str, accepted: impl Fn(char) -> bool) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(prefix) {
        let after = &rest[at + prefix.len()..];
        let length = after.find(|c| !accepted(c)).unwrap_or(after.len());
        result.push_str(&rest[..at]);
        result.push_str(if length > 0 { by } else { prefix });
        rest = &after[length..];
    }
    result + rest
}

/// Replaces `2026-11-23T21:40:05.705660`.
fn without_times(text: &str) -> String {
    const FORM: &[u8] = b"dddd-dd-ddTdd:dd:dd.dddddd";
    let fits = |window: &[u8]| {
        let alike = |(byte, form): (&u8, &u8)| {
            if *form == b'd' {
                byte.is_ascii_digit()
            } else {
                byte == form
            }
        };
        window.iter().zip(FORM).all(alike)
    };
    let mut text = text.to_owned();
    while let Some(at) = text.as_bytes().windows(FORM.len()).position(fits) {
        text.replace_range(at..at + FORM.len(), "<time>");
    }
    text
}

/// Removes ANSI control sequences (`ESC [ … letter`).
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| c.is_ascii_alphabetic())
            .map_or(part.len(), |at| at + 1);
        result.push_str(&part[end..]);
    }
    result
}

/// Ids of the cells in an input notebook: an output notebook keeps them, all others are made up.
pub(crate) fn cell_ids(input: &[u8]) -> Vec<String> {
    let input: Value = serde_json::from_slice(input).unwrap_or_default();
    let ids = input["cells"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|cell| cell["id"].as_str());
    ids.map(str::to_owned).collect()
}

/// Every place where two values differ, as `(place, theirs, ours)`.
pub(crate) fn differences(theirs: &Value, ours: &Value) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    compare("", theirs, ours, &mut found);
    found
}

fn compare(place: &str, theirs: &Value, ours: &Value, found: &mut Vec<(String, String, String)>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            let absent = json!("<absent>");
            for key in all_keys(theirs, ours) {
                let place = if place.is_empty() {
                    key.to_owned()
                } else {
                    format!("{place}.{key}")
                };
                compare(
                    &place,
                    theirs.get(key).unwrap_or(&absent),
                    ours.get(key).unwrap_or(&absent),
                    found,
                );
            }
        }
        (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => {
            for (index, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                compare(&format!("{place}[{index}]"), theirs, ours, found);
            }
        }
        _ if theirs == ours => {}
        _ => found.push((place.to_owned(), theirs.to_string(), ours.to_string())),
    }
}

fn all_keys<'a>(one: &'a Map<String, Value>, other: &'a Map<String, Value>) -> Vec<&'a str> {
    let mut keys: Vec<&str> = one.keys().chain(other.keys()).map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
