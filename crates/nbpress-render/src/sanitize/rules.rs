//! Which elements and attributes may stay, and what attributes may say.

use super::markup;

/// What shows text and its structure.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Formulas (<https://www.w3.org/TR/mathml-core/>), without the elements that switch back to HTML.
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

/// What only some elements may have, besides what all may.
const ATTRIBUTES: &[(&[&str], &[&str])] = &[
    (&["a"], &["href"]),
    (&["img"], &["src", "alt", "width", "height"]),
    (&["td", "th"], &["colspan", "rowspan", "scope"]),
    (
        &[
            "td", "th", "tr", "table", "thead", "tbody", "tfoot", "col", "colgroup",
        ],
        &["align", "valign", "bgcolor"],
    ),
    (&["col", "colgroup"], &["span"]),
    (
        &["p", "div", "h1", "h2", "h3", "h4", "h5", "h6"],
        &["align"],
    ),
    (&["ol"], &["start", "type", "reversed"]),
    (&["li"], &["value"]),
    (&["details"], &["open"]),
    (&["font"], &["color"]),
    (&["time", "del", "ins"], &["datetime"]),
    (&["pre"], &["tabindex"]),
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
const ID_PREFIX: &str = "user-";

/// The element of a name, where it may stay.
pub(super) fn element(name: &str) -> Option<&'static str> {
    let known = ELEMENTS.iter().chain(MATH);
    known
        .copied()
        .find(|known| known.eq_ignore_ascii_case(name))
}

pub(super) fn is_math(name: &str) -> bool {
    MATH.contains(&name)
}

pub(super) fn is_void(name: &str) -> bool {
    ["br", "col", "hr", "img", "wbr"].contains(&name)
}

/// Whether an open element ends where another one begins, as a list's item does at the next.
pub(super) fn ends(open: &str, name: &str) -> bool {
    match name {
        "p" | "li" | "tbody" | "thead" | "tfoot" if open == name => true,
        "dt" | "dd" => ["dt", "dd"].contains(&open),
        "td" | "th" => ["td", "th"].contains(&open),
        "tr" => ["td", "th", "tr"].contains(&open),
        _ => false,
    }
}

/// Whether a closing tag of a name means nothing outside of an open element.
pub(super) fn bounds(open: &str, name: &str) -> bool {
    let parts = [
        "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption",
    ];
    match open {
        "table" => true,
        "td" | "th" | "caption" => !parts.contains(&name),
        _ => false,
    }
}

/// What attributes may say on one page.
#[derive(Debug)]
pub(super) struct Rules {
    /// Where relative images are.
    pub files_url: Option<String>,
}

impl Rules {
    /// The attributes that an element keeps.
    pub(super) fn attributes(
        &self,
        element: &str,
        source: &[(&str, &str)],
    ) -> Vec<(&'static str, String)> {
        let mut kept: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in source {
            if let Some(name) = attribute(element, name)
                && kept.iter().all(|(own, _)| *own != name)
                && let Some(value) = self.value(element, name, &markup::decoded(value))
            {
                kept.push((name, value));
            }
        }
        if element == "a" {
            kept.push(("rel", "noopener noreferrer".to_owned()));
        }
        kept
    }

    fn value(&self, element: &str, name: &str, value: &str) -> Option<String> {
        match (element, name) {
            (_, "id") => Some(fragment(value)),
            (_, "class") => classes(element, value),
            (_, "style") => style(value),
            ("img", "src") => self.image(&url(value)),
            ("a", "href") => link(&url(value)),
            ("pre", "tabindex") => (value == "0").then(|| value.to_owned()),
            _ => Some(value.to_owned()),
        }
    }

    /// The source of an image: part of the text, or beside the file. Nothing is loaded from other
    /// hosts: who reads a notebook is nobody's business.
    fn image(&self, source: &str) -> Option<String> {
        if is_image_data(source) {
            return Some(source.to_owned());
        }
        let files_url = self.files_url.as_deref()?;
        let path = source.strip_prefix("./").unwrap_or(source);
        let relative = scheme(path).is_none() && !path.starts_with(['/', '\\', '#', '?']);
        relative.then(|| format!("{files_url}{path}"))
    }
}

fn attribute(element: &str, name: &str) -> Option<&'static str> {
    let math: &[&str] = if is_math(element) {
        MATH_ATTRIBUTES
    } else {
        &[]
    };
    let own = ATTRIBUTES
        .iter()
        .filter(|(elements, _)| elements.contains(&element))
        .flat_map(|(_, names)| *names);
    let all = ["id", "class", "style", "title", "lang", "dir"];
    let mut known = all.iter().chain(own).chain(math).copied();
    known.find(|known| known.eq_ignore_ascii_case(name))
}

fn classes(element: &str, value: &str) -> Option<String> {
    let (_, known) = CLASSES.iter().find(|(name, _)| *name == element)?;
    let kept: Vec<&str> = value
        .split_ascii_whitespace()
        .filter(|class| known.contains(class))
        .collect();
    (!kept.is_empty()).then(|| kept.join(" "))
}

/// The declarations of known properties with plain values.
fn style(value: &str) -> Option<String> {
    let kept: Vec<String> = value
        .split(';')
        .filter_map(|declaration| {
            let (name, value) = declaration.split_once(':')?;
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            let known = STYLE_PROPERTIES.contains(&name.as_str());
            (known && is_plain(value)).then(|| format!("{name}:{value}"))
        })
        .collect();
    (!kept.is_empty()).then(|| kept.join(";"))
}

/// Words, numbers and colours: nothing that refers to anything.
fn is_plain(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let function = lower.split_once('(').is_none_or(|(name, arguments)| {
        ["rgb", "rgba", "hsl", "hsla"].contains(&name) && !arguments.contains('(')
    });
    function
        && lower
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " #%.,()-+".contains(c))
}

/// The id of a heading or an anchor, from its text or its name; Jupyter joins words with `-`.
pub(crate) fn fragment(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    format!("{ID_PREFIX}{}", words.join("-").to_lowercase())
}

/// A URL as a browser reads it: control characters and blanks around it are no part of it.
fn url(value: &str) -> String {
    let kept: String = value.chars().filter(|c| !c.is_control()).collect();
    kept.trim().to_owned()
}

/// The target of a link: a place of the content, or a page.
fn link(url: &str) -> Option<String> {
    if let Some(name) = url.strip_prefix('#') {
        return Some(format!("#{}", fragment(name)));
    }
    let known = |scheme: &str| {
        ["http", "https", "mailto"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    };
    scheme(url).is_none_or(known).then(|| url.to_owned())
}

/// What is before the first `:`, unless that is part of a path.
fn scheme(url: &str) -> Option<&str> {
    let end = url.find([':', '/', '?', '#'])?;
    url[end..].starts_with(':').then_some(&url[..end])
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
