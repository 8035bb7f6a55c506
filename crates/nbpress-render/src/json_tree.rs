//! JSON as a tree whose branches open and close.

#[cfg(test)]
mod tests;

use std::fmt;

use nbpress_format::Json;

use crate::html::Html;

/// Deeper branches are one line of text.
const DEEPEST: usize = 24;

/// The items of one branch that are shown.
const MOST_ITEMS: usize = 1000;

/// A branch with this many items or fewer is open, near the root.
const OPEN_ITEMS: usize = 24;

/// Writes a value as a tree.
pub(crate) fn write(html: &mut Html<'_>, json: &Json) -> fmt::Result {
    html.raw("<div class=\"json\" tabindex=\"0\">")?;
    value(html, json, 0)?;
    html.raw("</div>")
}

fn value(html: &mut Html<'_>, json: &Json, depth: usize) -> fmt::Result {
    match json {
        Json::Array(items) if !items.is_empty() && depth < DEEPEST => {
            branch(html, items.len(), "[", "]", depth)?;
            for (index, item) in items.iter().take(MOST_ITEMS).enumerate() {
                entry(html, &index.to_string(), item, depth)?;
            }
            end(html, items.len())
        }
        Json::Object(fields) if !fields.is_empty() && depth < DEEPEST => {
            branch(html, fields.len(), "{", "}", depth)?;
            for (key, field) in fields.iter().take(MOST_ITEMS) {
                entry(html, key, field, depth)?;
            }
            end(html, fields.len())
        }
        leaf => {
            html.raw(match leaf {
                Json::String(_) => "<span class=\"s\">",
                Json::Number(_) => "<span class=\"n\">",
                _ => "<span class=\"k\">",
            })?;
            html.text(&leaf.to_compact())?;
            html.raw("</span>")
        }
    }
}

fn branch(
    html: &mut Html<'_>,
    items: usize,
    open: &'static str,
    close: &'static str,
    depth: usize,
) -> fmt::Result {
    html.raw(if depth < 2 && items <= OPEN_ITEMS {
        "<details open><summary>"
    } else {
        "<details><summary>"
    })?;
    html.raw(open)?;
    html.show(items)?;
    html.raw(close)?;
    html.raw("</summary><ul>")
}

fn entry(html: &mut Html<'_>, key: &str, json: &Json, depth: usize) -> fmt::Result {
    html.raw("<li><span class=\"key\">")?;
    html.text(key)?;
    html.raw("</span> ")?;
    value(html, json, depth + 1)?;
    html.raw("</li>")
}

fn end(html: &mut Html<'_>, items: usize) -> fmt::Result {
    if items > MOST_ITEMS {
        html.raw("<li class=\"left\">")?;
        html.show(format_args!("and {} more", items - MOST_ITEMS))?;
        html.raw("</li>")?;
    }
    html.raw("</ul></details>")
}
