//! The parameters that a parameters cell declares.

use indexmap::IndexMap;

use super::annotation::parse_annotation;
use super::bounds::{Bounds, Comment, read_comment};
use super::dialect::{self, Dialect, Family};
use super::kind::ParameterType;
use super::literal;
use super::statement::{Statement, split_top_level, statements, top_level};
use super::value::ParameterValue;
use crate::notebook::Notebook;

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name in the notebook's code.
    pub name: String,
    /// Its type: declared, or that of its default.
    pub kind: ParameterType,
    /// Whether the notebook declares the type. One that comes from the default is checked less
    /// strictly: `None` and any other number will do.
    pub declared: bool,
    /// The default, where it is a literal.
    pub default: Option<ParameterValue>,
    /// The default as it is written; `None` where the parameter must be given.
    pub default_source: Option<String>,
    /// What the comment says about it.
    pub help: String,
    /// Smallest and largest value.
    pub bounds: Option<Bounds>,
    /// The only values allowed; empty where all are.
    pub choices: Vec<ParameterValue>,
}

impl Parameter {
    /// Whether it has no default: `region: str`.
    pub fn is_required(&self) -> bool {
        self.default_source.is_none()
    }
}

/// The parameters of a notebook, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    parameters: IndexMap<String, Parameter>,
    /// Whether there can be others than these.
    open: bool,
}

impl Schema {
    /// The parameters, in the order of the cell.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Parameter> {
        self.parameters.values()
    }

    /// The parameter of a name.
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.parameters.get(name)
    }

    /// Whether the cell declares none.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    /// Whether the notebook may take parameters that are not listed: its language is not known here, or
    /// the cell imports names (`from defaults import *`).
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Without the parameters of these names, which then may be neither given nor missing.
    #[must_use]
    pub fn without<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        for name in names {
            self.parameters.shift_remove(name);
        }
        self
    }

    fn add(&mut self, parameter: Parameter) {
        let Some(earlier) = self.parameters.get_mut(&parameter.name) else {
            self.parameters.insert(parameter.name.clone(), parameter);
            return;
        };
        // `x: int` on one line, `x = 5` on another: both say something.
        let declared = earlier.declared && !parameter.declared;
        let mut merged = parameter;
        if declared {
            merged.kind = std::mem::replace(&mut earlier.kind, ParameterType::Any);
            merged.declared = true;
        }
        if merged.help.is_empty() {
            merged.help = std::mem::take(&mut earlier.help);
        }
        merged.bounds = merged.bounds.take().or_else(|| earlier.bounds.take());
        if merged.choices.is_empty() {
            merged.choices = std::mem::take(&mut earlier.choices);
        }
        *earlier = merged;
    }
}

/// The parameters of the first cell tagged `parameters`; `None` where no cell is.
pub fn schema(notebook: &Notebook, language: &str) -> Option<Schema> {
    let cell = notebook.cells.get(notebook.parameters_cell()?)?;
    Some(read(&cell.source, language))
}

/// The parameters that a cell's code declares. Lines that assign nothing are passed over.
pub fn read(source: &str, language: &str) -> Schema {
    let (dialect, known) = dialect::of(language);
    let mut schema = Schema {
        parameters: IndexMap::new(),
        open: !known,
    };
    // Inside a function or class, names are its own.
    let mut inside = false;
    for statement in statements(source, dialect) {
        schema.open |= brings_names(&statement.code, dialect.family);
        if !statement.indented {
            inside = opens_scope(&statement.code);
        } else if inside {
            continue;
        }
        for parameter in parameters(&statement, dialect) {
            schema.add(parameter);
        }
    }
    if dialect.family == Family::Sql {
        for parameter in comment_parameters(source, dialect) {
            schema.add(parameter);
        }
    }
    schema
}

/// Whether a statement can define names that cannot be seen.
fn brings_names(code: &str, family: Family) -> bool {
    match family {
        Family::Python => {
            (code.starts_with("from ") && code.ends_with('*'))
                || [
                    "%run",
                    "%load",
                    "%store",
                    "exec(",
                    "globals()",
                    "locals()",
                    "vars()",
                ]
                .iter()
                .any(|start| code.starts_with(start))
        }
        Family::R | Family::Shell => ["source", ". ", "load(", "attach(", "eval"]
            .iter()
            .any(|start| code.starts_with(start)),
        Family::Julia => code.starts_with("include("),
        _ => false,
    }
}

fn opens_scope(code: &str) -> bool {
    ["def ", "class ", "async def ", "@", "function "]
        .iter()
        .any(|start| code.starts_with(start))
}

