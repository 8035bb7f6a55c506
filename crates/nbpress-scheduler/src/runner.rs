//! The runner: the process that executes one attempt. It knows its folder and the store of records, and
//! neither database nor network; whoever dies around it, it computes on and its journal grows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use nbpress_execute::keep::Keeping;
use nbpress_execute::{
    Context, ExecuteError, ExecuteOptions, Finished, Observer, Parent, Secret, Stop, Tables,
    execute,
};
use nbpress_format::json::{Json, Object};
use nbpress_format::notebook::Notebook;
use nbpress_format::parameters::ParameterValue;
use nbpress_kernel::Limits;
use nbpress_kernel::kept::Policy;
use nbpress_record::{Document, Event, RunId, Store};
use nbpress_runs::Profile;
use nbpress_runs::job::{Cells, Keep};
use nbpress_runs::run::Claim;
use nbpress_storage::Location;
use nbpress_trace::TraceContext;
use tokio::sync::watch;

use crate::attempt_folder::{AttemptFolder, AttemptSpec, Refused};
use crate::causes::with_causes;
use crate::hash::sha256;
use crate::kept_state::{self, KeptState};

/// Runs the attempt in a folder to its end.
///
/// # Errors
/// The reason why nothing was started; it is in the folder too.
pub async fn run(
    folder: &AttemptFolder,
    context: Context,
    environment: &BTreeMap<String, String>,
    stop: watch::Receiver<Stop>,
) -> Result<Finished, Refused> {
    let started = try_run(folder, context, environment, stop).await;
    if let Err(refused) = &started {
        // Where even this cannot be written, the worker reports what was printed.
        let _unwritten = folder.write_refused(refused);
    }
    started
}

async fn try_run(
    folder: &AttemptFolder,
    context: Context,
    environment: &BTreeMap<String, String>,
    stop: watch::Receiver<Stop>,
) -> Result<Finished, Refused> {
    let unreadable = |error: std::io::Error| refused("platform", &error);
    folder.write_process_id().map_err(unreadable)?;
    let (spec, notebook) = folder.read_spec().map_err(unreadable)?;
    let mut options = options(&spec, &notebook, environment)?;
    options.keep = keeping(&spec.claim, &context.store);
    options.resume = parent(&spec, &context.store).map(Arc::new);
    if options.resume.is_none() && spec.claim.resume.is_some() {
        options.parent_unknown = Some("what is kept is on another machine, or gone".to_owned());
    }
    let mut silent = Silent;
    let run = Box::pin(execute(&context, &options, &mut silent, stop));
    run.await.map_err(|error| of_execute(&error))
}

/// Everything that is to be seen is in the journal.
struct Silent;

impl Observer for Silent {
    fn event(&mut self, _event: &Event, _document: &Document) {}
}

fn refused(code: &str, error: &dyn std::error::Error) -> Refused {
    Refused {
        code: code.to_owned(),
        reason: with_causes(error),
    }
}

fn of_execute(error: &ExecuteError) -> Refused {
    let code = match error {
        ExecuteError::Parameters { .. } | ExecuteError::Translate(_) => "bad_param",
        ExecuteError::NoKernelNamed { .. }
        | ExecuteError::KernelNotFound(_)
        | ExecuteError::Kernelspec(_) => "no_kernel",
        ExecuteError::Parse { .. } => "bad_notebook",
        ExecuteError::NothingToResume { .. } | ExecuteError::ResumeTooLate { .. } => {
            "nothing_to_resume"
        }
        ExecuteError::Stopped { .. } => "stopped",
        _ => "platform",
    };
    let mut refused = refused(code, error);
    if let ExecuteError::Parameters { problems, .. } = error {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        refused.reason = format!("{}: {}", refused.reason, problems.join("; "));
    }
    if let Some(hint) = error.hint() {
        refused.reason = format!("{}; {hint}", refused.reason);
    }
    refused
}

