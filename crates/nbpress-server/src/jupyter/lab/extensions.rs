//! Prebuilt extensions: folders beside the front end, each with a `package.json` that says what to load.

use std::path::Path;

use serde_json::{Value, json};

/// An extension that the page loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extension {
    /// `name`, or `@scope/name`; its folder too.
    pub(super) name: String,
    /// What the page is told of it.
    pub(super) entry: Value,
}

impl Extension {
    /// The rest of a path that begins with the extension's name.
    pub(super) fn beneath<'path>(&self, path: &'path str) -> Option<&'path str> {
        path.strip_prefix(&*self.name)?.strip_prefix('/')
    }
}

/// Every extension in a folder, sorted by name. One that cannot be read is left out: the page works without.
pub(super) fn all(folder: &Path) -> Vec<Extension> {
    let mut found = Vec::new();
    for name in names(folder) {
        if name.starts_with('@') {
            let scoped = names(&folder.join(&name)).into_iter();
            found.extend(scoped.filter_map(|inner| read(folder, &format!("{name}/{inner}"))));
        } else {
            found.extend(read(folder, &name));
        }
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

#[expect(
    clippy::disallowed_methods,
    reason = "installed software, never notebooks"
)]
fn read(folder: &Path, name: &str) -> Option<Extension> {
    let text = std::fs::read(folder.join(name).join("package.json")).ok()?;
    let package: Value = serde_json::from_slice(&text).ok()?;
    let build = &package["jupyterlab"]["_build"];
    build["load"].as_str()?;
    let mut entry = json!({"name": name});
    for key in ["load", "extension", "mimeExtension", "style"] {
        if !build[key].is_null() {
            entry[key] = build[key].clone();
        }
    }
    Some(Extension {
        name: name.to_owned(),
        entry,
    })
}
