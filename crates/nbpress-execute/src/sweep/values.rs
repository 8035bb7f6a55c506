//! The values of one parameter as a person writes them: `0.1,0.2`, `1..10:2`,
//! `2026-01-01..2026-01-31`.
//!
//! Everything stays text here, since only the notebook knows the type of a parameter. Ranges of
//! numbers are counted in decimal digits, so that `0..1:0.1` has eleven values and `0.3` is one of
//! them.

use jiff::ToSpan as _;
use jiff::civil::Date;

/// The most values a list may have, and the most points a sweep may have.
pub const MOST: usize = 100_000;

/// The most digits of a number in a range: products of two such numbers fit into 128 bits.
const MOST_DIGITS: u32 = 18;

/// Why a list of values cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    /// Nothing stands between two commas.
    #[error("a value is missing")]
    Missing,
    /// A quoted value has no end.
    #[error("the quote before `{text}` is not closed")]
    Unclosed {
        /// What follows the quote.
        text: String,
    },
    /// Something follows a quoted value that is not a comma.
    #[error("a comma is missing before `{text}`")]
    AfterQuote {
        /// What follows the value.
        text: String,
    },
    /// It begins as a range and is none.
    #[error("`{text}` is not a range")]
    NotARange {
        /// The item.
        text: String,
    },
    /// The step is not a number above 0, or not of the kind that the range needs.
    #[error("the step of `{text}` is not {wanted}")]
    Step {
        /// The item.
        text: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// A range with a fraction has no step.
    #[error("`{text}` has no step")]
    NoStep {
        /// The item.
        text: String,
    },
    /// There are more values than anybody wants to run.
    #[error("there are more than {MOST} values")]
    TooMany,
}

impl ValuesError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing => Some("an empty text is written `\"\"`".to_owned()),
            Self::NotARange { text } => Some(format!(
                "ranges are `1..10`, `0..1:0.1` and `2026-01-01..2026-01-31`; if this is a text, quote it: `\"{text}\"`"
            )),
            Self::NoStep { text } => Some(format!("such as `{text}:0.1`")),
            _ => None,
        }
    }
}

/// The values of a list. Items are separated by commas and may be ranges, both ends included; an
/// item in quotes is a text as it is, and a doubled quote in it is one quote, as in CSV.
///
/// | item | values |
/// |---|---|
/// | `0.1`, `eu-west` | itself |
/// | `"a,b"`, `'1..3'` | `a,b`, `1..3` |
/// | `1..10`, `1..10:2`, `10..1` | whole numbers, counting down where the second end is smaller |
/// | `0..1:0.1` | numbers with as many decimals as the ends and the step have |
/// | `2026-01-01..2026-01-31`, `…:7` | days, a number of days apart |
///
/// # Errors
/// See [`ValuesError`].
pub fn values(text: &str) -> Result<Vec<String>, ValuesError> {
    let mut values = Vec::new();
    let mut rest = text.trim();
    loop {
        let (item, after) = take_item(rest)?;
        match item {
            Item::Quoted(text) => values.push(text),
            Item::Plain("") => return Err(ValuesError::Missing),
            Item::Plain(text) if begins_as_range(text) => values.extend(range(text)?),
            Item::Plain(text) => values.push(text.to_owned()),
        }
        if values.len() > MOST {
            return Err(ValuesError::TooMany);
        }
        match after {
            Some(after) => rest = after.trim_start(),
            None => return Ok(values),
        }
    }
}

enum Item<'a> {
    Plain(&'a str),
    Quoted(String),
}

/// The first item, and what follows its comma.
fn take_item(text: &str) -> Result<(Item<'_>, Option<&str>), ValuesError> {
    let Some(quote) = text
        .chars()
        .next()
        .filter(|char| matches!(char, '"' | '\''))
    else {
        let (item, after) = match text.split_once(',') {
            Some((item, after)) => (item, Some(after)),
            None => (text, None),
        };
        return Ok((Item::Plain(item.trim_end()), after));
    };
    let mut value = String::new();
    let mut rest = &text[1..];
    loop {
        let (before, after) = rest
            .split_once(quote)
            .ok_or_else(|| ValuesError::Unclosed {
                text: text[1..].to_owned(),
            })?;
        value.push_str(before);
        if let Some(after) = after.strip_prefix(quote) {
            value.push(quote);
            rest = after;
        } else {
            rest = after.trim_start();
            break;
        }
    }
    if rest.is_empty() {
        return Ok((Item::Quoted(value), None));
    }
    match rest.strip_prefix(',') {
        Some(after) => Ok((Item::Quoted(value), Some(after))),
        None => Err(ValuesError::AfterQuote {
            text: rest.to_owned(),
        }),
    }
}

