//! Reads a Python parameters cell as papermill's regular expressions do.

use nbpress_format::parameters::is_python_space;

use super::Inferred;

/// A parameter as papermill sees it: nothing but text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferredParameter {
    /// The name assigned to.
    pub name: String,
    /// From the annotation or a `# type:` comment; `None` is unknown.
    pub type_name: String,
    /// The code behind `=`, up to the first `#`.
    pub default: String,
    /// The comment behind it.
    pub help: String,
}

/// The parameters of a cell.
///
/// Lines without `=` continue the one before. A line with more than one `=` is skipped with a warning.
pub(super) fn inspect(source: &str) -> Inferred {
    let mut inferred = Inferred::default();
    let mut definition = Vec::new();
    for (index, line) in python_lines(source).enumerate() {
        let stripped = strip(line);
        if stripped.is_empty() || stripped.starts_with('#') {
            continue;
        }
        let assignments = line.matches('=').count();
        if assignments > 0 {
            inferred.parameters.extend(parameter(&flatten(&definition)));
            definition.clear();
        }
        if assignments > 1 {
            let warning = format!("Unable to parse line {} '{line}'.", index + 1);
            inferred.warnings.push(warning);
            continue;
        }
        definition.push(line);
    }
    inferred.parameters.extend(parameter(&flatten(&definition)));
    inferred
}

/// Joins the lines of a definition without their comments, except the last one's.
fn flatten(lines: &[&str]) -> String {
    let Some((last, before)) = lines.split_last() else {
        return String::new();
    };
    let code = |line: &&str| strip(line.split('#').next().unwrap_or_default()).to_owned();
    before
        .iter()
        .map(code)
        .chain([strip(last).to_owned()])
        .collect()
}

/// `name: annotation = default  # type: comment help`.
fn parameter(definition: &str) -> Option<InferredParameter> {
    let (name, rest) = split_while(definition, is_word);
    if name.is_empty() {
        return None;
    }
    let rest = skip_space(rest);
    let (annotation, rest) = match rest.strip_prefix(':') {
        Some(rest) => annotation(rest)?,
        None => ("", rest),
    };
    let value = skip_space(rest.strip_prefix('=')?);
    let (default, comment) = value.split_once('#').unwrap_or((value, ""));
    let comment = skip_space(comment);
    let (type_comment, help) = match comment.strip_prefix("type:") {
        Some(rest) => split_while(skip_space(rest), |next| !is_python_space(next)),
        None => ("", comment),
    };
    let type_name = [annotation, type_comment, "None"]
        .into_iter()
        .find(|name| !name.is_empty());
    Some(InferredParameter {
        name: name.to_owned(),
        type_name: strip(type_name.unwrap_or_default()).to_owned(),
        default: strip(default).to_owned(),
        help: strip(help).to_owned(),
    })
}

/// An annotation of words, brackets and commas, perhaps in quotes, and what is behind it.
fn annotation(text: &str) -> Option<(&str, &str)> {
    let quote = ['"', '\''];
    let text = skip_space(text);
    let text = text.strip_prefix(quote).unwrap_or(text);
    if !text.starts_with(is_word) {
        return None;
    }
    let part =
        |next: char| is_word(next) || matches!(next, '[' | ']' | ',') || is_python_space(next);
    let (annotation, rest) = split_while(text, part);
    Some((
        annotation,
        skip_space(rest.strip_prefix(quote).unwrap_or(rest)),
    ))
}

fn split_while(text: &str, wanted: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|next| !wanted(next)).unwrap_or(text.len()))
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches(is_python_space)
}

fn strip(text: &str) -> &str {
    text.trim_matches(is_python_space)
}

/// `\w`. Python leaves out the vowel signs of some scripts.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The lines of `str.splitlines`, which ends them at more than line feeds.
fn python_lines(text: &str) -> impl Iterator<Item = &str> {
    let is_end = |character| {
        matches!(
            character,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, behind) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
        let mut characters = behind.chars();
        characters.next();
        rest = behind.strip_prefix("\r\n").unwrap_or(characters.as_str());
        Some(line)
    })
}
