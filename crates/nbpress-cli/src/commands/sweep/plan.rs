//! What a sweep is going to do: its points, checked, each with what is known of it from before.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use indexmap::IndexMap;
use nbpress_execute::ExecuteOptions;
use nbpress_execute::execute::Context;
use nbpress_execute::path_template::{Builtins, format_path};
use nbpress_execute::prepare::load;
use nbpress_execute::sweep::points_file::{PointsFormat, points};
use nbpress_execute::sweep::values::values;
use nbpress_execute::sweep::{Point, SweepId, SweepSpace, point_name};
use nbpress_format::json::Json;
use nbpress_format::parameters::{self, ParameterValue, Schema, check, resolve_text};
use nbpress_record::{RunState, RunStatus, RunSummary, Store, SweepPoint};
use nbpress_storage::{Location, Storage, StorageErrorKind, WriteMode, WriteOptions};

use super::result::{PointResult, PointStatus};
use super::{SpaceArgs, SweepArgs};
use crate::parameters::split;
use crate::printer::{Printer, Style, plural, printable};
use crate::settings::Settings;

/// The most points named in a message.
const MOST_NAMED: usize = 10;

/// What a sweep is going to do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) id: SweepId,
    /// The parameters that vary, in the order given.
    pub(crate) swept: Vec<String>,
    pub(crate) points: Vec<PlannedPoint>,
    options: ExecuteOptions,
    /// Things a person should know.
    notes: Vec<String>,
}

/// One point.
#[derive(Debug)]
pub(crate) struct PlannedPoint {
    /// What tells it from others, in records.
    pub(crate) name: String,
    /// What varies, for people: `alpha=0.1 day=2026-01-01`.
    pub(crate) label: String,
    /// All its parameters, with the types of the notebook.
    pub(crate) parameters: Point,
    /// Where its executed copy goes.
    pub(crate) output: Option<Location>,
    /// The newest run of it, where that need not be repeated.
    earlier: Option<RunSummary>,
}

impl Plan {
    /// The points that have to run.
    pub(crate) fn missing(&self) -> impl Iterator<Item = usize> + '_ {
        let missing =
            |(index, point): (usize, &PlannedPoint)| point.earlier.is_none().then_some(index);
        self.points.iter().enumerate().filter_map(missing)
    }

    /// How to run a point.
    pub(crate) fn options(&self, index: usize) -> ExecuteOptions {
        let point = &self.points[index];
        let mut options = self.options.clone();
        options.parameters.clone_from(&point.parameters);
        options.output.clone_from(&point.output);
        options.sweep = Some(SweepPoint {
            sweep_id: self.id.as_str().to_owned(),
            point: point.name.clone(),
        });
        options
    }

    /// How the newest run of a point ended, where the point is not to run.
    pub(crate) fn earlier(
        &self,
        store: &Store,
        index: usize,
    ) -> anyhow::Result<Option<PointResult>> {
        let Some(run) = &self.points[index].earlier else {
            return Ok(None);
        };
        if run.state == RunState::Running {
            return Ok(Some(PointResult {
                run_id: Some(run.run_id),
                ..PointResult::new(PointStatus::Running)
            }));
        }
        let record = store.find(&run.run_id.to_string())?;
        Ok(Some(PointResult::of_record(run, record.scraps()?)))
    }

    /// Says what is going to happen.
    pub(crate) fn announce(&self, printer: Printer, jobs: usize) {
        for note in &self.notes {
            let lead = format!("{} ", printer.paint(Style::Yellow, "note:"));
            printer.say_wrapped(&lead, 2, note);
        }
        let missing = self.missing().count();
        let before = self.points.len() - missing;
        let mut words = vec![plural(self.points.len(), "point")];
        if before > 0 {
            words.push(format!("{before} done before"));
        }
        if missing > 1 {
            words.push(format!("{} at a time", jobs.min(missing)));
        }
        let id = printer.paint(Style::Bold, self.id.as_str());
        printer.say_wrapped(&format!("{id}  "), 2, &words.join(", "));
    }
}

/// Points whose parameters do not fit the notebook.
#[derive(Debug)]
pub(crate) struct BadPoints {
    /// Its location.
    notebook: String,
    /// How many, and of how many.
    bad: usize,
    points: usize,
    /// A sentence each, with the point unless every point has the problem.
    pub(crate) problems: Vec<String>,
}

impl fmt::Display for BadPoints {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the parameters ")?;
        if self.bad < self.points {
            write!(out, "of {} of {} points ", self.bad, self.points)?;
        }
        write!(out, "do not fit `{}`", self.notebook)
    }
}

