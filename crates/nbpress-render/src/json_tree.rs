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
    value(html, None, json, 0)?;
    html.raw("</div>")
}

/// A value after its name: the key of a field, the index of an item.
fn value(html: &mut Html<'_>, name: Option<&str>, json: &Json, depth: usize) -> fmt::Result {
    match json {
        Json::Array(items) if !items.is_empty() && depth < DEEPEST => {
            begin(html, name, depth, items.len())?;
            html.show(format_args!("[{}]", items.len()))?;
            html.raw("</summary><ul>")?;
            for (index, item) in items.iter().take(MOST_ITEMS).enumerate() {
                entry(html, &index.to_string(), item, depth)?;
            }
            end(html, items.len())
        }
        Json::Object(fields) if !fields.is_empty() && depth < DEEPEST => {
            begin(html, name, depth, fields.len())?;
            html.show(format_args!("{{{}}}", fields.len()))?;
            html.raw("</summary><ul>")?;
            for (key, field) in fields.iter().take(MOST_ITEMS) {
                entry(html, key, field, depth)?;
            }
            end(html, fields.len())
        }
        leaf => {
            key(html, name)?;
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

fn key(html: &mut Html<'_>, name: Option<&str>) -> fmt::Result {
    let Some(name) = name else { return Ok(()) };
    html.raw("<span class=\"key\">")?;
    html.text(name)?;
    html.raw("</span> ")
}

fn begin(html: &mut Html<'_>, name: Option<&str>, depth: usize, items: usize) -> fmt::Result {
    html.raw(if depth < 2 && items <= OPEN_ITEMS {
        "<details open><summary>"
    } else {
        "<details><summary>"
    })?;
    key(html, name)
}

fn entry(html: &mut Html<'_>, name: &str, json: &Json, depth: usize) -> fmt::Result {
    html.raw("<li>")?;
    value(html, Some(name), json, depth + 1)?;
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
