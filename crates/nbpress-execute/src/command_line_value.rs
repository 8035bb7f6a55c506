//! The type of a value given with papermill's `-p NAME VALUE`.

use nbpress_format::parameters::{ParameterValue, resolve_text};

/// Types a text as papermill does: exactly `True`, `False` or `None`; what Python's `int()` reads; what
/// its `float()` reads; else a text.
///
/// ```
/// use nbpress_execute::command_line_value::resolve;
/// use nbpress_format::parameters::ParameterValue;
///
/// assert_eq!(resolve("1_000"), ParameterValue::from(1000));
/// assert_eq!(resolve("true"), ParameterValue::from("true"));
/// ```
pub fn resolve(text: &str) -> ParameterValue {
    resolve_text(&ParameterValue::Text(text.to_owned()))
}
