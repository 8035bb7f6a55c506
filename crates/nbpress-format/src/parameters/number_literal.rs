//! Reads numbers, and adds and multiplies them.

use super::integer::Integer;
use super::value::ParameterValue;

/// Applies an operation to two numbers; whole ones stay whole while they fit in 128 bits.
pub(super) fn calculate(
    left: &ParameterValue,
    right: &ParameterValue,
    whole: impl Fn(i128, i128) -> Option<i128>,
    float: impl Fn(f64, f64) -> f64,
) -> Option<ParameterValue> {
    if let (ParameterValue::Int(left), ParameterValue::Int(right)) = (left, right) {
        return whole(left.as_i128()?, right.as_i128()?)
            .map(|value| ParameterValue::Int(Integer::from(value)));
    }
    let number = |value: &ParameterValue| match value {
        ParameterValue::Int(value) => Some(value.as_f64()),
        ParameterValue::Float(value) => Some(*value),
        _ => None,
    };
    Some(ParameterValue::Float(float(number(left)?, number(right)?)))
}

/// The number a text begins with, and its length.
pub(super) fn number(text: &str) -> Option<(ParameterValue, usize)> {
    let radix = match text.get(..2).unwrap_or_default() {
        "0x" | "0X" => 16,
        "0o" | "0O" => 8,
        "0b" | "0B" => 2,
        _ => return decimal(text),
    };
    let digits = text[2..]
        .find(|c: char| !c.is_digit(radix) && c != '_')
        .map_or(text.len(), |end| end + 2);
    let value = Integer::from_digits(false, &text[2..digits].replace('_', ""), radix)?;
    Some((ParameterValue::Int(value), digits))
}

fn decimal(text: &str) -> Option<(ParameterValue, usize)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        // Python's `1_000`; an underscore at the end begins a suffix.
        let mut at = from;
        while at < bytes.len()
            && (bytes[at].is_ascii_digit()
                || (bytes[at] == b'_'
                    && at > from
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)))
        {
            at += 1;
        }
        at
    };
    let whole = digits(0);
    let mut end = whole;
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1) != Some(&b'.') {
        end = digits(end + 1);
        if end == 1 {
            return None;
        }
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    let plain = text[..end].replace('_', "");
    let value = if end == whole {
        ParameterValue::Int(Integer::from_digits(false, &plain, 10)?)
    } else {
        ParameterValue::Float(plain.parse().ok()?)
    };
    Some((value, end))
}
