//! Numbers that keep their digits, and floats as Python prints them.

/// A JSON number, or one of Python's `NaN`, `Infinity`, `-Infinity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(Box<str>);

impl Number {
    /// A number from its JSON text, which the parser has checked.
    pub(super) fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The digits as they were read.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Python reads it as an `int`: no fraction, no exponent.
    pub fn is_integer(&self) -> bool {
        self.0
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
    }

    /// An integer that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// An integer that fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// The nearest `f64`.
    pub fn as_f64(&self) -> f64 {
        // "NaN", "Infinity" and "-Infinity" are read by Rust too.
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// The text Python writes after having read this number.
    pub(super) fn to_python(&self) -> std::borrow::Cow<'_, str> {
        if self.is_integer() {
            return if &*self.0 == "-0" {
                "0".into()
            } else {
                (&*self.0).into()
            };
        }
        python_float(self.as_f64()).into()
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string().into())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(value.to_string().into())
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(python_float(value).into())
    }
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
    use super::python_float;

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
