//! Python's `format()` of numbers.

use nbpress_format::parameters::{Integer, python_float_repr};

use super::specification::{Problem, Specification};

/// The digits behind the point where nothing is said.
const DEFAULT_PRECISION: usize = 6;

/// `format(int, specification)`.
pub(super) fn integer(value: &Integer, specification: &str) -> Result<String, Problem> {
    let parsed = Specification::parse(specification, '>')?;
    let kind = parsed.kind.unwrap_or('d');
    check_separator(parsed.separator, kind)?;
    if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') {
        let float = value.as_f64();
        return if float.is_finite() {
            floating(float, &parsed)
        } else {
            Err(Problem::TooLarge)
        };
    }
    if parsed.precision.is_some() {
        return Err(Problem::Wrong("a whole number has no precision"));
    }
    if parsed.no_negative_zero {
        return Err(Problem::Wrong("`z` is for floats"));
    }
    let (radix, prefix) = match kind {
        'd' | 'n' => (10, ""),
        'b' => (2, "0b"),
        'o' => (8, "0o"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        'c' => return character(value, &parsed),
        _ => return Err(Problem::Wrong("whole numbers have no such type")),
    };
    let mut digits = value.magnitude_in(radix);
    if kind == 'X' {
        digits.make_ascii_uppercase();
    }
    let prefix = if parsed.alternate { prefix } else { "" };
    Ok(assemble(&parsed, value.is_negative(), prefix, &digits, ""))
}

/// `format(float, specification)`.
pub(super) fn float(value: f64, specification: &str) -> Result<String, Problem> {
    let parsed = Specification::parse(specification, '>')?;
    if let Some(kind) = parsed.kind {
        check_separator(parsed.separator, kind)?;
    }
    floating(value, &parsed)
}

/// Thousands are for decimal digits, and `_` also for groups of four others.
fn check_separator(separator: Option<char>, kind: char) -> Result<(), Problem> {
    let allowed = match separator {
        None => true,
        Some(',') => "deEfFgG%".contains(kind),
        Some(_) => "deEfFgG%boxX".contains(kind),
    };
    if allowed {
        Ok(())
    } else {
        Err(Problem::Wrong("the type has no thousands"))
    }
}

/// The character with a number.
fn character(value: &Integer, specification: &Specification) -> Result<String, Problem> {
    if specification.sign.is_some() || specification.alternate {
        return Err(Problem::Wrong("a character has no sign and no other form"));
    }
    let code = value.as_i64().and_then(|code| u32::try_from(code).ok());
    let character = code.and_then(char::from_u32).ok_or(Problem::TooLarge)?;
    Ok(specification.pad_inside("", &character.to_string()))
}

