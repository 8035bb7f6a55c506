//! What there is in a story, and who does its next step.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use nbpress_runs::job::RunSettings;
use nbpress_runs::run::AttemptEnd;
use nbpress_runs::{Store, StoreError};
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use crate::check;
use crate::random::Random;
use crate::server::Server;
use crate::worker::Worker;

/// Steps during which things break.
const STEPS: usize = 90;
/// Seconds between two rounds: longer than what is put off, and than leases.
const LONG: i64 = 40;
/// Rounds after which a run that is not over never will be.
const ROUNDS: usize = 60;

/// A promise that was broken.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) promise: &'static str,
    #[expect(dead_code, reason = "printed")]
    pub(crate) detail: String,
}

impl Broken {
    pub(crate) fn new(promise: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { promise, detail }
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::new("the store answers", format!("{error:?}"))
    }
}

impl From<sqlx::Error> for Broken {
    fn from(error: sqlx::Error) -> Self {
        Self::new("the database can be read", error.to_string())
    }
}

pub(crate) type Done = Result<(), Broken>;

/// What somebody does wrong, to show that it would be noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A worker whose report is refused sends it in the name of the current attempt.
    IgnoresFencing,
    /// A worker reports before the record is stored.
    ReportsBeforeStoring,
    /// A worker does not care for attempts it should have and does not know.
    ForgetsWhatItHolds,
    /// The server takes notices for delivered before they are.
    MarksBeforeTelling,
    /// A user who heard nothing asks again with another key.
    AsksWithANewKey,
}

/// How much happened.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) steps: u64,
    pub(crate) runs: u64,
    pub(crate) attempts: u64,
    pub(crate) crashes: u64,
    pub(crate) pauses: u64,
    pub(crate) clock_jumps: u64,
    pub(crate) lost_replies: u64,
    pub(crate) lost_workers: u64,
    pub(crate) retries: u64,
    pub(crate) fenced: u64,
    pub(crate) repeated: u64,
    pub(crate) cancels: u64,
    pub(crate) fires: u64,
    pub(crate) notices: u64,
}

impl Figures {
    pub(crate) fn all(&self) -> [(&'static str, u64); 14] {
        [
            ("steps", self.steps),
            ("runs", self.runs),
            ("attempts", self.attempts),
            ("crashes", self.crashes),
            ("pauses", self.pauses),
            ("clock jumps", self.clock_jumps),
            ("lost replies", self.lost_replies),
            ("lost workers", self.lost_workers),
            ("retries", self.retries),
            ("fenced reports", self.fenced),
            ("repeated reports", self.repeated),
            ("cancels", self.cancels),
            ("fires", self.fires),
            ("notices", self.notices),
        ]
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.runs += other.runs;
        self.attempts += other.attempts;
        self.crashes += other.crashes;
        self.pauses += other.pauses;
        self.clock_jumps += other.clock_jumps;
        self.lost_replies += other.lost_replies;
        self.lost_workers += other.lost_workers;
        self.retries += other.retries;
        self.fenced += other.fenced;
        self.repeated += other.repeated;
        self.cancels += other.cancels;
        self.fires += other.fires;
        self.notices += other.notices;
    }
}

/// What happened, and whether a promise was broken.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) lines: Vec<String>,
    pub(crate) figures: Figures,
    pub(crate) outcome: Done,
}

/// Where stories are told: in memory, where there is a file system for that.
#[derive(Debug)]
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let memory = PathBuf::from("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::tempdir_in(memory).unwrap()
        } else {
            tempfile::tempdir().unwrap()
        };
        let place = Self { folder };
        let empty = Store::open(&place.url("empty")).await.unwrap();
        empty.close().await;
        place
    }

    fn url(&self, name: &str) -> String {
        format!("sqlite:{}", self.file(name).display())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new database. Making its tables each time would take longer than the story.
    fn begin(&self) -> String {
        for left in ["story-wal", "story-shm"] {
            let _none = std::fs::remove_file(self.file(left));
        }
        std::fs::copy(self.file("empty"), self.file("story")).unwrap();
        self.url("story")
    }
}

/// On its way: may arrive late and more than once.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    Report {
        run: String,
        attempt: i64,
        end: AttemptEnd,
    },
    Ask {
        key: String,
        settings: RunSettings,
    },
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Store,
    /// Reads rows as they are.
    pub(crate) raw: SqliteConnection,
    pub(crate) random: Random,
    pub(crate) fault: Option<Fault>,
    /// What clocks show; it jumps.
    pub(crate) now: Timestamp,
    /// The latest that clocks have shown.
    latest: Timestamp,
    /// Nothing breaks any more.
    pub(crate) mended: bool,
    /// Seconds that really passed.
    pub(crate) passed: i64,
    pub(crate) workers: Vec<Worker>,
    pub(crate) server: Server,
    pub(crate) network: Vec<Message>,
    /// Hashes of records in the object store, by their names.
    pub(crate) objects: BTreeMap<String, String>,
    /// Notices that reached somebody.
    pub(crate) told: BTreeSet<String>,
    /// Runs that users asked for.
    pub(crate) asked: usize,
    pub(crate) asks: usize,
    pub(crate) schedules: Vec<String>,
    /// Slots that were held at the last look.
    pub(crate) held: i64,
    pub(crate) figures: Figures,
    names: BTreeMap<String, String>,
    lines: Vec<String>,
}

