//! Where Jupyter keeps the checkpoint of a file.

use crate::path::{ContentsPath, PathError};

/// The directory beside the file.
pub(crate) const DIRECTORY: &str = ".ipynb_checkpoints";

/// The id of the only checkpoint there is.
pub(crate) const ID: &str = "checkpoint";

/// `a/.ipynb_checkpoints/b-checkpoint.ipynb` for `a/b.ipynb`.
pub(crate) fn path_of(path: &ContentsPath) -> Result<ContentsPath, PathError> {
    let (stem, extension) = path.stem_and_extension();
    directory_of(path)?.join(&format!("{stem}-{ID}{extension}"))
}

/// The directory for the checkpoint of `path`.
pub(crate) fn directory_of(path: &ContentsPath) -> Result<ContentsPath, PathError> {
    path.parent().unwrap_or_default().join(DIRECTORY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_where_jupyter_looks() {
        for (path, expected) in [
            ("b.ipynb", ".ipynb_checkpoints/b-checkpoint.ipynb"),
            ("a/b.tar.gz", "a/.ipynb_checkpoints/b.tar-checkpoint.gz"),
            ("a/Makefile", "a/.ipynb_checkpoints/Makefile-checkpoint"),
        ] {
            let path = ContentsPath::parse(path).unwrap();
            assert_eq!(path_of(&path).unwrap().as_str(), expected);
        }
    }
}