fn options(
    spec: &AttemptSpec,
    notebook: &[u8],
    environment: &BTreeMap<String, String>,
) -> Result<ExecuteOptions, Refused> {
    let claim = &spec.claim;
    let parsed = Notebook::parse(notebook).map_err(|error| refused("bad_notebook", &error))?;
    let source =
        Location::parse(&claim.notebook).map_err(|error| refused("bad_notebook", &error))?;
    let settings = &claim.settings;
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let mut options = ExecuteOptions::new(source);
    "runner".clone_into(&mut options.command);
    options.loaded = Some(Arc::new((parsed, sha256(notebook))));
    options.working_directory = spec.notebook.parent().map(std::path::Path::to_owned);
    options.parameters = parameters(claim)?;
    options.kernel.clone_from(&settings.kernel);
    options.run_id = RunId::parse(&claim.record).ok();
    options.part_of = Some(claim.run.clone());
    options.environment = kernel_environment(claim, environment);
    let traced = spec.traced.as_ref().map(|traced| &traced.context);
    if let Some(context) = traced.or(claim.trace.as_ref()) {
        // What the notebook calls can join the trace.
        let variable = TraceContext::HEADER.to_ascii_uppercase();
        options.environment.insert(variable, context.clone());
    }
    options.secrets = secrets(claim, environment)?;
    options.start_timeout = seconds(settings.timeouts.start_seconds);
    options.run_timeout = Some(seconds(settings.timeouts.run_seconds));
    options.cell_timeout = settings.timeouts.cell_seconds.map(seconds);
    options.limits = limits(&claim.profile);
    let tables = Tables::unless_off(&options.environment);
    options.tables = tables.map_err(|error| refused("bad_setting", &error))?;
    options.tags = tags(claim);
    Ok(options)
}

/// How the state of its kernel is kept.
fn keeping(claim: &Claim, records: &Store) -> Option<Keeping> {
    let policy = match claim.settings.keep {
        Keep::Cells(Cells::Off) => return None,
        Keep::Cells(Cells::Every) => Policy::EveryCell,
        Keep::After(seconds) => Policy::After(Duration::from_secs(seconds.into())),
    };
    Some(Keeping {
        folder: kept_state::all(records),
        policy,
        asked: true,
    })
}

/// The run it goes on from. Where another worker ran it, its record is not here, and all cells run.
fn parent(spec: &AttemptSpec, records: &Store) -> Option<Parent> {
    let resume = spec.claim.resume.as_ref()?;
    let document = records.find(&resume.record).ok()?.document().ok()?;
    let state = KeptState::of(records, &resume.record);
    let copies = if state.is_taken() && !spec.goes_on {
        // Their files are those of another run now.
        state.folder().join("taken")
    } else {
        state.folder().to_owned()
    };
    Some(Parent {
        document,
        copies,
        has_files: spec.goes_on,
        earlier: Vec::new(),
        from: resume.from,
    })
}

/// A profile's numbers were checked when it was set. Should one without sense come from a database that
/// was edited by hand, it is no limit: a kernel that may use nothing could not even start.
fn limits(profile: &Profile) -> Limits {
    let memory_bytes = u64::try_from(profile.memory_bytes);
    Limits {
        memory_bytes: memory_bytes.ok().filter(|bytes| *bytes > 0),
        cpus: Some(profile.cpus).filter(|cpus| cpus.is_finite() && *cpus > 0.0),
        ..Limits::default()
    }
}

fn parameters(claim: &Claim) -> Result<IndexMap<String, ParameterValue>, Refused> {
    let mut values = IndexMap::new();
    for (name, value) in &claim.parameters {
        let json = Json::parse(value.to_string().as_bytes())
            .map_err(|error| refused("bad_param", &error))?;
        values.insert(name.clone(), ParameterValue::from_json(&json));
    }
    Ok(values)
}

/// Whether a variable is for the server alone: what it signs in with, and the secrets of its channels.
/// Notebooks are written by more people than the server is run by.
pub fn is_the_servers(name: &str) -> bool {
    ["NBPRESS_SECRET_", "NBPRESS_SERVE_", "NBPRESS_WORKER_"]
        .iter()
        .any(|beginning| name.starts_with(beginning))
        || [
            "NBPRESS_DATABASE",
            "NBPRESS_SMTP",
            "NBPRESS_TOKEN",
            "NBPRESS_SERVER",
            // Keys of collectors.
            "OTEL_EXPORTER_OTLP_HEADERS",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        ]
        .contains(&name)
}

/// The worker's environment, the job's own variables, and what user code needs to be idempotent.
fn kernel_environment(
    claim: &Claim,
    environment: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut variables = environment.clone();
    variables.retain(|name, _| !is_the_servers(name));
    variables.extend(claim.settings.environment.clone());
    let mut set = |name: &str, value: String| variables.insert(name.to_owned(), value);
    set("NBPRESS_ATTEMPT", claim.attempt.to_string());
    set("NBPRESS_IDEMPOTENCY_KEY", claim.run.clone());
    set("NBPRESS_WORKSPACE", claim.workspace.clone());
    if let Some(job) = &claim.job {
        set("NBPRESS_JOB", job.clone());
    }
    if let Some(logical) = &claim.logical {
        set("NBPRESS_LOGICAL_TIME", logical.at.to_string());
        set(
            "NBPRESS_DATA_INTERVAL_START",
            logical.interval_start.to_string(),
        );
        set(
            "NBPRESS_DATA_INTERVAL_END",
            logical.interval_end.to_string(),
        );
        set("NBPRESS_TIME_ZONE", logical.time_zone.clone());
    }
    variables
}

