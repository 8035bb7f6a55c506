//! Bare files as notebooks: a script that is submitted as a job becomes the cells of a notebook.

use nbpress_format::{Cell, Json, Notebook, Object};

use super::manifest::extension;

/// The language of a script, as kernelspecs call it, and what begins its comments.
struct Language {
    name: &'static str,
    comment: &'static str,
}

fn language(file_name: &str) -> Option<Language> {
    let (name, comment) = match extension(file_name)?.to_ascii_lowercase().as_str() {
        "py" => ("python", "#"),
        "r" => ("R", "#"),
        "sh" => ("bash", "#"),
        "sql" => ("sql", "--"),
        _ => return None,
    };
    Some(Language { name, comment })
}

/// The notebook that a script is run as; `None` when its extension is not that of a script.
///
/// | extension | language | kernel |
/// |---|---|---|
/// | `.py` | `python` | any whose kernelspec has this language: ipykernel, xeus-python |
/// | `.R`, `.r` | `R` | likewise: IRkernel, xeus-r |
/// | `.sh` | `bash` | likewise: bash_kernel |
/// | `.sql` | `sql` | a kernel whose kernelspec says `sql`, or the one that the job names; no kernel is assumed, since the kernel decides which database is asked |
///
/// A script is one cell, unless lines that begin with `# %%` (in SQL `-- %%`) divide it, as
/// [jupytext's percent format](https://jupytext.readthedocs.io/en/latest/formats-scripts.html)
/// has it. Such a line may say what its cell is (`[markdown]`, `[raw]`) and its tags; the cell below
/// `# %% tags=["parameters"]` holds the parameters. The ids of the cells are their positions, so
/// the same text is the same notebook.
pub fn as_notebook(file_name: &str, text: &str) -> Option<Notebook> {
    let language = language(file_name)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let info = Object::from([("name".to_owned(), Json::from(language.name))]);
    let mut cells = cells(text, &language);
    for (position, cell) in cells.iter_mut().enumerate() {
        cell.id = Some(format!("cell-{}", position + 1));
    }
    Some(Notebook {
        metadata: Object::from([("language_info".to_owned(), Json::Object(info))]),
        nbformat: 4,
        nbformat_minor: 5,
        cells,
        extra: Object::new(),
    })
}

fn cells(text: &str, language: &Language) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut head: Option<&str> = None;
    let mut body = String::new();
    for line in text.split_inclusive('\n') {
        if let Some(next) = marker(line, language) {
            cells.extend(cell(head, &body, language));
            head = Some(next);
            body.clear();
        } else {
            body.push_str(line);
        }
    }
    let last = cell(head, &body, language);
    if last.is_some() || cells.is_empty() {
        cells.push(last.unwrap_or_else(|| Cell::new_code("")));
    }
    cells
}

/// What follows the mark, where the line divides cells.
fn marker<'a>(line: &'a str, language: &Language) -> Option<&'a str> {
    let rest = line.strip_prefix(language.comment)?.trim_start();
    let rest = rest.strip_prefix("%%")?;
    // `# %%time` is a cell's magic in a comment, `# %%%` a heading.
    rest.starts_with([' ', '\t', '\r', '\n', '['])
        .then_some(rest)
        .or_else(|| rest.is_empty().then_some(rest))
        .map(str::trim)
}

/// A cell of the text below a mark; none before the first mark when nothing is there.
fn cell(head: Option<&str>, body: &str, language: &Language) -> Option<Cell> {
    let source = without_blank_lines(body);
    if head.is_none() && source.is_empty() {
        return None;
    }
    let head = head.unwrap_or_default();
    let mut cell = if head.contains("[markdown]") || head.contains("[md]") {
        Cell::new_markdown(uncommented(source, language))
    } else if head.contains("[raw]") {
        Cell::new_raw(uncommented(source, language))
    } else {
        Cell::new_code(source)
    };
    if let Some(tags) = tags(head) {
        cell.metadata.insert("tags".to_owned(), tags);
    }
    Some(cell)
}

