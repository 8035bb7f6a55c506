//! What can happen at a path.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entry::Version;

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum Record {
    /// A version was saved here, or found here.
    Kept(Kept),
    /// A version was given a name; an empty one takes it away.
    Named {
        at: Timestamp,
        id: String,
        name: String,
    },
    /// It came here from another path, with what was there before.
    CameFrom { at: Timestamp, path: String },
    /// It went to another path, with what was here before.
    WentTo { at: Timestamp, path: String },
}

/// A version that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) at: Timestamp,
    pub(crate) hash: String,
    pub(crate) size: u64,
    /// The tag of the file that has it.
    pub(crate) etag: String,
    /// Who saved it; none for another program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
}

impl Record {
    pub(crate) fn at(&self) -> Timestamp {
        match self {
            Self::Kept(Kept { at, .. })
            | Self::Named { at, .. }
            | Self::CameFrom { at, .. }
            | Self::WentTo { at, .. } => *at,
        }
    }
}

impl Kept {
    /// Names it among the versions of its file.
    pub(crate) fn id(&self) -> String {
        let hash = self.hash.get(..12).unwrap_or_default();
        format!("{:x}-{hash}", self.at.as_nanosecond())
    }

    pub(crate) fn version(&self) -> Version {
        Version {
            id: self.id(),
            saved_at: self.at,
            size: self.size,
            hash: self.hash.clone(),
            by: self.by.clone(),
            name: None,
        }
    }
}
