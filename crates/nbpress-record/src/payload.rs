//! How JSON is kept in journals and manifests: short, with its large values in blobs.
//!
//! | in the file | stands for |
//! |---|---|
//! | `{"$blob": S, "encoding": "utf-8"}` | the text in blob S |
//! | `{"$blob": S, "encoding": "base64"}` | the base64 of the bytes in blob S |
//! | `{"$blob": S, "encoding": "json"}` | the value whose JSON, with its own references, is in blob S |
//! | a key `$$blob`, `$$$blob`, … | the same key with one `$` less |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nbpress_format::json::{Json, Object};

use crate::error::{PayloadError, RecordError};
use crate::wire::{Fields, WireError, object};

/// Texts of at least this many bytes go to a blob.
pub(crate) const LARGE_TEXT: usize = 64 << 10;
/// Values whose JSON is larger than this without their large texts go to a blob as a whole.
const LARGE_VALUE: usize = 1 << 20;
/// Lists and objects at this depth go to a blob as a whole: what a kernel sent at the depth that the
/// parser still accepts ([`MAX_DEPTH`](nbpress_format::json::MAX_DEPTH)) lies deeper in an event.
const DEEP: usize = 200;
/// How many blobs may lie within each other; three are enough for everything that is written.
const MOST_BLOBS: usize = 4;
const KEY: &str = "$blob";

/// Keeps bytes and names them by their SHA-256.
pub(crate) type Put<'a> = dyn FnMut(&[u8]) -> Result<String, RecordError> + 'a;
/// Finds the bytes of a SHA-256.
pub(crate) type Get<'a> = dyn Fn(&str) -> Result<Vec<u8>, RecordError> + 'a;

/// The text that stands for a value; its large parts are put away.
pub(crate) fn encode(mut value: Json, put: &mut Put<'_>) -> Result<String, RecordError> {
    put_away(&mut value, put)?;
    let text = value.to_compact();
    if text.len() <= LARGE_VALUE {
        return Ok(text);
    }
    Ok(reference(put(text.as_bytes())?, "json").to_compact())
}

/// The value that a text made by [`encode`] stands for.
pub(crate) fn decode(text: &[u8], get: &Get<'_>) -> Result<Json, PayloadError> {
    let mut value = Json::parse(text).map_err(PayloadError::Json)?;
    bring_back(&mut value, get)?;
    Ok(value)
}

/// Puts references in place of large texts and of what is nested too deep for a parser.
pub(crate) fn put_away(value: &mut Json, put: &mut Put<'_>) -> Result<(), RecordError> {
    put_away_at(value, 0, put)
}

fn put_away_at(value: &mut Json, depth: usize, put: &mut Put<'_>) -> Result<(), RecordError> {
    match value {
        Json::String(text) if text.len() >= LARGE_TEXT => *value = put_text_away(text, put)?,
        Json::Array(_) | Json::Object(_) if depth == DEEP => {
            put_away_at(value, 0, put)?;
            *value = reference(put(value.to_compact().as_bytes())?, "json");
        }
        Json::Array(items) => {
            for item in items {
                put_away_at(item, depth + 1, put)?;
            }
        }
        Json::Object(pairs) => {
            for value in pairs.values_mut() {
                put_away_at(value, depth + 1, put)?;
            }
            rename_reserved(pairs, |key| format!("${key}"));
        }
        _ => {}
    }
    Ok(())
}

/// Undoes [`put_away`].
pub(crate) fn bring_back(value: &mut Json, get: &Get<'_>) -> Result<(), PayloadError> {
    bring_back_from(value, 0, get)
}

/// `blobs` is the number of blobs that are being read, each referred to by the one before it.
fn bring_back_from(value: &mut Json, blobs: usize, get: &Get<'_>) -> Result<(), PayloadError> {
    match value {
        Json::Array(items) => {
            for item in items {
                bring_back_from(item, blobs, get)?;
            }
        }
        Json::Object(pairs) if pairs.contains_key(KEY) => *value = read_blob(value, blobs, get)?,
        Json::Object(pairs) => {
            for value in pairs.values_mut() {
                bring_back_from(value, blobs, get)?;
            }
            rename_reserved(pairs, |key| key[1..].to_owned());
        }
        _ => {}
    }
    Ok(())
}

/// Gives the keys of a user's dictionary that could be taken for ours another name.
fn rename_reserved(pairs: &mut Object, rename: impl Fn(&str) -> String) {
    if pairs.keys().any(|key| is_reserved(key)) {
        let renamed = std::mem::take(pairs).into_iter().map(|(key, value)| {
            let key = if is_reserved(&key) { rename(&key) } else { key };
            (key, value)
        });
        *pairs = renamed.collect();
    }
}

/// Whether a key of a user's dictionary could be taken for ours.
fn is_reserved(key: &str) -> bool {
    key.starts_with('$') && key.trim_start_matches('$') == "blob"
}

fn reference(sha256: String, encoding: &str) -> Json {
    object([(KEY, sha256.into()), ("encoding", encoding.into())])
}

/// Images arrive in base64; they are kept as the bytes they are when nothing is lost by it.
fn put_text_away(text: &str, put: &mut Put<'_>) -> Result<Json, RecordError> {
    match STANDARD.decode(text) {
        // The decoder takes only what the encoder makes: canonical padding, no line breaks.
        Ok(bytes) => Ok(reference(put(&bytes)?, "base64")),
        Err(_) => Ok(reference(put(text.as_bytes())?, "utf-8")),
    }
}

fn read_blob(reference: &Json, blobs: usize, get: &Get<'_>) -> Result<Json, PayloadError> {
    let fields = Fields::of(reference)?;
    let sha256: String = fields.get(KEY)?;
    let encoding: String = fields.get("encoding")?;
    let bytes = get(&sha256).map_err(|error| PayloadError::Blob(Box::new(error)))?;
    match encoding.as_str() {
        "utf-8" => match String::from_utf8(bytes) {
            Ok(text) => Ok(Json::String(text)),
            Err(_) => Err(PayloadError::DamagedBlob { sha256 }),
        },
        "base64" => Ok(Json::String(STANDARD.encode(bytes))),
        "json" if blobs < MOST_BLOBS => {
            let mut value = Json::parse(&bytes).map_err(PayloadError::Json)?;
            bring_back_from(&mut value, blobs + 1, get)?;
            Ok(value)
        }
        "json" => Err(PayloadError::DamagedBlob { sha256 }),
        _ => Err(WireError::new("an encoding of blobs")
            .inside("encoding")
            .into()),
    }
}

#[cfg(test)]
mod tests;