/// Whether a text is meant as a range: `..` behind something that begins as a number. `../data` is a
/// text.
fn begins_as_range(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned.starts_with(|char: char| char.is_ascii_digit()) && text.contains("..")
}

fn range(text: &str) -> Result<Vec<String>, ValuesError> {
    let not_a_range = || ValuesError::NotARange {
        text: text.to_owned(),
    };
    let (from, rest) = text.split_once("..").ok_or_else(not_a_range)?;
    let (to, step) = match rest.split_once(':') {
        Some((to, step)) => (to, Some(step)),
        None => (rest, None),
    };
    if let (Some(from), Some(to)) = (Decimal::parse(from), Decimal::parse(to)) {
        return numbers(text, from, to, step);
    }
    if let (Some(from), Some(to)) = (date(from), date(to)) {
        return days(text, from, to, step);
    }
    Err(not_a_range())
}

/// A number in decimal digits: `mantissa / 10^scale`.
#[derive(Clone, Copy, Debug)]
struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// `12`, `-0.25`, `1e-3`; at most [`MOST_DIGITS`] digits on either side of the point.
    fn parse(text: &str) -> Option<Self> {
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let unsigned = whole.strip_prefix(['-', '+']).unwrap_or(whole);
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if unsigned.is_empty() || !all_digits(unsigned) || !all_digits(fraction) {
            return None;
        }
        let digits = u32::try_from(unsigned.len() + fraction.len()).ok()?;
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        if digits > MOST_DIGITS || scale.unsigned_abs() > MOST_DIGITS {
            return None;
        }
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
        Some(match u32::try_from(scale) {
            Ok(scale) => Self { mantissa, scale },
            Err(_) => Self {
                mantissa: mantissa * 10_i128.pow(scale.unsigned_abs()),
                scale: 0,
            },
        })
    }

    /// The mantissa with more decimals.
    fn scaled_to(self, scale: u32) -> Option<i128> {
        self.mantissa
            .checked_mul(10_i128.checked_pow(scale - self.scale)?)
    }
}

fn numbers(
    text: &str,
    from: Decimal,
    to: Decimal,
    step: Option<&str>,
) -> Result<Vec<String>, ValuesError> {
    let one = Decimal {
        mantissa: 1,
        scale: 0,
    };
    let step = match step {
        Some(step) => Decimal::parse(step)
            .filter(|step| step.mantissa > 0)
            .ok_or_else(|| ValuesError::Step {
                text: text.to_owned(),
                wanted: "a number above 0",
            })?,
        None if from.scale == 0 && to.scale == 0 => one,
        None => {
            return Err(ValuesError::NoStep {
                text: text.to_owned(),
            });
        }
    };
    let scale = from.scale.max(to.scale).max(step.scale);
    let scaled = |number: Decimal| number.scaled_to(scale).ok_or(ValuesError::TooMany);
    let (from, to, step) = (scaled(from)?, scaled(to)?, scaled(step)?);
    let count = count(to.abs_diff(from) / step.unsigned_abs())?;
    let step = if to < from { -step } else { step };
    let value = |index: usize| written(from + step * index as i128, scale);
    Ok((0..count).map(value).collect())
}

fn written(mantissa: i128, scale: u32) -> String {
    if scale == 0 {
        return mantissa.to_string();
    }
    let sign = if mantissa < 0 { "-" } else { "" };
    let unit = 10_u128.pow(scale);
    let (whole, fraction) = (
        mantissa.unsigned_abs() / unit,
        mantissa.unsigned_abs() % unit,
    );
    format!("{sign}{whole}.{fraction:0width$}", width = scale as usize)
}

/// A day as ISO 8601 writes it, with hyphens only.
fn date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    text.parse().ok().filter(|_| shape)
}

