//! Enqueue, claim, finish and list, with 1, 8 and 32 at a time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use nbpress_runs::run::{AttemptEnd, AttemptState, Claim, Usage};
use nbpress_runs::store::{ClaimRequest, NewWorker, RunFilter};
use nbpress_runs::{Finish, NewRun, Store};
use serde_json::{Map, Value, json};
use sqlx::AssertSqlSafe;

use crate::direct::Direct;
use crate::samples::{Samples, repeat};
use crate::{Bench, Result, print};

const WORKERS: [usize; 3] = [1, 8, 32];
/// Runs of one request, and of one claim of a worker with many slots.
const TOGETHER: usize = 100;
const SLOTS: usize = 16;

pub(crate) async fn measure(bench: &Bench) -> Result<()> {
    let store = Store::open(&bench.url).await?;
    let direct = Direct::connect(&bench.url).await?;
    direct
        .run("CREATE TABLE floor (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        .await?;
    let time = Duration::from_millis(if bench.quick { 100 } else { 2_000 });
    for workers in WORKERS {
        Rates {
            store: store.clone(),
            direct: direct.clone(),
            workers,
            time,
        }
        .measure()
        .await?;
    }
    store.close().await;
    Ok(())
}

struct Rates {
    store: Store,
    direct: Direct,
    workers: usize,
    time: Duration,
}

type Claims = Arc<Mutex<Vec<Claim>>>;

impl Rates {
    async fn measure(&self) -> Result<()> {
        for worker in 0..self.workers {
            self.store
                .register_worker(&introduction(worker), Timestamp::now())
                .await?;
        }
        self.floors().await?;
        self.report("enqueue", self.enqueue(1).await?)?;
        self.report("enqueue, 100 at once", self.enqueue_plenty().await?)?;
        let claims = Claims::default();
        self.report("claim", self.claim(1, &claims).await?)?;
        self.report("claim, 16 at once", self.claim(SLOTS, &claims).await?)?;
        self.report("finish", self.finish(&claims).await?)?;
        self.report("page of 50", self.page().await?)
    }

    /// Prints a rate; a case in which nothing was done is an error, not a zero.
    fn report(&self, what: &str, mut samples: Samples) -> Result<()> {
        if samples.count() < self.workers {
            return Err(format!("{what}: only {} were done", samples.count()).into());
        }
        print(json!({
            "what": what,
            "workers": self.workers,
            "per_second": samples.per_second(),
            "p50_ms": samples.quantile(0.5),
            "p99_ms": samples.quantile(0.99),
        }));
        Ok(())
    }

    /// The same driver and database: a question without an answer, and a transaction of one row.
    async fn floors(&self) -> Result<()> {
        let pool = self.direct.pool.clone();
        let asked = repeat(self.workers, self.time / 2, move |_| {
            let pool = pool.clone();
            async move {
                sqlx::query("SELECT 1").execute(&pool).await?;
                Ok(1)
            }
        });
        self.report("floor: round trip", asked.await?)?;
        let (pool, workers) = (self.direct.pool.clone(), self.workers);
        let written = repeat(self.workers, self.time / 2, move |worker| {
            let pool = pool.clone();
            let sql = format!(
                "INSERT INTO floor (id, n) VALUES ({}, 1) ON CONFLICT (id) DO UPDATE SET n = floor.n + 1",
                workers * 100 + worker
            );
            async move {
                sqlx::query(AssertSqlSafe(sql)).execute(&pool).await?;
                Ok(1)
            }
        });
        self.report("floor: transaction of one row", written.await?)
    }

    async fn enqueue(&self, together: usize) -> Result<Samples> {
        let store = self.store.clone();
        repeat(self.workers, self.time, move |_| {
            let store = store.clone();
            async move {
                let runs: Vec<NewRun> = (0..together).map(new_run).collect();
                let made = store.enqueue(&runs, "bench", Timestamp::now()).await?;
                Ok(made.iter().filter(|run| run.is_new).count())
            }
        })
        .await
    }

    /// As many as the claims can want.
    async fn enqueue_plenty(&self) -> Result<Samples> {
        let mut all = self.enqueue(TOGETHER).await?;
        while all.things() < 10_000 && self.time > Duration::from_secs(1) {
            let more = self.enqueue(TOGETHER).await?;
            all.add(more);
        }
        Ok(all)
    }

    async fn claim(&self, most: usize, claims: &Claims) -> Result<Samples> {
        let (store, claims) = (self.store.clone(), Arc::clone(claims));
        let request = ClaimRequest {
            most,
            cpus: 1000.0,
            memory_bytes: 1 << 50,
        };
        repeat(self.workers, self.time, move |worker| {
            let (store, claims) = (store.clone(), Arc::clone(&claims));
            async move {
                let worker = introduction(worker).id;
                let taken = store.claim(&worker, &request, Timestamp::now()).await?;
                let count = taken.len();
                let mut claims = claims.lock().unwrap_or_else(PoisonError::into_inner);
                claims.extend(taken);
                Ok(count)
            }
        })
        .await
    }

    async fn finish(&self, claims: &Claims) -> Result<Samples> {
        let (store, claims) = (self.store.clone(), Arc::clone(claims));
        repeat(self.workers, self.time, move |worker| {
            let (store, claims) = (store.clone(), Arc::clone(&claims));
            async move {
                let next = claims.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(claim) = next else {
                    return Ok(0);
                };
                let actor = format!("worker:{}", introduction(worker).id);
                let (run, attempt) = (&claim.run, claim.attempt);
                let now = Timestamp::now();
                let done = store.finish(run, attempt, &end(), &actor, now).await?;
                Ok(usize::from(done == Finish::Recorded))
            }
        })
        .await
    }

    async fn page(&self) -> Result<Samples> {
        if self.direct.is_postgres {
            // As the server's own autovacuum does within a minute; until then Postgres sorts all runs.
            self.direct.run("ANALYZE run").await?;
        }
        let store = self.store.clone();
        repeat(self.workers, self.time, move |_| {
            let store = store.clone();
            async move {
                let filter = RunFilter {
                    workspace: "main".to_owned(),
                    ..RunFilter::default()
                };
                let page = store.list_runs(&filter, None, 50).await?;
                Ok(usize::from(page.runs.len() == 50))
            }
        })
        .await
    }
}

fn introduction(worker: usize) -> NewWorker {
    NewWorker {
        id: format!("worker-{worker}"),
        name: format!("worker-{worker}"),
        host: "here".to_owned(),
        version: "0".to_owned(),
        slots: 1000,
        cpus: 1000.0,
        memory_bytes: 1 << 50,
    }
}

fn new_run(n: usize) -> NewRun {
    let mut parameters = Map::new();
    parameters.insert("region".to_owned(), json!("west"));
    parameters.insert("day".to_owned(), Value::from(n));
    let snapshot = "5a".repeat(32);
    NewRun::of_notebook("main", &snapshot, "daily.ipynb", parameters, "bench")
}

fn end() -> AttemptEnd {
    AttemptEnd {
        record_sha256: Some("5a".repeat(32)),
        usage: Usage {
            cpu_seconds: Some(0.7),
            peak_memory_bytes: Some(80_000_000),
            wall_seconds: Some(0.9),
            disk_bytes: Some(16_000),
        },
        ..AttemptEnd::new(AttemptState::Succeeded)
    }
}
