//! From what a runner left behind to how its attempt ended.

use nbpress_record::{FailureClass as Class, Outcome, RecordError, RunState, RunStatus, Store};
use nbpress_runs::run::{AttemptEnd, AttemptState, CellSummary, ScrapValue, Usage};
use nbpress_runs::state::FailureClass;

use crate::attempt_folder::AttemptFolder;
use crate::hash::sha256_of_file;

/// Most bytes of an exception's text in the database; the record has all of it.
const LONGEST_VALUE: usize = 2_000;

/// How an attempt ended whose runner is gone.
pub(crate) fn of_attempt(folder: &AttemptFolder, records: &Store, record: &str) -> AttemptEnd {
    match records.find(record) {
        Ok(found) => match of_record(&found) {
            Ok(end) => end,
            Err(error) => AttemptEnd::failed(
                FailureClass::Platform,
                "store_error",
                format!("its record cannot be read: {error}"),
            ),
        },
        Err(_) => not_begun(folder),
    }
}

/// Nothing was recorded: the notebook could not be started, or its runner was killed before.
fn not_begun(folder: &AttemptFolder) -> AttemptEnd {
    let Some(refused) = folder.refused() else {
        let log = folder.log_tail();
        let reason = if log.is_empty() {
            "the runner was killed before it began".to_owned()
        } else {
            format!("the runner ended before it began: {log}")
        };
        return AttemptEnd::failed(FailureClass::Platform, "runner_died", reason);
    };
    let class = match refused.code.as_str() {
        "stopped" => {
            return AttemptEnd {
                reason: Some(refused.reason),
                ..AttemptEnd::new(AttemptState::Cancelled)
            };
        }
        "platform" => FailureClass::Platform,
        _ => FailureClass::Invalid,
    };
    AttemptEnd::failed(class, &refused.code, refused.reason)
}

pub(crate) fn of_record(record: &nbpress_record::Record) -> Result<AttemptEnd, RecordError> {
    let document = record.document()?;
    let Some(outcome) = document.outcome() else {
        return Ok(AttemptEnd::failed(
            FailureClass::Platform,
            "runner_died",
            "the record has no end",
        ));
    };
    let cut_off = record.state() == RunState::CutOff;
    let mut end = of_outcome(outcome);
    if cut_off {
        end.code = Some("runner_died".to_owned());
    }
    end.record_sha256 = Some(record_hash(record)?);
    let manifest = record.manifest();
    let finished = manifest.map(|manifest| manifest.finished_at);
    end.usage.wall_seconds =
        finished.map(|at| at.duration_since(record.header().started_at).as_secs_f64());
    end.scraps = record.scraps()?.iter().map(scrap).collect();
    end.cells = manifest
        .map(|manifest| manifest.cells.iter().map(cell).collect())
        .unwrap_or_default();
    Ok(end)
}

/// The record's id; of a record whose runner was killed, the hash of its journal.
pub(crate) fn record_hash(record: &nbpress_record::Record) -> Result<String, RecordError> {
    if let Some(manifest) = record.manifest() {
        return Ok(manifest.record_id.clone());
    }
    let path = record.folder().join("journal");
    sha256_of_file(&path).map_err(|source| RecordError::Io {
        action: "read",
        path,
        source,
    })
}

fn of_outcome(outcome: &Outcome) -> AttemptEnd {
    let state = match outcome.status {
        RunStatus::Succeeded => AttemptState::Succeeded,
        RunStatus::Failed => AttemptState::Failed,
        RunStatus::Cancelled => AttemptState::Cancelled,
    };
    let error = outcome.error.as_ref();
    AttemptEnd {
        class: outcome.class.map(class),
        code: outcome.class.map(|class| code(class, outcome).to_owned()),
        reason: outcome.reason.clone(),
        cell: outcome.cell.and_then(|cell| i64::try_from(cell).ok()),
        ename: error.map(|error| error.ename.clone()),
        evalue: error.map(|error| shortened(&error.evalue)),
        usage: Usage {
            cpu_seconds: outcome.cpu_seconds,
            peak_memory_bytes: outcome
                .peak_memory_bytes
                .and_then(|bytes| i64::try_from(bytes).ok()),
            wall_seconds: None,
            disk_bytes: outcome
                .disk_bytes
                .and_then(|bytes| i64::try_from(bytes).ok()),
        },
        ..AttemptEnd::new(state)
    }
}

fn class(class: Class) -> FailureClass {
    match class {
        Class::User => FailureClass::User,
        Class::Timeout => FailureClass::Timeout,
        Class::Resource => FailureClass::Resource,
        Class::Platform => FailureClass::Platform,
        Class::Invalid => FailureClass::Invalid,
    }
}

fn code(class: Class, outcome: &Outcome) -> &'static str {
    match class {
        Class::User => "exception",
        Class::Timeout if outcome.cell.is_some() => "time_limit",
        Class::Timeout => "start",
        Class::Resource if outcome.signal.is_some() || outcome.error.is_some() => "oom",
        Class::Resource
            if outcome
                .reason
                .as_ref()
                .is_some_and(|reason| reason.contains("memory")) =>
        {
            "oom"
        }
        Class::Resource => "disk",
        Class::Platform => "kernel_died",
        Class::Invalid => "no_kernel",
    }
}

fn shortened(text: &str) -> String {
    let mut end = text.len().min(LONGEST_VALUE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if end < text.len() {
        format!("{}…", &text[..end])
    } else {
        text.to_owned()
    }
}

fn scrap(scrap: &nbpress_record::Scrap) -> ScrapValue {
    let value = scrap
        .data
        .as_ref()
        .map(nbpress_format::json::Json::to_compact);
    ScrapValue {
        name: scrap.name.clone(),
        value: value
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or(serde_json::Value::Null),
        number: scrap.metric(),
    }
}

fn cell(cell: &nbpress_record::ManifestCell) -> CellSummary {
    CellSummary {
        index: i64::try_from(cell.index).unwrap_or(i64::MAX),
        id: cell.id.clone(),
        status: cell.status.as_str().to_owned(),
        duration_seconds: cell.duration_seconds,
    }
}
