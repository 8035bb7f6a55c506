//! The page: a script of JupyterLab's, and what that script has to know.

use serde_json::{Value, json};

use crate::base_url::BaseUrl;
use crate::jupyter::lab::Lab;

/// Plugins that are not loaded: one installs programs, the other asks servers of strangers for news.
const DISABLED: [&str; 2] = [
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/apputils-extension:announcements",
];

/// The icons, which the script swaps while a kernel is busy.
const IDLE: &str = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>\
                    <circle cx='8' cy='8' r='6' fill='%23f37726'/></svg>";
const BUSY: &str = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>\
                    <circle cx='8' cy='8' r='6' fill='%23616161'/></svg>";

/// The name of the script in the wheel's own page, such as `main.efd36b46f3b45eb8.js`.
pub(super) fn script_of(index: &str) -> Option<String> {
    let names = index.split("fullStaticUrl}}/").skip(1);
    names
        .filter_map(|rest| rest.split(['"', '?']).next())
        .find(|name| name.starts_with("main."))
        .map(str::to_owned)
}

/// What the front end reads first (<https://jupyterlab.readthedocs.io/en/stable/api/modules/coreutils.PageConfig.html>).
///
/// `path` is what is open, from the served folder on.
pub(super) fn config(lab: &Lab, base: &BaseUrl, workspace: &str, path: &str) -> Value {
    let entries: Vec<&Value> = lab.extensions.iter().map(|found| &found.entry).collect();
    let mut config = json!({
        "appName": "JupyterLab",
        "appNamespace": "lab",
        "appVersion": lab.version,
        "appUrl": "/lab",
        "baseUrl": base.path(),
        "wsUrl": "",
        "mode": "multiple-document",
        "workspace": workspace,
        "treePath": path,
        "preferredPath": "/",
        "notebookStartsKernel": true,
        "terminalsAvailable": true,
        "quitButton": false,
        "devMode": false,
        "buildAvailable": false,
        "buildCheck": false,
        "exposeAppInBrowser": false,
        "cacheFiles": false,
        "disabledExtensions": DISABLED,
        "federated_extensions": entries,
    });
    for (name, beneath) in [
        ("App", "lab"),
        ("Labextensions", "lab/extensions"),
        ("Licenses", "lab/api/licenses"),
        ("Listings", "lab/api/listings"),
        ("Settings", "lab/api/settings"),
        ("Static", "static/lab"),
        ("Themes", "lab/api/themes"),
        ("TranslationsApi", "lab/api/translations"),
        ("Tree", "lab/tree"),
        ("WorkspacesApi", "lab/api/workspaces"),
    ] {
        config[format!("full{name}Url")] = json!(base.join(beneath));
        let mut short = name.to_owned();
        short[..1].make_ascii_lowercase();
        if short != "app" && short != "static" {
            config[format!("{short}Url")] = json!(format!("/{beneath}"));
        }
    }
    config
}

/// The page itself.
pub(super) fn html(lab: &Lab, base: &BaseUrl, config: &Value) -> String {
    let script = attribute(&base.join(&format!("static/lab/{}", lab.script)));
    format!(
        "<!DOCTYPE html>\n\
         <html lang=\"en\">\n\
         <head>\n\
         <meta charset=\"utf-8\">\n\
         <title>JupyterLab</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <script id=\"jupyter-config-data\" type=\"application/json\">{}</script>\n\
         <link rel=\"icon\" type=\"image/svg+xml\" href=\"{IDLE}\" class=\"idle favicon\">\n\
         <link rel=\"\" type=\"image/svg+xml\" href=\"{BUSY}\" class=\"busy favicon\">\n\
         <script defer src=\"{script}\"></script>\n\
         </head>\n\
         <body class=\"jp-ThemedContainer\"></body>\n\
         </html>\n",
        in_script(config)
    )
}

/// JSON that cannot end the element it stands in.
fn in_script(value: &Value) -> String {
    value
        .to_string()
        .replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;")
}
