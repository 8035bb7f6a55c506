//! The part of `docs/benchmarks.md` about the web UI.

use super::super::page::UI;
use super::super::server::figures::Figures;
use super::super::table::aligned;
use super::NOTEBOOKS;

/// What each notebook is, in words.
const WHAT: [&str; 4] = [
    "10 cells",
    "2,000 cells, each with an output",
    "10 MB of text in one output",
    "100 pictures, 20 MB",
];

pub(super) fn page(machine: &str, seconds: f64, turns: usize, figures: &Figures) -> String {
    let tables: Vec<String> = NOTEBOOKS
        .iter()
        .zip(WHAT)
        .map(|(notebook, what)| format!("### {what}\n\n{}", table(figures, notebook)))
        .collect();
    format!(
        "{UI}\n\
         Written by `cargo xtask bench --ui --write` in {seconds:.0} s, on {day}. The editor (`/edit`) and JupyterLab (`/lab`, its own front\n\
         end from its wheel) show the same notebooks from the same nbpress, by turns, in Debian's Chromium without a screen, 1400 by\n\
         900 points, each time with an empty cache; `/view` is the page without scripts. Medians of {turns} turns.\n\n\
         Machine: {machine}; browser, server and kernel are on the same two processors.\n\n\
         {tables}\n\
         *First cell* is from the start of the navigation to the picture with a cell. A *key* is pressed when the picture with the one\n\
         before it is there, in the first cell of code. *Pictures* are those of the browser while the wheel turns as fast as it\n\
         takes it: 17 ms is what a screen shows. *Script* is what was loaded, compressed where the server compresses. *Memory* is that of\n\
         the scripts' objects, after what is not needed was collected.\n",
        day = jiff::Timestamp::now().strftime("%-d %B %Y"),
        tables = tables.join("\n"),
    )
}

fn table(figures: &Figures, notebook: &str) -> String {
    let head = ["measure", "/edit", "JupyterLab", "better by", "/view"];
    let mut rows = vec![head.map(str::to_owned)];
    for name in figures.names().iter().filter(|name| name.what == notebook) {
        let of = |front| figures.value(front, name.what, name.measure);
        let shown = |value: Option<f64>| {
            value.map_or_else(String::new, |value| format!("{value:.0} {}", name.unit))
        };
        let (ours, theirs) = (of("nbpress"), of("jupyterlab"));
        let ratio = ours.zip(theirs).filter(|(ours, _)| *ours > 0.0);
        rows.push([
            name.measure.to_owned(),
            shown(ours),
            shown(theirs),
            ratio.map_or_else(String::new, |(ours, theirs)| {
                format!("{:.1}×", theirs / ours)
            }),
            shown(of("view")),
        ]);
    }
    aligned(&rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn three_front_ends_are_in_one_row() {
        let mut figures = Figures::default();
        for (front, value) in [("nbpress", 200.0), ("jupyterlab", 900.0), ("view", 40.0)] {
            let figure = json!({"what": "small.ipynb", "measure": "first cell on the screen", "unit": "ms", "value": value});
            figures.add(front, vec![figure]);
        }
        let page = page("two processors", 3.0, 5, &figures);
        let row = page.lines().find(|line| line.contains("first cell on"));
        let cells: Vec<&str> = row.unwrap().split('|').map(str::trim).collect();
        assert_eq!(
            cells,
            [
                "",
                "first cell on the screen",
                "200 ms",
                "900 ms",
                "4.5×",
                "40 ms",
                ""
            ]
        );
    }
}
