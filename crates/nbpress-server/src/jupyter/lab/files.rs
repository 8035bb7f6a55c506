//! Files of installed software, by a path that a client wrote.

use std::path::{Component, Path};

use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use crate::jupyter::{JupyterError, JupyterResult};

/// For a file whose address changes with its content.
pub(super) const FOREVER: [(HeaderName, &str); 1] =
    [(CACHE_CONTROL, "private, max-age=31536000, immutable")];
const ASK_AGAIN: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-cache")];

/// Answers with a file beneath a folder.
pub(super) async fn serve(folder: &Path, path: &str) -> JupyterResult<Response> {
    let content = read(folder, path).await?;
    let kind = [(CONTENT_TYPE, content_type(path))];
    let cache = if is_hashed(path) { FOREVER } else { ASK_AGAIN };
    Ok((kind, cache, content).into_response())
}

/// A file's bytes. Links are followed: extensions under development are installed as links.
pub(super) async fn read(folder: &Path, path: &str) -> JupyterResult<Vec<u8>> {
    let missing = || JupyterError::not_found(format!("no file `{path}`"));
    let beneath = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !beneath {
        return Err(missing());
    }
    tokio::fs::read(folder.join(path))
        .await
        .map_err(|_| missing())
}

/// Whether a name has a hash of the content in it, as bundlers write them: `568.1e2faa2ba0bbe59c4780.js`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split('.').any(|part| {
        let hex = |letter: char| letter.is_ascii_digit() || ('a'..='f').contains(&letter);
        part.len() >= 16 && part.chars().all(hex)
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("wasm") => "application/wasm",
        Some("woff") => "font/woff",
        Some("woff2") => "font/woff2",
        Some("ttf") => "font/ttf",
        Some("eot") => "application/vnd.ms-fontobject",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_told_from_words() {
        for (path, expected) in [
            ("main.efd36b46f3b45eb8.js", true),
            ("fonts/a0140e7cea6c13f1.eot", true),
            ("pkg/static/remoteEntry.5cbb9d2323598fbda535.js", true),
            ("bootstrap.js", false),
            ("efd36b46f3b45eb8/style.js", false),
            ("third-party-licenses.json", false),
        ] {
            assert_eq!(is_hashed(path), expected, "{path}");
        }
    }

    #[tokio::test]
    async fn nothing_outside_the_folder_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        for file in ["secret.txt", "inside/a.txt"] {
            std::fs::File::create(folder.path().join(file)).unwrap();
        }
        let absolute = folder.path().join("secret.txt").display().to_string();
        for (path, found) in [
            ("a.txt", true),
            ("../secret.txt", false),
            ("x/../../secret.txt", false),
            (&*absolute, false),
            ("a.txt\0", false),
            ("", false),
        ] {
            assert_eq!(read(&inside, path).await.is_ok(), found, "{path:?}");
        }
    }
}
