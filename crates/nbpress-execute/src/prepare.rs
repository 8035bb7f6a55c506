//! From a location to a notebook that is ready to run: loaded, parameters checked and injected,
//! metadata filled in.

use indexmap::IndexMap;
use nbpress_format::json::{Json, Object};
use nbpress_format::notebook::Notebook;
use nbpress_format::parameters::{self, ParameterValue};
use nbpress_storage::{Location, Storage};
use sha2::{Digest, Sha256};

use crate::error::ExecuteError;
use crate::help_notebook::infer_parameter_names;
use crate::options::{ExecuteOptions, Manners};
use crate::parameterize::{hide_source, inject};
use crate::translate::{Compat, translate_over};

/// A notebook ready to run.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Parameters injected, markers of earlier runs removed, outputs still as in the source.
    pub notebook: Notebook,
    /// Hash of the source's bytes, hexadecimal.
    pub source_sha256: String,
    /// The kernel's name, where one is named.
    pub kernel: Option<String>,
    /// The language of its code.
    pub language: Option<String>,
    /// The values used, secrets left out.
    pub parameters: Object,
    /// Code that assigns the secrets, and the cell it must run before.
    pub secret_assignment: Option<(usize, String)>,
    /// Things a person should know.
    pub warnings: Vec<String>,
}

/// Reads a notebook.
///
/// # Errors
/// It cannot be read, or is not a notebook.
pub async fn load(
    storage: &Storage,
    source: &Location,
) -> Result<(Notebook, String), ExecuteError> {
    let notebook = || source.to_string();
    let bytes = storage
        .read(source)
        .await
        .map_err(|source| ExecuteError::Read {
            notebook: notebook(),
            source,
        })?;
    let parsed = Notebook::parse(&bytes).map_err(|source| ExecuteError::Parse {
        notebook: notebook(),
        source,
    })?;
    Ok((parsed, hex::encode(Sha256::digest(&bytes))))
}

/// Loads and prepares a notebook. No kernel is started and nothing is written.
///
/// # Errors
/// The notebook or its parameters cannot be used.
pub async fn prepare(
    storage: &Storage,
    options: &ExecuteOptions,
) -> Result<Prepared, ExecuteError> {
    let (mut notebook, source_sha256) = match &options.loaded {
        Some(loaded) => loaded.as_ref().clone(),
        None => load(storage, &options.source).await?,
    };
    nbpress_record::remove_error_markers(&mut notebook);
    fill_metadata(&mut notebook);
    let code = Code::of(&notebook, options);
    let mut warnings = Vec::new();

    let values = check_parameters(&notebook, options, code.language.as_deref(), &mut warnings)?;
    let parameters: Object = values
        .iter()
        .map(|(name, value)| (name.clone(), value.to_json()))
        .collect();
    let mut injected = None;
    if !values.is_empty() {
        if notebook.parameters_cell().is_none() {
            warnings
                .push("Input notebook does not contain a cell with tag 'parameters'".to_owned());
        }
        let source = code.assign(&values, "Parameters")?;
        injected = Some(inject(&mut notebook, source, options.report_mode));
        papermill_block(&mut notebook)
            .insert("parameters".to_owned(), Json::Object(parameters.clone()));
    }
    let secret_assignment = assign_secrets(&notebook, injected, options, &code)?;
    if options.report_mode {
        for cell in notebook.cells.iter_mut().filter(|cell| cell.is_code()) {
            hide_source(cell);
        }
    }
    name_paths(&mut notebook, options);
    let Code {
        kernel, language, ..
    } = code;
    Ok(Prepared {
        notebook,
        source_sha256,
        kernel,
        language,
        parameters,
        secret_assignment,
        warnings,
    })
}

/// What code for this notebook must be written in.
struct Code {
    notebook: String,
    /// The parameters cell, which has run before.
    declared: String,
    kernel: Option<String>,
    language: Option<String>,
    compat: Compat,
}

impl Code {
    fn of(notebook: &Notebook, options: &ExecuteOptions) -> Self {
        let own = |given: &Option<String>, named: Option<&str>| {
            given.clone().or_else(|| named.map(str::to_owned))
        };
        Self {
            notebook: options.source.to_string(),
            declared: notebook
                .parameters_cell()
                .map(|cell| notebook.cells[cell].source.clone())
                .unwrap_or_default(),
            kernel: own(&options.kernel, notebook.kernel_name()),
            language: own(&options.language, notebook.language()),
            compat: if options.strict_compat {
                Compat::Strict
            } else {
                Compat::Safe
            },
        }
    }

