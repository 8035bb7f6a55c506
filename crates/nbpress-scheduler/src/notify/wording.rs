//! What a notice says to people: one wording for mail and chat.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;

use super::notice::{FailingCell, Failure, Notice, NoticeKind};
use super::text::one_line;

/// The parts of a message; each is plain text that nobody has escaped yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wording {
    /// `failed: daily-report (cell 7: ZeroDivisionError)`
    pub(super) subject: String,
    /// One sentence.
    pub(super) headline: String,
    /// `cell 7, line 3: total / count`, what it raised, and the reason: a line each.
    pub(super) problem: Vec<String>,
    /// The end of the traceback.
    pub(super) traceback: Option<String>,
    /// Labels and what belongs to them.
    pub(super) facts: Vec<(&'static str, String)>,
    /// `region = "west"`
    pub(super) parameters: Vec<String>,
    /// Where to read on.
    pub(super) link: Option<Url>,
}

/// Longest job name in a subject, in characters.
const LONGEST_SUBJECT_NAME: usize = 80;
/// Longest remark after it.
const LONGEST_SUBJECT_REMARK: usize = 60;
/// Longest line with a parameter.
const LONGEST_PARAMETER: usize = 250;

impl Wording {
    pub(super) fn of(notice: &Notice, link: Option<Url>) -> Self {
        let failure = notice.failure.as_ref();
        let cell = failure.and_then(|failure| failure.cell.as_ref());
        let parameters = notice.parameters.iter();
        Self {
            subject: subject(notice),
            headline: headline(notice),
            problem: failure.map(problem).unwrap_or_default(),
            traceback: cell.and_then(|cell| cell.traceback.clone()),
            facts: facts(notice),
            parameters: parameters
                .map(|(name, value)| one_line(&format!("{name} = {value}"), LONGEST_PARAMETER))
                .collect(),
            link,
        }
    }
}

fn subject(notice: &Notice) -> String {
    let mut subject = format!(
        "{}: {}",
        notice.kind.as_str(),
        one_line(&notice.job, LONGEST_SUBJECT_NAME)
    );
    let remark = match (&notice.failure, notice.deadline) {
        (Some(failure), _) => Some(failure_in_brief(failure)),
        (None, Some(deadline)) => Some(format!("due {}", moment(notice, deadline))),
        (None, None) => None,
    };
    if let Some(remark) = remark {
        let _ = write!(subject, " ({})", one_line(&remark, LONGEST_SUBJECT_REMARK));
    }
    subject
}

fn failure_in_brief(failure: &Failure) -> String {
    let what = |cell: &FailingCell| cell.ename.clone().unwrap_or_else(|| failure.class.clone());
    match &failure.cell {
        Some(cell) => format!("cell {}: {}", cell.index + 1, what(cell)),
        None => failure.class.clone(),
    }
}

fn headline(notice: &Notice) -> String {
    let job = &notice.job;
    let due = notice.deadline.map(|deadline| moment(notice, deadline));
    match (notice.kind, due) {
        (NoticeKind::Started, _) => format!("{job} started."),
        (NoticeKind::Succeeded, _) => format!("{job} succeeded."),
        (NoticeKind::Failed, _) => format!("{job} failed."),
        (NoticeKind::Late, Some(due)) => format!("{job} is late: it should have ended by {due}."),
        (NoticeKind::Late, None) => format!("{job} is late."),
        (NoticeKind::Recovered, _) => format!("{job} has recovered: it succeeded again."),
    }
}

fn problem(failure: &Failure) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(cell) = &failure.cell {
        let mut place = format!("cell {}", cell.index + 1);
        if let Some(line) = cell.line {
            let _ = write!(place, ", line {line}");
        }
        if let Some(code) = &cell.source_line {
            let _ = write!(place, ": {code}");
        }
        lines.push(place);
        if let Some(ename) = &cell.ename {
            lines.push(match cell.evalue.as_deref() {
                None | Some("") => ename.clone(),
                Some(evalue) => format!("{ename}: {evalue}"),
            });
        }
    }
    lines.extend(failure.reason.clone());
    lines
}

