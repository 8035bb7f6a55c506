//! How long 10,000 notebooks of 10 KB take to index, how large the index is, and how long a query takes.
//!
//! `cargo bench -p nbpress-search --bench scale [-- NOTEBOOKS]`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a program that measures, and prints what it measured"
)]

use std::time::{Duration, Instant};

use nbpress_format::{Cell, Notebook, Output};
use nbpress_search::{Document, DocumentKind, Index, LabelKind, Query, Search};

const WORDS: usize = 20_000;
const ROUNDS: usize = 20;

/// Numbers that are the same every time (<https://prng.di.unimi.it/splitmix64.c>).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A word's number: the first ones very often, as in texts.
    fn word(&mut self) -> usize {
        let uniform = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((WORDS as f64).powf(uniform) - 1.0) as usize
    }
}

fn word(number: usize) -> String {
    let syllables = [
        "ka", "to", "mi", "ren", "sol", "va", "qui", "pe", "dor", "lin", "fa", "zu",
    ];
    let mut rest = number + 12;
    let mut word = String::new();
    while rest > 0 {
        word.push_str(syllables[rest % syllables.len()]);
        rest /= syllables.len();
    }
    word
}

fn text(chance: &mut Chance, words: usize) -> String {
    let words: Vec<String> = (0..words).map(|_| word(chance.word())).collect();
    words.join(" ")
}

fn notebook(chance: &mut Chance) -> Notebook {
    let mut notebook =
        Notebook::parse(br#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#)
            .unwrap();
    let title = text(chance, 4);
    notebook.cells.push(Cell::new_markdown(format!(
        "# {title}\n{}",
        text(chance, 100)
    )));
    for _ in 0..9 {
        let (name, call) = (word(chance.word()), word(chance.word()));
        let source = format!(
            "{name}_frame = {call}.read_{name}(path)\n# {}",
            text(chance, 40)
        );
        let mut cell = Cell::new_code(source);
        let outputs = cell.outputs_mut().unwrap();
        outputs.push(Output::stream("stdout", text(chance, 60)));
        notebook.cells.push(cell);
    }
    notebook
}

fn main() {
    let count = std::env::args()
        .find_map(|word| word.parse().ok())
        .unwrap_or(10_000);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure(count));
}

async fn measure(count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(&folder.path().join("search.sqlite"))
        .await
        .unwrap();
    let mut chance = Chance(7);
    let mut bytes = 0;
    let mut spent = Duration::ZERO;
    let files: Vec<Vec<u8>> = (0..count)
        .map(|_| notebook(&mut chance).to_bytes())
        .collect();
    for (group, files) in files.chunks(16).enumerate() {
        let began = Instant::now();
        let documents: Vec<Document> = files
            .iter()
            .enumerate()
            .map(|(at, file)| {
                let path = format!("team{}/{}/n{at}.ipynb", group % 7, word(group));
                let mut document = Document::new(DocumentKind::Notebook, "main", &path, &path);
                document = document.with_notebook(&Notebook::parse(file).unwrap());
                document.tags.push(word(group % 30));
                document
            })
            .collect();
        index.put(&documents).await.unwrap();
        spent += began.elapsed();
        bytes += files.iter().map(Vec::len).sum::<usize>();
    }
    let size = index.counts().await.unwrap().bytes;
    println!(
        "{count} notebooks of {} bytes: {spent:.1?}, index {:.1} MB for {:.1} MB of files",
        bytes / count,
        size as f64 / 1e6,
        bytes as f64 / 1e6
    );
    for (what, queries) in queries() {
        let mut times = Vec::new();
        let mut hits = 0;
        for round in 0..ROUNDS {
            for query in &queries {
                let query = Query::parse(&query.replace("{}", &word(round * 37 + 40)));
                let search = Search {
                    query,
                    ..Search::default()
                };
                let began = Instant::now();
                hits += index.search(&search).await.unwrap().hits.len();
                times.push(began.elapsed());
            }
        }
        times.sort();
        println!(
            "{what:28} p50 {:7.2?}  p95 {:7.2?}  most {:7.2?}  ({hits} hits)",
            times[times.len() / 2],
            times[times.len() * 95 / 100],
            times[times.len() - 1]
        );
    }
    let began = Instant::now();
    let labels = index
        .labels(DocumentKind::Notebook, LabelKind::Tag, None, 100)
        .await
        .unwrap();
    println!("{} tags in {:.2?}", labels.len(), began.elapsed());
}

fn queries() -> Vec<(&'static str, Vec<String>)> {
    let common = word(0);
    let one = |text: &str| vec![text.to_owned()];
    vec![
        ("one word", one("{}")),
        ("the most common word", one(&common)),
        ("two words", one(&format!("{} {{}}", word(3)))),
        ("a phrase", one(&format!("\"{} {}\"", word(1), word(2)))),
        ("a name", one("{}_frame")),
        ("three letters", one("kat")),
        (
            "in output, not another",
            one(&format!("in:output {{}} -{}", word(9))),
        ),
        ("a title", one("title:{}")),
        ("a tag and a word", one(&format!("tag:{} {{}}", word(5)))),
        ("nothing but not", one(&format!("-{common}"))),
        ("nothing: the newest", one("")),
    ]
}
