//! A plan beside what the server has: compared, or carried out.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use nbpress_scheduler::import::{PastRun, Plan, ProposedJob, ProposedRun, Tool, papermill, run_id};
use nbpress_server::DEFAULT_WORKSPACE;
use nbpress_storage::Location;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::api::{Api, Refusal, encoded};
use crate::commands::submit::{FileArgs, source};
use crate::parameters::ParameterArgs;
use crate::settings::Settings;

/// The tag by which an imported job is found again.
const TAG: &str = "imported";
/// Names that are tried for a job.
const MOST_NAMES: usize = 1_000;

/// What became, or would become, of one part of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Would be added, as far as anybody knows: there is no server to ask.
    Unknown,
    /// Would be added.
    New,
    /// Was there before.
    Known,
    /// Was added.
    Added,
    /// Was refused: why.
    Failed(String),
}

/// What became of a plan, in its order.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    /// Of each job, and the name it has.
    pub(crate) jobs: Vec<(String, Outcome)>,
    /// Of each run.
    pub(crate) runs: Vec<Outcome>,
}

impl Taken {
    pub(crate) fn unknown(plan: &Plan) -> Self {
        let jobs = plan.jobs.iter();
        Self {
            jobs: jobs
                .map(|job| (job.name.clone(), Outcome::Unknown))
                .collect(),
            runs: vec![Outcome::Unknown; plan.runs.len()],
        }
    }

    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        let jobs = self.jobs.iter().map(|(_, outcome)| outcome);
        jobs.chain(&self.runs)
    }
}

/// The jobs of a server: what they were imported from, by their names.
struct Jobs(BTreeMap<String, Option<String>>);

impl Jobs {
    async fn of(api: &Api) -> anyhow::Result<Self> {
        let answer = api.get("/v1/jobs").await?;
        let jobs = answer["jobs"].as_array().into_iter().flatten();
        let entry = |job: &Value| {
            let identity = job["definition"]["tags"][TAG].as_str().map(str::to_owned);
            Some((job["name"].as_str()?.to_owned(), identity))
        };
        Ok(Self(jobs.filter_map(entry).collect()))
    }

    fn imported(&self, identity: &str) -> Option<&str> {
        let mut jobs = self.0.iter();
        let found = jobs.find(|(_, known)| known.as_deref() == Some(identity));
        found.map(|(name, _)| name.as_str())
    }

    /// A name that no job has, and from now on this one.
    fn take_name(&mut self, job: &ProposedJob) -> String {
        let others = (2..MOST_NAMES).map(|n| format!("{}-{n}", job.name));
        let mut names = std::iter::once(job.name.clone()).chain(others);
        let free = names.find(|name| !self.0.contains_key(name));
        let name = free.unwrap_or_else(|| job.identity.clone());
        self.0.insert(name.clone(), Some(job.identity.clone()));
        name
    }
}

/// What would be new. Nothing is changed.
pub(crate) async fn compare(api: &Api, plan: &Plan) -> anyhow::Result<Taken> {
    let mut known = Jobs::of(api).await?;
    let mut jobs = Vec::with_capacity(plan.jobs.len());
    for job in &plan.jobs {
        jobs.push(match known.imported(&job.identity) {
            Some(name) => (name.to_owned(), Outcome::Known),
            None => (known.take_name(job), Outcome::New),
        });
    }
    let mut runs = Vec::with_capacity(plan.runs.len());
    for proposed in &plan.runs {
        runs.push(if is_there(api, &proposed.run).await? {
            Outcome::Known
        } else {
            Outcome::New
        });
    }
    Ok(Taken { jobs, runs })
}

async fn is_there(api: &Api, run: &PastRun) -> anyhow::Result<bool> {
    let id = run_id(DEFAULT_WORKSPACE, run);
    match api.get(&format!("/v1/runs/{id}")).await {
        Ok(_) => Ok(true),
        Err(error) => {
            let refusal = error.downcast_ref::<Refusal>();
            if refusal.is_some_and(|refusal| refusal.status == 404) {
                return Ok(false);
            }
            Err(error)
        }
    }
}

