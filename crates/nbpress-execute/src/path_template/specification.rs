//! Python's format specifications: `[[fill]align][sign][z][#][0][width][,_][.precision][type]`.
//!
//! <https://docs.python.org/3/library/string.html#format-specification-mini-language>

/// Why a specification cannot be used.
#[derive(Debug)]
pub(super) enum Problem {
    /// It is wrong, or wrong for the type.
    Wrong(&'static str),
    /// The number is too large for it.
    TooLarge,
}

/// Longer than any path, and what Rust's own formatting can do.
const MAX_WIDTH: usize = 65_535;

#[derive(Debug)]
pub(super) struct Specification {
    pub(super) fill: char,
    pub(super) align: char,
    /// `+` or a space, shown where there is no `-`. `-` means nothing.
    pub(super) sign: Option<char>,
    /// `z`: no sign on what is rounded to zero.
    pub(super) no_negative_zero: bool,
    /// `#`.
    pub(super) alternate: bool,
    pub(super) width: usize,
    /// `,` or `_`.
    pub(super) separator: Option<char>,
    pub(super) precision: Option<usize>,
    /// The type.
    pub(super) kind: Option<char>,
}

impl Specification {
    /// Reads a specification for a type that is put to this side.
    pub(super) fn parse(text: &str, default_align: char) -> Result<Self, Problem> {
        let mut rest = Rest(text);
        let (fill, align) = rest.fill_and_align();
        let sign = rest.take(|next| matches!(next, ' ' | '+' | '-'));
        let no_negative_zero = rest.take(|next| next == 'z').is_some();
        let alternate = rest.take(|next| next == '#').is_some();
        let zero = fill.is_none() && rest.take(|next| next == '0').is_some();
        let width = rest.number()?.unwrap_or(0);
        let separator = rest.take(|next| matches!(next, ',' | '_'));
        if separator.is_some() && rest.take(|next| matches!(next, ',' | '_')).is_some() {
            return Err(Problem::Wrong("more than one separator"));
        }
        let mut precision = None;
        if rest.take(|next| next == '.').is_some() {
            precision = rest.number()?;
            precision.ok_or(Problem::Wrong("no precision behind `.`"))?;
        }
        let kind = rest.take(|_| true);
        if !rest.0.is_empty() {
            return Err(Problem::Wrong("it has more than its parts"));
        }
        let zero_align = if default_align == '>' {
            '='
        } else {
            default_align
        };
        Ok(Self {
            fill: fill.unwrap_or(if zero { '0' } else { ' ' }),
            align: align.unwrap_or(if zero { zero_align } else { default_align }),
            sign,
            no_negative_zero,
            alternate,
            width,
            separator,
            precision,
            kind,
        })
    }

    /// Puts fill characters around a text.
    pub(super) fn pad(&self, text: &str) -> String {
        self.pad_inside("", text)
    }

    /// Puts fill characters around a text, or for `=` between its two parts.
    pub(super) fn pad_inside(&self, start: &str, end: &str) -> String {
        let length = start.chars().count() + end.chars().count();
        let missing = self.width.saturating_sub(length);
        let (left, inside) = match self.align {
            '<' => (0, 0),
            '^' => (missing / 2, 0),
            '=' => (0, missing),
            _ => (missing, 0),
        };
        let fill = |count: usize| std::iter::repeat_n(self.fill, count);
        let mut padded: String = fill(left).collect();
        padded.push_str(start);
        padded.extend(fill(inside));
        padded.push_str(end);
        padded.extend(fill(missing - left - inside));
        padded
    }
}

/// What is not read yet.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let mut characters = self.0.chars();
        let next = characters.next().filter(|&next| wanted(next))?;
        self.0 = characters.as_str();
        Some(next)
    }

    fn fill_and_align(&mut self) -> (Option<char>, Option<char>) {
        let is_align = |character: char| matches!(character, '<' | '>' | '=' | '^');
        let mut characters = self.0.chars();
        let (first, second) = (characters.next(), characters.next());
        if second.is_some_and(is_align) {
            self.0 = characters.as_str();
            return (first, second);
        }
        (None, self.take(is_align))
    }

    fn number(&mut self) -> Result<Option<usize>, Problem> {
        let end = self
            .0
            .find(|next: char| !next.is_ascii_digit())
            .unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        if digits.is_empty() {
            return Ok(None);
        }
        let number = digits.parse().ok().filter(|&number| number <= MAX_WIDTH);
        number
            .map(Some)
            .ok_or(Problem::Wrong("too large a number in it"))
    }
}

/// `format(text, specification)`.
pub(super) fn text(text: &str, specification: &str) -> Result<String, Problem> {
    let parsed = Specification::parse(specification, '<')?;
    let wrong = if !matches!(parsed.kind, None | Some('s')) {
        "the only type of a text is `s`"
    } else if parsed.separator.is_some() {
        "a text has no thousands"
    } else if parsed.sign.is_some() || parsed.no_negative_zero {
        "a text has no sign"
    } else if parsed.alternate {
        "a text has no other form"
    } else if parsed.align == '=' {
        "`=` is for numbers"
    } else {
        let length = parsed.precision.unwrap_or(usize::MAX);
        let cut: String = text.chars().take(length).collect();
        return Ok(parsed.pad(&cut));
    };
    Err(Problem::Wrong(wrong))
}
