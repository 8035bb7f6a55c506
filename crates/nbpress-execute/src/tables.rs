//! Tables that cells show: the file with all rows that a kernel wrote becomes part of the record, before the output that
//! names it.

use nbpress_format::json::{Json, Object};
use nbpress_format::output::{Output, OutputKind};
use nbpress_kernel::Kernel;
use nbpress_kernel::tables::{KeepTables, Tables};
use nbpress_record::{RecordError, Recorder};

use crate::options::ExecuteOptions;

const RESOURCE: &str = "application/vnd.dataresource+json";

/// Has the kernel of a run show data frames as tables.
pub(crate) async fn begin(
    limits: Tables,
    kernel: &mut Kernel,
    recorder: &Recorder,
    options: &ExecuteOptions,
) -> Result<(), RecordError> {
    // A file is not looked through for secrets.
    let can_keep = options.keep_record && options.secrets.is_empty();
    let keep = KeepTables {
        folder: can_keep.then(|| recorder.incoming()).transpose()?,
        limits,
    };
    keep.install(kernel).await;
    Ok(())
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
