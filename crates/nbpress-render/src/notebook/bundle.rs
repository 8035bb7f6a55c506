//! What is in a bundle of representations, MIME type by MIME type.

use nbpress_format::cell::Cell;
use nbpress_format::json::{Json, Object};
use nbpress_format::output::{Output, OutputKind};

use crate::sanitize::IMAGE_KINDS;

const WIDGET: &str = "application/vnd.jupyter.widget-view+json";

/// The representation of an output that is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shown<'a> {
    /// An image: its MIME type and its file, in base64 or, of an SVG, as text.
    Image(&'a str, &'a str),
    Html(&'a str),
    Markdown(&'a str),
    Latex(&'a str),
    Json(&'a Json),
    Plain(&'a str),
    /// Nothing of it can be shown without scripts.
    Nothing,
}

/// The data URI of an attachment that is an image.
pub(super) fn attachment(cell: &Cell, name: &str) -> Option<String> {
    let bundle = cell.extra.get("attachments")?.get(name)?.as_object()?;
    let (kind, data) = image(bundle)?;
    Some(data_uri(kind, data))
}

/// The representations of an output.
pub(super) fn data(output: &Output) -> Option<&Object> {
    match &output.kind {
        OutputKind::DisplayData { data, .. } | OutputKind::ExecuteResult { data, .. } => Some(data),
        _ => None,
    }
}

/// The best image of a bundle.
pub(super) fn image(bundle: &Object) -> Option<(&str, &str)> {
    // A drawing is sharp at any size.
    let kinds = ["image/svg+xml"].iter().chain(IMAGE_KINDS);
    kinds
        .filter_map(|kind| bundle.get_key_value(*kind))
        .find_map(|(kind, data)| Some((kind.as_str(), data.as_str()?)))
}

/// An image as the URL of itself.
pub(super) fn data_uri(kind: &str, data: &str) -> String {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    if kind == "image/svg+xml" && data.contains('<') {
        return format!("data:{kind};base64,{}", BASE64_STANDARD.encode(data));
    }
    // Kernels break base64 into lines; whatever else is not base64 shows nothing.
    let mut uri = format!("data:{kind};base64,");
    uri.extend(data.chars().filter(|c| !c.is_whitespace()));
    uri
}

/// What a representation that only scripts can show is called.
pub(super) fn interactive(bundle: &Object) -> Option<&'static str> {
    bundle.keys().find_map(|kind| {
        let known = [
            (WIDGET, "A widget"),
            ("application/vnd.vega", "A Vega chart"),
            ("application/vnd.plotly", "A Plotly chart"),
            ("text/vnd.plotly", "A Plotly chart"),
            ("application/vnd.bokehjs", "A Bokeh chart"),
            ("application/vnd.holoviews", "A HoloViews chart"),
            ("application/geo+json", "A map"),
            ("application/vdom", "A component"),
            ("application/javascript", "A script"),
            ("text/javascript", "A script"),
        ];
        let named = known.iter().find(|(start, _)| kind.starts_with(start));
        named.map(|(_, name)| *name)
    })
}

/// What there is instead of something interactive: an image, or text.
pub(super) fn still(bundle: &Object) -> Shown<'_> {
    if let Some((kind, data)) = image(bundle) {
        return Shown::Image(kind, data);
    }
    match text(bundle, "text/plain") {
        Some(plain) => Shown::Plain(plain),
        None => Shown::Nothing,
    }
}

/// What a script shows of a bundle; `None` where it needs more than the bundle, as widgets do.
pub(super) fn live(bundle: &Object) -> Option<Json> {
    if bundle.keys().any(|kind| kind == WIDGET) {
        return None;
    }
    let needed =
        |(kind, _): &(&String, &Json)| !kind.starts_with("image/") && *kind != "text/plain";
    let kept: Object = bundle
        .iter()
        .filter(needed)
        .map(|(kind, data)| (kind.clone(), data.clone()))
        .collect();
    Some(Json::Object(kept))
}

/// The richest representation that shows without scripts.
pub(super) fn best(bundle: &Object) -> Shown<'_> {
    if let Some(html) = text(bundle, "text/html") {
        return Shown::Html(html);
    }
    if let Some(markdown) = text(bundle, "text/markdown") {
        return Shown::Markdown(markdown);
    }
    if let Some(latex) = text(bundle, "text/latex") {
        return Shown::Latex(latex);
    }
    if let Some((kind, data)) = image(bundle) {
        return Shown::Image(kind, data);
    }
    let json = |(kind, _): &(&String, &Json)| kind.ends_with("json");
    if let Some((_, json)) = bundle.iter().find(json) {
        return Shown::Json(json);
    }
    still(bundle)
}

fn text<'a>(bundle: &'a Object, kind: &str) -> Option<&'a str> {
    bundle.get(kind)?.as_str()
}
