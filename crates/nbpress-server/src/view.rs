//! Pages for readers: any file of the served folder, a run, a job's last good run. Read-only, and whole before they are
//! sent; without script, but for one of ours where a chart needs it: what they show may be a stranger's.

mod copy;
mod folder;
mod search;
mod shown;
mod table;

use axum::Router;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use nbpress_contents::{ContentsError, ContentsPath, Entry, Kind};
use nbpress_format::Notebook;
use nbpress_render::{File, Link, Live, Options, Page};
use nbpress_runs::store::RunFilter;
use nbpress_runs::{Permission, Run, RunState};
use serde::Deserialize;

use crate::App;
use crate::error::ApiError;
use crate::guard::Who;
use crate::jupyter::{JupyterSettings, escape};
use crate::runs::{Workspace, executed};
use crate::search::SERVED;

use shown::{Shown, ViewResult};

pub(crate) use shown::{Failed, failed, shown_failure};

/// Files up to here are rendered whole; of longer ones the beginning.
const MOST_OF_A_FILE: u64 = 8 << 20;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/view", get(root))
        .route("/view/", get(root))
        .route("/view/{*path}", get(path))
        .route("/runs/{run}/view", get(run))
        .route("/jobs/{job}/view", get(last_good))
        .route("/search", get(search::search))
        .route("/copy", post(copy::copy))
}

/// How something is to be shown.
#[derive(Clone, Debug, Default, Deserialize)]
struct Wish {
    /// `0` hides code.
    code: Option<String>,
    /// A version of the file.
    version: Option<String>,
    /// Shown names contain this.
    q: Option<String>,
    /// Of a folder, see [`nbpress_render::Order::from_query`]; of a table, a column.
    sort: Option<String>,
    /// `1` sorts a table the other way around.
    descending: Option<String>,
    /// From 1.
    page: Option<usize>,
}

impl Wish {
    fn hides_code(&self) -> bool {
        self.code.as_deref() == Some("0")
    }
}

async fn root(state: State<App>, uri: OriginalUri, who: Who, wish: Query<Wish>) -> Response {
    path(state, Path(String::new()), uri, who, wish).await
}

async fn path(
    State(app): State<App>,
    Path(path): Path<String>,
    OriginalUri(uri): OriginalUri,
    who: Who,
    Query(wish): Query<Wish>,
) -> Response {
    let shown = of_path(&app, &who, &path, &wish).await;
    shown::answer(shown, uri.path())
}

