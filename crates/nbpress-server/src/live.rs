//! What happens in open notebooks and is in no file yet: which cells run, and what somebody types.
//!
//! It goes to whoever follows the notebook's folder, and is kept for nobody.

use std::sync::Arc;

use nbpress_contents::ContentsPath;
use serde_json::Value;
use tokio::sync::broadcast;

/// News on their way to a follower that is slow; it misses older ones.
const BUFFER: usize = 64;

/// Those who hear of it.
#[derive(Clone, Debug)]
pub(crate) struct Live(broadcast::Sender<News>);

/// Something of one notebook.
#[derive(Clone, Debug)]
pub(crate) struct News {
    pub(crate) path: ContentsPath,
    /// What it is, as a server-sent event is named.
    pub(crate) name: &'static str,
    /// JSON with the path in it.
    pub(crate) data: Arc<str>,
}

impl Default for Live {
    fn default() -> Self {
        Self(broadcast::Sender::new(BUFFER))
    }
}

impl Live {
    pub(crate) fn tell(&self, path: ContentsPath, name: &'static str, data: &Value) {
        let mut data = data.clone();
        if let Some(data) = data.as_object_mut() {
            data.insert("path".to_owned(), Value::from(path.as_str()));
        }
        let data = data.to_string().into();
        let _nobody = self.0.send(News { path, name, data });
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<News> {
        self.0.subscribe()
    }
}
