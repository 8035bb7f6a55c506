//! The protocol between workers, server and store, played at random with crashes, and held to its promises.
//!
//! The store is the real one, on SQLite. Everything around it is a model: three workers with their runners,
//! a server, users, a network that loses and repeats, an object store, and a clock that jumps. A seed decides
//! who does the next step and what breaks; afterwards everything is mended, and what is left must be whole.
//! A seed that fails is told again by `NBPRESS_SIMULATION_SEEDS=SEED..SEED+1`; a number alone is how many.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test code: a failure here is a failed test"
)]

mod check;
mod random;
mod server;
mod users;
mod worker;
mod world;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use world::{Fault, Figures, Place, Story};

/// Stories that every run of the tests tells.
const SEEDS: u64 = 2000;

/// Tells a story per seed, on every processor, until `enough` says so; what it is given is in no order.
fn tell(seeds: Range<u64>, fault: Option<Fault>, enough: impl Fn(u64, Story) -> bool + Sync) {
    let next = AtomicU64::new(seeds.start);
    let threads = std::thread::available_parallelism().unwrap().get();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                let place = runtime.block_on(Place::new());
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let story = runtime.block_on(world::tell(&place, seed, fault));
                    if enough(seed, story) {
                        next.store(seeds.end, Ordering::Relaxed);
                    }
                }
            });
        }
    });
}

fn wanted_seeds() -> Range<u64> {
    let Ok(text) = std::env::var("NBPRESS_SIMULATION_SEEDS") else {
        return 0..SEEDS;
    };
    let number = |text: &str| text.trim().parse::<u64>().unwrap();
    match text.split_once("..") {
        Some((from, to)) => number(from)..number(to),
        None => 0..number(&text),
    }
}

#[test]
fn no_crash_breaks_a_promise() {
    let (seeds, begin) = (wanted_seeds(), Instant::now());
    let (total, broken) = (Mutex::new(Figures::default()), Mutex::new(BTreeMap::new()));
    tell(seeds.clone(), None, |seed, story| {
        total.lock().unwrap().add(&story.figures);
        if story.outcome.is_err() {
            broken.lock().unwrap().insert(seed, story);
        }
        false
    });
    let (total, broken) = (total.into_inner().unwrap(), broken.into_inner().unwrap());
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{} seeds in {seconds:.1} s: {total:?}",
        seeds.end - seeds.start
    );
    for (seed, story) in &broken {
        println!("seed {seed}: {:?}", story.outcome);
    }
    if let Some((seed, story)) = broken.first_key_value() {
        println!("seed {seed}:\n  {}", story.lines.join("\n  "));
    }
    assert!(broken.is_empty(), "{} seeds broke a promise", broken.len());
    // A simulation in which nothing went wrong would have shown nothing.
    if seeds.end - seeds.start >= SEEDS {
        for (what, count) in total.all() {
            assert!(count > 100, "{what} happened {count} times");
        }
    }
}

#[test]
fn a_seed_tells_the_same_story_again() {
    for seed in [3, 14, 159] {
        let told = Mutex::new(Vec::new());
        for _ in 0..2 {
            tell(seed..seed + 1, None, |_, story| {
                told.lock().unwrap().push(story.lines);
                false
            });
        }
        let told = told.into_inner().unwrap();
        assert!(told[0].len() > 20);
        assert_eq!(told[0], told[1], "seed {seed}");
    }
}

#[test]
fn a_broken_protocol_is_caught() {
    for (fault, expected) in [
        (Fault::IgnoresFencing, check::RECORD),
        (Fault::ReportsBeforeStoring, check::RECORD),
        (Fault::ForgetsWhatItHolds, check::ENDS),
        (Fault::MarksBeforeTelling, check::TOLD),
        (Fault::AsksWithANewKey, check::ASKED_ONCE),
    ] {
        let caught = Mutex::new(None);
        tell(0..500, Some(fault), |seed, story| {
            let Err(broken) = story.outcome else {
                return false;
            };
            caught.lock().unwrap().get_or_insert((seed, broken));
            true
        });
        let (seed, broken) = caught.into_inner().unwrap().unwrap();
        println!("{fault:?} is caught by seed {seed}: {broken:?}");
        assert_eq!(broken.promise, expected, "{fault:?}: {broken:?}");
    }
}
