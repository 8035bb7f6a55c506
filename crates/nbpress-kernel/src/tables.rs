//! What a kernel shows of data frames besides HTML: their first rows as data, and a file with all of them.
//!
//! [`KeepTables::install`] gives IPython one more formatter, for frames of pandas, polars and pyarrow, relations of DuckDB and
//! results of SQL magics. It imports none of these; where the notebook does not, nothing happens. IRkernel gets one for data frames, which needs
//! no packages but those of the kernel. Whatever goes wrong in them, the frame is shown as it was before.

pub(crate) mod folder;

use std::collections::BTreeMap;
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
    include_str!("tables/of_duckdb.py"),
    include_str!("tables/of_results.py"),
);

/// The same for IRkernel, all of it: an expression with names of its own.
const PROGRAM_OF_R: &str = concat!(
    include_str!("tables/parquet.R"),
    include_str!("tables/columns.R"),
    include_str!("tables/resource.R"),
    include_str!("tables/install.R"),
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
    /// How large ones.
    pub limits: Tables,
}

/// Which tables are kept whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tables {
    /// The most rows of a table that is kept.
    pub rows: u64,
    /// The most bytes of its values in memory.
    pub bytes: u64,
}

/// The most bytes of the files of one kernel.
const ALL_BYTES: u64 = 1 << 30;

impl Default for Tables {
    fn default() -> Self {
        Self {
            rows: 10_000_000,
            bytes: 256 << 20,
        }
    }
}

/// A variable of the environment that does not say what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{variable}` is `{value}`, not {expected}")]
pub struct BadVariable {
    /// Its name.
    pub variable: &'static str,
    /// What it is set to.
    pub value: String,
    /// What it should be.
    pub expected: &'static str,
}

impl Tables {
    /// What `NBPRESS_TABLES_ROWS` and `NBPRESS_TABLES_BYTES` say, or the defaults.
    ///
    /// # Errors
    /// One of them is no number.
    pub fn limited_by(environment: &BTreeMap<String, String>) -> Result<Self, BadVariable> {
        let number = |variable, usual| match environment.get(variable) {
            None => Ok(usual),
            Some(value) => value.parse().map_err(|_| BadVariable {
                variable,
                value: value.clone(),
                expected: "a number",
            }),
        };
        let usual = Self::default();
        Ok(Self {
            rows: number("NBPRESS_TABLES_ROWS", usual.rows)?,
            bytes: number("NBPRESS_TABLES_BYTES", usual.bytes)?,
        })
    }

    /// The same, where they are kept unless `NBPRESS_TABLES` is `off`.
    ///
    /// # Errors
    /// One of the variables says something else.
    pub fn unless_off(environment: &BTreeMap<String, String>) -> Result<Option<Self>, BadVariable> {
        match environment.get("NBPRESS_TABLES").map(String::as_str) {
            Some("off") => Ok(None),
            None | Some("" | "on") => Self::limited_by(environment).map(Some),
            Some(value) => Err(BadVariable {
                variable: "NBPRESS_TABLES",
                value: value.to_owned(),
                expected: "`on` or `off`",
            }),
        }
    }
}

impl KeepTables {
    /// Asks the kernel, and does not wait: what is executed next finds the formatter. Kernels other than IPython's
    /// and R's have none.
    pub async fn install(&self, kernel: &mut Kernel) {
        if let Some(code) = self.code(&kernel.info().implementation) {
            kernel.execute(&code, true).await;
        }
    }

    /// The same for a kernel that others speak with afterwards: what it answers is taken here.
    pub(crate) async fn install_unseen(&self, kernel: &mut Kernel) {
        if let Some(code) = self.code(&kernel.info().implementation) {
            kernel.execute_silently(&code).await;
        }
    }

    fn code(&self, implementation: &str) -> Option<String> {
        match implementation {
            "ipython" => Some(self.code_of_python()),
            "IRkernel" => Some(self.code_of_r()),
            _ => None,
        }
    }

    /// What the programs are told, as a string of JSON in quotation marks: one of Python and of R, too.
    fn settings(&self) -> String {
        let folder = self.folder.as_ref();
        let settings = serde_json::json!({
            // The kernel is in a folder of its own, and code changes it.
            "folder": folder.and_then(|folder| std::path::absolute(folder).ok()),
            "rows": self.limits.rows,
            "bytes": self.limits.bytes,
            "left": ALL_BYTES,
        });
        serde_json::Value::from(settings.to_string()).to_string()
    }

    /// One expression, with names of its own.
    fn code_of_python(&self) -> String {
        let settings = self.settings();
        let [install, program] =
            [INSTALL, PROGRAM].map(|text| serde_json::Value::from(text).to_string());
        format!(
            "exec(compile({install}, '<nbpress>', 'exec'), {{'__name__': 'nbpress', 'PROGRAM': {program}, \
             'SETTINGS': __import__('json').loads({settings})}})"
        )
    }

    fn code_of_r(&self) -> String {
        let settings = self.settings();
        format!(
            "tryCatch(local({{\nsettings <- jsonlite::fromJSON({settings})\n{PROGRAM_OF_R}}}), error = function(error) NULL)"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = pairs
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        owned.collect()
    }

    #[test]
    fn the_environment_says_which_tables_are_kept() {
        let kept = |pairs: &[(&str, &str)]| Tables::unless_off(&environment(pairs));
        assert_eq!(kept(&[]), Ok(Some(Tables::default())));
        assert_eq!(kept(&[("NBPRESS_TABLES", "off")]), Ok(None));
        let few = Tables {
            rows: 7,
            ..Tables::default()
        };
        let pairs = [("NBPRESS_TABLES", "on"), ("NBPRESS_TABLES_ROWS", "7")];
        assert_eq!(kept(&pairs), Ok(Some(few)));
        for (pairs, text) in [
            (
                [("NBPRESS_TABLES", "no")],
                "`NBPRESS_TABLES` is `no`, not `on` or `off`",
            ),
            (
                [("NBPRESS_TABLES_BYTES", "1GiB")],
                "`NBPRESS_TABLES_BYTES` is `1GiB`, not a number",
            ),
        ] {
            assert_eq!(
                kept(&pairs).map_err(|error| error.to_string()),
                Err(text.to_owned())
            );
        }
    }
}
