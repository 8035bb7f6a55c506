//! When the state of a run's kernel is kept, for a run that goes on from it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Before which cells the state of the kernel is kept, should the run fail: `every`, `off`, or a number of
/// seconds, which keeps it before cells that come after so much work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged, expecting = "write `every`, `off` or a number of seconds")]
pub enum Keep {
    /// Before all cells or none.
    Cells(Cells),
    /// Before cells that come after so many seconds of work since the state was kept last.
    After(u32),
}

/// Before all cells or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cells {
    /// Before every cell.
    Every,
    /// Never.
    Off,
}

impl Keep {
    /// Whether nothing is kept.
    pub fn is_off(&self) -> bool {
        *self == Self::Cells(Cells::Off)
    }
}

impl Default for Keep {
    fn default() -> Self {
        Self::Cells(Cells::Off)
    }
}
