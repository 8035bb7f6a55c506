//! Typed views of message contents, each with only the fields nbpress acts on.
//!
//! Nothing optional in the protocol is required here: kernels leave out what they like.

use serde::{Deserialize, Serialize};

/// `execute_request`.
#[derive(Clone, Debug, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the fields of the wire format"
)]
pub struct ExecuteRequest<'a> {
    /// Source of the cell.
    pub code: &'a str,
    /// No outputs, no history, no execution count.
    pub silent: bool,
    /// Whether the kernel's history keeps it.
    pub store_history: bool,
    /// Always empty here.
    pub user_expressions: serde_json::Map<String, serde_json::Value>,
    /// Whether the code may ask the person: a run has nobody to ask.
    pub allow_stdin: bool,
    /// Whether queued requests are aborted on an error.
    pub stop_on_error: bool,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyStatus {
    /// It did what was asked.
    Ok,
    /// It raised.
    Error,
    /// It was not carried out, or broken off: `aborted`, in older kernels `abort`.
    Aborted,
}

/// `execute_reply`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ExecuteReply {
    /// `ok`, `error`, `aborted` or `abort`.
    #[serde(default)]
    pub status: String,
    /// The counter of the cell.
    #[serde(default)]
    pub execution_count: Option<u64>,
    /// Name of the exception.
    #[serde(default)]
    pub ename: Option<String>,
    /// Its message.
    #[serde(default)]
    pub evalue: Option<String>,
    /// Its lines, with ANSI colours.
    #[serde(default)]
    pub traceback: Option<Vec<String>>,
}

impl ExecuteReply {
    /// The status; unknown words count as an error, because only `ok` promises success.
    pub fn status(&self) -> ReplyStatus {
        match self.status.as_str() {
            "ok" => ReplyStatus::Ok,
            "aborted" | "abort" => ReplyStatus::Aborted,
            _ => ReplyStatus::Error,
        }
    }
}

/// `status`.
#[derive(Clone, Debug, Deserialize)]
pub struct Status {
    /// `busy`, `idle` or `starting`.
    pub execution_state: String,
}

/// `kernel_info_reply`; `language_info` is kept whole for the notebook's metadata.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KernelInfoReply {
    /// E.g. `5.3`.
    #[serde(default)]
    pub protocol_version: String,
    /// E.g. `ipython`.
    #[serde(default)]
    pub implementation: String,
    /// E.g. `9.1.0`.
    #[serde(default)]
    pub implementation_version: String,
    /// As sent.
    #[serde(default)]
    pub language_info: serde_json::Map<String, serde_json::Value>,
    /// E.g. `debugger`, `kernel subshells`.
    #[serde(default)]
    pub supported_features: Vec<String>,
}

impl KernelInfoReply {
    /// The language's name, empty when not told.
    pub fn language(&self) -> &str {
        self.text("name")
    }

    /// The language's version, empty when not told.
    pub fn language_version(&self) -> &str {
        self.text("version")
    }

    fn text(&self, key: &str) -> &str {
        self.language_info
            .get(key)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    }
}
