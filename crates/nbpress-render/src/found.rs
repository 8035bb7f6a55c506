//! What was found, or what there is, as a page.

#[cfg(test)]
mod tests;

use std::fmt;

use jiff::Timestamp;

use crate::html::{Html, whole};
use crate::page::{Layout, Link, Page};

/// Notebooks to choose from.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// What was searched for; empty when nothing was.
    pub search: String,
    /// Where the box sends its text to.
    pub action: String,
    /// What else is asked when the box is used again: names and values.
    pub hidden: Vec<(String, String)>,
    /// What else there is, and what this is.
    pub tabs: Vec<Tab>,
    /// What the list is narrowed to, each with the list without it.
    pub filters: Vec<Link>,
    /// Lists by what notebooks have: a heading, and links with how many have it.
    pub groups: Vec<(&'static str, Vec<(Link, u64)>)>,
    /// In the order to show them.
    pub found: Vec<Found>,
    /// Where the page after this one is.
    pub next: Option<String>,
}

/// One of several lists.
#[derive(Clone, Debug, Default)]
pub struct Tab {
    /// What it is called.
    pub text: String,
    /// Where it is.
    pub href: String,
    /// Whether it is this one.
    pub is_current: bool,
}

/// A notebook that was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The title in pieces, each with whether it is what was searched for.
    pub title: Vec<(String, bool)>,
    /// Where it is shown.
    pub href: String,
    /// The folders it is in and itself, outermost first.
    pub path: Vec<Link>,
    /// What is said beside the path: how a run ended.
    pub facts: Vec<String>,
    /// When it last changed.
    pub modified: Option<Timestamp>,
    /// Who wrote it, each with what else they wrote.
    pub authors: Vec<Link>,
    /// What it is filed under, each with what else is.
    pub tags: Vec<Link>,
    /// Where in it.
    pub excerpts: Vec<Excerpt>,
}

/// A piece of a notebook.
#[derive(Clone, Debug, Default)]
pub struct Excerpt {
    /// Where it is from: `Cell 3`.
    pub place: String,
    /// Where it is shown; nowhere where it is of no cell.
    pub href: Option<String>,
    /// Whether it is code or the text of an output.
    pub is_code: bool,
    /// The text in pieces, each with whether it is what was searched for.
    pub text: Vec<(String, bool)>,
}

/// The page of what was found.
pub fn found(results: &Results, page: &Page) -> String {
    whole(|out| write(&mut Html::new(out), results, page))
}

fn write(html: &mut Html<'_>, results: &Results, page: &Page) -> fmt::Result {
    page.begin(html, Layout::Wide, "")?;
    search(html, results)?;
    tabs(html, &results.tabs)?;
    filters(html, &results.filters)?;
    for (heading, links) in &results.groups {
        group(html, heading, links)?;
    }
    if results.found.is_empty() {
        let narrowed = !results.search.is_empty() || !results.filters.is_empty();
        html.raw(if narrowed {
            "<p class=\"empty\">Nothing was found. Fewer words find more; a \"phrase\" is found as it stands.</p>\n"
        } else {
            "<p class=\"empty\">Nothing is here yet.</p>\n"
        })?;
    } else {
        html.raw("<ol class=\"hits\">\n")?;
        for found in &results.found {
            one(html, found)?;
        }
        html.raw("</ol>\n")?;
    }
    if let Some(next) = &results.next {
        html.raw("<nav class=\"pages\" aria-label=\"Pages\"><span></span><span><a")?;
        html.attribute("href", next)?;
        html.raw(">More →</a></span></nav>\n")?;
    }
    page.end(html)
}

fn search(html: &mut Html<'_>, results: &Results) -> fmt::Result {
    html.raw("<form class=\"search all\" role=\"search\" method=\"get\"")?;
    html.attribute("action", &results.action)?;
    html.raw("><input type=\"search\" name=\"q\" aria-label=\"Search\" placeholder=\"Words, &quot;a phrase&quot;, -not, author:ada, in:output\"")?;
    html.attribute("value", &results.search)?;
    html.raw(">")?;
    for (name, value) in &results.hidden {
        html.raw("<input type=\"hidden\"")?;
        html.attribute("name", name)?;
        html.attribute("value", value)?;
        html.raw(">")?;
    }
    html.raw("<button>Search</button></form>\n")
}

