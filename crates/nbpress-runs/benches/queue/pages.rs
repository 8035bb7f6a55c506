//! Pages of the list of runs by filter, out of a million.

use std::collections::BTreeMap;
use std::time::Instant;

use nbpress_runs::store::RunFilter;
use nbpress_runs::{FailureClass, RunState, Store};
use serde_json::json;

use crate::fill::{ACCOUNTS, JOBS, REGIONS, RUNS, TEAMS, made_at};
use crate::samples::Samples;
use crate::{Bench, Result, print};

/// Questions of each kind; each is about something else.
const QUESTIONS: i64 = 100;
/// Rows of a page.
const PAGE: i64 = 50;

/// A question of one kind, number `n` of them.
type Question = fn(i64, RunFilter) -> Result<RunFilter>;

/// Every kind that the list of runs in a browser asks.
const KINDS: &[(&str, Question)] = &[
    ("all", |_, filter| Ok(filter)),
    ("job", |n, filter| Ok(of_job(n, filter))),
    ("job with 100,000 runs, failed", |_, filter| {
        Ok(failed(of_job(0, filter)))
    }),
    ("job, failed", |n, filter| Ok(failed(of_job(n, filter)))),
    ("failed", |_, filter| Ok(failed(filter))),
    ("running (none)", |_, filter| {
        Ok(RunFilter {
            state: Some(RunState::Running),
            ..filter
        })
    }),
    ("class user", |_, filter| {
        Ok(of_class(FailureClass::User, filter))
    }),
    ("class resource (1 in 1,000)", |_, filter| {
        Ok(of_class(FailureClass::Resource, filter))
    }),
    ("parameter, 50,000 runs", |n, filter| {
        Ok(RunFilter {
            parameters: label("region", n % REGIONS),
            ..filter
        })
    }),
    ("parameter, 10 runs", |n, filter| {
        Ok(RunFilter {
            parameters: label("account", n * 997 % ACCOUNTS),
            ..filter
        })
    }),
    ("parameter and failed", |n, filter| {
        Ok(failed(RunFilter {
            parameters: label("region", n % REGIONS),
            ..filter
        }))
    }),
    ("two parameters", |n, filter| {
        let mut parameters = label("region", n % REGIONS);
        parameters.extend(label("account", n * 997 % ACCOUNTS));
        Ok(RunFilter {
            parameters,
            ..filter
        })
    }),
    ("tag, 100,000 runs", |n, filter| {
        Ok(RunFilter {
            tags: label("team", n % TEAMS),
            ..filter
        })
    }),
    ("one day", |n, filter| {
        Ok(RunFilter {
            since: Some(made_at(n * RUNS / 90)?),
            until: Some(made_at((n + 1) * RUNS / 90)?),
            ..filter
        })
    }),
];

fn of_job(n: i64, filter: RunFilter) -> RunFilter {
    RunFilter {
        // Jobs 1, 6, 11, … are of the workspace that is asked about.
        job: Some(format!("job_{}", (n * 5 + 1) % JOBS)),
        ..filter
    }
}

fn failed(filter: RunFilter) -> RunFilter {
    RunFilter {
        state: Some(RunState::Failed),
        ..filter
    }
}

fn of_class(class: FailureClass, filter: RunFilter) -> RunFilter {
    RunFilter {
        class: Some(class),
        ..filter
    }
}

fn label(name: &str, value: i64) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), format!("{name}-{value}"))])
}

pub(crate) async fn measure(bench: &Bench) -> Result<()> {
    let store = Store::open(&bench.url).await?;
    for (what, question) in KINDS {
        let (start, mut pages, mut rows) = (Instant::now(), Samples::default(), 0);
        for n in 0..bench.amount(QUESTIONS * 100) / 100 {
            let filter = question(
                n,
                RunFilter {
                    workspace: "main".to_owned(),
                    ..RunFilter::default()
                },
            )?;
            // Every other question is one for older runs.
            let cursor = nbpress_record::RunId::first_at(made_at(RUNS - n * RUNS / QUESTIONS)?);
            let cursor = (n % 2 == 1).then(|| cursor.to_string());
            let begun = Instant::now();
            let page = store.list_runs(&filter, cursor.as_deref(), PAGE).await?;
            pages.push(begun.elapsed(), 1);
            rows += page.runs.len();
        }
        pages.elapsed = start.elapsed();
        if rows == 0 && !what.contains("none") && !bench.quick {
            return Err(format!("{what}: there are no such runs").into());
        }
        print(json!({
            "what": what,
            "rows": rows as f64 / pages.count() as f64,
            "per_second": pages.per_second(),
            "p50_ms": pages.quantile(0.5),
            "p95_ms": pages.quantile(0.95),
            "max_ms": pages.quantile(1.0),
        }));
    }
    store.close().await;
    Ok(())
}
