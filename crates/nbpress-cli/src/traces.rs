//! Whether what a server and a worker do is traced, and what is left to send at their end.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use nbpress_trace::{Exporter, TraceSettings, Tracer};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use crate::settings::Settings;

/// How long the last spans may take; the exporter gives up before.
const PARTING: Duration = Duration::from_secs(5);

/// Options of commands that trace what they do.
#[derive(Clone, Debug, Args)]
pub(crate) struct TraceArgs {
    /// The OpenTelemetry collector that traces are sent to: `http://127.0.0.1:4318`
    /// [default: `OTEL_EXPORTER_OTLP_ENDPOINT`, or none].
    #[arg(long, value_name = "URL")]
    otlp_endpoint: Option<Url>,
}

/// What is traced, until [`Traces::finish`].
#[derive(Debug, Default)]
pub(crate) struct Traces {
    /// Takes spans, or drops them where nobody wants traces.
    pub(crate) tracer: Tracer,
    exporting: Option<(watch::Sender<bool>, JoinSet<()>)>,
}

impl TraceArgs {
    /// Traces from now on, if that is wanted. `service` is what the traces call this program.
    ///
    /// # Errors
    /// It is wanted in a way that cannot be done.
    pub(crate) fn begin(&self, settings: &Settings, service: &str) -> anyhow::Result<Traces> {
        let endpoint = self.otlp_endpoint.as_ref();
        let Some(to) = TraceSettings::read(&settings.environment, endpoint, service)? else {
            return Ok(Traces::default());
        };
        let host = to.endpoint.host_str().unwrap_or_default().to_owned();
        let made = Exporter::new(to).context("traces cannot be sent")?;
        tracing::debug!(collector = host, "tracing");
        let (tracer, exporter) = made;
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(exporter.run(stopped));
        Ok(Traces {
            tracer,
            exporting: Some((stop, tasks)),
        })
    }
}

impl Traces {
    /// Sends what is left, for some seconds at most.
    pub(crate) async fn finish(self) {
        let Some((stop, mut tasks)) = self.exporting else {
            return;
        };
        stop.send_replace(true);
        let _given_up = tokio::time::timeout(PARTING, tasks.join_next()).await;
    }
}
