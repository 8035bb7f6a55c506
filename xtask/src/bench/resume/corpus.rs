//! The notebooks that are broken, mended and resumed.

use serde_json::Value;

use super::super::cases::notebook;

/// Cells are separated by `#-`, notebooks begin with `#: ` and their name. The last cell asserts what the others did.
const TEXTS: [(&str, &str); 4] = [
    ("Libraries", include_str!("corpus/libraries.py")),
    (
        "Files, processes, threads",
        include_str!("corpus/outside.py"),
    ),
    ("Python", include_str!("corpus/language.py")),
    ("Notebooks", include_str!("corpus/notebook.py")),
];

/// What the last cell is before it is mended.
const BROKEN: &str = "raise RuntimeError('to be mended')";

/// A notebook of the corpus.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) group: &'static str,
    pub(super) name: &'static str,
    cells: Vec<String>,
}

impl Case {
    /// As it was mended.
    pub(super) fn mended(&self) -> Value {
        notebook(&self.cells)
    }

    /// As it fails in its last cell.
    pub(super) fn broken(&self) -> Value {
        let mut cells = self.cells.clone();
        if let Some(last) = cells.last_mut() {
            BROKEN.clone_into(last);
        }
        notebook(&cells)
    }
}

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let texts = TEXTS.into_iter();
    texts
        .flat_map(|(group, text)| {
            let notebooks = text.split("#: ").filter(|notebook| !notebook.is_empty());
            notebooks.map(move |notebook| case(group, notebook))
        })
        .collect()
}

fn case(group: &'static str, text: &'static str) -> Case {
    let (name, cells) = text.split_once('\n').unwrap_or((text, ""));
    let cells = cells.split("#-\n").map(|cell| cell.trim().to_owned());
    Case {
        group,
        name,
        cells: cells.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_has_what_was_promised() {
        let cases = all();
        assert!(cases.len() >= 40, "{}", cases.len());
        for case in &cases {
            assert!(case.cells.len() >= 3, "{}", case.name);
            assert!(
                case.cells.last().unwrap().contains("assert"),
                "{}",
                case.name
            );
            assert!(
                case.cells.iter().all(|cell| !cell.is_empty()),
                "{}",
                case.name
            );
        }
    }
}
