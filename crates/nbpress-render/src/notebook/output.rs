//! What a cell produced: printed text, values and charts, errors.

use std::fmt;

use nbpress_format::Output;
use nbpress_format::json::{Json, Object};
use nbpress_format::output::OutputKind;

use super::View;
use super::bundle::{self, Shown};
use super::image;
use crate::html::Html;
use crate::json_tree;
use crate::page::Options;
use crate::size;
use crate::terminal::{self, grouped};

/// The lines of printed text that are open; the others are a click away.
const OPEN_LINES: usize = 40;

/// The lines of a traceback that are open.
const OPEN_TRACEBACK: usize = 80;

/// The representations of an output, with what is said about them.
#[derive(Clone, Copy)]
struct Bundle<'a> {
    data: &'a Object,
    metadata: &'a Object,
    /// The indices of the cell and of the output in it.
    place: (usize, usize),
}

impl View<'_> {
    /// The outputs of a cell.
    pub(super) fn outputs(&self, html: &mut Html<'_>, cell: usize) -> fmt::Result {
        let same = |a: &Output, b: &Output| {
            a.stream_name().is_some() && a.stream_name() == b.stream_name()
        };
        let mut index = 0;
        for group in self.notebook.cells[cell].outputs().chunk_by(same) {
            if !self.options().embed && html.written() > self.options().most_page {
                return self.note(html, "Not shown, because this page is long already: see ");
            }
            match group {
                [output] => self.output(html, output, (cell, index))?,
                // A kernel that flushes often gives many texts, and a `\r` in one is for the line that
                // another one began.
                streams => {
                    let text: String = streams.iter().filter_map(stream_text).collect();
                    let name = streams[0].stream_name().unwrap_or_default();
                    self.stream(html, name, &text)?;
                }
            }
            index += group.len();
        }
        Ok(())
    }

    fn output(&self, html: &mut Html<'_>, output: &Output, place: (usize, usize)) -> fmt::Result {
        match &output.kind {
            OutputKind::Stream { name, text } => self.stream(html, name, text),
            OutputKind::DisplayData { data, metadata }
            | OutputKind::ExecuteResult { data, metadata, .. } => {
                let bundle = Bundle {
                    data,
                    metadata,
                    place,
                };
                self.bundle(html, bundle)
            }
            OutputKind::Error {
                ename,
                evalue,
                traceback,
            } => {
                html.raw("<div class=\"error\" tabindex=\"0\">")?;
                let text = if traceback.is_empty() {
                    format!("{ename}: {evalue}")
                } else {
                    traceback.join("\n")
                };
                self.terminal(html, &text, OPEN_TRACEBACK)?;
                html.raw("</div>")
            }
            OutputKind::Other(_) => html.raw("<p class=\"note\">An output of an unknown kind.</p>"),
        }
    }

    fn options(&self) -> &Options {
        &self.page.options
    }

    fn stream(&self, html: &mut Html<'_>, name: &str, text: &str) -> fmt::Result {
        html.raw(if name == "stderr" {
            "<div class=\"stream stderr\">"
        } else {
            "<div class=\"stream\">"
        })?;
        self.terminal(html, text, OPEN_LINES)?;
        html.raw("</div>")
    }

    /// Terminal text; of a text that is too long its beginning and its end.
    fn terminal(&self, html: &mut Html<'_>, text: &str, open: usize) -> fmt::Result {
        let most = self.options().most_output;
        if self.options().embed || text.len() <= most {
            return terminal::write(html, text, open);
        }
        let head = line_end(text, most);
        let tail = last_lines(text, OPEN_LINES, most / 8).max(head);
        terminal::write(html, &text[..head], open)?;
        let left = &text[head..tail];
        let lines = left.bytes().filter(|byte| *byte == b'\n').count();
        let left = format!(
            "{} lines ({}) are not shown here, they are in ",
            grouped(lines),
            size::bytes(left.len() as u64)
        );
        self.note(html, &left)?;
        terminal::write(html, &text[tail..], OPEN_LINES)
    }

    /// A sentence that ends with the file, linked where its place is known.
    fn note(&self, html: &mut Html<'_>, sentence: &str) -> fmt::Result {
        html.raw("<p class=\"note\">")?;
        html.text(sentence)?;
        self.page.raw_link(html, "the notebook's file")?;
        html.raw(".</p>")
    }

    fn bundle(&self, html: &mut Html<'_>, bundle: Bundle<'_>) -> fmt::Result {
        if let Some(name) = bundle::interactive(bundle.data) {
            return self.still(html, name, bundle);
        }
        match bundle::best(bundle.data) {
            Shown::Html(source) if self.fits(source) => {
                let clean = self.markdown.sanitizer().html(source);
                if !clean.shows() && !source.trim().is_empty() {
                    return self.still(html, "An output with scripts", bundle);
                }
                html.raw("<div class=\"html\" tabindex=\"0\">")?;
                html.clean(&clean)?;
                html.raw("</div>")
            }
            shown => self.shown(html, shown, bundle),
        }
    }

    /// What there is of something that needs scripts, and for those who run them the thing itself.
    fn still(&self, html: &mut Html<'_>, name: &str, bundle: Bundle<'_>) -> fmt::Result {
        let live = self.live(bundle);
        if live.is_some() {
            html.raw("<div class=\"can-live\">")?;
        }
        let shown = bundle::still(bundle.data);
        self.shown(html, shown, bundle)?;
        let instead = match shown {
            Shown::Image(..) => ", shown as an image",
            Shown::Plain(_) => ", shown as text",
            _ => "",
        };
        html.raw("<p class=\"note\">")?;
        html.show(format_args!("{name}{instead}: this page runs no scripts."))?;
        html.raw("</p>")?;
        let Some(live) = live else {
            return Ok(());
        };
        html.raw("<script class=\"live\" type=\"application/json\">")?;
        html.json(&live)?;
        html.raw("</script></div>")
    }

    /// The output for the script that shows it, where the page has one.
    fn live(&self, bundle: Bundle<'_>) -> Option<Json> {
        self.options().live.as_ref()?;
        let metadata = Json::Object(bundle.metadata.clone());
        let both = [("data", bundle::live(bundle.data)?), ("metadata", metadata)];
        let both = both.map(|(key, value)| (key.to_owned(), value));
        let output = Json::Object(both.into_iter().collect());
        self.fits(&output.to_compact()).then_some(output)
    }

    fn fits(&self, text: &str) -> bool {
        self.options().embed || text.len() <= self.options().most_output
    }

    fn shown(&self, html: &mut Html<'_>, shown: Shown<'_>, bundle: Bundle<'_>) -> fmt::Result {
        match shown {
            Shown::Image(kind, data) => self.image(html, kind, data, bundle),
            Shown::Plain(text) => {
                html.raw("<div class=\"plain\" tabindex=\"0\">")?;
                self.terminal(html, text, OPEN_LINES)?;
                html.raw("</div>")
            }
            Shown::Html(text) | Shown::Markdown(text) | Shown::Latex(text) if !self.fits(text) => {
                let size = size::bytes(text.len() as u64);
                self.note(html, &format!("An output of {size} is in "))
            }
            Shown::Html(text) => html.clean(&self.markdown.sanitizer().html(text)),
            Shown::Markdown(text) => {
                html.raw("<div class=\"md\">")?;
                html.clean(&self.markdown.text(text, |_| None).html)?;
                html.raw("</div>")
            }
            Shown::Latex(text) => {
                html.raw("<div class=\"html\" tabindex=\"0\">")?;
                html.clean(&self.markdown.formula(text))?;
                html.raw("</div>")
            }
            Shown::Json(json) => json_tree::write(html, json),
            Shown::Nothing => Ok(()),
        }
    }

    fn image(
        &self,
        html: &mut Html<'_>,
        kind: &str,
        data: &str,
        bundle: Bundle<'_>,
    ) -> fmt::Result {
        let (cell, output) = bundle.place;
        let named = self
            .options()
            .image_url
            .as_deref()
            .zip(image::name(cell, output, kind));
        let url = match named {
            Some((base, name)) if !self.options().embed => format!("{base}{name}"),
            // Pictures are not read in parts, and many are larger than any text should be.
            _ if !self.options().embed && data.len() / 8 > self.options().most_output => {
                let size = size::bytes(data.len() as u64 / 4 * 3);
                return self.note(html, &format!("An image of {size} is in "));
            }
            _ => bundle::data_uri(kind, data),
        };
        let metadata = bundle.metadata;
        let own = metadata.get(kind).and_then(Json::as_object);
        let said = |key: &str| {
            own.and_then(|own| own.get(key))
                .or_else(|| metadata.get(key))
        };
        html.raw("<img class=\"plot\" loading=\"lazy\"")?;
        html.attribute("src", &url)?;
        let alt = said("alt").and_then(Json::as_str);
        html.attribute("alt", alt.unwrap_or("Image produced by the cell"))?;
        for name in ["width", "height"] {
            if let Some(pixels) = said(name).and_then(Json::as_u64) {
                html.attribute(name, &pixels.to_string())?;
            }
        }
        html.raw(">")
    }
}

fn stream_text(output: &Output) -> Option<&str> {
    match &output.kind {
        OutputKind::Stream { text, .. } => Some(text),
        _ => None,
    }
}

/// The end of the line around a byte, or a place near it where a line is too long for that.
fn line_end(text: &str, near: usize) -> usize {
    let mut place = near.min(text.len());
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    let window = text.as_bytes()[place..].iter().take(4096);
    let newline = window.into_iter().position(|byte| *byte == b'\n');
    newline.map_or(place, |at| place + at + 1)
}

/// Where the last lines begin, of which all together are not longer than `most`.
fn last_lines(text: &str, lines: usize, most: usize) -> usize {
    let mut from = text.len();
    let newlines = text.trim_end_matches('\n').rmatch_indices('\n');
    for (newline, _) in newlines.take(lines) {
        if text.len() - newline > most {
            break;
        }
        from = newline + 1;
    }
    from
}
