//! What a kernel runs in: the packages installed beside its interpreter, the platform, the commit
//! of the notebook's folder.
//!
//! Everything is read from files: no interpreter and no `git` is started, so it costs a few
//! directory listings.

use std::path::{Path, PathBuf};

use nbpress_format::json::{Json, Object};
use nbpress_kernel::FoundKernel;
use nbpress_record::GitCommit;

/// The packages a kernel can import: name → version, sorted. `None` where the kernel's language
/// keeps no list we can read.
pub fn packages(kernel: &FoundKernel) -> Option<Object> {
    let mut found: Vec<(String, String)> = if let Some(interpreter) = kernel.interpreter() {
        site_packages(&interpreter)
            .iter()
            .flat_map(|folder| python_packages(folder))
            .collect()
    } else if kernel.spec.language == "R" {
        R_LIBRARIES
            .iter()
            .flat_map(|folder| r_packages(Path::new(folder)))
            .collect()
    } else {
        return None;
    };
    found.sort_by_key(|(name, _)| name.to_lowercase());
    found.dedup_by(|later, first| later.0 == first.0);
    Some(
        found
            .into_iter()
            .map(|(name, version)| (name, Json::from(version)))
            .collect(),
    )
}

/// Where Debian's R and `install.packages` put libraries.
const R_LIBRARIES: [&str; 3] = [
    "/usr/local/lib/R/site-library",
    "/usr/lib/R/site-library",
    "/usr/lib/R/library",
];

/// `<prefix>/lib/python3.*/site-packages` of the environment `<prefix>/bin/python` stands in, and of
/// the one below it where `pyvenv.cfg` says so (<https://docs.python.org/3/library/venv.html>).
fn site_packages(interpreter: &Path) -> Vec<PathBuf> {
    let Some(prefix) = interpreter.parent().and_then(Path::parent) else {
        return Vec::new();
    };
    let mut folders = site_packages_of(prefix);
    if let Some(settings) = read_text(&prefix.join("pyvenv.cfg")) {
        let setting = |wanted: &str| {
            settings.lines().find_map(|line| {
                let (name, value) = line.split_once('=')?;
                (name.trim() == wanted).then(|| value.trim().to_owned())
            })
        };
        if setting("include-system-site-packages").as_deref() == Some("true")
            && let Some(home) = setting("home")
            && let Some(base) = Path::new(&home).parent()
        {
            folders.extend(site_packages_of(base));
        }
    }
    folders
}

fn site_packages_of(prefix: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for library in ["lib", "lib64"].map(|name| prefix.join(name)) {
        let Ok(entries) = library.read_dir() else {
            continue;
        };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with("python") {
                folders.push(entry.path().join("site-packages"));
                folders.push(entry.path().join("dist-packages"));
            }
        }
    }
    folders
}

/// `<name>-<version>.dist-info` folders:
/// <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>.
fn python_packages(folder: &Path) -> Vec<(String, String)> {
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let (name, version) = name
                .to_str()?
                .strip_suffix(".dist-info")?
                .rsplit_once('-')?;
            Some((name.to_owned(), version.to_owned()))
        })
        .collect()
}

fn r_packages(library: &Path) -> Vec<(String, String)> {
    let Ok(entries) = library.read_dir() else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let description = read_text(&entry.path().join("DESCRIPTION"))?;
            let version = description
                .lines()
                .find_map(|line| line.strip_prefix("Version:"))?;
            Some((
                entry.file_name().to_str()?.to_owned(),
                version.trim().to_owned(),
            ))
        })
        .collect()
}

/// System, release and architecture, e.g. `Linux 6.1.0 x86_64`.
pub fn platform() -> String {
    let name = rustix::system::uname();
    [name.sysname(), name.release(), name.machine()]
        .map(|part| part.to_string_lossy())
        .join(" ")
}

/// The commit checked out in the repository around `folder`, if there is one.
pub fn git_commit(folder: &Path) -> Option<GitCommit> {
    let git = folder
        .ancestors()
        .map(|folder| folder.join(".git"))
        .find(|path| path.exists())?;
    // In a worktree or submodule `.git` is a file that points elsewhere.
    let git = match read_text(&git).filter(|_| git.is_file()) {
        Some(text) => git.parent()?.join(text.strip_prefix("gitdir:")?.trim()),
        None => git,
    };
    let head = read_text(&git.join("HEAD"))?;
    let commit = match head.trim().strip_prefix("ref: ") {
        Some(reference) => resolve_reference(&git, reference)?,
        None => head.trim().to_owned(),
    };
    Some(GitCommit { commit })
}

fn resolve_reference(git: &Path, reference: &str) -> Option<String> {
    // A worktree shares the references of its main repository.
    let common = read_text(&git.join("commondir")).map(|path| git.join(path.trim()));
    let shared = common.as_deref().unwrap_or(git);
    let loose = read_text(&git.join(reference)).or_else(|| read_text(&shared.join(reference)));
    if let Some(commit) = loose {
        return Some(commit.trim().to_owned());
    }
    let packed = read_text(&shared.join("packed-refs"))?;
    packed.lines().find_map(|line| {
        let (commit, name) = line.split_once(' ')?;
        (name == reference).then(|| commit.to_owned())
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "facts about this machine, never notebooks"
)]
fn read_text(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}
