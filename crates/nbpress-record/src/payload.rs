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
pub(crate) fn encode(value: Json, put: &mut Put<'_>) -> Result<String, RecordError> {
    let text = put_away(value, put)?.to_compact();
    if text.len() <= LARGE_VALUE {
        return Ok(text);
    }
    Ok(reference(put(text.as_bytes())?, "json").to_compact())
}

/// The value that a text made by [`encode`] stands for.
pub(crate) fn decode(text: &[u8], get: &Get<'_>) -> Result<Json, PayloadError> {
    bring_back(Json::parse(text).map_err(PayloadError::Json)?, get)
}

/// The value with references in place of its large texts and of what is nested too deep for a parser.
pub(crate) fn put_away(value: Json, put: &mut Put<'_>) -> Result<Json, RecordError> {
    put_away_at(value, 0, put)
}

fn put_away_at(value: Json, depth: usize, put: &mut Put<'_>) -> Result<Json, RecordError> {
    Ok(match value {
        Json::String(text) if text.len() >= LARGE_TEXT => put_text_away(&text, put)?,
        Json::Array(_) | Json::Object(_) if depth == DEEP => {
            let inner = put_away_at(value, 0, put)?;
            reference(put(inner.to_compact().as_bytes())?, "json")
        }
        Json::Array(items) => {
            let items = items
                .into_iter()
                .map(|item| put_away_at(item, depth + 1, put));
            Json::Array(items.collect::<Result<_, _>>()?)
        }
        Json::Object(pairs) => {
            let escaped = |(key, value): (String, Json)| {
                let key = if is_reserved(&key) {
                    format!("${key}")
                } else {
                    key
                };
                Ok((key, put_away_at(value, depth + 1, put)?))
            };
            Json::Object(
                pairs
                    .into_iter()
                    .map(escaped)
                    .collect::<Result<Object, RecordError>>()?,
            )
        }
        small => small,
    })
}

/// Undoes [`put_away`].
pub(crate) fn bring_back(value: Json, get: &Get<'_>) -> Result<Json, PayloadError> {
    bring_back_from(value, 0, get)
}

/// `blobs` is the number of blobs that are being read, each referred to by the one before it.
fn bring_back_from(value: Json, blobs: usize, get: &Get<'_>) -> Result<Json, PayloadError> {
    Ok(match value {
        Json::Array(items) => {
            let items = items
                .into_iter()
                .map(|item| bring_back_from(item, blobs, get));
            Json::Array(items.collect::<Result<_, _>>()?)
        }
        Json::Object(pairs) if pairs.contains_key(KEY) => {
            bring_blob_back(&Json::Object(pairs), blobs, get)?
        }
        Json::Object(pairs) => {
            let unescaped = |(key, value): (String, Json)| {
                let key = if is_reserved(&key) {
                    key[1..].to_owned()
                } else {
                    key
                };
                Ok((key, bring_back_from(value, blobs, get)?))
            };
            Json::Object(
                pairs
                    .into_iter()
                    .map(unescaped)
                    .collect::<Result<Object, PayloadError>>()?,
            )
        }
        small => small,
    })
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

fn bring_blob_back(json: &Json, blobs: usize, get: &Get<'_>) -> Result<Json, PayloadError> {
    let fields = Fields::of(json)?;
    let sha256: String = fields.get(KEY)?;
    let encoding: String = fields.get("encoding")?;
    let bytes = get(&sha256).map_err(|error| PayloadError::Blob(Box::new(error)))?;
    match encoding.as_str() {
        "utf-8" => match String::from_utf8(bytes) {
            Ok(text) => Ok(Json::String(text)),
            Err(_) => Err(PayloadError::DamagedBlob { sha256 }),
        },
        "base64" => Ok(Json::String(STANDARD.encode(bytes))),
        "json" if blobs < MOST_BLOBS => bring_back_from(
            Json::parse(&bytes).map_err(PayloadError::Json)?,
            blobs + 1,
            get,
        ),
        "json" => Err(PayloadError::DamagedBlob { sha256 }),
        _ => Err(WireError::new("an encoding of blobs")
            .inside("encoding")
            .into()),
    }
}

#[cfg(test)]
mod tests;
