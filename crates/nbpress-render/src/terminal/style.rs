//! How a character looks: SGR attributes to a class, or to a colour.

use std::fmt;

use crate::html::Html;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Color {
    #[default]
    Default,
    /// One of the 16 that a theme decides.
    Named(u8),
    Rgb(u8, u8, u8),
}

const BOLD: u8 = 1;
const DIM: u8 = 1 << 1;
const ITALIC: u8 = 1 << 2;
const UNDERLINE: u8 = 1 << 3;
const INVERSE: u8 = 1 << 4;
const STRIKE: u8 = 1 << 5;

const CLASSES: [(u8, &str); 6] = [
    (BOLD, " tb"),
    (DIM, " td"),
    (ITALIC, " ti"),
    (UNDERLINE, " tu"),
    (INVERSE, " tv"),
    (STRIKE, " ts"),
];

/// The attributes of a character.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style {
    front: Color,
    back: Color,
    flags: u8,
}

impl Style {
    /// Obeys the parameters of an SGR sequence.
    pub(super) fn change(&mut self, parameters: &str) {
        // `38:2:…` is the standard's own form of `38;2;…`.
        let mut codes = parameters.split([';', ':']).map(|code| {
            if code.is_empty() {
                Some(0)
            } else {
                code.parse().ok()
            }
        });
        while let Some(code) = codes.next() {
            let Some(code) = code else { continue };
            match code {
                0 => *self = Self::default(),
                1 => self.flags |= BOLD,
                2 => self.flags |= DIM,
                3 => self.flags |= ITALIC,
                4 => self.flags |= UNDERLINE,
                7 => self.flags |= INVERSE,
                9 => self.flags |= STRIKE,
                22 => self.flags &= !(BOLD | DIM),
                23 => self.flags &= !ITALIC,
                24 => self.flags &= !UNDERLINE,
                27 => self.flags &= !INVERSE,
                29 => self.flags &= !STRIKE,
                30..=37 => self.front = Color::Named(code - 30),
                38 => self.front = extended(&mut codes).unwrap_or(self.front),
                39 => self.front = Color::Default,
                40..=47 => self.back = Color::Named(code - 40),
                48 => self.back = extended(&mut codes).unwrap_or(self.back),
                49 => self.back = Color::Default,
                90..=97 => self.front = Color::Named(code - 90 + 8),
                100..=107 => self.back = Color::Named(code - 100 + 8),
                _ => {}
            }
        }
    }

    /// Writes a text that looks like this.
    pub(super) fn write(self, html: &mut Html<'_>, text: &str) -> fmt::Result {
        if text.is_empty() {
            return Ok(());
        }
        if self == Self::default() {
            return html.text(text);
        }
        html.raw("<span")?;
        let classes = self.classes();
        if !classes.is_empty() {
            html.attribute("class", classes.trim_start())?;
        }
        let colors = self.colors();
        if !colors.is_empty() {
            html.attribute("style", &colors)?;
        }
        html.raw(">")?;
        html.text(text)?;
        html.raw("</span>")
    }

    fn classes(self) -> String {
        let mut classes = String::new();
        if self.is_adapted() {
            classes.push_str(" fx");
        }
        if let Color::Named(color) = self.front {
            classes.extend([" f", &color.to_string()]);
        }
        if let Color::Named(color) = self.back {
            classes.extend([" g", &color.to_string()]);
        }
        let flags = CLASSES.iter().filter(|(flag, _)| self.flags & flag != 0);
        classes.extend(flags.map(|(_, class)| *class));
        classes
    }

    /// Whether it is text in a colour of its own on the page's ground, which the style makes readable
    /// on a light ground and on a dark one.
    fn is_adapted(self) -> bool {
        matches!(self.front, Color::Rgb(..))
            && self.back == Color::Default
            && self.flags & INVERSE == 0
    }

    fn colors(self) -> String {
        // Text in colours of its own is inverted here; a class would lose against an attribute.
        let (front, back) = match self.flags & INVERSE {
            0 if self.is_adapted() => ("--f", ""),
            0 => ("color", "background-color"),
            _ => ("background-color", "color"),
        };
        let mut colors = String::new();
        for (property, color) in [(front, self.front), (back, self.back)] {
            if let Color::Rgb(red, green, blue) = color {
                let color = format!("{property}:#{red:02x}{green:02x}{blue:02x};");
                colors.push_str(&color);
            }
        }
        colors
    }
}

/// The colour after a 38 or 48: `5;n` or `2;r;g;b`.
fn extended(codes: &mut impl Iterator<Item = Option<u8>>) -> Option<Color> {
    match codes.next()?? {
        5 => Some(indexed(codes.next()??)),
        2 => {
            let (red, green, blue) = (codes.next()??, codes.next()??, codes.next()??);
            Some(Color::Rgb(red, green, blue))
        }
        _ => None,
    }
}

/// A colour of xterm's 256: 16 named ones, a cube of 6 × 6 × 6, 24 greys.
fn indexed(index: u8) -> Color {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        0..=15 => Color::Named(index),
        16..=231 => {
            let cube = index - 16;
            Color::Rgb(level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        232..=255 => {
            let grey = 8 + 10 * (index - 232);
            Color::Rgb(grey, grey, grey)
        }
    }
}