fn floating(value: f64, specification: &Specification) -> Result<String, Problem> {
    let kind = specification.kind;
    if !matches!(
        kind,
        None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%')
    ) {
        return Err(Problem::Wrong("floats have no such type"));
    }
    let value = if kind == Some('%') {
        value * 100.0
    } else {
        value
    };
    let mut text = unsigned(value.abs(), specification);
    if matches!(kind, Some('E' | 'F' | 'G')) {
        text.make_ascii_uppercase();
    }
    if kind == Some('%') {
        text.push('%');
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let zero = value.is_finite() && !mantissa.contains(|digit| ('1'..='9').contains(&digit));
    let negative =
        value.is_sign_negative() && !value.is_nan() && !(zero && specification.no_negative_zero);
    let end = text
        .find(|next: char| !next.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, remainder) = text.split_at(end);
    Ok(assemble(specification, negative, "", digits, remainder))
}

/// A float that is not below zero, in the form of its type.
fn unsigned(value: f64, specification: &Specification) -> String {
    if !value.is_finite() {
        return python_float_repr(value);
    }
    let alternate = specification.alternate;
    let precision = specification.precision.unwrap_or(DEFAULT_PRECISION);
    match specification.kind {
        Some('e' | 'E') => {
            let (digits, exponent) = scientific(value, precision + 1);
            with_exponent(&digits, exponent, alternate)
        }
        Some('f' | 'F' | '%') => {
            let point = if alternate && precision == 0 { "." } else { "" };
            format!("{value:.precision$}{point}")
        }
        None if specification.precision.is_none() => {
            let text = python_float_repr(value);
            // Only a whole mantissa before an exponent has no point.
            if alternate && !text.contains('.') {
                text.replacen('e', ".e", 1)
            } else {
                text
            }
        }
        _ => general(value, precision, specification),
    }
}

/// So many digits of a number, correctly rounded, and the power of ten of the first.
fn scientific(value: f64, digits: usize) -> (String, i32) {
    let text = format!("{value:.precision$e}", precision = digits.max(1) - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

fn with_exponent(digits: &str, exponent: i32, alternate: bool) -> String {
    let (first, rest) = digits.split_at(digits.len().min(1));
    let point = if alternate || !rest.is_empty() {
        "."
    } else {
        ""
    };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{sign}{:02}", exponent.unsigned_abs())
}

/// `g`: so many digits, with an exponent where the number is very large or very small. Without a
/// type there is always a digit behind the point.
fn general(value: f64, precision: usize, specification: &Specification) -> String {
    let (alternate, fraction) = (specification.alternate, specification.kind.is_none());
    let precision = precision.max(1);
    let (mut digits, exponent) = scientific(value, precision);
    if !alternate {
        digits.truncate(digits.trim_end_matches('0').len().max(1));
    }
    let limit = i32::try_from(precision).unwrap_or(i32::MAX) - i32::from(fraction);
    if exponent < -4 || exponent >= limit {
        return with_exponent(&digits, exponent, alternate);
    }
    let Ok(whole) = usize::try_from(exponent + 1) else {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return format!("0.{}{digits}", "0".repeat(zeros));
    };
    if whole == 0 {
        return format!("0.{digits}");
    }
    if digits.len() <= whole {
        let zeros = "0".repeat(whole - digits.len());
        let point = match (fraction, alternate) {
            (true, _) => ".0",
            (false, true) => ".",
            (false, false) => "",
        };
        return format!("{digits}{zeros}{point}");
    }
    let (whole, rest) = digits.split_at(whole);
    format!("{whole}.{rest}")
}

/// Sign, prefix, digits in groups and what is behind them, padded.
fn assemble(
    specification: &Specification,
    negative: bool,
    prefix: &str,
    digits: &str,
    remainder: &str,
) -> String {
    let sign = if negative {
        Some('-')
    } else {
        specification.sign.filter(|&sign| sign != '-')
    };
    let start = format!("{}{prefix}", sign.map(String::from).unwrap_or_default());
    let inside = specification.fill == '0' && specification.align == '=';
    let zeros_to = if inside && !digits.is_empty() {
        specification
            .width
            .saturating_sub(start.len() + remainder.len())
    } else {
        0
    };
    let group = if prefix_group(specification.kind) {
        4
    } else {
        3
    };
    let digits = match specification.separator {
        None => format!("{digits:0>zeros_to$}"),
        Some(separator) => grouped(digits, separator, group, zeros_to),
    };
    specification.pad_inside(&start, &format!("{digits}{remainder}"))
}

fn prefix_group(kind: Option<char>) -> bool {
    matches!(kind, Some('b' | 'o' | 'x' | 'X'))
}

/// Digits in groups, after as many zeros as make them, separators included, so long.
fn grouped(digits: &str, separator: char, group: usize, length: usize) -> String {
    let mut reversed = Vec::new();
    let mut left = digits.bytes().rev().map(char::from).peekable();
    let mut length = length;
    while left.peek().is_some() || length > 0 {
        if !reversed.is_empty() {
            reversed.push(separator);
            length = length.saturating_sub(1);
        }
        for _ in 0..group {
            let zero = (length > 0 || reversed.last() == Some(&separator)).then_some('0');
            let Some(digit) = left.next().or(zero) else {
                break;
            };
            reversed.push(digit);
            length = length.saturating_sub(1);
        }
    }
    reversed.into_iter().rev().collect()
}