fn secrets(claim: &Claim, environment: &BTreeMap<String, String>) -> Result<Vec<Secret>, Refused> {
    let missing = |name: &str, what: String| Refused {
        code: "no_secret".to_owned(),
        reason: format!("the secret `{name}` cannot be read on this worker: {what}"),
    };
    let mut secrets = Vec::new();
    for (name, source) in &claim.settings.secrets {
        let value = match source.split_once(':') {
            Some(("env", variable)) => environment
                .get(variable)
                .cloned()
                .ok_or_else(|| missing(name, format!("the variable `{variable}` is not set")))?,
            Some(("file", path)) => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a secret's file is local, never a notebook"
                )]
                let text = std::fs::read_to_string(path)
                    .map_err(|error| missing(name, format!("`{path}`: {error}")))?;
                text.trim_end_matches(['\r', '\n']).to_owned()
            }
            _ => return Err(missing(name, "write `env:NAME` or `file:PATH`".to_owned())),
        };
        secrets.push(Secret {
            name: name.clone(),
            value,
        });
    }
    Ok(secrets)
}

fn tags(claim: &Claim) -> Object {
    let mut tags: Object = claim
        .tags
        .iter()
        .map(|(name, value)| (name.clone(), Json::from(value.as_str())))
        .collect();
    for (name, value) in [
        ("nbpress.run", Some(claim.run.clone())),
        ("nbpress.attempt", Some(claim.attempt.to_string())),
        ("nbpress.job", claim.job.clone()),
        ("nbpress.task", claim.task.clone()),
        ("nbpress.snapshot", Some(claim.snapshot.clone())),
    ] {
        if let Some(value) = value {
            tags.insert(name.to_owned(), Json::from(value.as_str()));
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nonsense_in_a_profile_is_no_limit() {
        for (cpus, memory_bytes, expected_cpus, expected_memory) in [
            (1.5, 2 << 30, Some(1.5), Some(2 << 30)),
            (0.0, 0, None, None),
            (-1.0, -1, None, None),
            (f64::NAN, i64::MIN, None, None),
            (f64::INFINITY, i64::MAX, None, Some(i64::MAX as u64)),
        ] {
            let profile = Profile {
                name: "odd".to_owned(),
                cpus,
                memory_bytes,
                next: None,
            };
            let limits = limits(&profile);
            assert_eq!(limits.cpus, expected_cpus, "{profile:?}");
            assert_eq!(limits.memory_bytes, expected_memory, "{profile:?}");
        }
    }

    #[test]
    fn a_kernel_has_the_workers_variables_but_not_what_the_server_signs_in_with() {
        let worker = [
            "PATH",
            "AWS_PROFILE",
            "NBPRESS_HOME",
            "NBPRESS_TOKEN",
            "NBPRESS_SMTP",
            "NBPRESS_DATABASE",
            "NBPRESS_SECRET_HOOK",
            "NBPRESS_SERVE_OIDC_CLIENT_SECRET",
            "NBPRESS_WORKER_TOKEN_FILE",
            "OTEL_EXPORTER_OTLP_HEADERS",
        ];
        let worker = worker.map(|name| (name.to_owned(), "worker".to_owned()));
        let claim: Claim = serde_json::from_value(json!({
            "run": "run_1", "attempt": 2, "record": "run_1b", "workspace": "team", "job": null, "task": null,
            "snapshot": "5a", "notebook": "n.ipynb", "parameters": {}, "tags": {}, "logical": null,
            "settings": {"environment": {"AWS_PROFILE": "job"}},
            "profile": {"name": "small", "cpus": 1.0, "memory_bytes": 0},
        }))
        .unwrap();
        let variables = kernel_environment(&claim, &worker.into());
        let variables: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            variables,
            [
                ("AWS_PROFILE", "job"),
                ("NBPRESS_ATTEMPT", "2"),
                ("NBPRESS_HOME", "worker"),
                ("NBPRESS_IDEMPOTENCY_KEY", "run_1"),
                ("NBPRESS_WORKSPACE", "team"),
                ("PATH", "worker"),
            ]
        );
    }
}