/// Publishes the jobs, makes their schedules and adds the runs. What is refused does not keep the rest from it.
pub(crate) async fn apply(settings: &Settings, api: &Api, plan: &Plan) -> anyhow::Result<Taken> {
    let mut known = Jobs::of(api).await?;
    let mut jobs = Vec::with_capacity(plan.jobs.len());
    for job in &plan.jobs {
        let there = known.imported(&job.identity).map(str::to_owned);
        let name = there.clone().unwrap_or_else(|| known.take_name(job));
        let done = add_job(settings, api, job, &name, there.is_some()).await;
        if done.is_err() && there.is_none() {
            known.0.remove(&name);
        }
        jobs.push((name, outcome(done)));
    }
    let mut runs = Vec::with_capacity(plan.runs.len());
    for proposed in &plan.runs {
        runs.push(outcome(add_run(settings, api, proposed, &known).await));
    }
    Ok(Taken { jobs, runs })
}

/// `done` says whether anything was new.
fn outcome(done: anyhow::Result<bool>) -> Outcome {
    match done {
        Ok(true) => Outcome::Added,
        Ok(false) => Outcome::Known,
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}

async fn add_job(
    settings: &Settings,
    api: &Api,
    job: &ProposedJob,
    name: &str,
    is_there: bool,
) -> anyhow::Result<bool> {
    let path = format!("/v1/jobs/{}", encoded(name));
    if !is_there {
        let files = FileArgs {
            file: job.files.clone(),
            root: None,
        };
        let mut task = source(settings, api, &job.notebook, &files).await?;
        task.insert("parameters".to_owned(), values(settings, job).await?.into());
        task.insert("settings".to_owned(), serde_json::to_value(&job.settings)?);
        let body = json!({
            "description": format!("imported: {}", job.origin),
            "tasks": [task],
            "tags": {TAG: job.identity},
        });
        api.put(&path, &body).await?;
    }
    // An import that was cut off may have left the job without it.
    let new_schedule = add_schedule(api, job, name, &path).await?;
    Ok(!is_there || new_schedule)
}

async fn values(settings: &Settings, job: &ProposedJob) -> anyhow::Result<Map<String, Value>> {
    let files = ParameterArgs {
        parameter: Vec::new(),
        parameters_file: job.parameter_files.clone(),
        parameters_yaml: Vec::new(),
    };
    let mut values = Map::new();
    for (name, value) in files.read(&settings.storage()).await? {
        values.insert(name, serde_json::from_str(&value.to_json().to_compact())?);
    }
    values.extend(job.parameters.clone());
    Ok(values)
}

async fn add_schedule(
    api: &Api,
    job: &ProposedJob,
    name: &str,
    path: &str,
) -> anyhow::Result<bool> {
    let Some(schedule) = &job.schedule else {
        return Ok(false);
    };
    let query = format!("/v1/schedules?job={}", encoded(name));
    let there = api.get(&query).await?;
    if there["schedules"]
        .as_array()
        .is_some_and(|all| !all.is_empty())
    {
        return Ok(false);
    }
    let path = format!("{path}/schedules");
    let mut body = json!({
        "name": "main",
        "definition": {
            "trigger": {
                "kind": "cron",
                "expression": schedule.expression,
                "time_zone": schedule.time_zone,
            },
        },
    });
    if schedule.paused {
        // It must not fire between being made and being paused.
        let later = Timestamp::now().checked_add(SignedDuration::from_hours(24))?;
        let mut unborn = body.clone();
        unborn["definition"]["start_at"] = json!(later);
        let made = api.put(&path, &unborn).await?;
        let id = made["id"].as_str().unwrap_or_default();
        let pause = format!("/v1/schedules/{}/pause", encoded(id));
        api.post(&pause, &json!({})).await?;
    }
    body["parameters"] = json!({});
    api.put(&path, &body).await?;
    Ok(true)
}

async fn add_run(
    settings: &Settings,
    api: &Api,
    proposed: &ProposedRun,
    jobs: &Jobs,
) -> anyhow::Result<bool> {
    if is_there(api, &proposed.run).await? {
        return Ok(false);
    }
    let mut run = proposed.run.clone();
    let mut body = Map::new();
    if let Some(place) = &proposed.executed {
        let bytes = settings.storage().read(&Location::parse(place)?).await?;
        if run.tool == Tool::Papermill {
            // It may have been replaced since it was looked at.
            run = papermill::read(place, &bytes)?.0;
        }
        body.insert("executed".to_owned(), STANDARD.encode(&bytes).into());
    }
    run.job = run
        .job
        .and_then(|identity| jobs.imported(&identity).map(str::to_owned));
    body.insert("run".to_owned(), serde_json::to_value(&run)?);
    let answer = api.post("/v1/import", &Value::Object(body)).await?;
    Ok(answer["is_new"] == true)
}