/// The list after `tags=`.
fn tags(head: &str) -> Option<Json> {
    let (_, list) = head.split_once("tags=")?;
    let (list, _) = list.split_once(']')?;
    let tags = Json::parse(format!("{list}]").as_bytes()).ok()?;
    let all_text = tags.as_array()?.iter().all(|tag| tag.as_str().is_some());
    all_text.then_some(tags)
}

fn uncommented(source: &str, language: &Language) -> String {
    let lines = source.lines().map(|line| {
        let text = line.strip_prefix(language.comment).unwrap_or(line);
        text.strip_prefix(' ').unwrap_or(text)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Blank lines around a cell only set it apart; the indentation of its first line matters.
fn without_blank_lines(body: &str) -> &str {
    let trimmed = body.trim_end();
    let begin = trimmed
        .split_inclusive('\n')
        .take_while(|line| line.trim().is_empty())
        .map(str::len)
        .sum();
    trimmed.get(begin..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `kind|tags|source` of every cell.
    fn shown(file_name: &str, text: &str) -> Vec<String> {
        let notebook = as_notebook(file_name, text).unwrap();
        assert_eq!(notebook.validate(), [], "{file_name}");
        let cells = notebook.cells.iter().map(|cell| {
            let kind = match cell.kind {
                nbpress_format::CellKind::Code { .. } => "code",
                nbpress_format::CellKind::Markdown => "markdown",
                _ => "raw",
            };
            let tags: Vec<_> = cell.tags().collect();
            format!("{kind}|{}|{}", tags.join(","), cell.source)
        });
        cells.collect()
    }

    #[test]
    fn a_script_is_one_cell_of_its_language() {
        for (file_name, language) in [
            ("report.py", "python"),
            ("model.R", "R"),
            ("model.r", "R"),
            ("x/night.sh", "bash"),
            ("Q.SQL", "sql"),
        ] {
            let notebook = as_notebook(file_name, "\nfirst\n\nsecond\n").unwrap();
            assert_eq!(notebook.language(), Some(language), "{file_name}");
            assert_eq!(notebook.kernel_name(), None, "{file_name}");
            assert_eq!(
                shown(file_name, "\nfirst\n\nsecond\n"),
                ["code||first\n\nsecond"]
            );
        }
        for file_name in ["a.ipynb", "a.txt", "py", ".py", "a.py/b"] {
            assert!(as_notebook(file_name, "").is_none(), "{file_name}");
        }
    }

    #[test]
    fn marks_divide_a_script() {
        let python = "import os\n\n# %% tags=[\"parameters\"]\ndays = 30\n\n# %% [markdown]\n# # Title\n#\n# text\n\
                      #%%\n    if_indented = 1\n# %%time is no mark\n# %% A title tags=[\"a\", \"b\"]\nlast()\n# %%";
        assert_eq!(
            shown("a.py", python),
            [
                "code||import os",
                "code|parameters|days = 30",
                "markdown||# Title\n\ntext",
                "code||    if_indented = 1\n# %%time is no mark",
                "code|a,b|last()",
                "code||",
            ]
        );
        let sql = "-- %% tags=[\"parameters\"]\r\nSET VARIABLE day = DATE '2026-01-31';\r\n-- %%\r\nselect 1 -- %% no mark\r\n";
        assert_eq!(
            shown("a.sql", sql),
            [
                "code|parameters|SET VARIABLE day = DATE '2026-01-31';",
                "code||select 1 -- %% no mark"
            ]
        );
        let notebook = as_notebook("a.py", python).unwrap();
        assert_eq!(notebook.parameters_cell(), Some(1));
    }

    #[test]
    fn odd_texts() {
        assert_eq!(shown("a.py", ""), ["code||"]);
        assert_eq!(shown("a.py", "\u{feff}x = 1"), ["code||x = 1"]);
        assert_eq!(shown("a.py", "# %%\n# %%\n"), ["code||", "code||"]);
        for head in ["tags=", "tags=[", "tags=[1]", "tags=[\"a\"", "tags=x]"] {
            assert_eq!(
                shown("a.py", &format!("# %% {head}\nx")),
                ["code||x"],
                "{head}"
            );
        }
        let text = "# %%\nx\n";
        assert_eq!(as_notebook("a.py", text), as_notebook("a.py", text));
    }
}
