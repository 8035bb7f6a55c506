//! Everything there is outside `/v1`, as an OpenAPI document: the one list of these routes.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Map, Value, json};

use crate::App;

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/api/spec.yaml", get(spec))
}

/// A path, its methods, and what it is for.
type Route = (&'static str, &'static str, &'static str);

const ROUTES: &[Route] = &[
    ("/", "get", "The web UI: where a browser begins"),
    ("/admin", "get", "The web UI: users, links and settings"),
    ("/api", "get", "The version of the API; open to everybody"),
    (
        "/api/config/{section}",
        "get put patch",
        "Settings of front ends",
    ),
    ("/api/contents", "get post", "The root directory"),
    ("/api/contents/", "get post", "The root directory"),
    (
        "/api/contents/{*path}",
        "get post put patch delete",
        "A file, notebook or directory",
    ),
    ("/api/events", "post", "An event of a front end"),
    (
        "/api/events/subscribe",
        "get",
        "WebSocket: what happens on the server",
    ),
    ("/api/kernels", "get post", "Running kernels"),
    ("/api/kernels/{kernel}", "get delete", "A running kernel"),
    (
        "/api/kernels/{kernel}/channels",
        "get",
        "WebSocket: a conversation with a kernel",
    ),
    (
        "/api/kernels/{kernel}/interrupt",
        "post",
        "Interrupts a kernel",
    ),
    ("/api/kernels/{kernel}/restart", "post", "Restarts a kernel"),
    ("/api/kernelspecs", "get", "Kernels that can be started"),
    (
        "/api/kernelspecs/{name}",
        "get",
        "A kernel that can be started",
    ),
    ("/api/me", "get patch", "Who asks, and what they may do"),
    (
        "/api/nbconvert",
        "get",
        "Formats that notebooks can be converted to",
    ),
    ("/api/notebooks/{*path}", "get", "Moved to /api/contents"),
    ("/api/resolvePath", "get", "Where a path leads to"),
    (
        "/api/security/csp-report",
        "post",
        "What a page was forbidden to do",
    ),
    ("/api/sessions", "get post", "Documents with their kernels"),
    (
        "/api/sessions/{session}",
        "get patch delete",
        "A document with its kernel",
    ),
    ("/api/shutdown", "post", "Ends the server"),
    ("/api/spec.yaml", "get", "This document"),
    ("/api/status", "get", "What the server does"),
    ("/api/terminals", "get post", "Open terminals"),
    ("/api/terminals/{name}", "get delete", "An open terminal"),
    ("/compute", "get", "The web UI: kernels, workers and pools"),
    ("/copy", "post", "Copies what a page shows into the folder"),
    ("/diff", "get", "The web UI: two runs side by side"),
    ("/edit/{*path}", "get", "The web UI: a notebook, to edit"),
    ("/explore", "get", "The web UI: a table"),
    ("/files/{*path}", "get", "The bytes of a file"),
    (
        "/frame/output.html",
        "get",
        "The frame of an output with scripts",
    ),
    ("/jobs", "get", "The web UI: the jobs"),
    ("/jobs/{job}", "get", "The web UI: a job"),
    ("/jobs/{job}/run", "get", "The web UI: the form of a run"),
    (
        "/jobs/{job}/view",
        "get",
        "The last good run of a job, to read",
    ),
    (
        "/kernelspecs/{name}/{*file}",
        "get",
        "A file of a kernelspec, such as its logo",
    ),
    ("/lab", "get", "JupyterLab"),
    ("/lab/", "get", "JupyterLab"),
    ("/lab/api/licenses", "get", "Licenses of JupyterLab"),
    ("/lab/api/licenses/", "get", "Licenses of JupyterLab"),
    ("/lab/api/listings/{*path}", "get", "Lists of extensions"),
    (
        "/lab/api/settings",
        "get",
        "Settings of JupyterLab's plugins",
    ),
    (
        "/lab/api/settings/",
        "get",
        "Settings of JupyterLab's plugins",
    ),
    ("/lab/api/settings/{*id}", "get put", "Settings of a plugin"),
    ("/lab/api/themes/{*path}", "get", "A file of a theme"),
    ("/lab/api/translations", "get", "Languages of JupyterLab"),
    ("/lab/api/translations/", "get", "Languages of JupyterLab"),
    (
        "/lab/api/translations/{locale}",
        "get",
        "A language of JupyterLab",
    ),
    ("/lab/api/workspaces", "get", "Layouts of JupyterLab"),
    ("/lab/api/workspaces/", "get", "Layouts of JupyterLab"),
    (
        "/lab/api/workspaces/{*id}",
        "get put delete",
        "A layout of JupyterLab",
    ),
    ("/lab/extensions/{*path}", "get", "A file of an extension"),
    ("/lab/tree", "get", "JupyterLab"),
    ("/lab/tree/{*path}", "get", "JupyterLab with a file open"),
    (
        "/lab/workspaces/{workspace}",
        "get",
        "JupyterLab as it was left",
    ),
    (
        "/lab/workspaces/{workspace}/tree/{*path}",
        "get",
        "JupyterLab as it was left, with a file open",
    ),
    ("/login", "get post", "Signs in; open to everybody"),
    (
        "/login/openid",
        "get",
        "To the OpenID provider; open to everybody",
    ),
    (
        "/login/openid/callback",
        "get",
        "Back from the OpenID provider; open to everybody",
    ),
    ("/logout", "get post", "Signs out; open to everybody"),
    ("/lsp/status", "get", "That there are no language servers"),
    ("/metrics", "get", "What Prometheus reads"),
    (
        "/nbconvert/{format}",
        "post",
        "A notebook that is sent, converted",
    ),
    (
        "/nbconvert/{format}/{*path}",
        "get",
        "A notebook that is here, converted",
    ),
    ("/notebooks", "get", "The web UI: the served folder"),
    (
        "/notebooks/{*path}",
        "get",
        "The web UI: a folder of notebooks",
    ),
    ("/runs", "get", "The web UI: the runs"),
    ("/runs/{run}", "get", "The web UI: a run"),
    ("/runs/{run}/view", "get", "A run, to read"),
    (
        "/s/{secret}",
        "get",
        "What a share link shows; open to everybody",
    ),
    ("/schedules", "get", "The web UI: the schedules"),
    ("/search", "get", "Finds notebooks and runs, to read"),
    ("/static/lab/{*path}", "get", "A file of JupyterLab"),
    ("/sweeps/{batch}", "get", "The web UI: the runs of a sweep"),
    (
        "/terminals/websocket/{name}",
        "get",
        "WebSocket: a conversation with a terminal",
    ),
    ("/tree", "get", "Moved to JupyterLab, or to /view"),
    ("/tree/", "get", "Moved to JupyterLab, or to /view"),
    ("/tree/{*path}", "get", "Moved to JupyterLab, or to /view"),
    ("/ui/{*path}", "get", "A file of the web UI"),
    ("/view", "get", "The root directory, to read"),
    ("/view/", "get", "The root directory, to read"),
    ("/view/{*path}", "get", "A file or directory, to read"),
];

/// JSON is YAML too (<https://yaml.org/spec/1.2.2/#13-terminology>).
async fn spec(State(app): State<App>) -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/x-yaml")],
        document(app.base.path()).to_string(),
    )
}

