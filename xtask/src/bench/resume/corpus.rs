//! The notebooks that are broken, mended and resumed.

use serde_json::{Value, json};

use super::super::cases::notebook;

/// Cells are separated by `#-`, notebooks begin with `#: ` and their name; then may come a line `#!! KERNEL`, where it is
/// not Python, or `#! ARGUMENTS` of the run. The last cell asserts what the others did.
const TEXTS: [(&str, &str); 5] = [
    ("Libraries", include_str!("corpus/libraries.py")),
    (
        "Files, processes, threads",
        include_str!("corpus/outside.py"),
    ),
    ("Python", include_str!("corpus/language.py")),
    ("Notebooks", include_str!("corpus/notebook.py")),
    (
        "Where no copy can be made, and within limits",
        include_str!("corpus/other.py"),
    ),
];

/// What the last cell is before it is mended, by the kernel.
fn broken(kernel: &str) -> &'static str {
    match kernel {
        "ir" => "stop('to be mended')",
        "bash" => "no-such-program",
        _ => "raise RuntimeError('to be mended')",
    }
}

/// A notebook of the corpus.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) group: &'static str,
    pub(super) name: &'static str,
    pub(super) kernel: &'static str,
    /// Of `nbpress run` and `nbpress resume`.
    pub(super) arguments: Vec<&'static str>,
    cells: Vec<String>,
}

impl Case {
    /// As it was mended.
    pub(super) fn mended(&self) -> Value {
        self.notebook(&self.cells)
    }

    fn notebook(&self, cells: &[String]) -> Value {
        let mut notebook = notebook(cells);
        let language = match self.kernel {
            "ir" => "R",
            "bash" => "bash",
            _ => "python",
        };
        let spec = json!({"display_name": self.kernel, "language": language, "name": self.kernel});
        notebook["metadata"]["kernelspec"] = spec;
        notebook
    }

    /// As it fails in its last cell.
    pub(super) fn broken(&self) -> Value {
        let mut cells = self.cells.clone();
        if let Some(last) = cells.last_mut() {
            broken(self.kernel).clone_into(last);
        }
        self.notebook(&cells)
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
    let (name, mut cells) = text.split_once('\n').unwrap_or((text, ""));
    let (mut kernel, mut arguments) = ("python3", Vec::new());
    if let Some((line, rest)) = cells.split_once('\n')
        && let Some(said) = line.strip_prefix("#!")
    {
        cells = rest;
        match said.strip_prefix('!') {
            Some(other) => kernel = other.trim(),
            None => arguments = said.split_whitespace().collect(),
        }
    }
    let cells = cells.split("#-\n").map(|cell| cell.trim().to_owned());
    Case {
        group,
        name,
        kernel,
        arguments,
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
            let asserts = match case.kernel {
                "ir" => "stopifnot",
                "bash" => "|| no-such-program",
                _ => "assert",
            };
            let last = case.cells.last().unwrap();
            assert!(last.contains(asserts), "{}", case.name);
            assert!(
                case.cells.iter().all(|cell| !cell.is_empty()),
                "{}",
                case.name
            );
        }
    }
}
