//! Strangers with a link to one thing: what the link shows, and nothing else.

use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use nbpress_contents::ContentsPath;
use nbpress_runs::store::{Share, ShareTarget};

use crate::guard::cookies::{self, Cookie};
use crate::guard::known::Known;
use crate::guard::place::{asked, parameter, pattern, values};
use crate::guard::refusal::Refusal;
use crate::guard::who::Who;
use crate::guard::{found, origin};
use crate::jupyter::escape;
use crate::view::{failed, shown_failure};
use crate::{App, DEFAULT_WORKSPACE};

/// What the script of a page for readers consists of, and the frames that it makes: the program's own.
const OWN_FILES: [&str; 2] = ["/ui/{*path}", "/frame/output.html"];
/// What a page shows of other files.
const PICTURES: [&str; 7] = ["png", "jpg", "jpeg", "gif", "svg", "webp", "avif"];
/// Where pictures are looked for in what a link shows.
const MOST_OF_A_TEXT: u64 = 8 << 20;
/// The most links that a browser is asked for.
const MOST: usize = 20;
/// What a reader is told whose link has ended.
pub(super) const OVER: &str =
    "This link has expired or was taken back. Ask whoever gave it to you for another one.";

/// Who may see what a request asks for because of a link they have followed.
///
/// # Errors
/// The link has ended, or a page of another site asks.
pub(super) async fn admitted(app: &App, parts: &Parts) -> Result<Option<Who>, Refusal> {
    if ![Method::GET, Method::HEAD].contains(&parts.method) {
        return Ok(None);
    }
    let begin = format!("{}-share-", cookies::sign_in_name(&parts.headers));
    let secrets = cookies::values_of(&parts.headers, &begin);
    let mut is_over = false;
    for secret in secrets.into_iter().take(MOST) {
        let share = Known::share(app, secret).await.map_err(|_| Refusal::Away)?;
        let Some(share) = share else {
            continue;
        };
        if !shows(&share, parts) && !names_picture(app, &share, parts).await {
            continue;
        }
        if share.is_open(Timestamp::now()) {
            origin::check_forgery(&parts.method, &parts.headers)?;
            return Ok(Some(Who::Guest(share)));
        }
        is_over = true;
    }
    if is_over {
        return Err(Refusal::Over);
    }
    Ok(None)
}

/// Whether a request asks for what a link shows.
fn shows(share: &Share, parts: &Parts) -> bool {
    let Some(pattern) = pattern(parts) else {
        return false;
    };
    if OWN_FILES.contains(&pattern) {
        return true;
    }
    let path = || parameter(parts, "path").unwrap_or_default();
    let versions = values(parts, "version");
    let is_file = ["/view/{*path}", "/files/{*path}"].contains(&pattern);
    match &share.target {
        ShareTarget::File { path: shared } => is_file && versions.is_empty() && path() == *shared,
        ShareTarget::Folder { path: shared } => {
            is_file && versions.is_empty() && is_beneath(&path(), shared)
        }
        ShareTarget::Version {
            path: shared,
            version,
        } => {
            let this = versions.iter().all(|asked| asked == version) && !versions.is_empty();
            pattern == "/view/{*path}" && this && path() == *shared
        }
        ShareTarget::Run { run } => {
            let shown = ["/runs/{run}/view", "/v1/runs/{run}/notebook"].contains(&pattern);
            shown && parameter(parts, "run").as_ref() == Some(run)
        }
        ShareTarget::Job { job } => {
            let here = asked(parts).iter().all(|name| *name == share.workspace);
            pattern == "/jobs/{job}/view" && here && parameter(parts, "job").as_ref() == Some(job)
        }
    }
}

/// Whether a request asks for a picture that the notebook or text which a link shows names, in its folder or beneath.
async fn names_picture(app: &App, share: &Share, parts: &Parts) -> bool {
    let (ShareTarget::File { path: shared }, Some("/files/{*path}")) =
        (&share.target, pattern(parts))
    else {
        return false;
    };
    let Some(jupyter) = app
        .jupyter
        .as_ref()
        .filter(|_| share.is_open(Timestamp::now()))
    else {
        return false;
    };
    let picture = parameter(parts, "path").unwrap_or_default();
    let (folder, _) = shared.rsplit_once('/').unwrap_or_default();
    let beside = match folder {
        "" => Some(picture.as_str()),
        folder => picture
            .strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/')),
    };
    let Some(beside) = beside.filter(|_| is_beneath(&picture, folder)) else {
        return false;
    };
    let kind = beside.rsplit_once('.').map(|(_, kind)| kind);
    if !kind.is_some_and(|kind| PICTURES.contains(&kind.to_ascii_lowercase().as_str())) {
        return false;
    }
    let Ok(path) = ContentsPath::parse(shared) else {
        return false;
    };
    let text = jupyter.workspace.read_range(&path, 0..MOST_OF_A_TEXT).await;
    text.is_ok_and(|(_, text)| {
        let text = String::from_utf8_lossy(&text);
        [escape(beside), beside.to_owned()]
            .iter()
            .any(|name| mentions(&text, name))
    })
}