/// What one statement assigns.
fn parameters(statement: &Statement, dialect: &'static Dialect) -> Vec<Parameter> {
    let comment = comment_of(statement);
    let code = without_modifiers(&statement.code, dialect);
    if dialect.family == Family::Sql && code.len() == statement.code.len() {
        // Only `SET` and `DECLARE` assign.
        return Vec::new();
    }
    // `let a = 1, b = 2`
    let declarators = if dialect.family == Family::JavaScript && code.len() < statement.code.len() {
        split_top_level(code, ',', dialect)
    } else {
        vec![code]
    };
    let mut found = Vec::new();
    for declarator in declarators {
        let Some(assignment) = assignment(declarator, dialect) else {
            return Vec::new();
        };
        for name in &assignment.names {
            found.push(parameter(
                name,
                &assignment,
                &comment,
                statement.indented,
                dialect,
            ));
        }
    }
    found
}

fn comment_of(statement: &Statement) -> Comment {
    if statement.comment.is_empty() {
        read_comment(&statement.above.join(" "))
    } else {
        read_comment(&statement.comment)
    }
}

fn without_modifiers<'a>(code: &'a str, dialect: &Dialect) -> &'a str {
    let mut rest = code;
    loop {
        let Some((word, behind)) = rest.split_once(char::is_whitespace) else {
            return rest;
        };
        let word = word.to_ascii_lowercase();
        let option =
            dialect.family == Family::Shell && word.starts_with('-') && rest.len() < code.len();
        if !dialect.modifiers.contains(&word.as_str()) && !option {
            return rest;
        }
        rest = behind.trim_start();
    }
}

struct Assignment<'a> {
    names: Vec<&'a str>,
    annotation: Option<&'a str>,
    value: Option<&'a str>,
}

fn assignment<'a>(code: &'a str, dialect: &'a Dialect) -> Option<Assignment<'a>> {
    let code = code.trim();
    let Some((left, value)) = split_assignment(code, dialect) else {
        // `region: str`
        let (name, annotation) = annotated(code, dialect);
        let declares = annotation.is_some_and(|annotation| !annotation.is_empty());
        return (declares && is_name(name, dialect)).then(|| Assignment {
            names: vec![name],
            annotation,
            value: None,
        });
    };
    let (name, annotation) = annotated(left, dialect);
    let name = name
        .strip_prefix('$')
        .filter(|_| dialect.family == Family::PowerShell)
        .unwrap_or(name);
    if is_name(name, dialect) {
        let mut names = vec![name];
        let value = if dialect.family == Family::Python {
            chained(value, dialect, &mut names)
        } else {
            value
        };
        return Some(Assignment {
            names,
            annotation,
            value: Some(value.trim()),
        });
    }
    None
}

/// `a = b = 1` names several.
fn chained<'a>(mut value: &'a str, dialect: &'a Dialect, names: &mut Vec<&'a str>) -> &'a str {
    while let Some((name, rest)) = split_assignment(value, dialect) {
        let name = name.trim();
        if !is_name(name, dialect) {
            break;
        }
        names.push(name);
        value = rest;
    }
    value
}

/// Splits at the first thing that assigns, outside of strings and brackets.
fn split_assignment<'a>(code: &'a str, dialect: &'a Dialect) -> Option<(&'a str, &'a str)> {
    let mut before = ' ';
    for (at, character) in top_level(code, dialect) {
        let rest = &code[at..];
        if let Some(sign) = dialect
            .assignments
            .iter()
            .find(|sign| rest.starts_with(**sign))
        {
            let behind = &rest[sign.len()..];
            if sign.ends_with('=') && (behind.starts_with(['=', '>', '~']) || is_operator(before)) {
                return None;
            }
            if dialect.family == Family::Shell && code[..at].ends_with(char::is_whitespace) {
                return None;
            }
            return Some((code[..at].trim(), behind));
        }
        before = character;
    }
    None
}

/// What makes `=` a comparison or an update: `<=`, `+=`.
fn is_operator(character: char) -> bool {
    matches!(
        character,
        '<' | '>'
            | '!'
            | '+'
            | '-'
            | '*'
            | '/'
            | '%'
            | '&'
            | '|'
            | '^'
            | '@'
            | '='
            | '~'
            | '.'
            | '?'
    )
}

