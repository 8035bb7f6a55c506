//! papermill's `--help-notebook`: what it finds in a notebook's parameters cell, in its own words.
//!
//! This is papermill's answer, gaps included: only Python cells are read, an annotation such as
//! `int | None` hides a parameter, and `#` in a text begins its help.
//! [`nbpress_format::parameters::schema`] knows better and is what nbpress itself uses.

mod inspect;

use std::fmt::Write as _;

use nbpress_format::notebook::Notebook;

pub use inspect::InferredParameter;

/// What `--help-notebook` prints, and the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// For stdout.
    pub text: String,
    /// 0, or 1 where papermill finds no parameters cell or raises an exception.
    pub exit_code: u8,
    /// What papermill logs as warnings.
    pub warnings: Vec<String>,
    /// The message of the exception that papermill ends with.
    pub error: Option<String>,
}

/// The parameters papermill finds, and its warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inferred {
    /// In the order of the cell; a name may come twice.
    pub parameters: Vec<InferredParameter>,
    /// What papermill logs.
    pub warnings: Vec<String>,
}

/// What papermill cannot infer parameters for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InferError {
    /// The notebook names no kernel, and nobody else does. papermill's words.
    #[error("No kernel name found in notebook and no override provided.")]
    NoKernel,
    /// The same for the language.
    #[error("No language found in notebook and no override provided.")]
    NoLanguage,
    /// papermill has no translator. Its words.
    #[error(
        "No parameter translator functions specified for kernel '{kernel}' or language '{language}'"
    )]
    NoTranslator {
        /// The kernel's name.
        kernel: String,
        /// The language.
        language: String,
    },
}

/// The names under which papermill registers the translator that can read code, and all others.
const PYTHON: [&str; 2] = ["python", "pysparkkernel"];
const OTHERS: [&str; 10] = [
    "R",
    "scala",
    "julia",
    "matlab",
    ".net-csharp",
    ".net-fsharp",
    ".net-powershell",
    "sparkkernel",
    "sparkrkernel",
    "bash",
];

/// Where the help of a parameter begins.
const HELP_COLUMN: usize = 34;

/// Describes the parameters of a notebook as papermill does.
///
/// papermill ignores `--kernel` and `--language` here and fails where the notebook names neither; they
/// are used only then.
pub fn help(
    notebook: &Notebook,
    notebook_path: &str,
    kernel: Option<&str>,
    language: Option<&str>,
) -> Help {
    let mut help = Help {
        text: format!(
            "Usage: papermill [OPTIONS] NOTEBOOK_PATH [OUTPUT_PATH]\n\nParameters inferred for notebook '{notebook_path}':\n"
        ),
        exit_code: 0,
        warnings: Vec::new(),
        error: None,
    };
    if notebook.parameters_cell().is_none() {
        help.text.push_str("\n  No cell tagged 'parameters'\n");
        help.exit_code = 1;
        return help;
    }
    let kernel = notebook.kernel_name().or(kernel);
    let language = notebook.language().or(language);
    let inferred = match infer(notebook, kernel, language) {
        Ok(inferred) => inferred,
        Err(error) => {
            help.exit_code = 1;
            help.error = Some(error.to_string());
            return help;
        }
    };
    if inferred.parameters.is_empty() {
        help.text.push_str("\n  Can't infer anything about this notebook's parameters. It may not have any parameter defined.\n");
    }
    for parameter in &inferred.parameters {
        describe(parameter, &mut help.text);
    }
    help.warnings = inferred.warnings;
    help
}

/// The names papermill finds in the parameters cell; nothing where it finds none or gives up.
pub fn infer_parameter_names(
    notebook: &Notebook,
    kernel: Option<&str>,
    language: Option<&str>,
) -> Vec<String> {
    let parameters = infer(notebook, kernel, language).map(|inferred| inferred.parameters);
    let names = parameters
        .into_iter()
        .flatten()
        .map(|parameter| parameter.name);
    names.collect()
}

/// Infers the parameters of a notebook as papermill does; the kernel and language given come before
/// the notebook's own. A notebook without a parameters cell has none.
///
/// # Errors
/// papermill raises an exception.
pub fn infer(
    notebook: &Notebook,
    kernel: Option<&str>,
    language: Option<&str>,
) -> Result<Inferred, InferError> {
    let Some(cell) = notebook.parameters_cell() else {
        return Ok(Inferred::default());
    };
    let given = |name: Option<&str>| name.filter(|name| !name.is_empty()).map(str::to_owned);
    let kernel = given(kernel.or(notebook.kernel_name())).ok_or(InferError::NoKernel)?;
    let language = given(language.or(notebook.language())).ok_or(InferError::NoLanguage)?;
    let known = |name: &str| PYTHON.contains(&name) || OTHERS.contains(&name);
    let translator = match (known(&kernel), known(&language)) {
        (true, _) => kernel,
        (false, true) => language.clone(),
        (false, false) => return Err(InferError::NoTranslator { kernel, language }),
    };
    if PYTHON.contains(&translator.as_str()) {
        return Ok(inspect::inspect(&notebook.cells[cell].source));
    }
    Ok(Inferred {
        parameters: Vec::new(),
        warnings: vec![format!(
            "Translator for '{language}' language does not support parameter introspection."
        )],
    })
}

fn describe(parameter: &InferredParameter, out: &mut String) {
    let InferredParameter {
        name,
        type_name,
        default,
        help,
    } = parameter;
    let type_name = if type_name == "None" {
        "Unknown type"
    } else {
        type_name
    };
    let definition = format!("  {name}: {type_name} (default {default})");
    // Writing to a string cannot fail.
    let _ = if definition.chars().count() <= 30 {
        writeln!(out, "{definition:<HELP_COLUMN$}{help}")
    } else if help.is_empty() {
        writeln!(out, "{definition}")
    } else {
        writeln!(out, "{definition}\n{:HELP_COLUMN$}{help}", "")
    };
}

#[cfg(test)]
mod tests;
