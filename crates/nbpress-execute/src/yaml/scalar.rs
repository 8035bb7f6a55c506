//! What a plain scalar means, by YAML 1.1 as PyYAML has it.

use nbpress_format::parameters::{Integer, ParameterValue};

/// The type of a plain scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    Null,
    Bool,
    Int,
    Float,
    /// `<<`
    Merge,
    /// `=`
    Value,
    Str,
}

/// Finds the type of a plain scalar. <https://yaml.org/type/>
pub(super) fn resolve(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "<<" => Resolved::Merge,
        "=" => Resolved::Value,
        "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "true" | "True" | "TRUE" | "false"
        | "False" | "FALSE" | "on" | "On" | "ON" | "off" | "Off" | "OFF" => Resolved::Bool,
        _ if is_float(text) => Resolved::Float,
        _ if is_int(text) => Resolved::Int,
        _ => Resolved::Str,
    }
}

/// The value of a scalar of a type; `None` where the text is none of its values.
pub(super) fn value(text: &str, kind: Resolved) -> Option<ParameterValue> {
    match kind {
        Resolved::Null => Some(ParameterValue::Null),
        Resolved::Bool => match text.to_lowercase().as_str() {
            "yes" | "true" | "on" => Some(ParameterValue::Bool(true)),
            "no" | "false" | "off" => Some(ParameterValue::Bool(false)),
            _ => None,
        },
        Resolved::Int => int(text).map(ParameterValue::Int),
        Resolved::Float => float(text).map(ParameterValue::Float),
        Resolved::Merge | Resolved::Str => Some(ParameterValue::from(text)),
        Resolved::Value => None,
    }
}

fn int(text: &str) -> Option<Integer> {
    let text = text.replace('_', "");
    let (negative, digits) = sign(&text);
    let magnitude = match digits {
        "0" => return Some(Integer::from(0_i64)),
        _ if digits.starts_with("0b") => Integer::from_digits(false, &digits[2..], 2)?,
        _ if digits.starts_with("0x") => Integer::from_digits(false, &digits[2..], 16)?,
        _ if digits.starts_with('0') => {
            // Under an explicit tag, Python's prefix too.
            Integer::from_digits(false, digits.strip_prefix("0o").unwrap_or(digits), 8)?
        }
        _ if digits.contains(':') => {
            let parts = digits.split(':').map(|part| part.parse().ok());
            Integer::weighted_sum(60, parts.collect::<Option<Vec<u64>>>()?)
        }
        _ => nbpress_format::parameters::python_int(digits)?,
    };
    Some(if negative {
        magnitude.negated()
    } else {
        magnitude
    })
}

fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_lowercase();
    let (negative, number) = sign(&text);
    let magnitude = match number {
        ".inf" => f64::INFINITY,
        ".nan" => return Some(f64::NAN),
        _ if number.contains(':') => {
            // Added from the end, in PyYAML's order, for the same rounding.
            let mut base = 1.0;
            let mut sum = 0.0;
            for part in number.rsplit(':') {
                sum += nbpress_format::parameters::python_float_of(part)? * base;
                base *= 60.0;
            }
            sum
        }
        _ => nbpress_format::parameters::python_float_of(number)?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn is_int(text: &str) -> bool {
    let (_, digits) = sign(text);
    if let Some(binary) = digits.strip_prefix("0b") {
        return all(binary, |byte| matches!(byte, b'0' | b'1' | b'_'));
    }
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        return all(hexadecimal, |byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    if let Some(octal) = digits.strip_prefix('0') {
        return octal.is_empty() || all(octal, |byte| matches!(byte, b'0'..=b'7' | b'_'));
    }
    let (first, sixties) = digits.split_once(':').unwrap_or((digits, "0"));
    first.starts_with(|first: char| first.is_ascii_digit())
        && all(first, |byte| byte.is_ascii_digit() || byte == b'_')
        && sixties.split(':').all(is_sixty)
}

fn is_float(text: &str) -> bool {
    let (_, number) = sign(text);
    match number {
        ".inf" | ".Inf" | ".INF" => return true,
        ".nan" | ".NaN" | ".NAN" => return number.len() == text.len(),
        _ => {}
    }
    let Some((whole, fraction)) = number.split_once('.') else {
        return false;
    };
    let digits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let (fraction, exponent) =
        fraction.split_at(fraction.find(['e', 'E']).unwrap_or(fraction.len()));
    if whole.is_empty() {
        // `.5` takes no sign.
        let first = fraction.starts_with(|first: char| first.is_ascii_digit());
        return number.len() == text.len() && first && digits(fraction) && is_exponent(exponent);
    }
    if !whole.starts_with(|first: char| first.is_ascii_digit()) || !digits(fraction) {
        return false;
    }
    match whole.split_once(':') {
        None => digits(whole) && is_exponent(exponent),
        Some((first, sixties)) => {
            exponent.is_empty() && digits(first) && sixties.split(':').all(is_sixty)
        }
    }
}

/// Nothing, or `e+5`: the sign must be there.
fn is_exponent(text: &str) -> bool {
    let Some(power) = text.strip_prefix(['e', 'E']) else {
        return text.is_empty();
    };
    power
        .strip_prefix(['+', '-'])
        .is_some_and(|digits| all(digits, |byte| byte.is_ascii_digit()))
}

/// `[0-5]?[0-9]`
fn is_sixty(text: &str) -> bool {
    match text.as_bytes() {
        [unit] => unit.is_ascii_digit(),
        [b'0'..=b'5', unit] => unit.is_ascii_digit(),
        _ => false,
    }
}

fn all(text: &str, test: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(test)
}
