//! Numbers of bytes as people read them.

/// `1.5 MB`; in powers of 1000, as file managers count.
pub(crate) fn bytes(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut units = ["bytes", "kB", "MB", "GB"].iter();
    let mut unit = units.next();
    while size >= 999.5
        && let Some(larger) = units.next()
    {
        size /= 1000.0;
        unit = Some(larger);
    }
    let unit = unit.unwrap_or(&"");
    let whole = *unit == "bytes" || size >= 99.5;
    format!("{size:.*} {unit}", usize::from(!whole))
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_short() {
        for (size, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (123_456, "123 kB"),
            (999_900, "1.0 MB"),
            (20_000_000, "20.0 MB"),
            (7_000_000_000_000, "7000 GB"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }
}
