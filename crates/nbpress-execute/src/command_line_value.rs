//! The type of a value given with papermill's `-p NAME VALUE`.

use nbpress_format::parameters::{ParameterValue, resolve_text};

/// Types a text as papermill does: `True`, `False` and `None` in exactly this case, then whatever
/// Python's `int()` reads, then whatever its `float()` reads; anything else stays a text.
///
/// <https://papermill.readthedocs.io/en/latest/usage-parameterize.html>
pub fn resolve(text: &str) -> ParameterValue {
    resolve_text(&ParameterValue::Text(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn texts_are_typed_as_papermill_types_them() {
        for (text, expected) in [
            ("True", "True"),
            ("true", "'true'"),
            ("None", "None"),
            (" 01_000\n", "1000"),
            ("1e3", "1000.0"),
            ("nan", "nan"),
            ("1__0", "'1__0'"),
            ("\u{1c}1", "'\\x1c1'"),
            ("", "''"),
        ] {
            assert_eq!(resolve(text).to_python_repr(), expected);
        }
        // Too long for `int()`, but not for `float()`.
        assert_eq!(resolve(&"9".repeat(4301)).to_python_repr(), "inf");
    }
}
