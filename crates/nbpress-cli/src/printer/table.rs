//! Tables that stay readable where it is narrow.

use super::{Printer, columns, fitted, fitted_path, padded};

/// Between two columns.
const GAP: usize = 2;
/// Fewer columns than this tell nothing of a cut cell.
const LEAST: usize = 8;

impl Printer {
    /// The lines of a table of printable cells. Where the terminal is too narrow the last cell is cut; where
    /// that would leave nothing of it, each row takes two lines, the first cell being one.
    pub(crate) fn table(self, rows: &[Vec<String>]) -> Vec<String> {
        let Some(width) = self.page.columns.map(|_| self.width()) else {
            return rows
                .iter()
                .map(|row| line(row, &widths(rows), None))
                .collect();
        };
        let all = widths(rows);
        if room(&all, width).is_some() {
            return rows
                .iter()
                .map(|row| line(row, &all, room(&all, width)))
                .collect();
        }
        let tails: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().skip(1).cloned().collect())
            .collect();
        let widths = widths(&tails);
        let room = room(&widths, width.saturating_sub(GAP));
        let heads = rows
            .iter()
            .map(|row| row.first().cloned().unwrap_or_default());
        let lines = heads.zip(&tails).flat_map(|(head, tail)| {
            let second = match room {
                Some(_) => vec![format!("  {}", line(tail, &widths, room))],
                None => self.wrap("  ", GAP, &tail.join("  ")),
            };
            std::iter::once(fitted(&head, width)).chain(second)
        });
        lines.collect()
    }

    /// Whether a table of these cells is as wide as it wants to be, with nothing cut.
    pub(crate) fn has_room_for(self, rows: &[Vec<String>]) -> bool {
        let widths = widths(rows);
        let wanted = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        self.page.columns.is_none() || wanted <= self.width()
    }
}

fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |at: usize| {
        rows.iter()
            .filter_map(|row| row.get(at))
            .map(|cell| columns(cell))
            .max()
    };
    (0..count).map(|at| widest(at).unwrap_or(0)).collect()
}

/// The columns left for the last cell, if it can say something in them.
fn room(widths: &[usize], width: usize) -> Option<usize> {
    let (last, others) = widths.split_last()?;
    let used: usize = others.iter().map(|width| width + GAP).sum();
    let room = width.saturating_sub(used);
    (room >= LEAST.min(*last)).then_some(room)
}

fn line(row: &[String], widths: &[usize], room: Option<usize>) -> String {
    let cells = row.iter().enumerate().map(|(at, cell)| match room {
        _ if at + 1 < row.len() => padded(cell, widths[at]),
        // The end of a path is what tells it from others.
        Some(room) if cell.contains('/') => fitted_path(cell, room),
        Some(room) => fitted(cell, room),
        None => cell.clone(),
    });
    let line = cells.collect::<Vec<_>>().join("  ");
    line.trim_end().to_owned()
}
