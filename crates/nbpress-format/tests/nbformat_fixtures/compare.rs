//! Our verdict beside nbformat's.

use nbpress_format::{Json, Notebook, Problem};

use crate::reference::{Case, Verdict, ask};

/// How near ours must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Refused where nbformat refuses, the same bytes where it writes.
    Exact,
    /// A notebook that the schema has something against may be refused, too.
    InvalidMayBeRefused,
}

/// Compares on every case and fails with all differences.
pub(crate) fn compare(cases: &[Case], strictness: Strictness) {
    let verdicts = ask(cases);
    let differences: Vec<String> = cases
        .iter()
        .zip(verdicts)
        .filter_map(|(case, verdict)| {
            let difference = compare_one(&case.bytes, verdict, strictness).err()?;
            Some(format!("{}: {difference}", case.name))
        })
        .collect();
    let shown = differences.iter().take(40).cloned().collect::<Vec<_>>();
    assert!(
        differences.is_empty(),
        "{} of {} differ:\n{}",
        differences.len(),
        cases.len(),
        shown.join("\n")
    );
}

fn compare_one(bytes: &[u8], verdict: Verdict, strictness: Strictness) -> Result<(), String> {
    let ours = Notebook::parse_and_validate(bytes);
    match (ours, verdict) {
        (Err(_), Verdict::Refused(_)) => Ok(()),
        (
            Err(error),
            Verdict::Written {
                places,
                repeated_ids,
                ..
            },
        ) => {
            let valid = places.is_empty() && !repeated_ids;
            if strictness == Strictness::InvalidMayBeRefused && !valid {
                return Ok(());
            }
            Err(format!("refused: {error}"))
        }
        (Ok((_, problems)), Verdict::Refused(error)) => {
            if strictness == Strictness::InvalidMayBeRefused && !problems.is_empty() {
                return Ok(());
            }
            Err(format!("accepted, but nbformat says {error}"))
        }
        (
            Ok((notebook, problems)),
            Verdict::Written {
                bytes,
                places,
                repeated_ids,
            },
        ) => {
            same_problems(&problems, &places, repeated_ids)?;
            same_bytes(notebook, &bytes, problems.iter().any(is_repaired))
        }
    }
}

/// Ours are finer: nbformat names one per cell, and only the cell where it does not know its kind.
fn same_problems(ours: &[Problem], places: &[String], repeated_ids: bool) -> Result<(), String> {
    if ours.is_empty() != (places.is_empty() && !repeated_ids) {
        return Err(format!("we say {ours:?}, nbformat {places:?}"));
    }
    for place in places {
        let within = |problem: &Problem| {
            let rest = problem.place.strip_prefix(place.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if !ours.iter().any(within) {
            return Err(format!("nothing said about {place:?}, only {ours:?}"));
        }
    }
    Ok(())
}

/// Whether the field is one that reading fills in; nbformat writes such a file as broken as it was.
fn is_repaired(problem: &Problem) -> bool {
    const FIELDS: &[&str] = &[
        "data",
        "ename",
        "evalue",
        "execution_count",
        "id",
        "metadata",
        "name",
        "outputs",
        "source",
        "text",
        "traceback",
    ];
    FIELDS.iter().any(|field| {
        let here = problem.place.ends_with(&format!(".{field}"));
        problem.reason == format!("`{field}` is missing")
            || here && problem.reason.ends_with("not null")
            || here && ["id", "traceback"].contains(field)
    })
}

fn same_bytes(mut notebook: Notebook, expected: &[u8], repaired: bool) -> Result<(), String> {
    take_made_up_ids(&mut notebook, expected)?;
    let ours = notebook.to_bytes();
    if ours == expected || repaired {
        return Ok(());
    }
    let ours = String::from_utf8(ours).unwrap();
    let expected = std::str::from_utf8(expected).unwrap();
    let differs = |(ours, expected): &(&str, &str)| ours != expected;
    let first = ours
        .split('\n')
        .zip(expected.split('\n'))
        .position(|pair| differs(&pair));
    let line = |text: &str| {
        text.split('\n')
            .nth(first.unwrap_or(0))
            .unwrap_or("")
            .to_owned()
    };
    Err(format!(
        "line {first:?} is {:?}, not {:?}",
        line(&ours),
        line(expected)
    ))
}

/// Where nbformat made an id up, ours must be made up as well; takes nbformat's.
fn take_made_up_ids(notebook: &mut Notebook, expected: &[u8]) -> Result<(), String> {
    let expected = Json::parse(expected).unwrap();
    let cells = expected.get("cells").and_then(Json::as_array).unwrap();
    if cells.len() != notebook.cells.len() {
        return Err(format!(
            "{} cells, not {}",
            notebook.cells.len(),
            cells.len()
        ));
    }
    for (ours, theirs) in notebook.cells.iter_mut().zip(cells) {
        let Some(theirs) = theirs
            .get("id")
            .and_then(Json::as_str)
            .filter(|id| id.starts_with("gen"))
        else {
            continue;
        };
        let id = ours.id.as_deref().unwrap_or("");
        if id.len() != 8 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("id {id:?} kept"));
        }
        ours.id = Some(theirs.to_owned());
    }
    Ok(())
}
