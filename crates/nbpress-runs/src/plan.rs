//! From a job and what was asked of it to the runs that are to exist.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use nbpress_record::RunId;
use serde_json::{Map, Value};

use crate::job::{JobDefinition, ParameterSchema, RunSettings, Task};
use crate::run::{JobVersionRef, LogicalTime, NewRun, RunSpec, TriggerKind};

/// A run of a job that was asked for, by whomever.
#[derive(Clone, Debug)]
pub struct JobRun<'a> {
    /// The team or person it belongs to.
    pub workspace: &'a str,
    /// The job and its version.
    pub job: &'a JobVersionRef,
    /// What the version says.
    pub definition: &'a JobDefinition,
    /// Values that replace the tasks' own.
    pub parameters: &'a Map<String, Value>,
    /// What brought it about.
    pub trigger: TriggerKind,
    /// Who asked.
    pub triggered_by: &'a str,
    /// The instant it stands for.
    pub logical: Option<LogicalTime>,
    /// What keeps it from running at the same time as others.
    pub lane: Option<&'a str>,
    /// The sweep or backfill it belongs to, and its place in it.
    pub batch: Option<(&'a str, i64)>,
    /// Makes a repeated request harmless.
    pub idempotency_key: Option<&'a str>,
    /// Not before this.
    pub start_at: Option<jiff::Timestamp>,
    /// Whether it waits for others of its lane.
    pub blocked: bool,
}

/// The runs of a job: one for one task, or one that holds those of several. The one that stands for
/// all comes first, each task's after those it waits for.
pub fn plan(asked: &JobRun<'_>) -> Vec<NewRun> {
    let first = RunId::new().to_string();
    if let [task] = asked.definition.tasks.as_slice() {
        return vec![task_run(asked, task, first).with_definition(asked.definition)];
    }
    let ids: BTreeMap<&str, String> = asked
        .definition
        .tasks
        .iter()
        .map(|task| (task.key.as_str(), RunId::new().to_string()))
        .collect();
    let mut runs = vec![flow_run(asked, first.clone()).with_definition(asked.definition)];
    for task in asked.definition.in_order().unwrap_or_default() {
        let upstream = task.depends_on.iter();
        runs.push(NewRun {
            parent: Some(first.clone()),
            upstream: upstream
                .filter_map(|key| ids.get(key.as_str()).cloned())
                .collect(),
            lane: None,
            batch: None,
            idempotency_key: None,
            ..task_run(asked, task, ids[task.key.as_str()].clone())
        });
    }
    runs
}

fn flow_run(asked: &JobRun<'_>, id: String) -> NewRun {
    NewRun {
        id,
        workspace: asked.workspace.to_owned(),
        job: Some(asked.job.clone()),
        task: None,
        parent: None,
        upstream: Vec::new(),
        is_flow: true,
        blocked: asked.blocked,
        snapshot: String::new(),
        notebook: String::new(),
        parameters: asked.parameters.clone(),
        trigger: asked.trigger,
        triggered_by: asked.triggered_by.to_owned(),
        logical: asked.logical.clone(),
        lane: asked.lane.map(str::to_owned),
        batch: asked.batch.map(|(batch, point)| (batch.to_owned(), point)),
        idempotency_key: asked.idempotency_key.map(str::to_owned),
        start_at: None,
        spec: RunSpec::default(),
        tags: asked.definition.tags.clone(),
    }
}

fn task_run(asked: &JobRun<'_>, task: &Task, id: String) -> NewRun {
    let mut parameters = task.parameters.clone();
    let alone = asked.definition.tasks.len() == 1;
    for (name, value) in asked.parameters {
        // A value for a job of several notebooks goes to those that know it.
        if alone || task.schema.iter().any(|known| known.name == *name) {
            parameters.insert(name.clone(), value.clone());
        }
    }
    if let Some(logical) = &asked.logical {
        add_logical_time(&task.schema, &mut parameters, logical);
    }
    NewRun {
        is_flow: false,
        task: (!alone).then(|| task.key.clone()),
        snapshot: task.snapshot.clone(),
        notebook: task.notebook.clone(),
        parameters,
        start_at: asked.start_at,
        spec: RunSpec {
            settings: task.settings.clone(),
            rule: task.rule,
            ..RunSpec::default()
        },
        ..flow_run(asked, id)
    }
}

