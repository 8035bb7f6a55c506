//! Sizes of compute: how much a run may use.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Invalid;
use crate::job::check_name;

/// How much processor and memory an attempt may use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Processors; `0.5` is half of one.
    pub cpus: f64,
    /// Bytes of memory.
    pub memory_bytes: i64,
    /// The profile a run that ran out of memory is tried on next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The name of the profile of runs that ask for none.
pub const DEFAULT_PROFILE: &str = "small";

const GIB: i64 = 1 << 30;

impl Profile {
    /// The profiles there are from the beginning.
    pub fn built_in() -> Vec<Self> {
        let profile = |name: &str, cpus, gib, next: Option<&str>| Self {
            name: name.to_owned(),
            cpus,
            memory_bytes: gib * GIB,
            next: next.map(str::to_owned),
        };
        vec![
            profile(DEFAULT_PROFILE, 1.0, 2, Some("medium")),
            profile("medium", 2.0, 8, Some("large")),
            profile("large", 4.0, 32, None),
        ]
    }

    /// Whether its numbers can be used.
    ///
    /// # Errors
    /// The first field that is not usable.
    pub fn validate(&self) -> Result<(), Invalid> {
        check_name("name", &self.name)?;
        if !(0.01..=1024.0).contains(&self.cpus) {
            let message = format!("`{}` is not between 0.01 and 1024 processors", self.cpus);
            return Err(Invalid::new("cpus", message));
        }
        if !((64 << 20)..=(64 << 40)).contains(&self.memory_bytes) {
            let message = format!("`{}` is not between 64 MiB and 64 TiB", self.memory_bytes);
            return Err(Invalid::new("memory_bytes", message).with_hint("the unit is bytes"));
        }
        Ok(())
    }
}
