//! Days and points in time as ISO 8601 text.

/// Whether a text is a day that exists: `2026-02-28`.
pub(super) fn is_date(text: &str) -> bool {
    date(text).is_some()
}

/// Whether a text is a day, or a day and a time of day, with or without an offset from UTC:
/// `2026-02-28`, `2026-02-28T12:30`, `2026-02-28 12:30:05.25+01:00`, `…Z`.
pub(super) fn is_datetime(text: &str) -> bool {
    let Some(day) = text.get(..10) else {
        return false;
    };
    let rest = &text[10..];
    is_date(day) && (rest.is_empty() || rest.strip_prefix(['T', 't', ' ']).is_some_and(is_time))
}

fn is_time(text: &str) -> bool {
    let clock_length = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, offset) = text.split_at(clock_length);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<_> = clock.split(':').map(two_digits).collect();
    let within = match parts[..] {
        [Some(hour), Some(minute)] => hour < 24 && minute < 60,
        [Some(hour), Some(minute), Some(second)] => hour < 24 && minute < 60 && second < 60,
        _ => false,
    };
    within && digits(fraction) && is_offset(offset)
}

fn is_offset(text: &str) -> bool {
    let Some(clock) = text.strip_prefix(['+', '-']) else {
        return matches!(text, "" | "Z" | "z");
    };
    let (hours, minutes) = clock
        .split_once(':')
        .unwrap_or(clock.split_at(clock.len().min(2)));
    two_digits(hours).is_some_and(|hours| hours < 24)
        && (minutes.is_empty() || two_digits(minutes).is_some_and(|minutes| minutes < 60))
}

fn date(text: &str) -> Option<()> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let year: u32 = (year.len() == 4 && digits(year)).then(|| year.parse().ok())??;
    let (month, day) = (two_digits(month)?, two_digits(day)?);
    (year > 0 && (1..=days_in_month(year, month)).contains(&day)).then_some(())
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 0,
    }
}

fn two_digits(text: &str) -> Option<u32> {
    if text.len() == 2 && digits(text) {
        text.parse().ok()
    } else {
        None
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{is_date, is_datetime};

    #[test]
    fn only_days_that_exist_are_days() {
        for (text, day, time) in [
            ("2026-01-31", true, true),
            ("2024-02-29", true, true),
            ("2023-02-29", false, false),
            ("1900-02-29", false, false),
            ("2026-13-01", false, false),
            ("2026-1-1", false, false),
            ("2026-01-31T12:30", false, true),
            ("2026-01-31 12:30:05.25+01:00", false, true),
            ("2026-01-31T12:30:05Z", false, true),
            ("2026-01-31T24:00", false, false),
            ("2026-01-31T12:30+0530", false, true),
            ("2026-01-31Tx", false, false),
            ("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}x", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_date(text), is_datetime(text)), (day, time), "{text}");
        }
    }
}
