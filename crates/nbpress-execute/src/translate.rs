//! Stand-in until the real module lands.
use indexmap::IndexMap;
use nbpress_format::parameters::ParameterValue;
#[derive(Clone, Copy, Debug)]
pub enum Compat {
    Safe,
    Strict,
}
#[derive(Debug, thiserror::Error)]
#[error("no translator")]
pub struct TranslateError;
impl TranslateError {
    pub fn hint(&self) -> Option<String> {
        None
    }
}
pub fn translate(
    _: &str,
    _: &str,
    p: &IndexMap<String, ParameterValue>,
    c: &str,
    _: Compat,
) -> Result<String, TranslateError> {
    let mut s = format!("# {c}\n");
    for (k, v) in p {
        s += &format!("{k} = {}\n", v.to_json().to_compact());
    }
    Ok(s)
}
