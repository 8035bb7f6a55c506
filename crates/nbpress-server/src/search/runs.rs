//! Reads what runs made, as they end, and forgets those that are forgotten.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use nbpress_runs::Run;
use nbpress_search::{Document, DocumentKind, Stamp};

use super::pace::Pace;
use super::{Behind, Desk};
use crate::App;
use crate::runs::executed;

/// Another server says nothing when a run of its own ends.
const BETWEEN_LOOKS: Duration = Duration::from_secs(30);
/// Ends come in groups.
const TOGETHER: Duration = Duration::from_millis(500);
/// Between two looks at all runs: for those that were forgotten, and those another server imported.
const BETWEEN_SWEEPS: Duration = Duration::from_hours(1);
/// Runs that are asked for at once.
const PART: usize = 100;
/// How much later than another one a run may be written down that ended before it.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);

const RUN: DocumentKind = DocumentKind::Run;
/// Where the index notes how far the ends of runs are read.
const MARK: &str = "runs";

pub(super) async fn keep(app: &App, desk: &Desk) {
    let mut rebuilds = desk.rebuilds.subscribe();
    let mut late = desk.late_runs.subscribe();
    let mut late_before = *late.borrow();
    let mut swept = None::<Instant>;
    loop {
        let seen = app.wake.count();
        rebuilds.mark_unchanged();
        let late_now = *late.borrow();
        let came_late = std::mem::replace(&mut late_before, late_now) != late_now;
        let sweeps = swept.is_none_or(|swept| swept.elapsed() > BETWEEN_SWEEPS);
        desk.runs.begin();
        // What fails now is tried again at the next look.
        let _behind = look(app, desk, sweeps || came_late).await;
        if sweeps {
            let _behind = forget(app, desk).await;
            swept = Some(Instant::now());
        }
        desk.runs.end();
        let _again = tokio::time::timeout(BETWEEN_LOOKS, async {
            tokio::select! {
                _asked = rebuilds.changed() => {}
                _late = late.wait_for(|count| *count != late_now) => {}
                _ended = app.wake.after(seen) => {}
            }
            tokio::time::sleep(TOGETHER).await;
        })
        .await;
    }
}

/// Reads the runs that ended since the last look; with `all` those from before it too that the index does not have.
async fn look(app: &App, desk: &Desk, all: bool) -> Result<(), Behind> {
    let mark = desk.index.mark(MARK).await?.filter(|_| !all);
    let mark: Timestamp = mark
        .and_then(|mark| mark.parse().ok())
        .unwrap_or(Timestamp::MIN);
    let mut at = mark.saturating_sub(OVERLAP).unwrap_or(mark);
    let mut id = String::new();
    let mut pace = Pace::begin();
    loop {
        let runs = app.store.ended_after(at, &id, PART).await?;
        let Some(last) = runs.last() else {
            return Ok(());
        };
        (at, id) = (last.ended_at.unwrap_or(at), last.id.clone());
        desk.runs.looked_at(runs.len());
        for run in runs.iter().filter(|run| !run.is_flow) {
            if read(app, desk, run).await? {
                pace.rest().await;
            }
        }
        desk.index.set_mark(MARK, &at.to_string()).await?;
    }
}

/// Reads a run, unless the index has this end of it.
async fn read(app: &App, desk: &Desk, run: &Run) -> Result<bool, Behind> {
    // Never empty: what has no record is read as well.
    let hash = format!(
        "{}:{}",
        run.attempt,
        run.record_sha256.as_deref().unwrap_or("-")
    );
    let known = desk.index.hash(RUN, &run.workspace, &run.id).await?;
    if known.as_ref() == Some(&hash) {
        return Ok(false);
    }
    let mut document = Document::new(RUN, &run.workspace, &run.id, &run.notebook);
    if run.record.is_some()
        && let Ok(notebook) = executed(app, run).await
    {
        let reads = tokio::task::spawn_blocking(move || document.with_notebook(&notebook));
        let Ok(read) = reads.await else {
            return Ok(false);
        };
        document = read;
    }
    document.hash = hash;
    describe(&mut document, run);
    desk.index.put(&[document]).await?;
    desk.runs.read(1);
    Ok(true)
}

fn describe(document: &mut Document, run: &Run) {
    document.stamp = Stamp {
        modified: run.ended_at.unwrap_or(run.created_at),
        ..Stamp::default()
    };
    document.parameters = run
        .parameters
        .iter()
        .map(|(name, value)| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), text)
        })
        .collect();
    let labels = run
        .tags
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    document.tags.extend(labels);
    let job = run
        .job
        .as_ref()
        .map(|job| ("job".to_owned(), job.name.clone()));
    document.facts.extend(job);
    document
        .facts
        .insert("state".to_owned(), run.state.to_string());
}

/// Takes out the runs that are not there any more.
async fn forget(app: &App, desk: &Desk) -> Result<(), Behind> {
    let mut after = String::new();
    let mut pace = Pace::begin();
    loop {
        let known = desk.index.places_after(RUN, &after, 500).await?;
        let Some((_, last)) = known.last() else {
            return Ok(());
        };
        after.clone_from(last);
        let ids: Vec<String> = known.iter().map(|(_, id)| id.clone()).collect();
        let there = app.store.which_are_there(&ids).await?;
        for (workspace, id) in known.iter().filter(|(_, id)| !there.contains(id)) {
            desk.index.remove(RUN, workspace, id).await?;
        }
        pace.rest().await;
    }
}
