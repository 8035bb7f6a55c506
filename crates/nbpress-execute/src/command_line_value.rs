//! The type of a value given with papermill's `-p NAME VALUE`.

use nbpress_format::parameters::{ParameterValue, resolve_text};

/// Types a text as papermill does: `True`, `False` and `None` in exactly this case, then whatever
/// Python's `int()` reads, then whatever its `float()` reads; anything else stays a text.
///
/// <https://papermill.readthedocs.io/en/latest/usage-parameterize.html>
pub fn resolve(text: &str) -> ParameterValue {
    // White space to `str.strip()`, but not to `int()` and `float()`.
    if text.contains(|character| ('\x1c'..='\x1f').contains(&character)) {
        return ParameterValue::String(text.to_owned());
    }
    resolve_text(&ParameterValue::Text(text.to_owned()))
}
