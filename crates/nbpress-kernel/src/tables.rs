//! What a Python kernel shows of data frames besides HTML: their first rows as data, and a file with all of them.
//!
//! [`KeepTables::install`] gives IPython one more formatter, for frames of pandas, polars and pyarrow. It
//! imports none of these; where the notebook does not, nothing happens. Whatever goes wrong in it, the frame is shown as it
//! was before.

use std::path::PathBuf;

use crate::kernel::Kernel;

/// Registers the formatter; all that every kernel pays for.
const INSTALL: &str = include_str!("tables/install.py");

/// Makes the output of a frame.
const PROGRAM: &str = concat!(
    include_str!("tables/resource.py"),
    include_str!("tables/of_arrow.py"),
    include_str!("tables/of_pandas.py"),
    include_str!("tables/of_polars.py"),
);

/// Which tables are written whole, and where.
///
/// An output of type `application/vnd.dataresource+json` has the key `nbpress` then: `rows` is how many the table has.
/// `table` is the SHA-256 of a file in the folder which has this name, and `format` how it is written: `parquet`
/// or `jsonl`. Where there is no file though the output has not all rows, `omitted` says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepTables {
    /// Where the kernel puts the files; only first rows are shown when `None`.
    pub folder: Option<PathBuf>,
    /// The most rows of a table that is written.
    pub rows: u64,
    /// The most bytes of its values.
    pub bytes: u64,
    /// The most bytes of all files together.
    pub all_bytes: u64,
}

impl KeepTables {
    /// Asks the kernel, and does not wait: what is executed next finds the formatter. Kernels other than IPython's
    /// have none.
    pub async fn install(&self, kernel: &mut Kernel) {
        if kernel.info().implementation == "ipython" {
            kernel.execute(&self.code(), true).await;
        }
    }

    /// One expression, with names of its own.
    fn code(&self) -> String {
        let settings = serde_json::json!({
            "folder": self.folder,
            "rows": self.rows,
            "bytes": self.bytes,
            "left": self.all_bytes,
        });
        // A string of JSON is one of Python, too.
        let [install, program, settings] = [INSTALL, PROGRAM, &settings.to_string()]
            .map(|text| serde_json::Value::from(text).to_string());
        format!(
            "exec(compile({install}, '<nbpress>', 'exec'), {{'__name__': 'nbpress', 'PROGRAM': {program}, \
             'SETTINGS': __import__('json').loads({settings})}})"
        )
    }
}
