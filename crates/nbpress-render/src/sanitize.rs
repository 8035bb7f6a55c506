//! HTML from strangers to HTML that only shows something.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashSet;

use ammonia::Builder;

use crate::page::Options;

/// HTML that passed a [`Sanitizer`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Clean(String);

impl Clean {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether anything of it can be seen.
    pub(crate) fn shows(&self) -> bool {
        let mut rest = self.0.as_str();
        while let Some(start) = rest.find('<') {
            let tag = &rest[start + 1..];
            let drawn = ["img", "hr", "math"];
            if !rest[..start].trim().is_empty() || drawn.iter().any(|name| tag.starts_with(name)) {
                return true;
            }
            rest = tag.find('>').map_or("", |end| &tag[end + 1..]);
        }
        !rest.trim().is_empty()
    }
}

/// What elements beyond the usual ones of a text are for: charts and forms have none here, formulas
/// are MathML (<https://www.w3.org/TR/mathml-core/>), without those of its elements that switch back
/// to HTML.
const MATH: &[&str] = &[
    "math",
    "menclose",
    "merror",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "ms",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
];

const MATH_ATTRIBUTES: &[&str] = &[
    "accent",
    "accentunder",
    "columnalign",
    "columnspan",
    "depth",
    "display",
    "displaystyle",
    "fence",
    "form",
    "height",
    "largeop",
    "linethickness",
    "lspace",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "notation",
    "rowspan",
    "rspace",
    "scriptlevel",
    "separator",
    "stretchy",
    "symmetric",
    "voffset",
    "width",
];

/// What a style attribute may say. None of these takes a URL or moves an element over another.
const STYLE_PROPERTIES: &[&str] = &[
    "background-color",
    "color",
    "font-style",
    "font-weight",
    "text-align",
    "text-decoration",
    "vertical-align",
    "white-space",
];

const CLASSES: &[(&str, &[&str])] = &[
    ("table", &["dataframe"]),
    ("span", &["k", "s", "n", "c", "f"]),
    ("pre", &["code"]),
    (
        "blockquote",
        &[
            "markdown-alert-note",
            "markdown-alert-tip",
            "markdown-alert-important",
            "markdown-alert-warning",
            "markdown-alert-caution",
        ],
    ),
];

/// What every id of the content begins with, so that none is the id of something of the page.
pub(crate) const ID_PREFIX: &str = "user-";

/// The one gate that HTML passes, from outputs, Markdown, formulas and files.
pub(crate) struct Sanitizer {
    builder: Builder<'static>,
}

impl Sanitizer {
    pub(crate) fn new(options: &Options) -> Self {
        let files_url = options.files_url.clone();
        let set = |items: &[&'static str]| items.iter().copied().collect::<HashSet<_>>();
        let mut builder = Builder::default();
        builder
            .add_tags(MATH)
            .add_tags(["tfoot", "font"])
            .rm_tags(["area", "map", "nav", "header", "footer", "article", "aside"])
            .add_generic_attributes(["id", "style", "dir"])
            // Code that scrolls is reached by keyboard.
            .add_tag_attribute_values("pre", "tabindex", ["0"])
            .add_tag_attributes("font", ["color"])
            .add_tag_attributes("details", ["open"])
            .add_tag_attributes("ol", ["type"])
            .add_tag_attributes("td", ["valign", "bgcolor"])
            .add_tag_attributes("th", ["valign", "bgcolor"])
            .filter_style_properties(set(STYLE_PROPERTIES))
            // Which of them may be where, the filter below says.
            .url_schemes(set(&["http", "https", "mailto", "data"]))
            .link_rel(Some("noopener noreferrer"))
            .attribute_filter(move |tag, name, value| {
                attribute(tag, name, value, files_url.as_deref())
            });
        for tag in MATH {
            builder.add_tag_attributes(*tag, MATH_ATTRIBUTES.iter().copied());
        }
        for (tag, classes) in CLASSES {
            builder.add_allowed_classes(*tag, classes.iter().copied());
        }
        Self { builder }
    }

    /// What is left of HTML when everything that acts, loads or looks like the page is gone.
    pub(crate) fn html(&self, source: &str) -> Clean {
        Clean(self.builder.clean(source).to_string())
    }
}

/// The value an attribute may have; nothing where it may not be.
fn attribute<'v>(
    tag: &str,
    name: &str,
    value: &'v str,
    files_url: Option<&str>,
) -> Option<Cow<'v, str>> {
    match (tag, name) {
        (_, "id") => Some(Cow::Owned(fragment(value))),
        ("img", "src") => image(value, files_url),
        (_, "href") if value.starts_with('#') => {
            Some(Cow::Owned(format!("#{}", fragment(&value[1..]))))
        }
        (_, "href" | "cite") => is_link(value).then_some(Cow::Borrowed(value)),
        _ => Some(Cow::Borrowed(value)),
    }
}

/// The id of a heading or an anchor, from its text or its name; Jupyter joins words with `-`.
pub(crate) fn fragment(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    format!("{ID_PREFIX}{}", words.join("-").to_lowercase())
}

/// Whether a URL goes to a page, and not into this one.
pub(crate) fn is_link(url: &str) -> bool {
    let url = url.trim_start();
    match scheme(url) {
        Some(scheme) => ["http", "https", "mailto"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known)),
        None => true,
    }
}

/// What is before the first `:`, unless that is part of a path.
fn scheme(url: &str) -> Option<&str> {
    let end = url.find([':', '/', '?', '#'])?;
    url[end..].starts_with(':').then_some(&url[..end])
}

/// The source of an image: part of the text, or beside the file. Nothing is loaded from other hosts:
/// who reads a notebook is nobody's business.
fn image<'v>(source: &'v str, files_url: Option<&str>) -> Option<Cow<'v, str>> {
    if is_image_data(source) {
        return Some(Cow::Borrowed(source));
    }
    let files_url = files_url?;
    let path = source.strip_prefix("./").unwrap_or(source);
    let relative = scheme(path).is_none() && !path.starts_with(['/', '\\', '#', '?']);
    relative.then(|| Cow::Owned(format!("{files_url}{path}")))
}

/// Images that a browser draws and never runs: it runs nothing of an SVG in an `<img>`.
fn is_image_data(source: &str) -> bool {
    let Some((kind, data)) = source.split_once(";base64,") else {
        return false;
    };
    IMAGE_KINDS.contains(&kind.strip_prefix("data:").unwrap_or_default())
        && data
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
}

/// The images that are shown.
pub(crate) const IMAGE_KINDS: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/svg+xml",
];
