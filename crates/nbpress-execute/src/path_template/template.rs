//! Splits a format string into text and fields, as CPython does.

use super::PathTemplateError;

/// How deep fields may nest: a format specification may contain fields, those may not.
pub(super) const NESTING: usize = 2;

/// Text, and the field behind it.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) field: Option<Field<'a>>,
}

/// `name!conversion:specification`.
#[derive(Debug)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) conversion: Option<char>,
    pub(super) specification: &'a str,
}

/// One step into a value.
#[derive(Debug)]
pub(super) enum Step<'a> {
    Attribute(&'a str),
    Item(&'a str),
}

type Parsed<T> = Result<T, PathTemplateError>;

fn syntax<T>(problem: &'static str) -> Parsed<T> {
    Err(PathTemplateError::Syntax(problem))
}

/// The pieces of a format string, lazily: what is before an error takes effect.
pub(super) fn pieces(template: &str) -> impl Iterator<Item = Parsed<Piece<'_>>> {
    let mut rest = template;
    std::iter::from_fn(move || (!rest.is_empty()).then(|| piece(&mut rest)))
}

fn piece<'a>(rest: &mut &'a str) -> Parsed<Piece<'a>> {
    let whole = *rest;
    let Some(at) = whole.find(['{', '}']) else {
        *rest = "";
        return Ok(Piece {
            text: whole,
            field: None,
        });
    };
    let (brace, behind) = (&whole[at..=at], &whole[at + 1..]);
    if let Some(behind) = behind.strip_prefix(brace) {
        *rest = behind;
        return Ok(Piece {
            text: &whole[..=at],
            field: None,
        });
    }
    if brace == "}" {
        return syntax("a single `}` in the path");
    }
    if behind.is_empty() {
        return syntax("a single `{` in the path");
    }
    let (field, behind) = field(behind)?;
    *rest = behind;
    Ok(Piece {
        text: &whole[..at],
        field: Some(field),
    })
}

/// The field that a text begins with, and what is behind its `}`.
fn field(text: &str) -> Parsed<(Field<'_>, &str)> {
    let end = name_end(text)?;
    let (name, behind) = (&text[..end], &text[end + 1..]);
    let mut field = Field {
        name,
        conversion: None,
        specification: "",
    };
    let mut rest = behind;
    match text.as_bytes()[end] {
        b'}' => return Ok((field, behind)),
        b'!' => {
            let mut characters = behind.chars();
            field.conversion = characters.next();
            if field.conversion.is_none() {
                return syntax("the path ends behind `!`");
            }
            rest = characters.as_str();
            if let Some(behind) = rest.strip_prefix('}') {
                return Ok((field, behind));
            }
            match rest.strip_prefix(':') {
                Some(behind) => rest = behind,
                None => return syntax("expected `:` or `}` behind the conversion"),
            }
        }
        _ => {}
    }
    let end = specification_end(rest)?;
    field.specification = &rest[..end];
    Ok((field, &rest[end + 1..]))
}

/// Where `}`, `:` or `!` ends a name; inside of brackets they are part of it.
fn name_end(text: &str) -> Parsed<usize> {
    let mut bracket = false;
    for (at, character) in text.char_indices() {
        match character {
            ']' => bracket = false,
            _ if bracket => {}
            '[' => bracket = true,
            '{' => return syntax("a `{` in the name of a parameter"),
            '}' | ':' | '!' => return Ok(at),
            _ => {}
        }
    }
    syntax("a `{` without its `}`")
}

/// Where the `}` is that ends a specification; there may be fields inside.
fn specification_end(text: &str) -> Parsed<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return Ok(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    syntax("a `{` without its `}`")
}

/// The first part of a field's name, and the steps from there.
pub(super) fn steps(name: &str) -> (&str, impl Iterator<Item = Parsed<Step<'_>>>) {
    let (first, mut rest) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
    let steps = std::iter::from_fn(move || (!rest.is_empty()).then(|| step(&mut rest)));
    (first, steps)
}

fn step<'a>(rest: &mut &'a str) -> Parsed<Step<'a>> {
    let (step, part) = if let Some(behind) = rest.strip_prefix('.') {
        let (attribute, behind) = behind.split_at(behind.find(['.', '[']).unwrap_or(behind.len()));
        *rest = behind;
        (Step::Attribute(attribute), attribute)
    } else if let Some(behind) = rest.strip_prefix('[') {
        let Some((item, behind)) = behind.split_once(']') else {
            return syntax("a `[` without its `]`");
        };
        *rest = behind;
        (Step::Item(item), item)
    } else {
        return syntax("only `.` or `[` may follow `]`");
    };
    if part.is_empty() {
        return syntax("nothing behind `.` or inside of `[]`");
    }
    Ok(step)
}
