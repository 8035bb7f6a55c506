//! What happens to files of the served folder, whoever does it: other programs, other clients, this server.
//!
//! Directories in which somebody works are watched; those who follow are told by Jupyter's own events and by
//! `GET /v1/contents/events`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use nbpress_contents::{Change, ContentsError, ContentsPath, Happened, Watch};
use serde_json::{Map, Value, json};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::body::Pairs;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::jupyter::{CONTENTS, kernel_of_notebook, refused, served};
use crate::live::{News, of_cells};

/// How long a directory is watched after somebody used a file in it.
const LASTS: Duration = Duration::from_mins(10);
/// Directories that are watched at once; of a further one nothing is told.
const MOST: usize = 256;
/// Changes on their way to a follower that is slow; it is told to look for itself when it missed some.
const BUFFER: usize = 1024;
/// How long a store is left alone that could not be reached.
const PAUSE: Duration = Duration::from_secs(5);

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(follow))
}

/// The directories that are watched, and those who follow.
#[derive(Debug)]
pub(crate) struct Changes {
    told: broadcast::Sender<Change>,
    /// Until when each is watched.
    watched: Mutex<BTreeMap<ContentsPath, Instant>>,
    watches: Mutex<JoinSet<()>>,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            told: broadcast::Sender::new(BUFFER),
            watched: Mutex::default(),
            watches: Mutex::default(),
        }
    }
}

impl Changes {
    /// Watches a directory from now on, for a while: somebody works there.
    pub(crate) fn follow(&self, app: &App, directory: &ContentsPath) {
        self.follow_with(app, directory, None);
    }

    /// With a watch that has begun already, where one has.
    fn follow_with(&self, app: &App, directory: &ContentsPath, begun: Option<Watch>) {
        let mut watched = lock(&self.watched);
        let is_new = !watched.contains_key(directory);
        if is_new && watched.len() >= MOST {
            return;
        }
        watched.insert(directory.clone(), Instant::now() + LASTS);
        drop(watched);
        if is_new {
            let mut watches = lock(&self.watches);
            while watches.try_join_next().is_some() {}
            watches.spawn(watch(App::clone(app), directory.clone(), begun));
        }
    }

    /// Until when a directory is watched; none once it is not any more.
    fn until(&self, directory: &ContentsPath) -> Option<Instant> {
        let mut watched = lock(&self.watched);
        let until = watched.get(directory).copied();
        if until.is_some_and(|until| until <= Instant::now()) {
            watched.remove(directory);
            return None;
        }
        until
    }