impl std::error::Error for BadPoints {}

/// Reads and checks everything. Nothing is started and nothing is written.
pub(crate) async fn make(
    settings: &Settings,
    context: &Context,
    args: &SweepArgs,
) -> anyhow::Result<Plan> {
    let mut options = args.execution.options(settings, &args.notebook)?;
    "sweep".clone_into(&mut options.command);
    let (notebook, sha256) = load(&context.storage, &options.source).await?;
    let id = SweepId::new(&options, &sha256);

    let fixed = args.parameters.read(&context.storage).await?;
    let (swept, listed) = space(&context.storage, &args.space).await?;
    if let Some(name) = swept.iter().find(|name| fixed.contains_key(*name)) {
        bail!("parameter `{name}` is swept and also has a fixed value");
    }
    let language = options.language.as_deref().or(notebook.language());
    let schema = parameters::schema(&notebook, language.unwrap_or("python"));
    let secrets = options.secrets.iter().map(|secret| secret.name.as_str());
    let schema = schema.map(|schema| schema.without(secrets));
    let checked = checked(&options.source, schema.as_ref(), &fixed, &listed)?;

    let mut notes = Vec::new();
    let mut points = unique(&swept, checked, &mut notes);
    if let Some(template) = &args.output {
        name_outputs(&mut points, template, &options.source)?;
    }
    find_earlier(&mut points, &context.store, &id, args.force, &mut notes)?;
    options.loaded = Some(Arc::new((notebook, sha256)));
    Ok(Plan {
        id,
        swept,
        points,
        options,
        notes,
    })
}

/// The parameters that vary, and their values at each point.
async fn space(storage: &Storage, args: &SpaceArgs) -> anyhow::Result<(Vec<String>, Vec<Point>)> {
    let mut space = SweepSpace::default();
    if let Some(file) = &args.points {
        let reading = || format!("failed to read the points of `{file}`");
        let location = Location::parse(file)?;
        let bytes = storage.read(&location).await.with_context(reading)?;
        let text = std::str::from_utf8(&bytes).with_context(reading)?;
        let format = PointsFormat::of(location.extension().as_deref(), text);
        space.list(points(text, format).with_context(reading)?)?;
    }
    for text in &args.sweep {
        let (name, list) = split(text)?;
        let values = values(list).with_context(|| format!("failed to read `-s {text}`"))?;
        space.axis(name, values.into_iter().map(ParameterValue::Text))?;
    }
    let swept = space.names();
    let points = if args.zip {
        space.zip()?
    } else {
        space.product()?
    };
    Ok((swept, points))
}

/// The points with the types of the notebook; a problem is shown with the first point that has it.
fn checked(
    notebook: &Location,
    schema: Option<&Schema>,
    fixed: &Point,
    listed: &[Point],
) -> anyhow::Result<Vec<Point>> {
    let mut checked_points = Vec::with_capacity(listed.len());
    let mut problems: IndexMap<String, (String, usize)> = IndexMap::new();
    let mut bad = 0;
    for swept in listed {
        let mut given = fixed.clone();
        given.extend(swept.clone());
        let result = match schema {
            Some(schema) => check(schema, &given),
            None => Ok(given
                .iter()
                .map(|(name, value)| (name.clone(), resolve_text(value)))
                .collect()),
        };
        match result {
            Ok(point) => checked_points.push(point),
            Err(found) => {
                bad += 1;
                for problem in found {
                    let seen = problems.entry(problem.to_string());
                    seen.or_insert_with(|| (label(swept.keys(), swept), 0)).1 += 1;
                }
            }
        }
    }
    if problems.is_empty() {
        return Ok(checked_points);
    }
    let shown = problems.iter().map(|(problem, (point, count))| {
        if *count == listed.len() {
            problem.clone()
        } else {
            format!("{point}: {problem}")
        }
    });
    let mut shown: Vec<String> = shown.collect();
    let more = shown.len().saturating_sub(MOST_NAMED);
    shown.truncate(MOST_NAMED);
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    Err(BadPoints {
        notebook: notebook.to_string(),
        bad,
        points: listed.len(),
        problems: shown,
    }
    .into())
}

/// `alpha=0.1 day=2026-01-01`: what people read.
fn label<'a>(names: impl IntoIterator<Item = &'a String>, point: &Point) -> String {
    let written = |name: &'a String| {
        let value = point.get(name)?;
        Some(format!("{name}={}", printable(&value.to_python_str())))
    };
    let written: Vec<String> = names.into_iter().filter_map(written).collect();
    written.join(" ")
}

