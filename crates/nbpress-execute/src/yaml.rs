//! YAML as papermill reads it.

use indexmap::IndexMap;
use nbpress_format::parameters::ParameterValue;

/// A text that is not YAML, or not parameters.
#[derive(Debug, thiserror::Error)]
#[error("not yet")]
pub struct YamlError;

impl YamlError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        None
    }
}

/// Reads a document.
pub fn load(_text: &str) -> Result<ParameterValue, YamlError> {
    Err(YamlError)
}

/// Reads a document that holds parameters.
pub fn parameters(_text: &str) -> Result<IndexMap<String, ParameterValue>, YamlError> {
    Err(YamlError)
}

/// Reads parameters in base64.
pub fn parameters_from_base64(_text: &str) -> Result<IndexMap<String, ParameterValue>, YamlError> {
    Err(YamlError)
}