    fn assign(
        &self,
        values: &IndexMap<String, ParameterValue>,
        comment: &str,
    ) -> Result<String, ExecuteError> {
        if self.kernel.is_none() && self.language.is_none() {
            return Err(ExecuteError::NoKernelNamed {
                notebook: self.notebook.clone(),
            });
        }
        let kernel = self.kernel.as_deref().unwrap_or_default();
        let language = self.language.as_deref().unwrap_or_default();
        let manner = (comment, self.compat);
        Ok(translate_over(
            &self.declared,
            kernel,
            language,
            values,
            manner,
        )?)
    }
}

/// The code that assigns the secrets, to run after the cells that assign parameters.
fn assign_secrets(
    notebook: &Notebook,
    injected: Option<usize>,
    options: &ExecuteOptions,
    code: &Code,
) -> Result<Option<(usize, String)>, ExecuteError> {
    if options.secrets.is_empty() {
        return Ok(None);
    }
    let values = options.secrets.iter().map(|secret| {
        (
            secret.name.clone(),
            ParameterValue::String(secret.value.clone()),
        )
    });
    let last_assignment = injected.or_else(|| notebook.parameters_cell());
    let before = last_assignment.map_or(0, |cell| cell + 1);
    Ok(Some((before, code.assign(&values.collect(), "Secrets")?)))
}

fn name_paths(notebook: &mut Notebook, options: &ExecuteOptions) {
    let output = options
        .output
        .as_ref()
        .map(|output| Json::from(output.to_string()));
    let block = papermill_block(notebook);
    block.insert(
        "input_path".to_owned(),
        Json::from(options.source.to_string()),
    );
    block.insert("output_path".to_owned(), output.unwrap_or(Json::Null));
}

fn check_parameters(
    notebook: &Notebook,
    options: &ExecuteOptions,
    language: Option<&str>,
    warnings: &mut Vec<String>,
) -> Result<IndexMap<String, ParameterValue>, ExecuteError> {
    let given = &options.parameters;
    if options.manners == Manners::Papermill {
        if !given.is_empty() {
            let known = infer_parameter_names(notebook, options.kernel.as_deref(), language);
            let unknown = given.keys().filter(|name| !known.contains(name));
            warnings.extend(unknown.map(|name| format!("Passed unknown parameter: {name}")));
        }
        return Ok(given.clone());
    }
    let Some(schema) = parameters::schema(notebook, language.unwrap_or("python")) else {
        // Nothing is declared, so nothing can be checked; papermill's typing is what people expect.
        return Ok(given
            .iter()
            .map(|(name, value)| (name.clone(), parameters::resolve_text(value)))
            .collect());
    };
    // A secret stands for the parameter of its name.
    let without_secrets = schema.without(options.secrets.iter().map(|secret| secret.name.as_str()));
    parameters::check(&without_secrets, given).map_err(|problems| ExecuteError::Parameters {
        notebook: options.source.to_string(),
        problems,
    })
}

/// The keys papermill puts into every notebook and cell it loads.
fn fill_metadata(notebook: &mut Notebook) {
    for cell in &mut notebook.cells {
        cell.metadata
            .entry("tags".to_owned())
            .or_insert_with(|| Json::Array(Vec::new()));
        cell.metadata
            .entry("papermill".to_owned())
            .or_insert_with(|| Json::Object(Object::new()));
    }
    papermill_block(notebook);
}

fn papermill_block(notebook: &mut Notebook) -> &mut Object {
    let empty = || Json::Object(Object::new());
    let block = notebook
        .metadata
        .entry("papermill".to_owned())
        .or_insert_with(|| {
            Json::Object(Object::from_iter([
                ("default_parameters".to_owned(), empty()),
                ("parameters".to_owned(), empty()),
                ("environment_variables".to_owned(), empty()),
                ("version".to_owned(), Json::from(PAPERMILL_VERSION)),
            ]))
        });
    if block.as_object().is_none() {
        *block = empty();
    }
    match block {
        Json::Object(object) => object,
        _ => unreachable!("made an object above"),
    }
}

/// The papermill whose file layout is written; readers of `metadata.papermill.version` compare it.
const PAPERMILL_VERSION: &str = "2.7.0";
