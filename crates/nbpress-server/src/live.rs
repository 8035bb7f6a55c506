//! What happens in open notebooks and is in no file yet: which cells run and what they show, and what somebody types.
//!
//! It goes to whoever follows the notebook's folder, and is kept for nobody.

use std::sync::Arc;

use nbpress_contents::ContentsPath;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast;

/// News on their way to a follower that is slow; it misses older ones.
const BUFFER: usize = 64;
/// The same of outputs, which are longer.
const BUFFER_OF_OUTPUTS: usize = 16;

/// Those who hear of it.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    news: broadcast::Sender<News>,
    outputs: broadcast::Sender<News>,
}

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
        Self {
            news: broadcast::Sender::new(BUFFER),
            outputs: broadcast::Sender::new(BUFFER_OF_OUTPUTS),
        }
    }
}

impl Live {
    pub(crate) fn tell(&self, path: ContentsPath, name: &'static str, data: &Value) {
        let mut data = data.clone();
        if let Some(data) = data.as_object_mut() {
            data.insert("path".to_owned(), Value::from(path.as_str()));
        }
        let data = data.to_string().into();
        let _nobody = self.news.send(News { path, name, data });
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// Tells those who look at the outputs of the notebook.
    pub(crate) fn tell_outputs<T: Serialize>(
        &self,
        path: ContentsPath,
        name: &'static str,
        cells: &[T],
    ) {
        let data = of_cells(&path, cells).into();
        let _nobody = self.outputs.send(News { path, name, data });
    }

    pub(crate) fn subscribe_outputs(&self) -> broadcast::Receiver<News> {
        self.outputs.subscribe()
    }

    /// Whether anybody looks at outputs.
    pub(crate) fn is_watched(&self) -> bool {
        self.outputs.receiver_count() > 0
    }
}

/// Something of some cells of a notebook, as JSON.
pub(crate) fn of_cells<T: Serialize>(path: &ContentsPath, cells: &[T]) -> String {
    #[derive(Serialize)]
    struct OfCells<'a, T> {
        path: &'a str,
        cells: &'a [T],
    }
    let path = path.as_str();
    serde_json::to_string(&OfCells { path, cells }).unwrap_or_default()
}