fn document(base: &str) -> Value {
    let paths: Map<String, Value> = ROUTES
        .iter()
        .map(|(path, methods, what)| {
            let methods = methods
                .split(' ')
                .map(|method| (method.to_owned(), json!({"summary": what, "responses": {}})));
            ((*path).to_owned(), Value::Object(methods.collect()))
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Jupyter's API, as nbpress answers it",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{"url": base}],
        "paths": paths,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Every `"/…"` that follows `.route(` in the modules beside this one.
    #[expect(
        clippy::disallowed_methods,
        reason = "the sources are what is looked at"
    )]
    fn routes_in(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                routes_in(&path, found);
            } else if path.file_name().unwrap() != "tests.rs" {
                let text = std::fs::read_to_string(&path).unwrap();
                let after = text.split(".route(").skip(1);
                let literals = after.filter_map(|rest| rest.trim_start().strip_prefix('"'));
                found.extend(literals.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            }
        }
    }

    #[test]
    fn the_list_is_complete() {
        let mut found = BTreeSet::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        routes_in(&folder, &mut found);
        found.extend(crate::ui::SCREENS.iter().map(|path| (*path).to_owned()));
        found.retain(|path| path.starts_with('/'));
        let listed: BTreeSet<String> = ROUTES.iter().map(|route| route.0.to_owned()).collect();
        assert_eq!(listed.len(), ROUTES.len(), "a route is listed twice");
        assert!(found.len() > 30, "{found:?}");
        let differing: Vec<&String> = found.symmetric_difference(&listed).collect();
        assert!(
            differing.is_empty(),
            "to be listed in ROUTES, or not: {differing:?}"
        );
    }
}
