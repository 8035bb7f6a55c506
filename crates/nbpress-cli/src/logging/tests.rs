//! What passes a level, and how an event reads with its spans.

use super::*;

use tracing_subscriber::layer::Filter;

use crate::configuration::ConfigurationError;

/// What a level of the command line lets pass: of us, of one library, of another.
#[test]
fn a_level_alone_is_ours() {
    for (text, ours, hyper, sqlx) in [
        ("info", Level::INFO, Level::WARN, Level::WARN),
        ("trace", Level::TRACE, Level::WARN, Level::WARN),
        ("error,hyper=debug", Level::ERROR, Level::DEBUG, Level::WARN),
    ] {
        let LogLevel(targets) = text.parse().unwrap();
        for (target, level) in [
            ("nbpress_server::x", ours),
            ("hyper::proto", hyper),
            ("sqlx", sqlx),
        ] {
            assert!(targets.would_enable(target, &level), "{text} {target}");
            let more = match level {
                Level::ERROR => Level::WARN,
                Level::WARN => Level::INFO,
                Level::INFO => Level::DEBUG,
                _ => Level::TRACE,
            };
            let passes = targets.would_enable(target, &more);
            assert_eq!(passes, more == level, "{text} {target} {more}");
        }
    }
    for text in ["", "loud", "info,hyper=", "info;x"] {
        assert!(text.parse::<LogLevel>().is_err(), "{text}");
    }
    let LogLevel(targets) = "debug".parse().unwrap();
    assert_eq!(
        Filter::<tracing_subscriber::Registry>::max_level_hint(&targets),
        Some(LevelFilter::DEBUG)
    );
}

/// Events with their spans as they are logged; `collect` has them as text and as JSON.
#[test]
fn an_event_says_what_its_spans_say_and_is_one_line() {
    let lines = collect(|| {
        let span = tracing::info_span!("request", request = "r1", user = tracing::field::Empty);
        let _inside = span.enter();
        span.record("user", "ada");
        let error = ConfigurationError::Unreadable {
            path: "x".into(),
            origin: None,
            source: std::io::Error::other("gone"),
        };
        tracing::error!(
            error = &error as &dyn std::error::Error,
            count = 2,
            "it\nbroke \x1b[31mred"
        );
        tracing::info!(request = "r2", empty = "", "said");
    });
    let ansi = "it\nbroke \x1b[31mred";
    assert_eq!(
        lines[0].0,
        format!("{ansi}  error=\"failed to read `x`: gone\" count=2 request=r1 user=ada")
    );
    assert!(!printable(&lines[0].0).contains(['\n', '\x1b']));
    assert_eq!(lines[1].0, "said  request=r2 empty=\"\" user=ada");
    let json: serde_json::Value = serde_json::from_str(&lines[0].1).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "time": "2026-01-02T03:04:05.000000Z", "level": "error", "message": ansi, "target": "t",
            "error": "failed to read `x`: gone", "count": 2, "request": "r1", "user": "ada",
        })
    );
    assert!(!lines[0].1.contains(['\n', '\x1b']));
}

/// Runs `act` and answers with its events, each as text and as JSON.
fn collect(act: impl FnOnce()) -> Vec<(String, String)> {
    #[derive(Clone, Default)]
    struct Kept(std::sync::Arc<std::sync::Mutex<Vec<(String, String)>>>);
    impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Kept {
        fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
            let fields = gathered(event, &context);
            let now = "2026-01-02T03:04:05Z".parse().unwrap();
            let line = fields.to_text();
            let json = fields.into_json(now, *event.metadata().level(), "t");
            self.0.lock().unwrap().push((line, json));
        }
    }
    let kept = Kept::default();
    let spans = Spans;
    let subscriber = tracing_subscriber::registry()
        .with(spans)
        .with(kept.clone());
    tracing::subscriber::with_default(subscriber, act);
    let lines = kept.0.lock().unwrap();
    lines.clone()
}
