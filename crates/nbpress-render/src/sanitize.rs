//! HTML from strangers to HTML that only shows something.
//!
//! What goes out is written anew: elements and attributes of the lists here, balanced, and everything
//! else as escaped text. How a browser would have read the source matters to what is shown, never to
//! whether it is safe. One pass and a bounded depth keep the time in proportion to the text, whatever
//! is in it, which a tree of the source would not.

mod markup;
mod rules;
#[cfg(test)]
mod tests;

use crate::page::Options;
use markup::{Piece, Pieces};
use rules::Rules;

pub(crate) use rules::{IMAGE_KINDS, fragment};

/// Elements further inside than this are left out, what is in them is not.
const DEEPEST: usize = 100;

/// How far back a closing tag looks for the one it closes.
const FARTHEST: usize = 200;

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

/// The one gate that HTML passes, from outputs, Markdown, formulas and files.
#[derive(Debug)]
pub(crate) struct Sanitizer {
    rules: Rules,
}

impl Sanitizer {
    pub(crate) fn new(options: &Options) -> Self {
        let files_url = options.files_url.clone();
        Self {
            rules: Rules { files_url },
        }
    }

    /// What is left of HTML when everything that acts, loads or looks like the page is gone.
    pub(crate) fn html(&self, source: &str) -> Clean {
        let mut writer = Writer {
            out: String::with_capacity(source.len()),
            open: Vec::new(),
            emitted: 0,
        };
        for piece in Pieces::new(source) {
            match piece {
                Piece::Text(text) => writer.text(text),
                Piece::Close(name) => {
                    if let Some(name) = rules::element(name) {
                        writer.close(name);
                    }
                }
                Piece::Open(tag) => {
                    if let Some(name) = rules::element(tag.name) {
                        let attributes = self.rules.attributes(name, &tag.attributes);
                        writer.open(name, &attributes, tag.is_empty);
                    }
                }
            }
        }
        writer.close_from(0);
        Clean(writer.out)
    }
}

/// Writes balanced elements.
struct Writer {
    out: String,
    /// The elements that are open, and whether they were written.
    open: Vec<(&'static str, bool)>,
    emitted: usize,
}

impl Writer {
    /// Text, in which references to characters stay what they are: none of them makes markup.
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(['<', '>', '&', '\0']) {
            self.out.push_str(&rest[..at]);
            let special = &rest[at..];
            rest = &special[1..];
            match special.as_bytes()[0] {
                b'<' => self.out.push_str("&lt;"),
                b'>' => self.out.push_str("&gt;"),
                b'&' if markup::is_reference(special) => self.out.push('&'),
                b'&' => self.out.push_str("&amp;"),
                _ => {}
            }
        }
        self.out.push_str(rest);
    }

    fn open(&mut self, name: &'static str, attributes: &[(&'static str, String)], is_empty: bool) {
        while let Some((top, _)) = self.open.last()
            && rules::ends(top, name)
        {
            self.close_from(self.open.len() - 1);
        }
        let fits = self.emitted < DEEPEST;
        if fits {
            self.out.push('<');
            self.out.push_str(name);
            for (name, value) in attributes {
                self.out.extend([" ", name, "=\""]);
                markup::escape(&mut self.out, value);
                self.out.push('"');
            }
            self.out.push('>');
        }
        if rules::is_void(name) {
            return;
        }
        self.open.push((name, fits));
        self.emitted += usize::from(fits);
        if is_empty && rules::is_math(name) {
            self.close_from(self.open.len() - 1);
        }
    }

    /// Closes the innermost element of a name, and what is open in it; a table keeps what is around
    /// it open.
    fn close(&mut self, name: &'static str) {
        let near = self.open.iter().enumerate().rev().take(FARTHEST);
        let mut found = None;
        for (index, (open, _)) in near {
            if *open == name {
                found = Some(index);
                break;
            }
            if rules::bounds(open, name) {
                break;
            }
        }
        if let Some(index) = found {
            self.close_from(index);
        }
    }

    fn close_from(&mut self, index: usize) {
        for (name, emitted) in self.open.drain(index..).rev() {
            if emitted {
                self.emitted -= 1;
                self.out.extend(["</", name, ">"]);
            }
        }
    }
}
