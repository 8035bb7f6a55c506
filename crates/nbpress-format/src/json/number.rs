//! Numbers that keep their digits, and floats as Python prints them.

use std::fmt;

/// Longest number that needs no memory of its own: all floats, and integers that anybody counts with.
const SHORT: usize = 30;

/// A JSON number, or one of Python's `NaN`, `Infinity`, `-Infinity`.
#[derive(Clone, PartialEq, Eq)]
pub struct Number(Digits);

/// A plot has millions of numbers.
#[derive(Clone, PartialEq, Eq)]
enum Digits {
    /// ASCII, filled up with zeros.
    Short {
        length: u8,
        text: [u8; SHORT],
    },
    Long(Box<str>),
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Number").field(&self.as_str()).finish()
    }
}

impl Number {
    /// A number from its JSON text, which the parser has checked.
    pub(super) fn from_text(text: &str) -> Self {
        let mut short = [0; SHORT];
        Self(
            match (short.get_mut(..text.len()), u8::try_from(text.len())) {
                (Some(place), Ok(length)) => {
                    place.copy_from_slice(text.as_bytes());
                    Digits::Short {
                        length,
                        text: short,
                    }
                }
                _ => Digits::Long(text.into()),
            },
        )
    }

    /// The digits as they were read.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Digits::Short { length, text } => {
                let text = text.get(..usize::from(*length)).unwrap_or_default();
                std::str::from_utf8(text).unwrap_or_default()
            }
            Digits::Long(text) => text,
        }
    }

    /// Whether Python reads it as an `int`: no fraction, no exponent.
    pub fn is_integer(&self) -> bool {
        self.as_str()
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
    }

    /// An integer that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_str().parse().ok()
    }

    /// An integer that fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_str().parse().ok()
    }

    /// The nearest `f64`.
    pub fn as_f64(&self) -> f64 {
        // "NaN", "Infinity" and "-Infinity" are read by Rust too.
        self.as_str().parse().unwrap_or(f64::NAN)
    }

    /// The text Python writes after having read this number.
    pub(super) fn to_python(&self) -> std::borrow::Cow<'_, str> {
        match self.as_str() {
            "-0" => "0".into(),
            text if self.is_integer() || is_shortest(text) => text.into(),
            _ => python_float(self.as_f64()).into(),
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::from_text(&value.to_string())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::from_text(&value.to_string())
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::from_text(&python_float(value))
    }
}

/// Whether a number with a fraction is written as [`python_float`] writes its value, which is slow to find out for
/// millions: two texts of at most 15 significant digits are never the same `f64`.
fn is_shortest(text: &str) -> bool {
    let Some((whole, fraction)) = text.trim_start_matches('-').split_once('.') else {
        return false;
    };
    let is_exact = fraction == "0" || !fraction.ends_with('0');
    // Smaller ones are written with an exponent.
    let is_positional = whole != "0" || fraction == "0" || !fraction.starts_with("0000");
    let is_plain = fraction.bytes().all(|byte| byte.is_ascii_digit());
    is_plain && is_exact && is_positional && whole.len() + fraction.len() <= 15
}

/// A float as Python's `repr`, with JSON's names for the values that are not finite: the shortest
/// digits that read back the same, positional for exponents from -4 to 15.
pub fn python_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let positional = format!("{value}");
        return if positional.contains('.') {
            positional
        } else {
            positional + ".0"
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::{Number, python_float};

    #[test]
    fn a_number_that_is_not_looked_at_is_what_python_prints() {
        let digits = [
            "",
            "0",
            "1",
            "10",
            "12345",
            "999999",
            "1234567890",
            "000",
            "0001",
            "00001",
        ];
        for whole in ["0", "-0", "1", "-1", "12", "100", "99999999999999"] {
            for (first, second) in digits.iter().flat_map(|one| digits.map(|two| (*one, two))) {
                let text = format!("{whole}.{first}{second}");
                if text.ends_with('.') {
                    continue;
                }
                let slow = python_float(text.parse().unwrap());
                assert_eq!(Number::from_text(&text).to_python(), slow, "{text}");
            }
        }
    }

    #[test]
    fn long_numbers_keep_their_digits() {
        for length in [1, 29, 30, 31, 300] {
            let text = "7".repeat(length);
            assert_eq!(Number::from_text(&text).as_str(), text);
        }
    }

    #[test]
    fn floats_are_printed_as_python_prints_them() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (3.604_026_079_177_856_4, "3.6040260791778564"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(python_float(value), text);
        }
    }
}
