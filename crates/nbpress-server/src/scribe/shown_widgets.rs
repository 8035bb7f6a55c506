//! The state of the widgets that a document shows, in its metadata: with it they are shown when their kernel is gone.

use nbpress_execute::widgets::STATE_MIME;
use nbpress_format::output::OutputKind;
use nbpress_format::{Cell, Json, Notebook, Object, Output};

const VIEW_MIME: &str = "application/vnd.jupyter.widget-view+json";
/// What stands before the name of a model that another one refers to.
const REFERENCE: &str = "IPY_MODEL_";

/// Notes the state that widgets have now beside that of those which an earlier kernel left; of all only what is shown.
pub(super) fn note(notebook: &mut Notebook, now: &Json) {
    let mut models = saved(notebook).cloned().unwrap_or_default();
    let current = now.get("state").and_then(Json::as_object);
    models.extend(current.cloned().unwrap_or_default());
    let shown = shown(notebook);
    let kept = reachable(&models, shown);
    if kept.is_empty() && saved(notebook).is_none() {
        return;
    }
    let mut state = now.clone();
    if let Some(state) = state.as_object_mut() {
        state.insert("state".to_owned(), Json::Object(kept));
    }
    let widgets = notebook.metadata.entry("widgets".to_owned());
    let widgets = widgets.or_insert_with(|| Json::Object(Object::new()));
    if let Some(widgets) = widgets.as_object_mut() {
        widgets.insert(STATE_MIME.to_owned(), state);
    }
}

fn saved(notebook: &Notebook) -> Option<&Object> {
    let widgets = notebook.metadata.get("widgets")?;
    widgets.get(STATE_MIME)?.get("state")?.as_object()
}

/// The models whose views are outputs.
fn shown(notebook: &Notebook) -> Vec<String> {
    let outputs = notebook.cells.iter().flat_map(Cell::outputs);
    outputs.filter_map(view_of).collect()
}

fn view_of(output: &Output) -> Option<String> {
    match &output.kind {
        OutputKind::DisplayData { data, .. } | OutputKind::ExecuteResult { data, .. } => {
            let model = data.get(VIEW_MIME)?.get("model_id")?.as_str()?;
            Some(model.to_owned())
        }
        _ => None,
    }
}

/// These models and all that they refer to, in the order in which they are known.
fn reachable(models: &Object, mut waiting: Vec<String>) -> Object {
    let mut found = std::collections::BTreeSet::new();
    while let Some(id) = waiting.pop() {
        let Some(model) = models.get(&id) else {
            continue;
        };
        if found.insert(id) {
            referred(model, &mut waiting);
        }
    }
    let kept = models.iter().filter(|(id, _)| found.contains(*id));
    kept.map(|(id, model)| (id.clone(), model.clone()))
        .collect()
}

/// Models are referred to by a text wherever it stands; in what a widget has captured by the id of a view.
fn referred(value: &Json, names: &mut Vec<String>) {
    if let Some(name) = value.as_str().and_then(|text| text.strip_prefix(REFERENCE)) {
        names.push(name.to_owned());
    }
    for value in value.as_array().into_iter().flatten() {
        referred(value, names);
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        if key == "model_id" {
            names.extend(value.as_str().map(str::to_owned));
        }
        referred(value, names);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook(views: &[&str], metadata: &str) -> Notebook {
        let outputs: Vec<String> = views
            .iter()
            .map(|view| {
                format!(
                    r#"{{"output_type":"display_data","data":{{"{VIEW_MIME}":{{"model_id":"{view}"}}}},"metadata":{{}}}}"#
                )
            })
            .collect();
        let text = format!(
            r#"{{"cells":[{{"cell_type":"code","id":"a","metadata":{{}},"source":"","execution_count":null,"outputs":[{}]}}],
                "metadata":{metadata},"nbformat":4,"nbformat_minor":5}}"#,
            outputs.join(",")
        );
        Notebook::parse(text.as_bytes()).unwrap()
    }

    fn kept(notebook: &Notebook) -> Vec<&str> {
        let models = saved(notebook).into_iter().flatten();
        models.map(|(id, _)| id.as_str()).collect()
    }

    #[test]
    fn only_what_is_shown_is_noted_with_all_it_refers_to() {
        let now = Json::parse(
            br#"{"version_major":2,"version_minor":0,"state":{
                "box":{"state":{"children":["IPY_MODEL_slider","IPY_MODEL_gone"]}},
                "slider":{"state":{"value":3,"box":"IPY_MODEL_box"}},
                "out":{"state":{"outputs":[{"data":{"application/vnd.jupyter.widget-view+json":{"model_id":"inner"}}}]}},
                "inner":{"state":{}},
                "other":{"state":{}}}}"#,
        )
        .unwrap();
        for (views, expected) in [
            (&["box"][..], &["box", "slider"][..]),
            (&["out", "slider"], &["box", "slider", "out", "inner"]),
            (&["gone"], &[]),
            (&[], &[]),
        ] {
            let mut document = notebook(views, "{}");
            note(&mut document, &now);
            assert_eq!(kept(&document), expected, "{views:?}");
            let untouched = document.metadata.is_empty();
            assert_eq!(untouched, expected.is_empty(), "{views:?}");
        }
    }

    #[test]
    fn what_an_earlier_kernel_left_stays_as_long_as_it_is_shown() {
        let metadata = format!(
            r#"{{"title":"t","widgets":{{"other":1,"{STATE_MIME}":{{"state":{{"old":{{}},"gone":{{}}}},"version_major":2,"version_minor":0}}}}}}"#
        );
        let now =
            Json::parse(br#"{"version_major":2,"version_minor":0,"state":{"new":{}}}"#).unwrap();
        let mut document = notebook(&["old", "new"], &metadata);
        note(&mut document, &now);
        assert_eq!(kept(&document), ["old", "new"]);
        assert!(document.metadata.contains_key("title"));

        let mut document = notebook(&[], &metadata);
        note(&mut document, &now);
        assert!(kept(&document).is_empty());
        let widgets = document.metadata.get("widgets").unwrap();
        assert_eq!(widgets.get("other"), Some(&Json::from(1_i64)));
    }
}
