//! `kernel.json`: how a kernel is started.
//!
//! <https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How a running cell is interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InterruptMode {
    /// SIGINT to the kernel's process group.
    #[default]
    Signal,
    /// An `interrupt_request` on the control channel.
    Message,
}

/// The content of a `kernel.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KernelSpec {
    /// Command line with `{connection_file}`, `{resource_dir}` and `{prefix}` to be filled in.
    pub argv: Vec<String>,
    /// The name people see.
    #[serde(default)]
    pub display_name: String,
    /// The language of the code, e.g. `python`, `R`.
    #[serde(default)]
    pub language: String,
    /// See [`InterruptMode`].
    #[serde(default)]
    pub interrupt_mode: InterruptMode,
    /// Added to the kernel's environment; values may use `${NAME}`.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Anything else.
    #[serde(default)]
    pub metadata: serde_json::Map<String, serde_json::Value>,
}
