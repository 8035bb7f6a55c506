//! Points in time as Python's tools write them into notebooks.

use jiff::Timestamp;

/// `datetime.isoformat()` of a UTC time, as papermill writes it: microseconds, left out when zero
/// (<https://docs.python.org/3/library/datetime.html#datetime.datetime.isoformat>).
pub(crate) fn isoformat(at: Timestamp) -> String {
    match at.subsec_nanosecond() / 1000 {
        0 => format!("{}+00:00", at.strftime("%Y-%m-%dT%H:%M:%S")),
        micros => format!("{}.{micros:06}+00:00", at.strftime("%Y-%m-%dT%H:%M:%S")),
    }
}

/// `%Y-%m-%dT%H:%M:%S.%fZ`, as nbclient writes the times of a cell's messages: always six digits.
pub(crate) fn message_time(at: Timestamp) -> String {
    format!(
        "{}.{:06}Z",
        at.strftime("%Y-%m-%dT%H:%M:%S"),
        at.subsec_nanosecond() / 1000
    )
}

/// Seconds between two times of which only the microseconds are kept, as Python's
/// `timedelta.total_seconds()` computes them.
pub(crate) fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    (to.as_microsecond() - from.as_microsecond()) as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_look_as_python_writes_them() {
        for (given, iso, message) in [
            (
                "2026-11-22T05:31:18.804896Z",
                "2026-11-22T05:31:18.804896+00:00",
                "2026-11-22T05:31:18.804896Z",
            ),
            (
                "2026-11-22T05:31:18Z",
                "2026-11-22T05:31:18+00:00",
                "2026-11-22T05:31:18.000000Z",
            ),
            (
                "2026-01-02T03:04:05.000000999Z",
                "2026-01-02T03:04:05+00:00",
                "2026-01-02T03:04:05.000000Z",
            ),
            (
                "2026-01-02T03:04:05.000050Z",
                "2026-01-02T03:04:05.000050+00:00",
                "2026-01-02T03:04:05.000050Z",
            ),
        ] {
            let at: Timestamp = given.parse().unwrap();
            assert_eq!(isoformat(at), iso);
            assert_eq!(message_time(at), message);
        }
    }

    #[test]
    fn durations_are_those_of_the_written_times() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let from = at("2026-01-02T03:04:05.000000999Z");
        let to = at("2026-01-02T03:04:06.100001001Z");
        assert_eq!(seconds_between(from, to).to_string(), "1.100001");
    }
}