/// Points that are listed twice run once.
fn unique(swept: &[String], points: Vec<Point>, notes: &mut Vec<String>) -> Vec<PlannedPoint> {
    let listed = points.len();
    let mut names = HashSet::with_capacity(listed);
    let planned: Vec<PlannedPoint> = points
        .into_iter()
        .filter_map(|parameters| {
            let name = point_name(&parameters);
            names.insert(name.clone()).then(|| PlannedPoint {
                label: label(swept, &parameters),
                name,
                parameters,
                output: None,
                earlier: None,
            })
        })
        .collect();
    let repeated = listed - planned.len();
    if repeated > 0 {
        notes.push(format!(
            "{} repeated in the list run once",
            plural(repeated, "point")
        ));
    }
    planned
}

/// Fills the template in for each point; no two may write to one place.
fn name_outputs(
    points: &mut [PlannedPoint],
    template: &str,
    source: &Location,
) -> anyhow::Result<()> {
    let mut taken: HashMap<String, String> = HashMap::with_capacity(points.len());
    let source = place(source);
    for point in points {
        let path = format_path(template, &point.parameters, &Builtins::now())
            .with_context(|| format!("failed to name the output of {}", point.label))?;
        let output = Location::parse(&path)?;
        let place = place(&output);
        if output.is_stream() || place == source {
            bail!(
                "`--output {template}` would write {} to `{output}`",
                point.label
            );
        }
        if let Some(other) = taken.insert(place, point.label.clone()) {
            bail!(
                "`--output {template}` gives {other} and {} one place, `{output}`; name every parameter that varies in it",
                point.label
            );
        }
        point.output = Some(output);
    }
    Ok(())
}

fn place(location: &Location) -> String {
    let absolute = location
        .is_local()
        .and_then(|path| std::path::absolute(path).ok());
    absolute.map_or_else(|| location.to_string(), |path| path.display().to_string())
}

/// Looks through the store for the newest run of each point. Only one that succeeded counts, or one
/// that another process is at.
fn find_earlier(
    points: &mut [PlannedPoint],
    store: &Store,
    id: &SweepId,
    force: bool,
    notes: &mut Vec<String>,
) -> anyhow::Result<()> {
    let mut newest: HashMap<String, RunSummary> = HashMap::new();
    let mut other_versions = 0;
    for run in store.list()? {
        match &run.header.sweep {
            Some(point) if point.sweep_id == id.as_str() => {
                newest.entry(point.point.clone()).or_insert(run);
            }
            Some(point) if id.is_other_version(&point.sweep_id) => other_versions += 1,
            _ => {}
        }
    }
    if newest.is_empty() && other_versions > 0 {
        notes.push(format!(
            "the notebook has changed since it was swept before ({other_versions} runs); this is a new sweep"
        ));
    }
    for point in points {
        let counts = |run: &RunSummary| match run.state {
            RunState::Running => true,
            RunState::CutOff => false,
            RunState::Finished => run
                .outcome
                .as_ref()
                .is_some_and(|outcome| !force && outcome.status == RunStatus::Succeeded),
        };
        point.earlier = newest.remove(&point.name).filter(counts);
    }
    Ok(())
}

/// Writes the output of an earlier run from its record, unless it is there: a sweep may get an output
/// later, and an output that could not be written is no reason to run again.
pub(crate) async fn restore(
    context: &Context,
    result: &PointResult,
    output: &Location,
) -> anyhow::Result<()> {
    let run_id = result.run_id.context("a run without a record")?.to_string();
    match context.storage.read(output).await {
        Ok(bytes) if is_finished(&bytes, &run_id) => return Ok(()),
        Ok(_) => {}
        Err(error) if matches!(error.kind(), StorageErrorKind::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let notebook = context.store.find(&run_id)?.notebook()?;
    let options = WriteOptions {
        mode: WriteMode::Overwrite,
        content_type: Some("application/x-ipynb+json".to_owned()),
    };
    let written = context
        .storage
        .write(output, Bytes::from(notebook.to_bytes()), options);
    written
        .await
        .with_context(|| format!("failed to write the output `{output}`"))?;
    Ok(())
}

/// Whether a file is the executed copy of a run, complete; people may have worked in it since.
fn is_finished(bytes: &[u8], run_id: &str) -> bool {
    let Ok(notebook) = Json::parse(bytes) else {
        return false;
    };
    let block = notebook
        .get("metadata")
        .and_then(|metadata| metadata.get("nbpress"));
    let field = |name: &str| block?.get(name)?.as_str();
    field("run_id") == Some(run_id) && field("status") == Some(RunStatus::Succeeded.as_str())
}
