//! The pieces HTML is made of: text and tags. Comments and what is no text are passed over.

/// Elements whose content is no text to show: code, styles, drawings, fields, other pages.
const HIDDEN: &[&str] = &[
    "script",
    "style",
    "title",
    "textarea",
    "xmp",
    "iframe",
    "noembed",
    "noframes",
    "noscript",
    "plaintext",
    "template",
    "svg",
    "object",
    "applet",
    "audio",
    "video",
    "canvas",
    "select",
    "datalist",
    "annotation",
    "annotation-xml",
];

/// A piece of HTML.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    /// Text as it is in the source, with references to characters.
    Text(&'a str),
    /// The beginning of an element.
    Open(Tag<'a>),
    /// The end of one, by its name.
    Close(&'a str),
}

/// A tag that begins an element.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    pub name: &'a str,
    /// Names and values as they are in the source.
    pub attributes: Vec<(&'a str, &'a str)>,
    /// Whether it ends with `/>`.
    pub is_empty: bool,
}

/// The pieces of a source, one after the other.
pub(super) struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { rest: source }
    }

    /// Goes on after the next `>`; to the end, where there is none.
    fn skip_past_end(&mut self) {
        self.rest = self.rest.split_once('>').map_or("", |(_, rest)| rest);
    }

    /// Goes on before the closing tag of a name; to the end, where there is none.
    fn skip_content(&mut self, name: &str) {
        let mut from = 0;
        while let Some(at) = self.rest[from..].find("</") {
            let after = &self.rest.as_bytes()[from + at + 2..];
            if after.len() >= name.len()
                && after[..name.len()].eq_ignore_ascii_case(name.as_bytes())
            {
                self.rest = &self.rest[from + at..];
                return;
            }
            from += at + 2;
        }
        self.rest = "";
    }

    fn comment(&mut self) {
        for empty in ["<!-->", "<!--->"] {
            if let Some(rest) = self.rest.strip_prefix(empty) {
                self.rest = rest;
                return;
            }
        }
        let body = &self.rest["<!--".len()..];
        let end = body.match_indices('>').find(|(at, _)| {
            let before = &body[..*at];
            before.ends_with("--") || before.ends_with("--!")
        });
        self.rest = end.map_or("", |(at, _)| &body[at + 1..]);
    }

    /// What begins with `<`; nothing where it is passed over.
    fn markup(&mut self) -> Option<Piece<'a>> {
        let after = &self.rest[1..];
        if self.rest.starts_with("<!--") {
            self.comment();
            return None;
        }
        let is_letter = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
        if let Some(name) = after.strip_prefix('/') {
            if !is_letter(name) {
                self.skip_past_end();
                return None;
            }
            self.rest = name;
            return self.tag().map(|tag| Piece::Close(tag.name));
        }
        if after.starts_with(['!', '?']) {
            self.skip_past_end();
            return None;
        }
        if !is_letter(after) {
            self.rest = after;
            return Some(Piece::Text("<"));
        }
        self.rest = after;
        let tag = self.tag()?;
        if HIDDEN
            .iter()
            .any(|hidden| hidden.eq_ignore_ascii_case(tag.name))
        {
            self.skip_content(tag.name);
            return None;
        }
        Some(Piece::Open(tag))
    }

    /// A tag from its name on; nothing where the source ends in it.
    fn tag(&mut self) -> Option<Tag<'a>> {
        let name = self.take_until(|c| c.is_ascii_whitespace() || c == '/' || c == '>');
        let mut tag = Tag {
            name,
            attributes: Vec::new(),
            is_empty: false,
        };
        loop {
            self.skip_blanks();
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                return Some(tag);
            }
            if let Some(rest) = self.rest.strip_prefix('/') {
                tag.is_empty = rest.starts_with('>');
                self.rest = rest;
                continue;
            }
            if self.rest.is_empty() {
                return None;
            }
            let name = self.attribute_name();
            self.skip_blanks();
            let value = match self.rest.strip_prefix('=') {
                Some(rest) => {
                    self.rest = rest;
                    self.skip_blanks();
                    self.value()
                }
                None => "",
            };
            tag.attributes.push((name, value));
        }
    }

    fn attribute_name(&mut self) -> &'a str {
        // A name may begin with `=`; that it may not be empty keeps the loop going.
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        let is_end = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '=');
        let end = self.rest[first..].find(is_end);
        let (name, rest) = self
            .rest
            .split_at(end.map_or(self.rest.len(), |end| first + end));
        self.rest = rest;
        name
    }

    fn value(&mut self) -> &'a str {
        for quote in ['"', '\''] {
            if let Some(rest) = self.rest.strip_prefix(quote) {
                let (value, rest) = rest.split_once(quote).unwrap_or((rest, ""));
                self.rest = rest;
                return value;
            }
        }
        self.take_until(|c| c.is_ascii_whitespace() || c == '>')
    }

    fn take_until(&mut self, is_end: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip_blanks(&mut self) {
        self.rest = self
            .rest
            .trim_start_matches(|c: char| c.is_ascii_whitespace());
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        while !self.rest.is_empty() {
            let at = self.rest.find('<').unwrap_or(self.rest.len());
            if at > 0 {
                let (text, rest) = self.rest.split_at(at);
                self.rest = rest;
                return Some(Piece::Text(text));
            }
            let piece = self.markup();
            if piece.is_some() {
                return piece;
            }
        }
        None
    }
}

/// Whether a text that begins with `&` begins with a reference to a character.
pub(super) fn is_reference(text: &str) -> bool {
    let body = &text.as_bytes()[1..text.len().min(40)];
    let Some(end) = body.iter().position(|byte| *byte == b';') else {
        return false;
    };
    let name = &body[..end];
    match name {
        [b'#', b'x' | b'X', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit)
        }
        [b'#', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => !name.is_empty() && name.iter().all(u8::is_ascii_alphanumeric),
    }
}

/// The value of an attribute. Names of characters that no rule asks for stay as they are written.
pub(super) fn decoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        // The longest of these names has 8 letters; a look further ahead, at each `&`, would add up.
        let end = after.bytes().take(9).position(|byte| byte == b';');
        let known = end.and_then(|end| Some((character(&after[..end])?, &after[end + 1..])));
        if let Some((character, after)) = known {
            out.push(character);
            rest = after;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    let code = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => match name.strip_prefix('#')?.strip_prefix(['x', 'X']) {
            Some(digits) => code(digits, 16),
            None => code(&name[1..], 10),
        },
    }
}

/// Appends a value so that it stays in its quotes.
pub(super) fn escape(out: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\0']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "\u{fffd}",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}