/// Tells the story of a seed.
pub(crate) async fn tell(place: &Place, seed: u64, fault: Option<Fault>) -> Story {
    let url = place.begin();
    let mut world = World {
        store: Store::open(&url).await.unwrap(),
        raw: SqliteConnection::connect(&url).await.unwrap(),
        random: Random::new(seed),
        fault,
        now: "2026-03-01T00:00:00Z".parse().unwrap(),
        latest: Timestamp::MIN,
        mended: false,
        passed: 0,
        workers: ["a", "b", "c"].map(Worker::new).into(),
        server: Server::default(),
        network: Vec::new(),
        objects: BTreeMap::new(),
        told: BTreeSet::new(),
        asked: 0,
        asks: 0,
        schedules: Vec::new(),
        held: 0,
        figures: Figures::default(),
        names: BTreeMap::new(),
        lines: Vec::new(),
    };
    let outcome = world.live().await;
    world.raw.close().await.unwrap();
    world.store.close().await;
    Story {
        lines: world.lines,
        figures: world.figures,
        outcome,
    }
}

impl World {
    async fn live(&mut self) -> Done {
        self.ask_for_work().await?;
        for _ in 0..STEPS {
            self.pass_time();
            let before = self.lines.len();
            self.step().await?;
            self.figures.steps += 1;
            if self.lines.len() > before {
                check::slots(self).await?;
            }
        }
        self.mend().await?;
        self.come_to_rest().await?;
        // Of what is over by then, something is done again.
        self.restart_something().await?;
        self.come_to_rest().await?;
        check::at_the_end(self).await
    }

    async fn come_to_rest(&mut self) -> Done {
        for _ in 0..ROUNDS {
            self.round().await?;
            if check::is_quiet(self).await? {
                break;
            }
        }
        Ok(())
    }

    async fn step(&mut self) -> Done {
        match self.random.below(100) {
            0..60 => {
                let worker = self.random.below(self.workers.len());
                self.worker_step(worker).await
            }
            60..78 => self.server_step().await,
            78..84 => self.network_step().await,
            84..93 => self.user_step().await,
            _ => {
                self.break_something();
                Ok(())
            }
        }
    }

    fn break_something(&mut self) {
        let at = self.random.below(self.workers.len());
        match self.random.below(7) {
            0 => self.crash_server(),
            1 | 2 => self.crash_worker(at),
            3 => self.kill_runner(at),
            _ => self.pause(at),
        }
    }

    fn pass_time(&mut self) {
        self.latest = self.latest.max(self.now);
        let seconds = self.random.between(0, 4);
        self.wait(seconds);
        if self.random.chance(3) {
            let jump = self.random.between(-600, 900);
            self.now += SignedDuration::from_secs(jump);
            self.figures.clock_jumps += 1;
            self.say(format!("the clock jumps by {jump} s"));
        }
    }

    pub(crate) fn wait(&mut self, seconds: i64) {
        self.passed += seconds;
        self.now += SignedDuration::from_secs(seconds);
    }

    async fn network_step(&mut self) -> Done {
        if self.network.is_empty() || !self.server.up {
            return Ok(());
        }
        let at = self.random.below(self.network.len());
        let message = self.network.swap_remove(at);
        if self.random.chance(25) {
            self.network.push(message.clone());
        }
        self.arrive(message).await
    }

    async fn arrive(&mut self, message: Message) -> Done {
        match message {
            Message::Report { run, attempt, end } => {
                self.say(format!(
                    "a late report of {} {attempt} arrives",
                    run.clone()
                ));
                self.finish(&run, attempt, &end).await.map(drop)
            }
            Message::Ask { key, settings } => self.ask(&key, &settings).await,
        }
    }

    /// From here on nothing breaks, and nobody asks for anything.
    async fn mend(&mut self) -> Done {
        self.say("everything is mended".to_owned());
        self.mended = true;
        // What a clock that was ahead has put off would only take longer to come.
        self.now = self.now.max(self.latest);
        self.server.up = true;
        for schedule in self.schedules.clone() {
            self.store
                .pause_schedule(&schedule, true, "test", self.now)
                .await?;
        }
        self.store.set_pool("p", 2, "test", self.now).await?;
        for message in std::mem::take(&mut self.network) {
            self.arrive(message).await?;
        }
        for worker in &mut self.workers {
            (worker.up, worker.paused) = (true, false);
        }
        Ok(())
    }

    /// Everybody does all there is to do.
    async fn round(&mut self) -> Done {
        for at in 0..self.workers.len() {
            self.work_on(at).await?;
        }
        self.serve().await?;
        self.wait(LONG);
        check::slots(self).await
    }

    /// A name that is the same each time the story is told, unlike ids.
    pub(crate) fn name(&mut self, id: &str) -> String {
        let number = self.names.len();
        let name = self.names.entry(id.to_owned());
        name.or_insert_with(|| format!("r{number}")).clone()
    }

    pub(crate) fn say(&mut self, line: String) {
        let mut line = line;
        while let Some(at) = line.find("run_") {
            let id = line[at..].chars().take(30).collect::<String>();
            let name = self.name(&id);
            line = line.replace(&id, &name);
        }
        self.lines.push(format!("{:>5} s  {line}", self.passed));
    }
}
