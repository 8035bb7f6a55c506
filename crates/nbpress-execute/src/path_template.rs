//! Names of parameters in paths, as papermill fills them in.

use indexmap::IndexMap;
use nbpress_format::parameters::ParameterValue;

/// What a path can name besides parameters, as `pm[…]`.
#[derive(Clone, Debug)]
pub struct Builtins {
    /// `pm[run_uuid]`.
    pub run_uuid: String,
    /// `pm[current_datetime_local]`.
    pub current_datetime_local: jiff::civil::DateTime,
    /// `pm[current_datetime_utc]`.
    pub current_datetime_utc: jiff::civil::DateTime,
}

impl Builtins {
    /// A fresh id and the time of day.
    pub fn now() -> Self {
        let now = jiff::Zoned::now();
        Self {
            run_uuid: uuid::Uuid::new_v4().to_string(),
            current_datetime_local: now.datetime(),
            current_datetime_utc: now.with_time_zone(jiff::tz::TimeZone::UTC).datetime(),
        }
    }
}

/// A path that cannot be filled in.
#[derive(Debug, thiserror::Error)]
#[error("not yet")]
pub struct PathTemplateError;

impl PathTemplateError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        None
    }
}

/// Fills in a path.
pub fn format_path(
    template: &str,
    _parameters: &IndexMap<String, ParameterValue>,
    _builtins: &Builtins,
) -> Result<String, PathTemplateError> {
    Ok(template.to_owned())
}