fn days(text: &str, from: Date, to: Date, step: Option<&str>) -> Result<Vec<String>, ValuesError> {
    let step = match step {
        None => 1,
        Some(step) => step
            .parse::<u32>()
            .ok()
            .filter(|&days| days > 0)
            .ok_or_else(|| ValuesError::Step {
                text: text.to_owned(),
                wanted: "a whole number of days above 0",
            })?,
    };
    let apart = i64::from((to - from).get_days());
    let count = count(u128::from(apart.unsigned_abs() / u64::from(step)))?;
    let step = i64::from(step) * apart.signum();
    // Between two dates there are dates only.
    let next = |day: &Date| day.checked_add(step.days()).ok();
    let days = std::iter::successors(Some(from), next).take(count);
    Ok(days.map(|day| day.to_string()).collect())
}

/// The number of values when there are so many steps.
fn count(steps: u128) -> Result<usize, ValuesError> {
    let steps = usize::try_from(steps).ok().filter(|&steps| steps < MOST);
    steps.map(|steps| steps + 1).ok_or(ValuesError::TooMany)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_are_written_out() {
        for (text, expected) in [
            ("0.1, 0.2,5", "0.1|0.2|5"),
            ("eu-west", "eu-west"),
            (r#""a,b",'it''s',"say ""x"" ""#, r#"a,b|it's|say "x" "#),
            (r#""", x"#, "|x"),
            ("it's,a..b,../data", "it's|a..b|../data"),
            ("'1..3'", "1..3"),
            ("1..4", "1|2|3|4"),
            ("1..10:4,20", "1|5|9|20"),
            ("3..1", "3|2|1"),
            ("-2..1", "-2|-1|0|1"),
            ("7..7", "7"),
            ("0..1:0.25", "0.00|0.25|0.50|0.75|1.00"),
            ("1..0.5:0.25", "1.00|0.75|0.50"),
            ("-0.1..0.1:0.1", "-0.1|0.0|0.1"),
            ("1e-3..3e-3:1e-3", "0.001|0.002|0.003"),
            ("1e2..3e2:1e2", "100|200|300"),
            (
                "2026-02-27..2026-03-02",
                "2026-02-27|2026-02-28|2026-03-01|2026-03-02",
            ),
            ("2024-02-28..2024-03-01", "2024-02-28|2024-02-29|2024-03-01"),
            (
                "2026-01-01..2026-01-16:7",
                "2026-01-01|2026-01-08|2026-01-15",
            ),
            ("2026-01-02..2025-12-31", "2026-01-02|2026-01-01|2025-12-31"),
        ] {
            let expected: Vec<_> = expected.split('|').map(str::to_owned).collect();
            assert_eq!(values(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn fractions_do_not_drift() {
        let drifting = values("0..1:0.1").unwrap();
        let expected: Vec<_> = (0..=10)
            .map(|tenth| format!("{}.{}", tenth / 10, tenth % 10))
            .collect();
        assert_eq!(drifting, expected);
        assert_eq!(values("0..99.999:0.001").unwrap().last().unwrap(), "99.999");
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let range = |text: &str| ValuesError::NotARange { text: text.into() };
        for (text, expected) in [
            ("", ValuesError::Missing),
            ("1,,2", ValuesError::Missing),
            ("1,", ValuesError::Missing),
            ("\"a", ValuesError::Unclosed { text: "a".into() }),
            ("'a'b", ValuesError::AfterQuote { text: "b".into() }),
            ("1..x", range("1..x")),
            ("1..2..3", range("1..2..3")),
            ("1...3", range("1...3")),
            ("10.0.0.1..10.0.0.9", range("10.0.0.1..10.0.0.9")),
            ("2026-01-01..2026-02-30", range("2026-01-01..2026-02-30")),
            ("2026-1-1..2026-1-3", range("2026-1-1..2026-1-3")),
            (
                "0..1.5",
                ValuesError::NoStep {
                    text: "0..1.5".into(),
                },
            ),
            (
                "1..3:0",
                ValuesError::Step {
                    text: "1..3:0".into(),
                    wanted: "a number above 0",
                },
            ),
            (
                "1..3:-1",
                ValuesError::Step {
                    text: "1..3:-1".into(),
                    wanted: "a number above 0",
                },
            ),
            (
                "2026-01-01..2026-01-03:1.5",
                ValuesError::Step {
                    text: "2026-01-01..2026-01-03:1.5".into(),
                    wanted: "a whole number of days above 0",
                },
            ),
            ("1..100001", ValuesError::TooMany),
            ("0..999999999999999999:1e-18", ValuesError::TooMany),
        ] {
            assert_eq!(values(text), Err(expected), "{text}");
        }
    }
}
