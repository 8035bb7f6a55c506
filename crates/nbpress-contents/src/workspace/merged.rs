//! Saving a notebook that somebody else may have changed meanwhile.

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use nbpress_format::Notebook;

use super::{Result, Workspace};
use crate::entry::{Condition, Entry, Kind, Resolution, Saved};
use crate::error::ContentsError;
use crate::merge::{Merged, merge};
use crate::path::ContentsPath;

/// How often both may change the file before the bytes are put beside it.
const TRIES: usize = 8;

impl Workspace {
    /// Saves a notebook that was made from the one with the etag `base`. If somebody else changed
    /// the file since, both changes are put together cell by cell; if both changed the same cell,
    /// or what the caller began with is not known, the file is left alone and the bytes are saved
    /// beside it, as `x (conflict <UTC>).ipynb`.
    ///
    /// # Errors
    /// As [`Workspace::save`]; [`ContentsError::Stale`] only when the file is gone.
    pub async fn save_merged(
        &self,
        path: &ContentsPath,
        base: &str,
        bytes: Bytes,
    ) -> Result<Resolution> {
        self.check_visible(path)?;
        let unchanged = Condition::IfMatch(base.to_owned());
        let mut current = match self.try_save(path, bytes.clone(), unchanged).await? {
            Ok(saved) => return Ok(Resolution::Unchanged(saved)),
            Err(current) => current,
        };
        let began_with = self.base(path, base).await?;
        for _ in 0..TRIES {
            let (theirs, found) = self.place().read(path, None).await?;
            let merged = began_with
                .as_ref()
                .and_then(|began_with| merge_bytes(began_with, &bytes, &found));
            let cells = match merged {
                Some(merged) if merged.conflicts.is_empty() => {
                    let unchanged = Condition::IfMatch(theirs.etag.unwrap_or_default());
                    let bytes = file_of(&merged.notebook);
                    match self.try_save(path, bytes, unchanged).await? {
                        Ok(saved) => return Ok(Resolution::Merged(saved)),
                        Err(other) => current = other,
                    }
                    continue;
                }
                Some(merged) => merged.conflicts,
                None => Vec::new(),
            };
            return self.set_aside(path, theirs, bytes, cells).await;
        }
        self.set_aside(path, current, bytes, Vec::new()).await
    }

    /// What is there instead, when the condition does not hold.
    async fn try_save(
        &self,
        path: &ContentsPath,
        bytes: Bytes,
        condition: Condition,
    ) -> Result<std::result::Result<Saved, Entry>> {
        match self.write(path, bytes, condition).await {
            Err(ContentsError::Stale {
                current: Some(current),
                ..
            }) => Ok(Err(*current)),
            saved => saved.map(Ok),
        }
    }

    /// The notebook with this tag, if the history has it and it can be merged.
    async fn base(&self, path: &ContentsPath, etag: &str) -> Result<Option<Bytes>> {
        if Kind::of_file(path.name()) != Kind::Notebook {
            return Ok(None);
        }
        let real = self.place().real_path(path).await?;
        match self.kept().kept_with_tag(&real, etag).await? {
            Some(kept) => self.kept().get(&kept.hash).await.map(Some),
            None => Ok(None),
        }
    }

    async fn set_aside(
        &self,
        path: &ContentsPath,
        current: Entry,
        bytes: Bytes,
        cells: Vec<String>,
    ) -> Result<Resolution> {
        let (stem, extension) = path.stem_and_extension();
        let directory = path.parent().unwrap_or_default();
        let now = Timestamp::now().to_zoned(TimeZone::UTC);
        let now = now.strftime("%Y-%m-%d %H-%M-%S");
        let mut number = 1;
        loop {
            let count = if number == 1 {
                String::new()
            } else {
                format!(" {number}")
            };
            let name = format!("{stem} (conflict {now}{count}){extension}");
            let place = directory.join(&name)?;
            match self
                .try_save(&place, bytes.clone(), Condition::IfAbsent)
                .await?
            {
                Ok(copy) => {
                    return Ok(Resolution::Conflict {
                        current,
                        copy,
                        cells,
                    });
                }
                Err(_) => number += 1,
            }
        }
    }
}

/// None when one of them is no notebook.
fn merge_bytes(base: &[u8], mine: &[u8], theirs: &[u8]) -> Option<Merged> {
    let [base, mine, theirs] = [base, mine, theirs].map(parse);
    Some(merge(&base?, &mine?, &theirs?))
}

/// Without what clients add to cells and no file keeps: it would look like a change.
fn parse(bytes: &[u8]) -> Option<Notebook> {
    let mut notebook = Notebook::parse(bytes).ok()?;
    for cell in &mut notebook.cells {
        cell.metadata.shift_remove("trusted");
    }
    Some(notebook)
}

fn file_of(notebook: &Notebook) -> Bytes {
    let mut bytes = notebook.to_bytes();
    bytes.push(b'\n');
    bytes.into()
}