async fn of_path(app: &App, who: &Who, path: &str, wish: &Wish) -> ViewResult {
    let Some(jupyter) = &app.jupyter else {
        let message = "no folder is served; start the server with one: nbpress serve FOLDER";
        return Err(failed(StatusCode::NOT_FOUND, message));
    };
    let nothing = |path: &str| failed(StatusCode::NOT_FOUND, format!("there is no `{path}` here"));
    let path = ContentsPath::parse(path).map_err(|_| nothing(path))?;
    let unreadable = |error: ContentsError| match error {
        ContentsError::NotFound { .. }
        | ContentsError::Hidden { .. }
        | ContentsError::OutsideRoot { .. } => nothing(path.as_str()),
        ContentsError::Denied { .. } => failed(StatusCode::FORBIDDEN, error.to_string()),
        error => failed(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    let entry = jupyter.workspace.entry(&path).await.map_err(unreadable)?;
    if entry.kind == Kind::Directory {
        let page = around(app, who, &path, String::new());
        let listed = folder::show(app, jupyter, who, &entry, wish, page).await;
        return listed.map_err(unreadable);
    }
    if let Some(format) = table::format(&entry, wish) {
        let page = of_file(app, who, &entry, wish);
        let shown = table::show(jupyter, &entry, format, wish, page).await;
        // Text that is no table after all is shown as text.
        if shown.is_ok() || !table::is_text(format) {
            return shown.map_err(ApiError::into_page);
        }
    }
    let (bytes, size) = read(jupyter, &entry, wish).await.map_err(unreadable)?;
    let (page, live) = (of_file(app, who, &entry, wish), live(app));
    let shown = tokio::task::spawn_blocking(move || {
        if entry.kind == Kind::Notebook
            && let Ok(notebook) = Notebook::parse(&bytes)
        {
            return Shown::notebook(&notebook, page, live);
        }
        // Also a notebook that cannot be read: its text says why better than we could.
        let file = File {
            name: &entry.name,
            mimetype: entry.mimetype,
            bytes: &bytes,
            size,
        };
        Shown::page(nbpress_render::file(&file, &page))
    });
    shown
        .await
        .map_err(|_| failed(StatusCode::INTERNAL_SERVER_ERROR, "the page broke off"))
}

/// The bytes that are shown, and how many there are.
async fn read(
    jupyter: &JupyterSettings,
    entry: &Entry,
    wish: &Wish,
) -> Result<(axum::body::Bytes, u64), ContentsError> {
    let workspace = &jupyter.workspace;
    if let Some(version) = &wish.version {
        let bytes = workspace.version(&entry.path, version).await?;
        let size = bytes.len() as u64;
        return Ok((bytes, size));
    }
    let size = entry.size.unwrap_or_default();
    if entry.kind == Kind::Notebook || size <= MOST_OF_A_FILE {
        let (_, bytes) = workspace.read(&entry.path).await?;
        return Ok((bytes, size));
    }
    let (_, bytes) = workspace.read_range(&entry.path, 0..MOST_OF_A_FILE).await?;
    Ok((bytes, size))
}

/// The page of something in the folder, with the way to it.
fn around(app: &App, who: &Who, path: &ContentsPath, subtitle: String) -> Page {
    let mut breadcrumbs = Vec::new();
    if !path.is_root() {
        breadcrumbs.push(("Notebooks".to_owned(), app.base.join("view/")));
    }
    let mut at = ContentsPath::root();
    let names: Vec<&str> = path.components().collect();
    for name in names.iter().take(names.len().saturating_sub(1)) {
        let Ok(next) = at.join(name) else {
            break;
        };
        at = next;
        let href = app.base.join(&format!("view/{}/", escape(at.as_str())));
        breadcrumbs.push(((*name).to_owned(), href));
    }
    let title = match path.name() {
        "" => "Notebooks",
        name => name,
    };
    Page {
        title: title.to_owned(),
        subtitle: Some(subtitle).filter(|subtitle| !subtitle.is_empty()),
        breadcrumbs,
        search: search::search_box(app, who),
        ..Page::default()
    }
}

fn of_file(app: &App, who: &Who, entry: &Entry, wish: &Wish) -> Page {
    let escaped = escape(entry.path.as_str());
    let raw = app.base.join(&format!("files/{escaped}"));
    let folder = entry.path.parent().unwrap_or_default();
    let folder = match escape(folder.as_str()) {
        folder if folder.is_empty() => app.base.join("files/"),
        folder => app.base.join(&format!("files/{folder}/")),
    };
    let mut subtitle = format!("changed {}", minute(entry.last_modified));
    if let Some(version) = &wish.version {
        subtitle = format!("version {version}");
    }
    let mut page = around(app, who, &entry.path, subtitle);
    if entry.kind == Kind::Notebook {
        let mut of = vec![("path", entry.path.as_str())];
        of.extend(wish.version.as_deref().map(|version| ("version", version)));
        page.forms.extend(copy::button(app, who, &of));
        page.actions.push(code_link(wish));
    }
    page.actions.push(Link {
        text: "Download".to_owned(),
        href: format!("{raw}?download=1"),
        download: true,
    });
    if entry.kind == Kind::Notebook && wish.version.is_none() {
        page.actions.extend(edit_link(app, who, &escaped));
    }
    page.actions
        .extend(table::explore_link(app, who, entry, wish));
    page.options = Options {
        hide_code: wish.hides_code(),
        frame_url: Some(raw.clone()),
        raw_url: Some(raw),
        files_url: Some(folder),
        ..Options::default()
    };
    page
}

/// The script of the web UI that shows what needs one; none where this was built without the UI.
fn live(app: &App) -> Option<Live> {
    let is_script = |path: &&str| {
        let named = path.split_once('.');
        named.is_some_and(|(name, kind)| name.starts_with("ui/view-") && kind == "js")
    };
    let path = nbpress_ui::paths().find(is_script)?;
    Some(Live {
        script: app.base.join(path),
        nonce: uuid::Uuid::new_v4().simple().to_string(),
    })
}

/// To the editor, for whoever may save there.
fn edit_link(app: &App, who: &Who, escaped: &str) -> Option<Link> {
    may_edit(who).then(|| Link {
        text: "Edit".to_owned(),
        href: edit_address(app, escaped),
        download: false,
    })
}

fn may_edit(who: &Who) -> bool {
    who.may(Permission::Write, SERVED)
}

fn edit_address(app: &App, escaped: &str) -> String {
    app.base.join(&format!("edit/{escaped}"))
}

fn minute(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn code_link(wish: &Wish) -> Link {
    let (text, code) = if wish.hides_code() {
        ("Show code", "1")
    } else {
        ("Hide code", "0")
    };
    let version = wish.version.as_ref();
    let version = version.map(|version| format!("&version={}", escape(version)));
    Link {
        text: text.to_owned(),
        href: format!("?code={code}{}", version.unwrap_or_default()),
        download: false,
    }
}

async fn run(
    State(app): State<App>,
    Path(run): Path<String>,
    OriginalUri(uri): OriginalUri,
    (who, workspace): (Who, Workspace),
    Query(wish): Query<Wish>,
) -> Response {
    let shown = async {
        let run = app.store.find_run(workspace.name(), &run).await;
        let run = run.map_err(|error| ApiError::from(error).into_page())?;
        of_run(&app, &who, &run, &wish).await
    };
    shown::answer(shown.await, uri.path())
}

/// The newest run of a job that succeeded: a link that people keep.
async fn last_good(
    State(app): State<App>,
    Path(job): Path<String>,
    OriginalUri(uri): OriginalUri,
    (who, workspace): (Who, Workspace),
    Query(wish): Query<Wish>,
) -> Response {
    let shown = async {
        let job = app.store.job(workspace.name(), &job).await;
        let job = job.map_err(|error| ApiError::from(error).into_page())?;
        let filter = RunFilter {
            workspace: job.workspace.clone(),
            job: Some(job.id.clone()),
            state: Some(RunState::Succeeded),
            ..RunFilter::default()
        };
        let page = app.store.list_runs(&filter, None, 1).await;
        let page = page.map_err(|error| ApiError::from(error).into_page())?;
        let Some(run) = page.runs.first() else {
            let message = format!("no run of `{}` has succeeded yet", job.name);
            return Err(failed(StatusCode::NOT_FOUND, message));
        };
        of_run(&app, &who, run, &wish).await
    };
    shown::answer(shown.await, uri.path())
}

async fn of_run(app: &App, who: &Who, run: &Run, wish: &Wish) -> ViewResult {
    let notebook = executed(app, run).await.map_err(ApiError::into_page)?;
    let job = run.job.as_ref().map(|job| format!("{} · ", job.name));
    let began = run.started_at.unwrap_or(run.created_at);
    let raw = app.base.join(&format!("v1/runs/{}/notebook", run.id));
    let page = Page {
        title: run
            .notebook
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned(),
        subtitle: Some(format!(
            "{}{} · {} · {}",
            job.unwrap_or_default(),
            run.state,
            run.id,
            minute(began)
        )),
        search: search::search_box(app, who),
        forms: copy::button(app, who, &[("run", &run.id)])
            .into_iter()
            .collect(),
        actions: vec![
            code_link(wish),
            Link {
                text: "Download".to_owned(),
                href: raw.clone(),
                download: true,
            },
        ],
        options: Options {
            hide_code: wish.hides_code(),
            raw_url: Some(raw),
            ..Options::default()
        },
        ..Page::default()
    };
    let live = live(app);
    let shown = tokio::task::spawn_blocking(move || Shown::notebook(&notebook, page, live));
    shown
        .await
        .map_err(|_| failed(StatusCode::INTERNAL_SERVER_ERROR, "the page broke off"))
}
