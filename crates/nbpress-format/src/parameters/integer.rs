//! Whole numbers of any size, as Python's `int`.

use std::fmt;

/// How many decimal digits one limb holds.
const LIMB_DIGITS: usize = 9;
const LIMB: u64 = 1_000_000_000;

/// A whole number of any size, kept as its decimal digits: an optional `-`, no leading zeros.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Integer(Box<str>);

impl Integer {
    /// Reads ASCII digits of a radix from 2 to 36. `None` where a character is no digit, or none is
    /// there.
    pub fn from_digits(negative: bool, digits: &str, radix: u32) -> Option<Self> {
        if digits.is_empty() {
            return None;
        }
        if radix == 10 {
            let all = digits.bytes().all(|byte| byte.is_ascii_digit());
            return all.then(|| Self::from_decimal(negative, digits));
        }
        let mut limbs = vec![0];
        for digit in digits.chars() {
            multiply_add(
                &mut limbs,
                u64::from(radix),
                u64::from(digit.to_digit(radix)?),
            );
        }
        Some(Self::from_decimal(negative, &decimal(&limbs)))
    }

    /// From decimal digits that are known to be digits.
    fn from_decimal(negative: bool, digits: &str) -> Self {
        let digits = digits.trim_start_matches('0');
        match (digits, negative) {
            ("", _) => Self("0".into()),
            (_, true) => Self(format!("-{digits}").into()),
            (_, false) => Self(digits.into()),
        }
    }

    /// The decimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number, where it fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The number, where it fits.
    pub fn as_i128(&self) -> Option<i128> {
        self.0.parse().ok()
    }

    /// The nearest float; infinite where it is too large for one.
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.0.starts_with('-')
    }

    /// The digits of its absolute value in a radix from 2 to 36, in lower case.
    pub fn magnitude_in(&self, radix: u32) -> String {
        let mut limbs = limbs(self.0.trim_start_matches('-'));
        let mut digits = Vec::new();
        while limbs.iter().any(|&limb| limb != 0) {
            let digit = divide(&mut limbs, u64::from(radix));
            digits.push(
                u32::try_from(digit)
                    .ok()
                    .and_then(|digit| char::from_digit(digit, radix)),
            );
        }
        if digits.is_empty() {
            return "0".to_owned();
        }
        digits.into_iter().rev().flatten().collect()
    }

    /// The sum of each number times its weight; for numbers in base 60.
    pub fn weighted_sum(base: u32, digits: impl IntoIterator<Item = u64>) -> Self {
        let mut limbs = vec![0];
        for digit in digits {
            multiply_add(&mut limbs, u64::from(base), digit);
        }
        Self::from_decimal(false, &decimal(&limbs))
    }

    /// The same number below zero.
    #[must_use]
    pub fn negated(&self) -> Self {
        match self.0.strip_prefix('-') {
            Some(digits) => Self(digits.into()),
            None => Self::from_decimal(true, &self.0),
        }
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Self(value.to_string().into())
    }
}

impl From<i128> for Integer {
    fn from(value: i128) -> Self {
        Self(value.to_string().into())
    }
}

/// Little-endian limbs of decimal digits.
fn limbs(digits: &str) -> Vec<u64> {
    digits
        .as_bytes()
        .rchunks(LIMB_DIGITS)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0, |limb, digit| limb * 10 + u64::from(digit - b'0'))
        })
        .collect()
}

fn decimal(limbs: &[u64]) -> String {
    let mut digits = Vec::with_capacity(limbs.len());
    digits.extend(
        limbs
            .iter()
            .rev()
            .map(|limb| format!("{limb:0LIMB_DIGITS$}")),
    );
    digits.concat()
}

fn multiply_add(limbs: &mut Vec<u64>, factor: u64, addend: u64) {
    let mut carry = addend;
    for limb in limbs.iter_mut() {
        let product = *limb * factor + carry;
        *limb = product % LIMB;
        carry = product / LIMB;
    }
    while carry > 0 {
        limbs.push(carry % LIMB);
        carry /= LIMB;
    }
}

/// Divides in place and gives the remainder.
fn divide(limbs: &mut Vec<u64>, divisor: u64) -> u64 {
    let mut remainder = 0;
    for limb in limbs.iter_mut().rev() {
        let value = remainder * LIMB + *limb;
        *limb = value / divisor;
        remainder = value % divisor;
    }
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
    remainder
}

#[cfg(test)]
mod tests {
    use super::Integer;

    #[test]
    fn digits_of_any_radix_become_decimal_and_back() {
        for (negative, digits, radix, expected) in [
            (false, "0", 10, "0"),
            (true, "000", 10, "0"),
            (true, "0012", 10, "-12"),
            (false, "ff", 16, "255"),
            (true, "777", 8, "-511"),
            (
                false,
                "ffffffffffffffffffffffff",
                16,
                "79228162514264337593543950335",
            ),
            (false, "1000000000", 10, "1000000000"),
        ] {
            let number = Integer::from_digits(negative, digits, radix).unwrap();
            assert_eq!(number.as_str(), expected);
            let back = Integer::from_digits(number.is_negative(), &number.magnitude_in(7), 7);
            assert_eq!(back, Some(number));
        }
        assert_eq!(Integer::from_digits(false, "12a", 10), None);
        assert_eq!(Integer::from_digits(false, "", 2), None);
        assert_eq!(Integer::weighted_sum(60, [12, 30, 0]).as_str(), "45000");
        assert_eq!(Integer::from(5_i64).negated().negated().as_str(), "5");
        assert_eq!(Integer::from(0_i64).negated().as_str(), "0");
    }
}
