//! Values that exist only under an explicit tag, and here only as Python's `str()` of them.

use nbpress_format::parameters::ParameterValue;

/// `!!binary`: Python's `bytes`.
pub(super) fn bytes(text: &str) -> Option<ParameterValue> {
    if !text.is_ascii() {
        return None;
    }
    let bytes = super::decode_base64(text)?;
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    let mut printed = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => printed.push_str("\\\\"),
            b'\t' => printed.push_str("\\t"),
            b'\n' => printed.push_str("\\n"),
            b'\r' => printed.push_str("\\r"),
            _ if char::from(byte) == quote => printed.extend(['\\', quote]),
            b' '..=b'~' => printed.push(char::from(byte)),
            _ => printed.extend(byte_escape(byte)),
        }
    }
    printed.push(quote);
    Some(ParameterValue::Other(printed))
}

fn byte_escape(byte: u8) -> [char; 4] {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    ['\\', 'x', digit(byte >> 4), digit(byte & 15)]
}

/// `!!set`, in the order of the document.
pub(super) fn set(entries: &[(ParameterValue, ParameterValue)]) -> ParameterValue {
    if entries.is_empty() {
        return ParameterValue::Other("set()".to_owned());
    }
    let keys: Vec<_> = entries
        .iter()
        .map(|(key, _)| key.to_python_repr())
        .collect();
    ParameterValue::Other(format!("{{{}}}", keys.join(", ")))
}

/// Whether a key is a set, which Python cannot hash.
pub(super) fn is_set(key: &ParameterValue, tag: Option<&str>) -> bool {
    matches!(key, ParameterValue::Other(_)) && tag.is_some_and(|tag| tag.ends_with(":set"))
}

/// An entry of `!!omap` or `!!pairs`.
pub(super) fn tuple((key, value): &(ParameterValue, ParameterValue)) -> ParameterValue {
    ParameterValue::Other(format!(
        "({}, {})",
        key.to_python_repr(),
        value.to_python_repr()
    ))
}

/// `!!timestamp`: a day, or a point in time. <https://yaml.org/type/timestamp.html>
pub(super) fn timestamp(text: &str) -> Option<ParameterValue> {
    let day_length = text.find(['T', 't', ' ', '\t']).unwrap_or(text.len());
    let (day, rest) = text.split_at(day_length);
    let parts: Vec<_> = day.split('-').collect();
    let [year, month, day] = parts[..] else {
        return None;
    };
    let short = |part: &str| (1..=2).contains(&part.len());
    if year.len() != 4 || !short(month) || !short(day) {
        return None;
    }
    let date = jiff::civil::Date::new(number(year)?, number(month)?, number(day)?).ok()?;
    if rest.is_empty() {
        return Some(ParameterValue::Other(date.to_string()));
    }
    let clock = rest
        .strip_prefix(['T', 't'])
        .unwrap_or_else(|| rest.trim_start_matches([' ', '\t']));
    Some(ParameterValue::Other(format!("{date} {}", time(clock)?)))
}

/// The time of day and the offset, as Python's `datetime` prints them.
fn time(text: &str) -> Option<String> {
    let zone_at = text.find(['Z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone_at);
    let clock = clock.trim_end_matches([' ', '\t']);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = parts[..] else {
        return None;
    };
    let (hour, minute, second): (i8, i8, i8) = (number(hour)?, number(minute)?, number(second)?);
    jiff::civil::Time::new(hour, minute, second, 0).ok()?;
    let mut printed = format!("{hour:02}:{minute:02}:{second:02}");
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micro: u32 = format!("{fraction:0<6.6}").parse().ok()?;
    if micro > 0 {
        printed.push_str(&format_args!(".{micro:06}").to_string());
    }
    printed.push_str(&offset(zone)?);
    Some(printed)
}

fn offset(zone: &str) -> Option<String> {
    let Some(sign) = zone.chars().next() else {
        return Some(String::new());
    };
    if zone == "Z" {
        return Some("+00:00".to_owned());
    }
    let (hours, minutes) = zone[1..].split_once(':').unwrap_or((&zone[1..], "0"));
    let (hours, minutes): (i16, i16) = (number(hours)?, number(minutes)?);
    let total = (hours * 60 + minutes) * if sign == '-' { -1 } else { 1 };
    let sign = if total < 0 { '-' } else { '+' };
    Some(format!(
        "{sign}{:02}:{:02}",
        total.abs() / 60,
        total.abs() % 60
    ))
}

fn number<T: std::str::FromStr>(digits: &str) -> Option<T> {
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}
