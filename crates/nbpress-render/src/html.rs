//! HTML as it is written: markup is this crate's own text, everything else is escaped.

use std::fmt;

use nbpress_format::json::Json;

use crate::sanitize::Clean;

/// Where a page goes.
///
/// [`Html::raw`] takes nothing but text of the program itself, so that no byte of a notebook can
/// become markup by mistake.
pub(crate) struct Html<'a> {
    out: &'a mut dyn fmt::Write,
    written: usize,
}

impl<'a> Html<'a> {
    pub(crate) fn new(out: &'a mut dyn fmt::Write) -> Self {
        Self { out, written: 0 }
    }

    /// How many bytes were written.
    pub(crate) fn written(&self) -> usize {
        self.written
    }

    /// Markup of our own.
    pub(crate) fn raw(&mut self, markup: &'static str) -> fmt::Result {
        self.put(markup)
    }

    /// Text, escaped for an element's content and for a quoted attribute.
    pub(crate) fn text(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(index) = rest.bytes().position(is_special) {
            let (plain, special) = rest.split_at(index);
            self.put(plain)?;
            self.put(match special.as_bytes()[0] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                b'\'' => "&#39;",
                // A parser would drop NUL or read this, depending on where it is.
                _ => "\u{fffd}",
            })?;
            rest = &special[1..];
        }
        self.put(rest)
    }

    /// Anything that prints itself, as text.
    pub(crate) fn show(&mut self, value: impl fmt::Display) -> fmt::Result {
        self.text(&value.to_string())
    }

    /// ` name="value"`.
    pub(crate) fn attribute(&mut self, name: &'static str, value: &str) -> fmt::Result {
        self.put(" ")?;
        self.put(name)?;
        self.put("=\"")?;
        self.text(value)?;
        self.put("\"")
    }

    /// JSON, for the content of a `<script>` that is data: no text in it can end the element.
    pub(crate) fn json(&mut self, json: &Json) -> fmt::Result {
        self.put(&json.to_compact().replace('<', "\\u003c"))
    }

    /// HTML that passed the sanitizer.
    pub(crate) fn clean(&mut self, clean: &Clean) -> fmt::Result {
        self.put(clean.as_str())
    }

    fn put(&mut self, text: &str) -> fmt::Result {
        self.written += text.len();
        self.out.write_str(text)
    }
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'' | 0)
}

/// What a writer gives as one text; writing to memory cannot fail.
pub(crate) fn whole(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut text = String::new();
    let written = write(&mut text);
    debug_assert!(written.is_ok(), "a `String` takes everything");
    text
}
