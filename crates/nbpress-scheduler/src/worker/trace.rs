//! A run as spans: made of its journal once it is over, so that no runner needs a network, and a run whose worker
//! was killed is traced by the next one.

use jiff::Timestamp;
use nbpress_record::{CellStatus, Event, Record};
use nbpress_runs::run::{AttemptEnd, AttemptState, Claim};
use nbpress_trace::{Kind, Span, TraceContext, Tracer};

use crate::attempt_folder::{AttemptFolder, AttemptSpec, Traced};

/// Cells of one run that are traced: a queue for thousands of spans is for more than one run.
const MOST_CELLS: usize = 1000;

/// The place of an attempt in the trace of the request that asked for it.
pub(super) fn begin(tracer: &Tracer, claim: &Claim) -> Option<Traced> {
    let asked = claim.trace.as_deref().and_then(TraceContext::parse);
    Some(Traced {
        context: tracer.begin(asked.as_ref())?.to_string(),
        claimed_at: Timestamp::now(),
    })
}

/// Records what is known of an attempt that has been reported just now.
pub(super) fn record(
    tracer: &Tracer,
    folder: &AttemptFolder,
    found: Option<Record>,
    end: &AttemptEnd,
) {
    let Ok(spec) = folder.spec() else {
        return;
    };
    let traced = spec.traced.as_ref();
    let context = traced.and_then(|traced| TraceContext::parse(&traced.context));
    let (Some(traced), Some(context)) = (traced, context.filter(|context| context.sampled)) else {
        return;
    };
    let now = Timestamp::now();
    let events = found.and_then(|record| record.events().ok());
    let mut steps = Steps::new(context, traced.claimed_at);
    for event in events.into_iter().flatten().map_while(Result::ok) {
        steps.see(&event);
    }
    let run = whole(&spec, context, traced.claimed_at..now, end);
    for span in steps.finish(now).into_iter().chain([run]) {
        tracer.record(span);
    }
}

fn whole(
    spec: &AttemptSpec,
    context: TraceContext,
    time: std::ops::Range<Timestamp>,
    end: &AttemptEnd,
) -> Span {
    let claim = &spec.claim;
    let mut attributes = vec![
        ("nbpress.run", claim.run.as_str().into()),
        ("nbpress.attempt", claim.attempt.into()),
        ("nbpress.workspace", claim.workspace.as_str().into()),
        ("nbpress.state", end.state.as_str().into()),
    ];
    let job = claim.job.as_deref();
    attributes.extend(job.map(|job| ("nbpress.job", job.into())));
    let failed = end.state == AttemptState::Failed;
    let code = end.code.as_deref().unwrap_or("failed");
    Span {
        context,
        parent: claim.trace.as_deref().and_then(TraceContext::parse),
        name: "run".to_owned(),
        kind: Kind::Consumer,
        began: time.start,
        ended: time.end,
        attributes,
        failure: failed.then(|| code.to_owned()),
    }
}

/// What happens in a run, one step after the other.
struct Steps {
    run: TraceContext,
    spans: Vec<Span>,
    /// The step that is on, and when it began.
    on: Option<(&'static str, Timestamp)>,
    /// Whether the kernel computes the cell that is on.
    computes: bool,
}

impl Steps {
    fn new(run: TraceContext, claimed_at: Timestamp) -> Self {
        Self {
            run,
            spans: Vec::new(),
            on: Some(("prepare", claimed_at)),
            computes: false,
        }
    }

    fn see(&mut self, event: &Event) {
        match event {
            Event::RunStarted { header, .. } => {
                self.end(header.started_at, None);
                self.on = Some(("start kernel", header.started_at));
            }
            Event::KernelStarted { at, .. } => self.end(*at, None),
            Event::CellStarted { at, .. } => {
                self.on = Some(("cell", *at));
                self.computes = false;
            }
            Event::ExecuteInput { .. } => self.computes = true,
            Event::CellFinished {
                cell, status, at, ..
            } => self.cell(*cell, *status, *at),
            Event::RunFinished { at, .. } => {
                // Still on is what kept the run from going on.
                self.end(*at, Some("failed"));
                self.on = Some(("publish", *at));
            }
            _ => {}
        }
    }

    /// Text has no time worth telling.
    fn cell(&mut self, cell: usize, status: CellStatus, at: Timestamp) {
        let failed = status == CellStatus::Failed;
        if (self.computes || failed) && self.spans.len() < MOST_CELLS {
            self.end(at, failed.then_some("failed"));
            let number = i64::try_from(cell).unwrap_or(i64::MAX);
            if let Some(span) = self.spans.last_mut() {
                span.attributes.push(("nbpress.cell", number.into()));
            }
        }
        self.on = None;
    }

    fn end(&mut self, at: Timestamp, failure: Option<&str>) {
        let Some((name, began)) = self.on.take() else {
            return;
        };
        self.spans.push(Span {
            context: self.run.child(),
            parent: Some(self.run),
            name: name.to_owned(),
            kind: Kind::Internal,
            began,
            ended: at,
            attributes: Vec::new(),
            failure: failure.map(str::to_owned),
        });
    }

    /// Of a run that was cut off, the last step has no end but this.
    fn finish(mut self, now: Timestamp) -> Vec<Span> {
        let published = self.on.is_some_and(|(name, _)| name == "publish");
        self.end(now, (!published).then_some("cut off"));
        self.spans
    }
}
