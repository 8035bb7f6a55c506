//! `/api/resolvePath`: where a path that was printed leads to, seen from the served folder and from a kernel.

use std::path::{Component, Path, PathBuf};

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use nbpress_contents::ContentsPath;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::App;
use crate::body::Pairs;
use crate::jupyter::{JupyterError, JupyterResult, JupyterSettings, served};

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/api/resolvePath", get(resolve))
}

async fn resolve(State(app): State<App>, mut query: Pairs) -> JupyterResult<Json<Value>> {
    let jupyter = served(&app)?;
    let path = query
        .take("path")
        .ok_or_else(|| JupyterError::bad_request("Missing argument path"))?;
    let mut resolved = Vec::new();
    if let Some(path) = on_server(jupyter, &path).await {
        resolved.push(json!({"scope": "server", "path": path.as_str()}));
    }
    let Some(kernel) = query.take("kernel").filter(|kernel| !kernel.is_empty()) else {
        return Ok(Json(json!({"resolved": resolved})));
    };
    let known = Uuid::try_parse(&kernel).ok();
    let Some(known) = known.and_then(|id| jupyter.kernels.get(id)) else {
        let reason = format!("Kernel {kernel} could not be found");
        let unresolved = [json!({"scope": "kernel", "reason": reason})];
        return Ok(Json(
            json!({"resolved": resolved, "unresolved": unresolved}),
        ));
    };
    if let Some(path) = known.process_id().and_then(|pid| in_process(pid, &path)) {
        resolved.push(json!({"scope": "kernel", "path": path}));
    }
    Ok(Json(json!({"resolved": resolved})))
}

/// The file as `/api/contents` names it. Nothing is said of what is outside the served folder, not even whether it
/// exists.
async fn on_server(jupyter: &JupyterSettings, path: &str) -> Option<ContentsPath> {
    let beneath = match path.strip_prefix("~/") {
        Some(rest) => {
            let home = Path::new(jupyter.environment.get("HOME")?);
            beneath(&jupyter.root, &home.join(rest))?
        }
        // Paths of the API begin with a slash too.
        None => beneath(&jupyter.root, Path::new(path)).or_else(|| {
            beneath(
                &jupyter.root,
                &jupyter.root.join(path.trim_start_matches('/')),
            )
        })?,
    };
    let path = ContentsPath::parse(beneath.to_str()?).ok()?;
    let entry = jupyter.workspace.entry(&path).await.ok()?;
    Some(entry.path)
}

/// A path relative to the root, with its `..` taken; none where that leads out.
fn beneath(root: &Path, path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = plain.pop(),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain.strip_prefix(root).ok().map(Path::to_owned)
}

/// The file as a process finds it, from the folder that it works in now.
fn in_process(pid: u32, path: &str) -> Option<String> {
    let folder = std::fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    let file = folder.join(path);
    file.exists().then(|| file.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_taken_before_it_is_compared() {
        for (path, expected) in [
            ("/root/a/b.py", Some("a/b.py")),
            ("/root/a/../b.py", Some("b.py")),
            ("/root/./a", Some("a")),
            ("/root", Some("")),
            ("/root/../x", None),
            ("/root/a/../../x", None),
            // CVE-2026-35397: a folder beside it, whose name begins like its own.
            ("/rootless/a", None),
            ("/etc/passwd", None),
            ("a", None),
        ] {
            let found = beneath(Path::new("/root"), Path::new(path));
            assert_eq!(found.as_deref(), expected.map(Path::new), "{path}");
        }
    }
}
