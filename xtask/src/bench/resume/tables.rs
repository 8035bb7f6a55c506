//! What is published of the corpus.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::page::RESUME;
use super::super::table::aligned;
use super::Resumed;

/// The part of the page, from its heading on.
pub(super) fn page(machine: &str, build: &str, seconds: f64, resumed: &[Resumed]) -> String {
    let quick = if build == "debug" { "--quick " } else { "" };
    let mut text = format!(
        "{RESUME}\n\
         Written by `cargo xtask bench --resume {quick}--write` in {seconds:.0} s: each notebook fails in its last cell, with the state kept before\n\
         every cell, is mended and resumed. The mended cell asserts what the others left behind; *state* says whether it found that, and\n\
         whether the record says what is missing otherwise.\n\
         Times are of the whole command ({build} build), once each: `nbpress resume`, and `nbpress run` of the mended notebook.\n\
         A state that is wrong although the record says nothing is a defect.\n\n\
         Machine: {machine}.\n\n\
         {}\n",
        summary(resumed)
    );
    let mut groups: Vec<&str> = resumed.iter().map(|resumed| resumed.case.group).collect();
    groups.dedup();
    for group in groups {
        let of_group = resumed.iter().filter(|resumed| resumed.case.group == group);
        let mut rows = vec![
            [
                "",
                "way",
                "state",
                "resume",
                "all again",
                "what the record says",
            ]
            .map(str::to_owned),
        ];
        rows.extend(of_group.map(row));
        let _never = write!(text, "\n**{group}**\n\n{}", aligned(&rows));
    }
    text
}

fn row(resumed: &Resumed) -> [String; 6] {
    let mut said = resumed.lost.clone();
    match resumed.repeated {
        0 => {}
        1 => said.insert(0, "one cell ran again".to_owned()),
        cells => said.insert(0, format!("{cells} cells ran again")),
    }
    [
        resumed.case.name.to_owned(),
        resumed.way.clone(),
        state(resumed).to_owned(),
        format!("{:.2} s", resumed.resume_seconds),
        format!("{:.2} s", resumed.again_seconds),
        // A table's cell ends at a bar.
        said.join("; ").replace('|', "/"),
    ]
}

/// Whether the mended cell found what it asserts; where not, whether the record says that something is missing.
fn state(resumed: &Resumed) -> &'static str {
    match (resumed.right, resumed.lost.is_empty()) {
        (true, _) => "right",
        (false, false) => "lost, as said",
        (false, true) => "**wrong**",
    }
}

/// How many by which way, and what both took.
fn summary(resumed: &[Resumed]) -> String {
    let mut ways = BTreeMap::<&str, (usize, usize, Vec<f64>)>::new();
    for one in resumed {
        let (count, right, gains) = ways.entry(&one.way).or_default();
        *count += 1;
        *right += usize::from(one.right);
        gains.push(one.again_seconds - one.resume_seconds);
    }
    let ways = ways.into_iter().map(|(way, (count, right, mut gains))| {
        gains.sort_by(f64::total_cmp);
        let median = gains[gains.len() / 2] * 1e3;
        format!("`{way}` {count}, of which {right} right (median gain {median:.0} ms)")
    });
    format!(
        "{} notebooks: {}.",
        resumed.len(),
        ways.collect::<Vec<_>>().join("; ")
    )
}