fn tabs(html: &mut Html<'_>, tabs: &[Tab]) -> fmt::Result {
    if tabs.is_empty() {
        return Ok(());
    }
    html.raw("<ul class=\"tabs\">")?;
    for tab in tabs {
        html.raw("<li><a")?;
        html.attribute("href", &tab.href)?;
        if tab.is_current {
            html.raw(" aria-current=\"page\"")?;
        }
        html.raw(">")?;
        html.text(&tab.text)?;
        html.raw("</a></li>")?;
    }
    html.raw("</ul>\n")
}

fn filters(html: &mut Html<'_>, filters: &[Link]) -> fmt::Result {
    if filters.is_empty() {
        return Ok(());
    }
    html.raw("<ul class=\"chips\">")?;
    for filter in filters {
        html.raw("<li><a class=\"chip\"")?;
        html.attribute("href", &filter.href)?;
        html.attribute("aria-label", &format!("Without {}", filter.text))?;
        html.raw(">")?;
        html.text(&filter.text)?;
        html.raw(" ✕</a></li>")?;
    }
    html.raw("</ul>\n")
}

fn group(html: &mut Html<'_>, heading: &'static str, links: &[(Link, u64)]) -> fmt::Result {
    if links.is_empty() {
        return Ok(());
    }
    html.raw("<ul class=\"chips\"><li><b>")?;
    html.raw(heading)?;
    html.raw("</b></li>")?;
    for (link, count) in links {
        html.raw("<li>")?;
        open(html, "<a class=\"chip\"", link)?;
        html.raw("<small>")?;
        html.show(count)?;
        html.raw("</small></a></li>")?;
    }
    html.raw("</ul>\n")
}

fn one(html: &mut Html<'_>, found: &Found) -> fmt::Result {
    html.raw("<li><h2><a")?;
    html.attribute("href", &found.href)?;
    html.raw(">")?;
    marked(html, &found.title)?;
    html.raw("</a></h2>\n<div class=\"where\"><span>")?;
    for (at, link) in found.path.iter().enumerate() {
        if at > 0 {
            html.raw(" / ")?;
        }
        open(html, "<a", link)?;
        html.raw("</a>")?;
    }
    html.raw("</span>")?;
    for fact in &found.facts {
        html.raw("<span>")?;
        html.text(fact)?;
        html.raw("</span>")?;
    }
    if let Some(modified) = found.modified {
        html.raw("<time")?;
        html.attribute("datetime", &format!("{modified:.0}"))?;
        html.raw(">")?;
        html.show(modified.strftime("%Y-%m-%d %H:%M"))?;
        html.raw("</time>")?;
    }
    for author in &found.authors {
        html.raw("<span>")?;
        open(html, "<a", author)?;
        html.raw("</a></span>")?;
    }
    for tag in &found.tags {
        open(html, "<a class=\"chip\"", tag)?;
        html.raw("</a>")?;
    }
    html.raw("</div>\n")?;
    for excerpt in &found.excerpts {
        write_excerpt(html, excerpt)?;
    }
    html.raw("</li>\n")
}

fn write_excerpt(html: &mut Html<'_>, excerpt: &Excerpt) -> fmt::Result {
    match &excerpt.href {
        Some(href) => {
            html.raw("<a class=\"excerpt\"")?;
            html.attribute("href", href)?;
            html.raw(">")?;
        }
        None => html.raw("<span class=\"excerpt\">")?,
    }
    if !excerpt.place.is_empty() {
        html.raw("<small>")?;
        html.text(&excerpt.place)?;
        html.raw("</small>")?;
    }
    if excerpt.is_code {
        html.raw("<code>")?;
    }
    marked(html, &excerpt.text)?;
    if excerpt.is_code {
        html.raw("</code>")?;
    }
    html.raw(if excerpt.href.is_some() {
        "</a>\n"
    } else {
        "</span>\n"
    })
}

/// A link's beginning and text.
fn open(html: &mut Html<'_>, tag: &'static str, link: &Link) -> fmt::Result {
    html.raw(tag)?;
    html.attribute("href", &link.href)?;
    html.raw(">")?;
    html.text(&link.text)
}

fn marked(html: &mut Html<'_>, pieces: &[(String, bool)]) -> fmt::Result {
    for (text, is_match) in pieces {
        if *is_match {
            html.raw("<mark>")?;
        }
        html.text(text)?;
        if *is_match {
            html.raw("</mark>")?;
        }
    }
    Ok(())
}
