//! What running code asks its reader for: a line of text, or a password.

use nbpress_protocol::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a running cell waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Question {
    /// The cell, by its id.
    pub(crate) cell: String,
    /// What stands before the place to write in; may be empty.
    pub(crate) prompt: String,
    /// Whether what is written must not be shown.
    pub(crate) password: bool,
    /// Which request asks, to tell two questions apart.
    pub(crate) id: String,
}

/// The content of an `input_request`.
#[derive(Debug, Default, Deserialize)]
struct Content {
    #[serde(default)]
    prompt: String,
    #[serde(default)]
    password: bool,
}

impl Question {
    /// The question of a message to a cell that runs.
    pub(super) fn of(parts: &Parts, cell: String) -> Self {
        let content: Content = serde_json::from_slice(&parts.content).unwrap_or_default();
        Self {
            cell,
            prompt: content.prompt,
            password: content.password,
            id: parts.label().msg_id.into_owned(),
        }
    }
}
