//! Tables that cells show: the file with all rows that a kernel wrote becomes part of the record, before the output that
//! names it.

use std::collections::BTreeMap;

use nbpress_format::json::{Json, Object};
use nbpress_format::output::{Output, OutputKind};
use nbpress_kernel::Kernel;
use nbpress_kernel::tables::KeepTables;
use nbpress_record::{RecordError, Recorder};

use crate::options::ExecuteOptions;

const RESOURCE: &str = "application/vnd.dataresource+json";

/// Which tables are kept whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tables {
    /// The most rows of a table that is kept.
    pub rows: u64,
    /// The most bytes of its values in memory.
    pub bytes: u64,
}

/// The most bytes of the files of one run.
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

    /// Has the kernel show data frames as tables.
    pub(crate) async fn begin(
        self,
        kernel: &mut Kernel,
        recorder: &Recorder,
        options: &ExecuteOptions,
    ) -> Result<(), RecordError> {
        // A file is not looked through for secrets.
        let can_keep = options.keep_record && options.secrets.is_empty();
        let keep = KeepTables {
            folder: can_keep.then(|| recorder.incoming()).transpose()?,
            rows: self.rows,
            bytes: self.bytes,
            all_bytes: ALL_BYTES,
        };
        keep.install(kernel).await;
        Ok(())
    }
}

/// Takes the file of a shown table into the record; an output that names none that is there loses the name. `run` is
/// where a copy of the output finds it.
pub(crate) fn adopt(data: &mut Object, recorder: &mut Recorder, run: &str) {
    let is_kept = |sha256: &str| matches!(recorder.adopt(sha256), Ok(Some(_)));
    if let Some(about) = settle(data, is_kept) {
        about.insert("run".to_owned(), Json::from(run));
    }
}

/// The same for an output that was carried over from another run of the store.
pub(crate) fn hold(output: &mut Output, recorder: &mut Recorder) {
    if let Some(data) = data_of(output) {
        settle(data, |sha256| recorder.hold(sha256).is_ok());
    }
}

/// What an output shows.
pub(crate) fn data_of(output: &mut Output) -> Option<&mut Object> {
    match &mut output.kind {
        OutputKind::DisplayData { data, .. } | OutputKind::ExecuteResult { data, .. } => Some(data),
        _ => None,
    }
}

/// What an output says about its table, if that is kept.
fn settle(data: &mut Object, is_kept: impl FnOnce(&str) -> bool) -> Option<&mut Object> {
    let about = data.get_mut(RESOURCE).and_then(object)?;
    let about = about.get_mut("nbpress").and_then(object)?;
    let is_kept = about.get("table")?.as_str().is_some_and(is_kept);
    if is_kept {
        return Some(about);
    }
    about.shift_remove("table");
    about.shift_remove("format");
    let why = "its file could not be kept";
    about.insert("omitted".to_owned(), Json::from(why));
    None
}

fn object(json: &mut Json) -> Option<&mut Object> {
    match json {
        Json::Object(object) => Some(object),
        _ => None,
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

    #[test]
    fn an_output_names_a_table_only_where_it_is() {
        let shown = br#"{"application/vnd.dataresource+json":
            {"data": [], "nbpress": {"rows": 9, "table": "ab", "format": "parquet"}}}"#;
        let shown = || match Json::parse(shown) {
            Ok(Json::Object(data)) => data,
            other => panic!("{other:?}"),
        };
        let about = |data: &Object| data[RESOURCE].get("nbpress").map(Json::to_compact);

        let mut there = shown();
        settle(&mut there, |sha256| sha256 == "ab");
        assert_eq!(about(&there), about(&shown()));
        let mut gone = shown();
        settle(&mut gone, |_| false);
        let without = r#"{"rows":9,"omitted":"its file could not be kept"}"#;
        assert_eq!(about(&gone).as_deref(), Some(without));
    }
}
