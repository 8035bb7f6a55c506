//! `cargo xtask bench --server`: nbpress and jupyter_server by turns, each before the same clients.

pub(super) mod figures;
mod page;
mod place;
mod side;

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use serde_json::json;

use self::figures::Figures;
use self::place::Place;
use self::side::{SIDES, Served};
use super::{BenchArguments, machine, measure};

/// How often the start is measured.
const STARTS: usize = 5;

/// What the clients measure, by the part's name, and how often each server has its turn. Every turn has a server
/// of its own, so that its memory is that of this part.
const PARTS: [(&str, usize); 8] = [
    ("requests", 2),
    ("notebooks", 2),
    ("stall", 2),
    ("start", 1),
    ("execute", 2),
    ("output", 1),
    ("viewers", 1),
    ("view", 1),
];

pub(super) fn run(root: &Path, arguments: &BenchArguments) -> Result<()> {
    let place = Place::prepare(root, arguments.quick)?;
    let (machine, start) = (machine(), Instant::now());
    eprintln!("{machine}");
    let figures = measure(&place);
    fs::remove_dir_all(place.folder()).ok();
    let figures = figures?;
    let seconds = start.elapsed().as_secs_f64();
    let text = page::page(&machine, seconds, arguments.quick, &figures);
    println!("{text}");
    let json = json!({"machine": machine, "seconds": seconds, "figures": figures.all()});
    fs::write(root.join("target/bench-server.json"), format!("{json:#}\n"))?;
    if arguments.write {
        super::page::write(root, super::page::SERVER, &text)?;
    }
    Ok(())
}

fn measure(place: &Place) -> Result<Figures> {
    let mut figures = Figures::default();
    for side in SIDES {
        place.load("make", &side.nowhere(place))?;
    }
    figures.add("floor", place.load("floors", &SIDES[0].nowhere(place))?);
    starts(place, &mut figures)?;
    for (part, turns) in PARTS {
        for _ in 0..if place.quick { 1 } else { turns } {
            for side in SIDES {
                eprintln!("[bench] {part} of {} …", side.name());
                let server = Served::start(place, side)?;
                let measured = place.load(part, &server.target(place));
                server.end()?;
                match measured {
                    Ok(measured) => figures.add(side.name(), measured),
                    // The others are worth having; the table says what is missing.
                    Err(cause) => eprintln!("[bench] {part} of {}: {cause:#}", side.name()),
                }
            }
        }
    }
    Ok(figures)
}

/// From before `exec` to the first answer, and what the server has then.
fn starts(place: &Place, figures: &mut Figures) -> Result<()> {
    for _ in 0..if place.quick { 1 } else { STARTS } {
        for side in SIDES {
            eprintln!("[bench] start of {} …", side.name());
            let server = Served::start(place, side)?;
            let cpu = measure::cpu_clock(server.process_id())?;
            let figure = |measure, seconds: f64| {
                json!({"what": "server", "measure": measure, "unit": "ms",
                    "value": seconds * 1e3, "load": load()})
            };
            let started = vec![
                figure("start to first answer", server.first_answer.as_secs_f64()),
                figure("CPU of the start", cpu),
            ];
            figures.add(side.name(), started);
            figures.add(side.name(), place.load("memory", &server.target(place))?);
            server.end()?;
        }
    }
    Ok(())
}

/// How many processes want a processor, on average over the last minute.
fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}
