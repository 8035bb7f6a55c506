//! Markdown to HTML: CommonMark with tables, footnotes, alerts and formulas, as Jupyter shows it.

mod environments;
#[cfg(test)]
mod tests;

use std::fmt;

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html,
};

use crate::highlight::{self, Language, is_wide};
use crate::html::{Html, whole};
use crate::math::Math;
use crate::sanitize::{Clean, Sanitizer, fragment};
use environments::with_dollars;

/// A heading of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its text without any markup.
    pub text: String,
    /// Its id on the page.
    pub id: String,
}

/// A text of Markdown, ready to show.
pub(crate) struct Text {
    pub html: Clean,
    pub headings: Vec<Heading>,
}

/// What shows Markdown.
pub(crate) struct Markdown {
    sanitizer: Sanitizer,
    math: Math,
}

impl fmt::Debug for Markdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Markdown").finish_non_exhaustive()
    }
}

impl Markdown {
    pub(crate) fn new(options: &crate::page::Options) -> Self {
        Self {
            sanitizer: Sanitizer::new(options),
            math: Math::default(),
        }
    }

    /// The gate all HTML of the page passes.
    pub(crate) fn sanitizer(&self) -> &Sanitizer {
        &self.sanitizer
    }

    /// A formula on lines of its own, as a LaTeX output is one.
    pub(crate) fn formula(&self, latex: &str) -> Clean {
        let latex = latex.trim();
        let inner = [("$$", "$$"), ("\\[", "\\]"), ("$", "$")]
            .iter()
            .find_map(|(open, close)| latex.strip_prefix(open)?.strip_suffix(close));
        self.sanitizer
            .html(&self.math.html(inner.unwrap_or(latex), true))
    }

    /// Renders a text. `attachment` gives the data URI of an attachment.
    ///
    /// Headings are one level deeper than written, below the page's own.
    pub(crate) fn text(&self, source: &str, attachment: impl Fn(&str) -> Option<String>) -> Text {
        let source = with_dollars(source);
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_MATH
            | Options::ENABLE_GFM;
        let mut events: Vec<Event<'_>> = Parser::new_ext(&source, options).collect();
        let headings = name_headings(&mut events);
        let events = self.own(events, attachment);
        let mut out = String::with_capacity(source.len() * 3 / 2);
        html::push_html(&mut out, events.into_iter());
        Text {
            html: self.sanitizer.html(&out),
            headings,
        }
    }

    /// Puts what is ours in the place of what the parser's writer would do.
    fn own<'e>(
        &self,
        events: Vec<Event<'e>>,
        attachment: impl Fn(&str) -> Option<String>,
    ) -> Vec<Event<'e>> {
        let mut out = Vec::with_capacity(events.len());
        let mut events = events.into_iter();
        while let Some(event) = events.next() {
            out.push(match event {
                Event::InlineMath(latex) => inline(self.math.html(&latex, false)),
                Event::DisplayMath(latex) => inline(self.math.html(&latex, true)),
                // A form's element has no place in a text that cannot be filled in.
                Event::TaskListMarker(done) => Event::Text(if done { "☑ " } else { "☐ " }.into()),
                Event::Start(Tag::CodeBlock(kind)) => inline(code_block(&kind, &mut events)),
                Event::Start(Tag::Image {
                    link_type,
                    dest_url,
                    title,
                    id,
                }) => {
                    let own = dest_url.strip_prefix("attachment:").and_then(&attachment);
                    Event::Start(Tag::Image {
                        link_type,
                        dest_url: own.map_or(dest_url, CowStr::from),
                        title,
                        id,
                    })
                }
                event => event,
            });
        }
        out
    }
}

fn inline(html: String) -> Event<'static> {
    Event::InlineHtml(html.into())
}

/// The highlighted block whose events come next.
fn code_block<'e>(
    kind: &CodeBlockKind<'e>,
    events: &mut impl Iterator<Item = Event<'e>>,
) -> String {
    let mut source = String::new();
    for event in events {
        match event {
            Event::Text(text) => source += &text,
            Event::End(TagEnd::CodeBlock) => break,
            _ => {}
        }
    }
    let language = match kind {
        CodeBlockKind::Fenced(info) => info
            .split([' ', ',', '{', '}'])
            .find(|word| !word.is_empty())
            .and_then(Language::named),
        CodeBlockKind::Indented => None,
    };
    whole(|out| {
        let html = &mut Html::new(out);
        html.raw(if is_wide(&source) {
            "<pre class=\"code\" tabindex=\"0\"><code>"
        } else {
            "<pre class=\"code\"><code>"
        })?;
        highlight::write(html, &source, language)?;
        html.raw("</code></pre>")
    })
}

/// Gives each heading its id and its level below the page's heading.
fn name_headings(events: &mut [Event<'_>]) -> Vec<Heading> {
    let mut headings = Vec::new();
    for index in 0..events.len() {
        let Event::Start(Tag::Heading { level, .. }) = &events[index] else {
            continue;
        };
        let level = *level;
        let text = heading_text(&events[index + 1..]);
        let id = fragment(&text);
        // The sanitizer puts the prefix before it again.
        let name = text.clone();
        events[index] = Event::Start(Tag::Heading {
            level: deeper(level),
            id: Some(name.into()),
            classes: Vec::new(),
            attrs: Vec::new(),
        });
        let end = events[index..]
            .iter()
            .position(|event| matches!(event, Event::End(TagEnd::Heading(_))));
        if let Some(end) = end {
            events[index + end] = Event::End(TagEnd::Heading(deeper(level)));
        }
        headings.push(Heading {
            level: level as u8,
            text,
            id,
        });
    }
    headings
}

fn heading_text(events: &[Event<'_>]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(part) | Event::Code(part) | Event::InlineMath(part) => text += part,
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::End(TagEnd::Heading(_)) => break,
            _ => {}
        }
    }
    text.trim().to_owned()
}

fn deeper(level: HeadingLevel) -> HeadingLevel {
    HeadingLevel::try_from(level as usize + 1).unwrap_or(HeadingLevel::H6)
}