    fn forget(&self, directory: &ContentsPath) {
        lock(&self.watched).remove(directory);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells what happens in a directory as long as somebody works there.
async fn watch(app: App, directory: ContentsPath, begun: Option<Watch>) {
    tokio::select! {
        _over = watch_for_a_while(&app, &directory, begun) => {}
        () = app.stopping() => {}
    }
    app.changes.forget(&directory);
}

async fn watch_for_a_while(
    app: &App,
    directory: &ContentsPath,
    begun: Option<Watch>,
) -> Option<()> {
    let workspace = &app.jupyter.as_ref()?.workspace;
    let mut watch = match begun {
        Some(watch) => watch,
        None => workspace.watch(directory).await.ok()?,
    };
    loop {
        let until = still_used(app, directory)?;
        let changes = tokio::select! {
            changes = watch.next() => changes,
            () = sleep_until(until) => continue,
        };
        match changes {
            Ok(changes) => changes.into_iter().for_each(|change| tell(app, change)),
            Err(ContentsError::NotFound { .. } | ContentsError::WrongKind { .. }) => return None,
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Until when a directory is watched: at least as long as a kernel belongs to a document in it.
fn still_used(app: &App, directory: &ContentsPath) -> Option<Instant> {
    if let Some(until) = app.changes.until(directory) {
        return Some(until);
    }
    let sessions = app.jupyter.as_ref()?.sessions.all();
    let is_open = sessions.iter().any(|session| {
        let path = ContentsPath::parse(&session.path).ok();
        path.and_then(|path| path.parent()).as_ref() == Some(directory)
    });
    if !is_open {
        return None;
    }
    let until = Instant::now() + LASTS;
    lock(&app.changes.watched).insert(directory.clone(), until);
    Some(until)
}

fn tell(app: &App, change: Change) {
    let action = match change.happened {
        Happened::Created => "create",
        Happened::Changed => "save",
        Happened::Deleted => "delete",
        Happened::Renamed { .. } => "rename",
    };
    let mut event = Map::new();
    event.insert("action".to_owned(), Value::from(action));
    event.insert("path".to_owned(), Value::from(change.path.as_str()));
    if let Happened::Renamed { from } = &change.happened {
        event.insert("source_path".to_owned(), Value::from(from.as_str()));
    }
    app.events.tell(CONTENTS, event);
    let _nobody = app.changes.told.send(change);
}

/// Follows what happens to files directly in a directory (`path`; empty for the top), as server-sent events of JSON:
/// `path`, `kind` (`created`, `changed`, `deleted`, `renamed`), `etag`, and `from` where it was renamed. Told are
/// changes by other programs and by every client; a client knows its own by the etag that its save was answered
/// with. An event named `missed` says that some were, and that the directory is worth another look. Of notebooks
/// there are `cells` (`path`, and the `cells` that run or wait) and `draft`: what a `window` has that is not saved.
///
/// Of a `notebook` in the directory there is also what cells show before it is in the file. First, and again where
/// something was missed, comes `shown`, with all of it: `path`, and of `cells` each a `cell`, its `count`, its `outputs`
/// and a `number`. Then `output`, with the same of what changes: `keep` outputs stay, the text of the next one goes on
/// with `grow` if that is not null, then come `outputs`; it is for those who have the `number` before, or where nothing
/// is kept for everybody. `written` names `cells` whose outputs are in the file from now on.
#[utoipa::path(get, path = "/v1/contents/events",
    params(("path" = String, Query), ("notebook" = Option<String>, Query, description = "The notebook whose outputs are told.")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 404, body = ErrorBody)))]
async fn follow(
    State(app): State<App>,
    mut query: Pairs,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let path = query.take("path");
    let notebook = query.take("notebook");
    query.finish("path, notebook")?;
    let path = path.ok_or_else(|| ApiError::invalid("path", "which directory is missing"))?;
    let directory = ContentsPath::parse(&path);
    let directory = directory.map_err(|error| ApiError::invalid("path", error.to_string()))?;
    let workspace = &served(&app)?.workspace;
    let notebook = notebook.as_deref().map(ContentsPath::parse).transpose();
    let notebook = notebook.map_err(|error| ApiError::invalid("notebook", error.to_string()))?;
    // Whatever happens from now on is told.
    let follower = Follower {
        told: app.changes.told.subscribe(),
        live: app.live.subscribe(),
        outputs: notebook.map(|path| Outputs {
            told: app.live.subscribe_outputs(),
            path,
            is_new: true,
        }),
        app: App::clone(&app),
        directory,
    };
    let watch = workspace.watch(&follower.directory).await;
    let watch = watch.map_err(|error| ApiError::from(refused(&error)))?;
    let begun = Some(watch);
    app.changes.follow_with(&app, &follower.directory, begun);
    let events = futures_util::stream::unfold(follower, |mut follower| async {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Somebody who follows a directory.
struct Follower {
    told: broadcast::Receiver<Change>,
    live: broadcast::Receiver<News>,
    outputs: Option<Outputs>,
    app: App,
    directory: ContentsPath,
}

/// What somebody hears of the outputs of one notebook.
struct Outputs {
    told: broadcast::Receiver<News>,
    path: ContentsPath,
    /// Whether they do not know what there is.
    is_new: bool,
}

impl Outputs {
    /// The next that is told. Safe to cancel.
    async fn next(&mut self, app: &App) -> Option<Event> {
        if self.is_new {
            let event = shown(app, &self.path).await;
            self.is_new = false;
            return Some(event);
        }
        loop {
            match self.told.recv().await {
                Ok(news) if news.path == self.path => return Some(event_of(&news)),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => {
                    self.is_new = true;
                    return None;
                }
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

/// What the running cells of a notebook show.
async fn shown(app: &App, path: &ContentsPath) -> Event {
    let kernel = served(app)
        .ok()
        .and_then(|jupyter| kernel_of_notebook(jupyter, path.as_str()));
    let cells = match kernel {
        Some(kernel) => app.scribes.shown(kernel.id()).await,
        None => Vec::new(),
    };
    Event::default().event("shown").data(of_cells(path, &cells))
}

fn event_of(news: &News) -> Event {
    Event::default().event(news.name).data(&*news.data)
}

/// Of whom nothing is asked nothing comes.
async fn next_output(outputs: &mut Option<Outputs>, app: &App) -> Option<Event> {
    match outputs {
        Some(outputs) => outputs.next(app).await,
        None => std::future::pending().await,
    }
}

impl Follower {
    /// None when the server ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let told = tokio::select! {
                told = self.told.recv() => told,
                () = sleep(LASTS / 2) => {
                    self.app.changes.follow(&self.app, &self.directory);
                    continue;
                }
                news = self.live.recv() => match news {
                    Ok(news) if news.path.parent().as_ref() == Some(&self.directory) => {
                        return Some(event_of(&news));
                    }
                    _ => continue,
                },
                event = next_output(&mut self.outputs, &self.app) => match event {
                    Some(event) => return Some(event),
                    None => continue,
                },
                () = self.app.stopping() => return None,
            };
            match told {
                Ok(change) if change.path.parent().as_ref() == Some(&self.directory) => {
                    return Some(Event::default().data(described(&change).to_string()));
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => {
                    return Some(Event::default().event("missed").data(""));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

fn described(change: &Change) -> Value {
    let mut event = json!({
        "path": change.path.as_str(),
        "kind": change.happened.as_str(),
        "etag": change.etag,
    });
    if let (Happened::Renamed { from }, Some(event)) = (&change.happened, event.as_object_mut()) {
        event.insert("from".to_owned(), Value::from(from.as_str()));
    }
    event
}
