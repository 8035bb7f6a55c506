//! How long requests took, as a Prometheus histogram of each route.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Page;

/// Upper bounds in seconds. A save is within 0.1, a start of a kernel within 2.5; nobody waits a minute.
const BOUNDS: [f64; 9] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

const NAME: &str = "nbpress_http_request_duration_seconds";

/// Durations by route.
#[derive(Debug, Default)]
pub(super) struct Durations(BTreeMap<String, Histogram>);

#[derive(Debug, Default)]
struct Histogram {
    /// How many were within each bound and none before.
    within: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

impl Durations {
    pub(super) fn add(&mut self, route: &str, took: Duration) {
        let histogram = self.0.entry(route.to_owned()).or_default();
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound);
        if let Some(count) = bucket.and_then(|bucket| histogram.within.get_mut(bucket)) {
            *count += 1;
        }
        histogram.count += 1;
        histogram.seconds += seconds;
    }

    pub(super) fn write(&self, page: &mut Page) {
        page.metric(NAME, "histogram", "Time until a request's answer began.");
        for (route, histogram) in &self.0 {
            let mut count = 0;
            for (bound, within) in BOUNDS.iter().zip(&histogram.within) {
                count += within;
                let labels = [("route", route), ("le", &bound.to_string())];
                page.value(&format!("{NAME}_bucket"), &labels, count as f64);
            }
            let labels = [("route", route), ("le", &"+Inf".to_owned())];
            page.value(&format!("{NAME}_bucket"), &labels, histogram.count as f64);
            page.value(
                &format!("{NAME}_sum"),
                &[("route", route)],
                histogram.seconds,
            );
            page.value(
                &format!("{NAME}_count"),
                &[("route", route)],
                histogram.count as f64,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_what_was_faster() {
        let mut durations = Durations::default();
        for millis in [1, 30, 30, 90_000] {
            durations.add("/x", Duration::from_millis(millis));
        }
        let mut page = Page::default();
        durations.write(&mut page);
        for line in [
            "nbpress_http_request_duration_seconds_bucket{route=\"/x\",le=\"0.005\"} 1",
            "nbpress_http_request_duration_seconds_bucket{route=\"/x\",le=\"0.1\"} 3",
            "nbpress_http_request_duration_seconds_bucket{route=\"/x\",le=\"60\"} 3",
            "nbpress_http_request_duration_seconds_bucket{route=\"/x\",le=\"+Inf\"} 4",
            "nbpress_http_request_duration_seconds_count{route=\"/x\"} 4",
        ] {
            assert!(
                page.0.lines().any(|known| known == line),
                "{line} in {}",
                page.0
            );
        }
    }
}
