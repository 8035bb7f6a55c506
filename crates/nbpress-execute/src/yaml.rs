//! YAML as papermill reads it: PyYAML's `SafeLoader` (YAML 1.1) without timestamps.
//!
//! `yes`, `no`, `on` and `off` are truth values, `012` is ten, `12:30:00` is 45000, `1e5` is a text,
//! days are texts, `<<` merges, a later key replaces an earlier one. The types are PyYAML's; the syntax
//! is read by a YAML 1.2 parser, which differs in corners: items in `[]` or `{}` must be indented
//! below the key they belong to; U+0085 and U+2028 end no line; an anchor may be given twice; a key
//! may be left out, and tabs may stand where they indent nothing.
//! <https://pyyaml.org/wiki/PyYAMLDocumentation#yaml-tags-and-python-types>

mod construct;
mod document;
mod scalar;
mod tagged;

use base64::Engine as _;
use indexmap::IndexMap;
use nbpress_format::parameters::ParameterValue;

/// A text that is not YAML, or not parameters.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct YamlError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub kind: YamlErrorKind,
}

/// What is wrong with a YAML text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlErrorKind {
    /// Not YAML.
    #[error("{0}")]
    Syntax(String),
    /// A character no YAML text may hold.
    #[error("the character U+{code:04X} is not allowed", code = u32::from(*.0))]
    Character(char),
    /// A tag that makes something else than data, or is not known.
    #[error("the tag `{0}` is not supported")]
    Tag(String),
    /// The text under an explicit tag is none of its values.
    #[error("`{value}` is not a value for the tag `{tag}`")]
    Value {
        /// The text.
        value: String,
        /// The tag, without its prefix.
        tag: String,
    },
    /// A tag on the wrong kind of node.
    #[error("the tag `{tag}` needs {wanted}")]
    Shape {
        /// The tag, without its prefix.
        tag: String,
        /// What it needs.
        wanted: &'static str,
    },
    /// A list or mapping as a key.
    #[error("a key cannot be a list or a mapping")]
    Key,
    /// `<<` with something else than mappings.
    #[error("`<<` merges only a mapping or a list of mappings")]
    Merge,
    /// An alias inside of what it names.
    #[error("a value contains itself")]
    Recursive,
    /// Nested too deep.
    #[error("nested deeper than {} levels", document::MAX_DEPTH)]
    Deep,
    /// Aliases that grow to more than fits in memory.
    #[error(
        "aliases expand to more than {} values and bytes",
        construct::MAX_EXPANDED
    )]
    Large,
    /// A second document.
    #[error("there is more than one document")]
    Documents,
    /// The document is no mapping, so it has no names.
    #[error("parameters are a mapping of names to values, not {0}")]
    NotMapping(&'static str),
    /// Not base64.
    #[error("not base64")]
    Base64,
    /// Bytes that are no text.
    #[error("not UTF-8 text")]
    Encoding,
}

impl YamlError {
    fn at_start(kind: YamlErrorKind) -> Self {
        Self {
            line: 1,
            column: 1,
            kind,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match &self.kind {
            YamlErrorKind::Value { tag, .. } if tag == "value" => "put `=` in quotes",
            YamlErrorKind::Tag(tag) if tag.contains("python") => {
                "only data can be given; write it without the tag"
            }
            YamlErrorKind::NotMapping(_) => "write `name: value`",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// Reads a document; an empty one is `Null`.
///
/// # Errors
/// Where and why it cannot be read.
pub fn load(text: &str) -> Result<ParameterValue, YamlError> {
    match document::parse(text)? {
        None => Ok(ParameterValue::Null),
        Some(document) => construct::construct(&document),
    }
}

/// Reads a document that holds parameters: a mapping, an `!!omap` or `!!pairs`. What Python takes for
/// false (nothing, `0`, `[]`, `""`) holds none. A name that is no text becomes one as Python prints it.
///
/// # Errors
/// It cannot be read or is no mapping.
pub fn parameters(text: &str) -> Result<IndexMap<String, ParameterValue>, YamlError> {
    let Some(document) = document::parse(text)? else {
        return Ok(IndexMap::new());
    };
    if let Some(entries) = construct::named(&document)? {
        return Ok(entries.into_iter().collect());
    }
    let found = match construct::construct(&document)? {
        ParameterValue::Null | ParameterValue::Bool(false) => return Ok(IndexMap::new()),
        ParameterValue::Float(0.0) => return Ok(IndexMap::new()),
        ParameterValue::Int(value) if value.as_i64() == Some(0) => return Ok(IndexMap::new()),
        ParameterValue::String(text) if text.is_empty() => return Ok(IndexMap::new()),
        ParameterValue::List(items) if items.is_empty() => return Ok(IndexMap::new()),
        ParameterValue::List(_) => "a list",
        ParameterValue::Map(_) => "a mapping with another tag",
        _ => "a single value",
    };
    let root = document.node(document.root);
    Err(root.error(YamlErrorKind::NotMapping(found)))
}

/// Reads parameters in YAML in base64. As Python's `b64decode`, passes over characters that are not in
/// the alphabet.
///
/// # Errors
/// It is not base64, or as [`parameters`].
pub fn parameters_from_base64(
    encoded: &str,
) -> Result<IndexMap<String, ParameterValue>, YamlError> {
    let bytes = decode_base64(encoded).filter(|_| encoded.is_ascii());
    let bytes = bytes.ok_or_else(|| YamlError::at_start(YamlErrorKind::Base64))?;
    let text = decode_text(&bytes).ok_or_else(|| YamlError::at_start(YamlErrorKind::Encoding))?;
    parameters(&text)
}

/// Stops at complete padding, needs padding where bytes are not whole.
fn decode_base64(encoded: &str) -> Option<Vec<u8>> {
    let mut data: Vec<u8> = Vec::with_capacity(encoded.len());
    let mut padding = 0;
    for byte in encoded.bytes() {
        match byte {
            b'=' if data.len() % 4 >= 2 => {
                padding += 1;
                if data.len() % 4 + padding == 4 {
                    break;
                }
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {
                padding = 0;
                data.push(byte);
            }
            _ => {}
        }
    }
    if !matches!(data.len() % 4 + padding, 0 | 4) {
        return None;
    }
    let engine = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone)
            .with_decode_allow_trailing_bits(true),
    );
    engine.decode(data).ok()
}

/// UTF-16 with a byte order mark, else UTF-8, as PyYAML.
fn decode_text(bytes: &[u8]) -> Option<String> {
    let units: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return String::from_utf8(bytes.to_vec()).ok(),
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> =
        char::decode_utf16(pairs.iter().map(|pair| units(*pair))).collect();
    text.ok().filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests;
