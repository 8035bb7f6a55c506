//! Sends spans in batches, beside everything else, and what is left of them at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use tokio::sync::{mpsc, watch};

use crate::otlp;
use crate::settings::TraceSettings;
use crate::span::Span;
use crate::tracer::Tracer;

/// Spans that wait at most; of about half a kilobyte each.
const QUEUE: usize = 4096;
/// Spans in one request at most.
const BATCH: usize = 512;
/// How long spans may wait for others of their batch.
const DELAY: Duration = Duration::from_secs(2);
/// How often a batch is sent to a collector that cannot take it now.
const TRIES: u32 = 4;
/// The longest a collector can ask to be left alone.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long the last spans may take at the end of the program.
const PARTING: Duration = Duration::from_secs(3);

/// Sends what its [`Tracer`] takes.
#[derive(Debug)]
pub struct Exporter {
    spans: mpsc::Receiver<Span>,
    /// Taken from the queue and not sent yet.
    batch: Vec<Span>,
    dropped: Arc<AtomicU64>,
    client: reqwest::Client,
    settings: TraceSettings,
    /// Whether the last batch was taken: a line of the log for each that was not would be too many.
    heard: bool,
}

/// What became of a batch.
enum Sent {
    Taken,
    Later(Option<Duration>, String),
    Never(String),
}

impl Exporter {
    /// An exporter that does not send yet, and what takes spans for it.
    ///
    /// # Errors
    /// The system's certificates cannot be used, or a header cannot be one.
    pub fn new(settings: TraceSettings) -> Result<(Tracer, Self), reqwest::Error> {
        let (sender, spans) = mpsc::channel(QUEUE);
        let dropped = Arc::<AtomicU64>::default();
        let tracer = Tracer::new(sender, settings.ratio, Arc::clone(&dropped));
        let client = reqwest::Client::builder()
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers(&settings))
            .build()?;
        let exporter = Self {
            spans,
            batch: Vec::with_capacity(BATCH),
            dropped,
            client,
            settings,
            heard: true,
        };
        Ok((tracer, exporter))
    }

    /// Sends until `stop` is true and everything was sent that came before, or 3 s later.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.send_all() => return,
        }
        self.spans.close();
        let _given_up = tokio::time::timeout(PARTING, self.send_all()).await;
    }

    /// Until nobody can record any more. Safe to cancel: what was taken from the queue is kept for the next call.
    async fn send_all(&mut self) {
        while self.fill().await {
            self.send().await;
            self.batch.clear();
        }
    }

    /// Waits for the first span, and a little for others.
    async fn fill(&mut self) -> bool {
        if self.batch.is_empty() && self.spans.recv_many(&mut self.batch, BATCH).await == 0 {
            return false;
        }
        let more = async {
            while let room @ 1.. = BATCH.saturating_sub(self.batch.len()) {
                if self.spans.recv_many(&mut self.batch, room).await == 0 {
                    return;
                }
            }
        };
        let _full = tokio::time::timeout(DELAY, more).await;
        true
    }

    async fn send(&mut self) {
        let body = otlp::request(&self.settings.resource, &self.batch);
        let mut wait = Duration::from_secs(1);
        for last in (0..TRIES).map(|at| at + 1 == TRIES) {
            match self.post(body.clone()).await {
                Sent::Taken => return self.taken(),
                Sent::Later(asked, _) if !last => {
                    tokio::time::sleep(asked.unwrap_or(wait).min(LONGEST_WAIT)).await;
                    wait *= 2;
                }
                Sent::Later(_, why) | Sent::Never(why) => return self.lost(&why),
            }
        }
    }

    async fn post(&self, body: Vec<u8>) -> Sent {
        let request = self.client.post(self.settings.endpoint.clone()).body(body);
        let answer = match request.send().await {
            Ok(answer) => answer,
            // The address may have what is secret.
            Err(error) => return Sent::Later(None, error.without_url().to_string()),
        };
        let status = answer.status();
        let why = format!("it answered {status}");
        match status {
            _ if status.is_success() => Sent::Taken,
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let asked = answer.headers().get(RETRY_AFTER);
                let seconds = asked.and_then(|text| text.to_str().ok()?.parse().ok());
                Sent::Later(seconds.map(Duration::from_secs), why)
            }
            _ => Sent::Never(why),
        }
    }

    fn taken(&mut self) {
        if !self.heard {
            tracing::info!("the collector of traces takes spans again");
        }
        self.heard = true;
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(spans = dropped, "the queue of traces was full");
        }
    }

    fn lost(&mut self, why: &str) {
        if self.heard {
            let spans = self.batch.len();
            tracing::warn!(spans, why, "the collector of traces takes no spans");
        }
        self.heard = false;
    }
}

/// A header that none can be is left out: the collector says what it misses.
fn headers(settings: &TraceSettings) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &settings.headers {
        if let (Ok(name), Ok(mut value)) =
            (name.parse::<HeaderName>(), HeaderValue::from_str(value))
        {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
    let protobuf = HeaderValue::from_static("application/x-protobuf");
    headers.insert(CONTENT_TYPE, protobuf);
    headers
}
