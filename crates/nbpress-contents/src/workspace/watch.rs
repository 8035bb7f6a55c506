//! What is changed through a workspace, for whoever keeps something made of its files.

use tokio::sync::broadcast;

use super::{Result, Workspace};
use crate::path::ContentsPath;

/// Changes that a listener may be behind before it is told that it missed some.
const BEHIND: usize = 1024;

/// Who is told of changes.
#[derive(Debug)]
pub(super) struct Changes(broadcast::Sender<ContentsPath>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND))
    }
}

impl Workspace {
    /// The paths at which something appears, changes or goes away from now on, each after it happened; of a
    /// directory its own path only. What other programs do is not among them.
    pub fn changes(&self) -> broadcast::Receiver<ContentsPath> {
        self.opened.changes.0.subscribe()
    }

    /// Where the file or directory that `path` means really is in the workspace, through links.
    ///
    /// # Errors
    /// The path leads out of the workspace, or cannot be followed.
    pub async fn real_path(&self, path: &ContentsPath) -> Result<ContentsPath> {
        self.check_visible(path)?;
        self.place().real_path(path).await
    }

    pub(super) fn changed(&self, path: &ContentsPath) {
        // Nobody has to listen.
        let _nobody = self.opened.changes.0.send(path.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use nbpress_storage::{Location, Settings, Storage};

    use super::*;
    use crate::entry::Condition;

    fn path(text: &str) -> ContentsPath {
        ContentsPath::parse(text).unwrap()
    }

    #[tokio::test]
    async fn every_change_is_told_after_it_happened() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("root")).unwrap();
        let at = |name: &str| Location::parse(&folder.path().join(name).to_string_lossy()).unwrap();
        let storage = Settings::new(
            std::collections::BTreeMap::default(),
            folder.path().to_owned(),
        );
        let storage = Arc::new(Storage::new(storage));
        let (root, history) = (at("root"), at("history"));
        let workspace = Workspace::open(storage, &root, &history);
        let workspace = workspace.await.unwrap();
        let mut changes = workspace.changes();
        let one = Bytes::from_static(b"1");
        let (a, b, d) = (path("a.txt"), path("b.txt"), path("d"));
        workspace
            .save(&a, one.clone(), Condition::Any)
            .await
            .unwrap();
        workspace.rename(&a, &b).await.unwrap();
        workspace.make_directory(&d).await.unwrap();
        workspace.copy_into(&b, &d).await.unwrap();
        workspace.copy(&d, &path("e")).await.unwrap();
        let refused = workspace.save(&b, one, Condition::IfAbsent).await;
        assert!(refused.is_err());
        workspace.delete(&b, false).await.unwrap();
        let mut told = Vec::new();
        while let Ok(path) = changes.try_recv() {
            told.push(path.to_string());
        }
        assert_eq!(told, ["a.txt", "a.txt", "b.txt", "d/b.txt", "e", "b.txt"]);
    }
}