/// `days: int`, `days::Int`, `int days`, `[int]$days`, `days int` (SQL).
fn annotated<'a>(left: &'a str, dialect: &'a Dialect) -> (&'a str, Option<&'a str>) {
    let left = left.trim();
    if dialect.family == Family::PowerShell {
        let parts = left.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        return parts.map_or((left, None), |(kind, name)| {
            (name.trim(), Some(kind.trim()))
        });
    }
    if !dialect.annotation.is_empty() {
        let sign = dialect.annotation;
        let colon = top_level(left, dialect).find(|&(at, _)| left[at..].starts_with(sign));
        return colon.map_or((left, None), |(at, _)| {
            (left[..at].trim(), Some(left[at + sign.len()..].trim()))
        });
    }
    let parts = match dialect.family {
        _ if dialect.type_first => {
            let parts = left.rsplit_once(char::is_whitespace);
            parts.map(|(kind, name)| (name, kind))
        }
        Family::Sql => left.split_once(char::is_whitespace),
        _ => None,
    };
    parts.map_or((left, None), |(name, kind)| {
        let kind = kind
            .trim()
            .trim_end_matches(" DEFAULT")
            .trim_end_matches(" default");
        (name, Some(kind))
    })
}

fn is_name(name: &str, dialect: &Dialect) -> bool {
    let name = name
        .strip_suffix('?')
        .filter(|_| dialect.family == Family::JavaScript)
        .unwrap_or(name);
    let dots = dialect.family == Family::R;
    let start = |character: char| {
        character.is_alphabetic() || character == '_' || (dots && character == '.')
    };
    let part = |character: char| {
        character.is_alphanumeric() || character == '_' || (dots && character == '.')
    };
    name.starts_with(start)
        && name.chars().all(part)
        && !(dialect.family == Family::Python && PYTHON_KEYWORDS.contains(&name))
}

/// Words that Python keeps for itself: <https://docs.python.org/3/reference/lexical_analysis.html#keywords>.
pub const PYTHON_KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

fn parameter(
    name: &str,
    assignment: &Assignment<'_>,
    comment: &Comment,
    conditional: bool,
    dialect: &'static Dialect,
) -> Parameter {
    let default = assignment
        .value
        .and_then(|value| literal::parse(value, dialect));
    let annotation = assignment
        .annotation
        .or(comment.annotation.as_deref())
        .map(parse_annotation);
    let kind = match (&annotation, &default) {
        (Some(kind), _) => kind.clone(),
        // Which branch runs is not known here.
        (None, _) if conditional => ParameterType::Any,
        (None, Some(value)) => ParameterType::of(value),
        (None, None) => assignment
            .value
            .map_or(ParameterType::Any, type_of_expression),
    };
    Parameter {
        name: name.to_owned(),
        declared: annotation.is_some(),
        kind,
        default: default.filter(|_| !conditional),
        default_source: assignment.value.map(str::to_owned),
        help: comment.help.clone(),
        bounds: comment.bounds.clone(),
        choices: comment.choices.clone(),
    }
}

/// The type of an expression that is no literal, where its first words tell.
fn type_of_expression(source: &str) -> ParameterType {
    let source = source
        .trim_start_matches("new ")
        .trim_start_matches("datetime.")
        .trim_start_matches("dt.");
    let call = source.find('(').map_or("", |end| &source[..end]);
    match call {
        "date" | "date.today" | "date.fromisoformat" | "as.Date" | "Sys.Date"
        | "LocalDate.parse" | "LocalDate.of" => ParameterType::Date,
        "datetime"
        | "now"
        | "utcnow"
        | "datetime.now"
        | "datetime.utcnow"
        | "datetime.fromisoformat"
        | "as.POSIXct"
        | "Sys.time" => ParameterType::DateTime,
        "Date" if source.contains(',') => ParameterType::Date,
        "int" => ParameterType::Int,
        "float" => ParameterType::Float,
        "str" => ParameterType::String,
        "bool" => ParameterType::Bool,
        _ if source.starts_with("f\"") || source.starts_with("f'") => ParameterType::String,
        _ => ParameterType::Any,
    }
}

/// SQL that has no variables of its own declares parameters in comments:
/// `-- @param region text = 'eu'  one of: eu, us`.
fn comment_parameters(source: &str, dialect: &'static Dialect) -> Vec<Parameter> {
    let lines = source.lines().filter_map(|line| {
        line.trim()
            .strip_prefix("--")?
            .trim()
            .strip_prefix("@param ")
    });
    let read = |line: &str| {
        // Two spaces end the default.
        let (code, comment) = line.trim().split_once("  ").unwrap_or((line.trim(), ""));
        let assignment = assignment(code, dialect).or_else(|| {
            let (name, kind) = annotated(code, dialect);
            is_name(name, dialect).then_some(Assignment {
                names: vec![name],
                annotation: kind,
                value: None,
            })
        })?;
        let comment = read_comment(comment.trim_start_matches([' ', '-', '#']));
        Some(parameter(
            assignment.names.first()?,
            &assignment,
            &comment,
            false,
            dialect,
        ))
    };
    lines.filter_map(read).collect()
}

#[cfg(test)]
mod tests;