/// Whether a text has a name, and not only a longer one that ends or begins with it.
fn mentions(text: &str, name: &str) -> bool {
    let outside = |letter: char| !(letter.is_alphanumeric() || "/_-.%".contains(letter));
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].trim_end_matches("./").chars().next_back();
        let after = text[at + name.len()..].chars().next();
        before.is_none_or(outside) && after.is_none_or(outside)
    })
}

/// Whether a path is that of a folder, or of something in it.
fn is_beneath(path: &str, folder: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('\\');
    let Some(rest) = path.strip_prefix(folder) else {
        return false;
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let beneath = match folder {
        "" => Some(rest),
        _ => rest.strip_prefix('/'),
    };
    rest.is_empty() || beneath.is_some_and(|rest| rest.split('/').all(plain))
}

/// Lets a browser see what a link shows: the link's secret becomes a cookie, so that it is in the address of no page.
pub(crate) async fn follow(app: &App, headers: &HeaderMap, secret: &str) -> Response {
    let page = |status, message: &str| shown_failure(failed(status, message), "");
    let share = match Known::share(app, secret).await {
        Ok(Some(share)) => share,
        Ok(None) => return page(StatusCode::NOT_FOUND, "There is no such link."),
        Err(_) => return Refusal::Away.on_page(),
    };
    let now = Timestamp::now();
    if !share.is_open(now) {
        return page(StatusCode::GONE, OVER);
    }
    let name = format!("{}-share-{}", cookies::sign_in_name(headers), share.id);
    let cookie = Cookie {
        name: &name,
        value: secret,
        max_age_seconds: Some(share.expires_at.duration_since(now).as_secs().max(1)),
        hidden: true,
    };
    let cookie: HeaderValue = cookies::set(app, headers, &cookie);
    let address = app.base.join(&address(&share));
    ([(SET_COOKIE, cookie)], found(&app.base, &address)).into_response()
}

/// Where what a link shows is to be looked at.
fn address(share: &Share) -> String {
    match &share.target {
        ShareTarget::File { path } => format!("view/{}", escape(path)),
        ShareTarget::Folder { path } => format!("view/{}/", escape(path)),
        ShareTarget::Version { path, version } => {
            format!("view/{}?version={}", escape(path), escape(version))
        }
        ShareTarget::Run { run } => format!("runs/{}/view", escape(run)),
        ShareTarget::Job { job } if share.workspace == DEFAULT_WORKSPACE => {
            format!("jobs/{}/view", escape(job))
        }
        ShareTarget::Job { job } => {
            let workspace = escape(&share.workspace);
            format!("jobs/{}/view?workspace={workspace}", escape(job))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_part_of_another_one() {
        for (text, is) in [
            ("![x](img/a.png)", true),
            ("![x](./img/a.png)", true),
            ("\"img/a.png\"", true),
            ("img/a.png", true),
            ("![x](img/a.png?x=1)", true),
            ("other/img/a.png", false),
            ("img/a.png.bak", false),
            ("my-img/a.png", false),
            ("", false),
        ] {
            assert_eq!(mentions(text, "img/a.png"), is, "{text}");
        }
    }

    #[test]
    fn a_folder_has_what_is_beneath_it_and_no_sibling() {
        for (path, is) in [
            ("a/b", true),
            ("a/b/", true),
            ("a/b/c/d.ipynb", true),
            ("a/b/c/", true),
            ("a/bc", false),
            ("a", false),
            ("a/b//c", false),
            ("a/b/../c", false),
            ("a/b/.git/x", false),
            ("a/b/c\\..\\d", false),
        ] {
            assert_eq!(is_beneath(path, "a/b"), is, "{path}");
        }
    }
}
