//! papermill's `--help-notebook`.

use nbpress_format::notebook::Notebook;

/// What `--help-notebook` prints and returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// For stdout.
    pub text: String,
    /// For the shell.
    pub exit_code: u8,
    /// For stderr.
    pub warnings: Vec<String>,
}

/// Describes the parameters of a notebook.
pub fn help(
    _notebook: &Notebook,
    _notebook_path: &str,
    _kernel: Option<&str>,
    _language: Option<&str>,
) -> Help {
    Help {
        text: String::new(),
        exit_code: 0,
        warnings: Vec::new(),
    }
}

/// The names papermill finds in the parameters cell.
pub fn infer_parameter_names(
    _notebook: &Notebook,
    _kernel: Option<&str>,
    _language: Option<&str>,
) -> Vec<String> {
    Vec::new()
}