fn facts(notice: &Notice) -> Vec<(&'static str, String)> {
    let when = |at: Option<Timestamp>| at.map(|at| moment(notice, at));
    let run = notice.run_id.as_ref().map(|run| match notice.attempt {
        Some(attempt) => format!("{run}, attempt {attempt}"),
        None => run.clone(),
    });
    let class = notice.failure.as_ref().map(|failure| match &failure.code {
        Some(code) => format!("{} ({code})", failure.class),
        None => failure.class.clone(),
    });
    let took = notice.started_at.zip(notice.ended_at).map(|(start, end)| {
        let took = end.duration_since(start).as_secs();
        format!("{:#}", jiff::SignedDuration::from_secs(took))
    });
    let facts = [
        ("Notebook", Some(notice.notebook.clone())),
        ("Workspace", Some(notice.workspace.clone())),
        ("Run", run),
        ("Failure", class),
        ("Logical time", when(notice.logical_time)),
        ("Started", when(notice.started_at)),
        ("Ended", when(notice.ended_at)),
        ("Took", took),
        ("Due", when(notice.deadline)),
    ];
    let known = |(label, value): (_, Option<String>)| Some((label, value?));
    facts.into_iter().filter_map(known).collect()
}

/// `2026-01-01 07:00:00 Europe/Berlin`; UTC where the zone is not known.
fn moment(notice: &Notice, at: Timestamp) -> String {
    let zone = notice.time_zone.as_deref();
    let zone = zone.and_then(|name| TimeZone::get(name).ok());
    let at = at.to_zoned(zone.unwrap_or(TimeZone::UTC));
    at.strftime("%Y-%m-%d %H:%M:%S %Q").to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn wording(fields: Value) -> Wording {
        let mut notice =
            json!({"id": "1", "workspace": "team", "job": "daily", "notebook": "a.ipynb"});
        let Value::Object(fields) = fields else {
            unreachable!()
        };
        notice.as_object_mut().unwrap().extend(fields);
        Wording::of(&serde_json::from_value(notice).unwrap(), None)
    }

    #[test]
    fn every_kind_has_its_subject_and_its_sentence() {
        let due = "2026-07-01T05:00:00Z";
        let died = json!({"class": "resource", "code": "out_of_memory",
                          "cell": {"index": 2, "line": null}});
        for (fields, subject, headline) in [
            (
                json!({"kind": "started"}),
                "started: daily",
                "daily started.",
            ),
            (
                json!({"kind": "succeeded"}),
                "succeeded: daily",
                "daily succeeded.",
            ),
            (
                json!({"kind": "recovered"}),
                "recovered: daily",
                "daily has recovered: it succeeded again.",
            ),
            (
                json!({"kind": "failed", "failure": died}),
                "failed: daily (cell 3: resource)",
                "daily failed.",
            ),
            (
                json!({"kind": "failed", "failure": {"class": "platform"}}),
                "failed: daily (platform)",
                "daily failed.",
            ),
            (
                json!({"kind": "late", "deadline": due, "time_zone": "Europe/Berlin"}),
                "late: daily (due 2026-07-01 07:00:00 Europe/Berlin)",
                "daily is late: it should have ended by 2026-07-01 07:00:00 Europe/Berlin.",
            ),
            (
                json!({"kind": "late", "deadline": due, "time_zone": "No/Where"}),
                "late: daily (due 2026-07-01 05:00:00 UTC)",
                "daily is late: it should have ended by 2026-07-01 05:00:00 UTC.",
            ),
            (json!({"kind": "late"}), "late: daily", "daily is late."),
        ] {
            let wording = wording(fields);
            assert_eq!((&*wording.subject, &*wording.headline), (subject, headline));
        }
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let wording = wording(json!({"kind": "late"}));
        let labels: Vec<&str> = wording.facts.iter().map(|(label, _)| *label).collect();
        assert_eq!(labels, ["Notebook", "Workspace"]);
        assert_eq!((wording.problem, wording.traceback), (Vec::new(), None));
    }
}
