//! The name of a run.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

/// Crockford's base 32: <https://www.crockford.com/base32.html>. In lower case, since the name is
/// also a folder's name and is typed by people.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const PREFIX: &str = "run_";
/// 26 digits of 5 bits hold the 128 bits of a UUID; the first digit is at most 7.
const DIGITS: usize = 26;

/// The name of a run: `run_` and 26 characters of Crockford's base 32, made from a UUID of version 7
/// (<https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7>), so that names sort by the time at
/// which runs began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(Uuid);

impl RunId {
    /// A new name, later than every other one made by this process.
    #[expect(
        clippy::new_without_default,
        reason = "two calls give two names; a default would be one value"
    )]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The smallest name that a run which began at a time could have.
    pub fn first_at(at: jiff::Timestamp) -> Self {
        // The first 48 bits are milliseconds.
        let millis = u128::from(u64::try_from(at.as_millisecond()).unwrap_or(0));
        Self(Uuid::from_u128(millis << 80))
    }

    /// The name of a run of another program, which began at a time: the same for the same `origin`, so
    /// that a run which is read twice is found again. It sorts among the runs that began then.
    pub fn of_origin(at: jiff::Timestamp, origin: &str) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        let mut rest = [0; 10];
        rest.copy_from_slice(&Sha256::digest(origin)[..10]);
        Self(Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
    }

    /// Reads what [`Display`](fmt::Display) prints; capital letters are accepted.
    pub fn parse(text: &str) -> Result<Self, RunIdError> {
        let malformed = || RunIdError {
            text: text.to_owned(),
        };
        let digits = text.strip_prefix(PREFIX).ok_or_else(malformed)?;
        if digits.len() != DIGITS || digits.as_bytes()[0] > b'7' {
            return Err(malformed());
        }
        let mut value: u128 = 0;
        for digit in digits.bytes() {
            let digit = digit.to_ascii_lowercase();
            let place = ALPHABET
                .iter()
                .position(|&known| known == digit)
                .ok_or_else(malformed)?;
            value = value << 5 | place as u128;
        }
        Ok(Self(Uuid::from_u128(value)))
    }
}

impl FromStr for RunId {
    type Err = RunIdError;

    fn from_str(text: &str) -> Result<Self, RunIdError> {
        Self::parse(text)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(PREFIX)?;
        let value = self.0.as_u128();
        for position in (0..DIGITS).rev() {
            let digit = usize::try_from((value >> (5 * position)) & 31).map_err(|_| fmt::Error)?;
            fmt::Write::write_char(formatter, char::from(ALPHABET[digit]))?;
        }
        Ok(())
    }
}

/// A text that names no run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a run's name")]
pub struct RunIdError {
    /// What was given.
    pub text: String,
}

impl RunIdError {
    /// What a name looks like.
    pub fn hint(&self) -> Option<String> {
        Some("a run's name is `run_` and 26 digits and letters".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_and_sorts_by_age() {
        let names: Vec<RunId> = (0..1000).map(|_| RunId::new()).collect();
        let texts: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert!(texts.is_sorted() && names.is_sorted());
        for (name, text) in names.iter().zip(&texts) {
            assert_eq!(text.len(), 30);
            assert_eq!(RunId::parse(text), Ok(*name));
            assert_eq!(
                RunId::parse(&format!("run_{}", text[4..].to_uppercase())),
                Ok(*name)
            );
        }
    }

    #[test]
    fn the_run_of_an_origin_has_one_name_at_its_place_in_time() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        let (early, late) = (at("2020-01-02T03:04:05Z"), at("2020-01-02T03:04:05.001Z"));
        let name = RunId::of_origin(early, "a");
        assert_eq!(name, RunId::of_origin(early, "a"));
        assert_ne!(name, RunId::of_origin(early, "b"));
        assert!(RunId::first_at(early) < name && name < RunId::first_at(late));
        assert!(RunId::of_origin(late, "a") < RunId::new());
        assert_eq!(RunId::parse(&name.to_string()), Ok(name));
        assert!(RunId::of_origin(at("1969-01-01T00:00:00Z"), "a") < name);
    }

    #[test]
    fn the_ends_of_the_range_have_26_digits() {
        for (value, digits) in [
            (0, "00000000000000000000000000"),
            (u128::MAX, "7zzzzzzzzzzzzzzzzzzzzzzzzz"),
        ] {
            let id = RunId(Uuid::from_u128(value));
            assert_eq!(id.to_string(), format!("run_{digits}"));
            assert_eq!(RunId::parse(&id.to_string()), Ok(id));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "run_",
            "01jd3m4n5p6q7r8s9tavbwcxdy",
            "run_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "run_0000000000000000000000000",
            "run_000000000000000000000000000",
            "run_0000000000000000000000000u",
            "run_0000000000000000000000000é",
            "run_../../../../../../etc/pass",
        ] {
            assert!(RunId::parse(text).is_err(), "{text}");
        }
    }
}
