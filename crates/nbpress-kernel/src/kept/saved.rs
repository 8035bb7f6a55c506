//! The variables of a kernel as they were before one cell, in a file that another kernel can read.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use super::{NotKept, described, read};
use crate::kernel::Kernel;

/// Runs in the kernel that reads the variables.
const PROGRAM: &str = include_str!("namespace.py");

/// What is written about the variables, beside them.
const DESCRIPTION: &str = "saved.json";

/// The variables of a kernel before one cell, where no copy of it could be made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SavedNamespace {
    /// The file and what is written about it.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The id of the `execute_request` that was about to run.
    pub request: String,
    /// What the cell would have been counted as.
    pub execution_count: u64,
    /// When it was written.
    pub taken_at: Timestamp,
    /// Until when it may be used.
    pub until: Timestamp,
    /// The name of the kernelspec.
    pub kernel: String,
    /// The version of Python, e.g. `3.12.1`.
    pub python: String,
    /// Its size.
    pub bytes: u64,
    /// Why there is no copy instead.
    pub instead_of: NotKept,
    /// The variables that could not be written.
    pub missing: Vec<Missing>,
    /// What else it does not hold, in words.
    pub lost: Vec<String>,
}

/// A variable that could not be written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
}

/// Why a kernel has not read the variables. It may have imported modules meanwhile.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// What is written by one version is not for another.
    #[error("the variables are of Python {written}, and the kernel is of {kernel}")]
    Version {
        /// Of the file.
        written: String,
        /// Of the kernel.
        kernel: String,
    },
    /// The kernel said so, in the words of Python.
    #[error("the variables could not be read: {0}")]
    Refused(String),
    /// The kernel ended, or there is no room for its answer.
    #[error("the kernel did not read the variables")]
    Silent,
}

/// What the program says.
#[derive(Deserialize)]
struct Answer {
    failed: Option<String>,
}

impl SavedNamespace {
    /// Has a new kernel of the same Python read them. That runs whatever the file says, so the kernel refuses files
    /// that are not its user's alone.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn load(&self, kernel: &mut Kernel) -> Result<(), LoadError> {
        let version = kernel.info().language_version();
        if version != self.python {
            return Err(LoadError::Version {
                written: self.python.clone(),
                kernel: version.to_owned(),
            });
        }
        let answer = self.folder.join(format!("{}.json", uuid::Uuid::new_v4()));
        let call = format!(
            "{PROGRAM}\nanswer({}, {}, {})",
            quoted(&self.folder),
            self.execution_count,
            quoted(&answer)
        );
        let program = serde_json::Value::from(call);
        let code =
            format!("exec(compile({program}, '<nbpress>', 'exec'), {{'__name__': 'nbpress'}})");
        kernel.execute_silently(&code).await;
        let said: Option<Answer> = read(&answer);
        let _absent = std::fs::remove_file(&answer);
        match said {
            Some(Answer { failed: None }) => Ok(()),
            Some(Answer { failed: Some(why) }) => Err(LoadError::Refused(why)),
            None => Err(LoadError::Silent),
        }
    }

    /// A variable that could not be written and that this code names.
    pub fn missing_in<'a>(&'a self, code: &str) -> Option<&'a str> {
        let is_of_word = |character: char| character.is_alphanumeric() || character == '_';
        let mut words = code.split(|character| !is_of_word(character));
        words.find_map(|word| {
            let found = self.missing.iter().find(|missing| missing.name == word)?;
            Some(found.name.as_str())
        })
    }
}

/// The files of variables in a folder, oldest first. Those whose time is over are removed.
pub fn saved(folder: &Path) -> Vec<SavedNamespace> {
    let found = described(folder, DESCRIPTION).into_iter();
    let mut found: Vec<SavedNamespace> = found
        .map(|(folder, saved)| SavedNamespace { folder, ..saved })
        .collect();
    let now = Timestamp::now();
    found.retain(|saved| {
        let wanted = now < saved.until;
        if !wanted {
            let _absent = std::fs::remove_dir_all(&saved.folder);
        }
        wanted
    });
    found
}

/// A string of JSON is one of Python, too.
fn quoted(path: &Path) -> serde_json::Value {
    serde_json::Value::from(path.to_string_lossy().into_owned())
}