impl NewRun {
    /// Who is told and by when it must be over: of the run that stands for the whole job.
    fn with_definition(mut self, definition: &JobDefinition) -> Self {
        self.spec.notify.clone_from(&definition.notify);
        self.spec.deadline.clone_from(&definition.deadline);
        self
    }

    /// A run of one notebook that belongs to no job.
    pub fn of_notebook(
        workspace: &str,
        snapshot: &str,
        notebook: &str,
        parameters: Map<String, Value>,
        triggered_by: &str,
    ) -> Self {
        Self {
            id: RunId::new().to_string(),
            workspace: workspace.to_owned(),
            job: None,
            task: None,
            parent: None,
            upstream: Vec::new(),
            is_flow: false,
            blocked: false,
            snapshot: snapshot.to_owned(),
            notebook: notebook.to_owned(),
            parameters,
            trigger: TriggerKind::Manual,
            triggered_by: triggered_by.to_owned(),
            logical: None,
            lane: None,
            batch: None,
            idempotency_key: None,
            start_at: None,
            spec: RunSpec::default(),
            tags: BTreeMap::new(),
        }
    }

    /// With settings.
    #[must_use]
    pub fn with_settings(mut self, settings: RunSettings) -> Self {
        self.spec.settings = settings;
        self
    }
}

/// Fills the parameters that the notebook declares for the logical time, unless they were given:
/// `logical_time`, `logical_date`, `data_interval_start`, `data_interval_end`. A parameter declared as
/// `date` gets the date in the schedule's time zone, any other the instant as RFC 3339.
pub fn add_logical_time(
    schema: &[ParameterSchema],
    parameters: &mut Map<String, Value>,
    logical: &LogicalTime,
) {
    let zone = TimeZone::get(&logical.time_zone).unwrap_or(TimeZone::UTC);
    let known = [
        ("logical_time", logical.at),
        ("logical_date", logical.at),
        ("data_interval_start", logical.interval_start),
        ("data_interval_end", logical.interval_end),
    ];
    for (name, at) in known {
        let Some(declared) = schema.iter().find(|parameter| parameter.name == name) else {
            continue;
        };
        let is_date =
            name == "logical_date" || declared.kind.split([' ', '|']).any(|word| word == "date");
        let format = if is_date {
            "%Y-%m-%d"
        } else {
            "%Y-%m-%dT%H:%M:%S%:z"
        };
        let text = at.to_zoned(zone.clone()).strftime(format).to_string();
        parameters.entry(name).or_insert(Value::String(text));
    }
}

/// Replaces `${tasks.KEY.scraps.NAME}` by the value that the task reported. The whole text must be
/// the reference, so that the value keeps its type.
///
/// # Errors
/// The first reference to a value that was not reported, as `KEY.NAME`.
pub fn resolve_scraps(
    parameters: &mut Map<String, Value>,
    scrap: impl Fn(&str, &str) -> Option<Value>,
) -> Result<(), String> {
    for value in parameters.values_mut() {
        let Some((task, name)) = value.as_str().and_then(scrap_reference) else {
            continue;
        };
        *value = scrap(task, name).ok_or_else(|| format!("{task}.{name}"))?;
    }
    Ok(())
}

/// The task and the scrap that a parameter's value refers to.
pub fn scrap_reference(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix("${tasks.")?.strip_suffix('}')?;
    inside.split_once(".scraps.")
}

#[cfg(test)]
mod tests;
