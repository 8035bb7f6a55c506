//! One run of nbconvert, in a folder that holds nothing but the notebook.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use axum::body::Bytes;
use nbpress_kernel::process::run_to_end;

/// How long a conversion may take, as the argument of timeout(1); a browser is started for some.
const PATIENCE: &str = "120";
/// How much of what nbconvert says is passed on, in characters: the reason comes last.
const LONGEST_REASON: usize = 500;

/// A notebook, and what is to become of it.
#[derive(Clone, Debug)]
pub(crate) struct Conversion {
    pub(crate) format: &'static str,
    /// What the result is named after, without extension.
    pub(crate) name: String,
    /// Whether HTML in Markdown and in outputs is made harmless.
    pub(crate) sanitize: bool,
    pub(crate) notebook: Bytes,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConvertError {
    /// nbconvert said why.
    #[error("nbconvert failed: {reason}")]
    Failed { reason: String },
    /// It could not be run.
    #[error("nbconvert could not be run")]
    Io(#[from] io::Error),
}

/// The nbconvert that is used.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    nbconvert: PathBuf,
    timeout: PathBuf,
    env: PathBuf,
    environment: BTreeMap<String, String>,
}

impl Program {
    /// The first on `PATH`, or in other folders after it.
    pub(crate) fn find(environment: &BTreeMap<String, String>, others: &[PathBuf]) -> Option<Self> {
        let path = environment.get("PATH").map_or("", String::as_str);
        let folders: Vec<PathBuf> = std::env::split_paths(path)
            .filter(|folder| folder.is_absolute())
            .chain(others.iter().cloned())
            .collect();
        let first = |name: &str| {
            let files = folders.iter().map(|folder| folder.join(name));
            files.into_iter().find(|file| file.is_file())
        };
        Some(Self {
            nbconvert: first("jupyter-nbconvert")?,
            timeout: first("timeout")?,
            env: first("env")?,
            environment: environment.clone(),
        })
    }

    /// Every file of the result, by its path. Blocks.
    pub(crate) fn convert(
        &self,
        conversion: &Conversion,
    ) -> Result<Vec<(String, Vec<u8>)>, ConvertError> {
        let folder = tempfile::Builder::new().prefix("nbpress-").tempdir()?;
        let (source, result) = (folder.path().join("source"), folder.path().join("result"));
        std::fs::create_dir(&source)?;
        std::fs::create_dir(&result)?;
        let notebook = source.join("notebook.ipynb");
        write(&notebook, &conversion.notebook)?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        // Jupyter runs configuration that it finds in its working directory (CVE-2022-39286): so not in that of a
        // server which may have been started among notebooks.
        let arguments = [
            PATIENCE.to_owned(),
            text(&self.env),
            "-C".to_owned(),
            text(&source),
            text(&self.nbconvert),
            "--log-level=ERROR".to_owned(),
            format!("--to={}", conversion.format),
            format!("--output-dir={}", text(&result)),
            format!("--output={}", plain(&conversion.name)),
            format!(
                "--HTMLExporter.sanitize_html={}",
                python(conversion.sanitize)
            ),
            text(&notebook),
        ];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = run_to_end(&self.timeout, &arguments, &self.environment)?;
        if !output.success {
            let skipped = output.text.chars().count().saturating_sub(LONGEST_REASON);
            let reason: String = output.text.chars().skip(skipped).collect();
            let reason = reason.replace(&text(folder.path()), "");
            return Err(ConvertError::Failed { reason });
        }
        let mut files = Vec::new();
        collect(&result, "", &mut files)?;
        Ok(files)
    }
}

fn python(yes: bool) -> &'static str {
    if yes { "True" } else { "False" }
}

/// A name that is one argument, one file and no pattern: nbconvert replaces `{notebook_name}`.
fn plain(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| match letter {
            '/' | '\\' | '{' | '}' | '%' => '_',
            letter if letter.is_control() => '_',
            letter => letter,
        })
        .take(100)
        .collect();
    match plain.trim_start_matches('.') {
        "" => "notebook".to_owned(),
        plain => plain.to_owned(),
    }
}

fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = std::fs::File::create_new(file)?;
    io::Write::write_all(&mut new, content)
}

#[expect(clippy::disallowed_methods, reason = "files of a private folder")]
fn collect(folder: &Path, above: &str, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let mut entries = folder.read_dir()?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{above}{}", entry.file_name().to_string_lossy());
        match entry.file_type()? {
            kind if kind.is_dir() => collect(&entry.path(), &format!("{name}/"), files)?,
            kind if kind.is_file() => files.push((name, std::fs::read(entry.path())?)),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_file() {
        for (name, expected) in [
            ("report", "report"),
            ("a/b", "a_b"),
            ("../../etc", "_.._etc"),
            ("{notebook_name}", "_notebook_name_"),
            ("a\nb", "a_b"),
            ("...", "notebook"),
            ("", "notebook"),
            ("résumé 1", "résumé 1"),
        ] {
            assert_eq!(plain(name), expected, "{name}");
        }
    }
}
