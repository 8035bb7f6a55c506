//! Takes spans from whoever has one: never waits, and drops what the exporter does not keep up with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use crate::context::TraceContext;
use crate::span::Span;

/// Takes spans. Clones share one queue; the default takes nothing.
#[derive(Clone, Debug, Default)]
pub struct Tracer(Option<Arc<Queue>>);

#[derive(Debug)]
struct Queue {
    spans: mpsc::Sender<Span>,
    /// The share of new traces that are kept, from 0 to 1.
    ratio: f64,
    dropped: Arc<AtomicU64>,
}

impl Tracer {
    pub(crate) fn new(spans: mpsc::Sender<Span>, ratio: f64, dropped: Arc<AtomicU64>) -> Self {
        Self(Some(Arc::new(Queue {
            spans,
            ratio,
            dropped,
        })))
    }

    /// A place for something that begins: within `parent`, whose decision about sampling holds, or in a new
    /// trace. `None` where nobody traces.
    pub fn begin(&self, parent: Option<&TraceContext>) -> Option<TraceContext> {
        let queue = self.0.as_ref()?;
        Some(match parent {
            Some(parent) => parent.child(),
            None => TraceContext::root(|random| is_sampled(random, queue.ratio)),
        })
    }

    /// Hands over what is over. Spans of traces that are not sampled are dropped, and those for which the queue
    /// has no room: a collector that is away costs nobody time.
    pub fn record(&self, span: Span) {
        let Some(queue) = self.0.as_ref().filter(|_| span.context.sampled) else {
            return;
        };
        if queue.spans.try_send(span).is_err() {
            queue.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The same for every program that knows the trace and the ratio.
fn is_sampled(random: u64, ratio: f64) -> bool {
    // 53 bits are what a float has.
    let place = (random >> 11) as f64 / (1_u64 << 53) as f64;
    place < ratio
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_new_traces_is_sampled_and_a_parent_decides_for_its_children() {
        let (sender, _receiver) = mpsc::channel(1);
        let sampled = |ratio| {
            let tracer = Tracer::new(sender.clone(), ratio, Arc::default());
            let begun = (0..2000).filter_map(|_| tracer.begin(None));
            begun.filter(|context| context.sampled).count()
        };
        assert_eq!((sampled(0.0), sampled(1.0)), (0, 2000));
        assert!((300..700).contains(&sampled(0.25)));

        let never = Tracer::new(sender, 0.0, Arc::default());
        let parent = TraceContext::root(|_| true);
        assert!(never.begin(Some(&parent)).unwrap().sampled);
        assert_eq!(Tracer::default().begin(Some(&parent)), None);
    }
}
