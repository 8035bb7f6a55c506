//! New things and copies, under the first free of Jupyter's names.

use bytes::Bytes;
use nbpress_format::Notebook;

use super::{Result, Workspace};
use crate::entry::{Condition, Entry, Kind};
use crate::error::ContentsError;
use crate::path::ContentsPath;

const EMPTY_NOTEBOOK: &[u8] =
    br#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;

/// What comes into being under a name that is still to be found.
enum New<'a> {
    Directory,
    File(Bytes),
    CopyOf(&'a ContentsPath),
}

impl Workspace {
    /// Makes a directory in an existing one.
    ///
    /// # Errors
    /// [`ContentsError::Exists`], [`ContentsError::NotFound`] when there is none to make it in.
    pub async fn make_directory(&self, path: &ContentsPath) -> Result<Entry> {
        self.check_visible(path)?;
        self.place().make_directory(path).await?;
        self.existing(path).await
    }

    /// Makes something new in `directory`, under the first free of Jupyter's names:
    /// `Untitled.ipynb`, `Untitled1.ipynb`; `untitled.txt` for the `extension` `.txt`;
    /// `Untitled Folder`, `Untitled Folder 1`. Two callers never get the same one.
    pub async fn untitled(
        &self,
        directory: &ContentsPath,
        kind: Kind,
        extension: &str,
    ) -> Result<Entry> {
        self.check_visible(directory)?;
        match kind {
            Kind::Directory => {
                self.first_free(directory, ("Untitled Folder", " ", ""), &New::Directory)
                    .await
            }
            Kind::File => {
                let new = New::File(Bytes::new());
                self.first_free(directory, ("untitled", "", extension), &new)
                    .await
            }
            Kind::Notebook => {
                let new = New::File(empty_notebook());
                self.first_free(directory, ("Untitled", "", ".ipynb"), &new)
                    .await
            }
        }
    }

    /// Copies a file or directory to `to`, where nothing may be. Links in a directory are left out.
    ///
    /// # Errors
    /// [`ContentsError::Exists`], [`ContentsError::IntoItself`].
    pub async fn copy(&self, from: &ContentsPath, to: &ContentsPath) -> Result<Entry> {
        self.check_visible(from)?;
        self.check_visible(to)?;
        check_apart(from, to)?;
        self.make(to, &New::CopyOf(from)).await
    }

    /// Copies a file or directory into `directory`, under its own name or else the first free of
    /// `x-Copy1.ipynb`, `x-Copy2.ipynb`.
    ///
    /// # Errors
    /// As [`Workspace::copy`].
    pub async fn copy_into(&self, from: &ContentsPath, directory: &ContentsPath) -> Result<Entry> {
        self.check_visible(from)?;
        self.check_visible(directory)?;
        if from == directory {
            let path = directory.clone();
            return Err(ContentsError::IntoItself { path });
        }
        check_apart(from, directory)?;
        let kind = self.existing(from).await?.kind;
        let (stem, suffix) = split_for_copy(from.name(), kind);
        self.first_free(directory, (&stem, "-Copy", suffix), &New::CopyOf(from))
            .await
    }

    /// Tries the names one after the other; who comes first has it.
    async fn first_free(
        &self,
        directory: &ContentsPath,
        (stem, insert, suffix): (&str, &str, &str),
        new: &New<'_>,
    ) -> Result<Entry> {
        let mut number = 0_u64;
        loop {
            let path = if number == 0 {
                directory.join(&format!("{stem}{suffix}"))?
            } else {
                directory.join(&format!("{stem}{insert}{number}{suffix}"))?
            };
            self.check_visible(&path)?;
            match self.make(&path, new).await {
                Err(ContentsError::Exists { .. }) => number += 1,
                made => return made,
            }
        }
    }

    async fn make(&self, path: &ContentsPath, new: &New<'_>) -> Result<Entry> {
        if self.place().find(path).await?.is_some() {
            return Err(ContentsError::Exists { path: path.clone() });
        }
        match new {
            New::Directory => self.make_directory(path).await,
            New::File(bytes) => self.create(path, bytes.clone()).await,
            New::CopyOf(from) if self.existing(from).await?.kind == Kind::Directory => {
                self.place().copy_directory(from, path).await?;
                self.changed(path);
                self.existing(path).await
            }
            New::CopyOf(from) => {
                let (_, bytes) = self.place().read(from, None).await?;
                self.create(path, bytes).await
            }
        }
    }

    async fn create(&self, path: &ContentsPath, bytes: Bytes) -> Result<Entry> {
        match self.write(path, bytes, Condition::IfAbsent).await {
            Ok(saved) => Ok(saved.entry),
            Err(ContentsError::Stale { path, .. }) => Err(ContentsError::Exists { path }),
            Err(error) => Err(error),
        }
    }
}

fn empty_notebook() -> Bytes {
    let notebook = Notebook::parse(EMPTY_NOTEBOOK).map(|notebook| notebook.to_bytes());
    let mut bytes = notebook.unwrap_or_else(|_| EMPTY_NOTEBOOK.to_vec());
    bytes.push(b'\n');
    bytes.into()
}

/// A directory cannot be moved or copied into itself.
pub(super) fn check_apart(from: &ContentsPath, to: &ContentsPath) -> Result<()> {
    if from.is_root() || to.beneath(from).is_some() {
        let path = to.clone();
        return Err(ContentsError::IntoItself { path });
    }
    Ok(())
}

/// What a copy's number goes between: Jupyter puts it before the first dot, of a notebook before the
/// last; a copy of a copy counts on.
fn split_for_copy(name: &str, kind: Kind) -> (String, &str) {
    let dot = match kind {
        Kind::Directory => None,
        Kind::Notebook => name.rfind('.'),
        Kind::File => name.find('.').filter(|dot| *dot > 0),
    };
    let (stem, suffix) = name.split_at(dot.unwrap_or(name.len()));
    let digits = stem.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let stem = digits.strip_suffix("-Copy").unwrap_or(stem);
    (stem.to_owned(), suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_a_copy_counts_on() {
        for (name, kind, expected) in [
            ("x.ipynb", Kind::Notebook, ("x", ".ipynb")),
            ("x-Copy1.ipynb", Kind::Notebook, ("x", ".ipynb")),
            ("a.b-Copy12.ipynb", Kind::Notebook, ("a.b", ".ipynb")),
            ("a.tar.gz", Kind::File, ("a", ".tar.gz")),
            ("a-Copy.txt", Kind::File, ("a", ".txt")),
            ("Makefile", Kind::File, ("Makefile", "")),
            ("v1.2", Kind::Directory, ("v1.2", "")),
            ("2024.txt", Kind::File, ("2024", ".txt")),
        ] {
            let (stem, suffix) = split_for_copy(name, kind);
            assert_eq!((stem.as_str(), suffix), expected, "{name}");
        }
    }

    #[test]
    fn a_new_notebook_is_a_valid_one() {
        let (notebook, problems) = Notebook::parse_and_validate(&empty_notebook()).unwrap();
        assert!(problems.is_empty());
        assert!(notebook.cells.is_empty());
    }
}
