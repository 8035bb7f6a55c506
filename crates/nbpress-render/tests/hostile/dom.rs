//! A page as a browser's tree, and what may not be in it.

use std::collections::BTreeMap;

use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// The attributes of an element.
pub(crate) type Attributes = BTreeMap<String, String>;

/// The elements of a name.
pub(crate) fn elements(html: &str, name: &str) -> Vec<Attributes> {
    let all = all(html).into_iter();
    all.filter(|(own, _)| own == name)
        .map(|(_, attributes)| attributes)
        .collect()
}

/// What in a page could act, load, or pass for the page itself.
pub(crate) fn faults(html: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, attributes) in all(html) {
        if !is_known(&name, &attributes) {
            faults.push(format!("<{name}> {attributes:?}"));
        }
        for (attribute, value) in &attributes {
            if !is_harmless(&name, attribute, value) {
                faults.push(format!("<{name} {attribute}={value:?}>"));
            }
        }
    }
    faults
}

fn all(html: &str) -> Vec<(String, Attributes)> {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
    let mut found = Vec::new();
    let mut waiting: Vec<Handle> = vec![Handle::clone(&dom.document)];
    while let Some(node) = waiting.pop() {
        if let NodeData::Element { name, attrs, .. } = &node.data {
            let attributes = attrs.borrow();
            let attributes = attributes
                .iter()
                .map(|one| (one.name.local.to_string(), one.value.to_string()))
                .collect();
            found.push((name.local.to_string(), attributes));
        }
        waiting.extend(node.children.borrow().iter().cloned());
    }
    found
}

fn is_known(name: &str, attributes: &Attributes) -> bool {
    let has =
        |attribute: &str, value: &str| attributes.get(attribute).is_some_and(|own| own == value);
    match name {
        "script" | "svg" | "object" | "embed" | "base" | "link" | "applet" | "frame"
        | "frameset" | "template" | "noscript" | "annotation-xml" | "mglyph" | "video"
        | "audio" | "textarea" | "select" => false,
        "iframe" => has("sandbox", "") && attributes.contains_key("srcdoc"),
        "form" => has("class", "search"),
        "input" | "button" => false,
        "meta" => !has("http-equiv", "refresh"),
        _ => true,
    }
}

fn is_harmless(element: &str, name: &str, value: &str) -> bool {
    let squeezed: String = value
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect::<String>()
        .to_lowercase();
    match name {
        _ if name.starts_with("on") || name.starts_with("data-") => false,
        "srcdoc" => element == "iframe",
        "src" => {
            element == "img"
                && (squeezed.starts_with("data:image/") || squeezed.starts_with("/files/"))
        }
        "href" | "cite" | "action" | "xlink:href" | "formaction" => {
            let scheme = squeezed.split(['/', '?', '#']).next().unwrap_or_default();
            match scheme.split_once(':') {
                Some((scheme, _)) => ["http", "https", "mailto"].contains(&scheme),
                None => true,
            }
        }
        "style" => !["url", "expression", "@", "position", "\\"]
            .iter()
            .any(|bad| squeezed.contains(bad)),
        "id" => {
            value == "content"
                || ["user-", "cell-", "L"]
                    .iter()
                    .any(|prefix| value.starts_with(prefix))
        }
        "name" => element == "meta",
        "target" | "ping" | "background" | "poster" | "srcset" | "manifest" => false,
        _ => true,
    }
}
