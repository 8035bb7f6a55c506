//! Publishing: from a notebook somewhere to a task that trusts a snapshot of it.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use indexmap::IndexMap;
use nbpress_contents::ContentsPath;
use nbpress_format::json::Json;
use nbpress_format::notebook::Notebook;
use nbpress_format::parameters::{self, ParameterValue, Schema};
use nbpress_runs::job::{ParameterSchema, RunSettings};
use nbpress_scheduler::snapshot::{Limits, PublishRequest, Snapshot, SnapshotId, Upload};
use nbpress_storage::Location;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::App;
use crate::error::{ApiError, ApiResult};
use crate::jupyter::{refused, served};

/// A notebook, or a `.sql`, `.py`, `.R` or `.sh` file that becomes one, with the files it needs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadRequest {
    /// Its path: what people see.
    pub name: String,
    /// Its bytes, in base64.
    pub content: String,
    /// The files beside it.
    #[serde(default)]
    pub files: Vec<UploadedFile>,
}

/// A file that a notebook needs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadedFile {
    /// Its path, relative to where the notebook's path is relative to.
    pub path: String,
    /// Its bytes, in base64.
    pub content: String,
}

/// A notebook where the server can read it.
#[derive(Clone, Debug, Default)]
pub(crate) struct WorkingCopy {
    pub(crate) source: String,
    pub(crate) root: Option<String>,
    pub(crate) files: Vec<String>,
}

impl WorkingCopy {
    pub(crate) fn request(&self) -> ApiResult<PublishRequest> {
        let location = Location::parse(&self.source)
            .map_err(|error| ApiError::invalid("source", error.to_string()))?;
        let mut request = PublishRequest::new(location);
        request.root = self.root.as_ref().map(PathBuf::from);
        request.files.clone_from(&self.files);
        Ok(request)
    }
}

/// A published notebook.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) snapshot: String,
    pub(crate) notebook: String,
    pub(crate) schema: Vec<ParameterSchema>,
    document: Notebook,
}

impl Published {
    async fn of(app: &App, snapshot: &Snapshot) -> ApiResult<Self> {
        let document = app.snapshots.notebook(&snapshot.id).await?;
        let schema = described(&document);
        Ok(Self {
            snapshot: snapshot.id.to_string(),
            notebook: snapshot.manifest.notebook.path.clone(),
            schema,
            document,
        })
    }

    /// Whether values fit what the notebook declares; references to scraps are known later, and secrets
    /// are given elsewhere.
    pub(crate) fn check(
        &self,
        given: &Map<String, Value>,
        settings: &RunSettings,
        field: &str,
    ) -> ApiResult<()> {
        let Some(schema) = declared(&self.document) else {
            return match given.keys().next() {
                Some(name) if self.document.parameters_cell().is_none() => {
                    let message = format!("the notebook has no parameters, so not `{name}`");
                    Err(ApiError::invalid(field, message)
                        .hint(Some("tag a cell with `parameters`".to_owned())))
                }
                _ => Ok(()),
            };
        };
        let deferred = |value: &Value| {
            let text = value.as_str();
            text.is_some_and(|text| nbpress_runs::plan::scrap_reference(text).is_some())
        };
        let later: Vec<&str> = given
            .iter()
            .filter(|(_, value)| deferred(value))
            .map(|(name, _)| name.as_str())
            .chain(settings.secrets.keys().map(String::as_str))
            .chain(LOGICAL)
            .collect();
        let mut values = IndexMap::new();
        for (name, value) in given.iter().filter(|(_, value)| !deferred(value)) {
            let json = Json::parse(value.to_string().as_bytes())
                .map_err(|error| ApiError::invalid(format!("{field}.{name}"), error.to_string()))?;
            values.insert(name.clone(), ParameterValue::from_json(&json));
        }
        let now = later.into_iter().filter(|name| !values.contains_key(*name));
        let schema = schema.without(now.collect::<Vec<_>>());
        parameters::check(&schema, &values)
            .map(drop)
            .map_err(|problems| {
                let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
                let first = problems.first().map(|problem| problem.parameter.clone());
                ApiError::invalid(
                    format!("{field}.{}", first.unwrap_or_default()),
                    all.join("; "),
                )
            })
    }
}

/// Parameters that a schedule fills in.
const LOGICAL: [&str; 4] = [
    "logical_time",
    "logical_date",
    "data_interval_start",
    "data_interval_end",
];

fn declared(notebook: &Notebook) -> Option<Schema> {
    parameters::schema(notebook, notebook.language().unwrap_or("python"))
}

/// The parameters that a notebook declares.
pub(crate) fn described(notebook: &Notebook) -> Vec<ParameterSchema> {
    let schema = declared(notebook);
    schema.map(|schema| describe(&schema)).unwrap_or_default()
}

fn describe(schema: &Schema) -> Vec<ParameterSchema> {
    let value = |value: &ParameterValue| {
        serde_json::from_str(&value.to_json().to_compact()).unwrap_or(Value::Null)
    };
    schema
        .iter()
        .map(|parameter| ParameterSchema {
            name: parameter.name.clone(),
            kind: parameter.kind.to_string(),
            default: parameter.default.as_ref().map(value),
            required: parameter.is_required(),
            choices: parameter.choices.iter().map(value).collect(),
            bounds: parameter.bounds.as_ref().map(ToString::to_string),
            help: parameter.help.clone(),
        })
        .collect()
}

/// Takes a snapshot of a working copy.
pub(crate) async fn publish(app: &App, copy: &WorkingCopy) -> ApiResult<Published> {
    let snapshot = app.snapshots.publish(&copy.request()?).await?;
    Published::of(app, &snapshot).await
}

/// Keeps what was sent.
pub(crate) async fn keep(app: &App, upload: &UploadRequest) -> ApiResult<Published> {
    let decode = |field: String, text: &str| {
        let decoded = STANDARD.decode(text.trim());
        decoded
            .map(Bytes::from)
            .map_err(|error| ApiError::invalid(field, format!("it is not base64: {error}")))
    };
    let mut files = Vec::with_capacity(upload.files.len());
    for (at, file) in upload.files.iter().enumerate() {
        let bytes = decode(format!("upload.files[{at}].content"), &file.content)?;
        files.push((file.path.clone(), bytes));
    }
    let snapshot = app.snapshots.publish_bytes(Upload {
        notebook: upload.name.clone(),
        bytes: decode("upload.content".to_owned(), &upload.content)?,
        files,
        limits: Limits::default(),
    });
    Published::of(app, &snapshot.await?).await
}

/// Takes a snapshot of a notebook of the served folder; answers with where it is, if that is on this machine.
pub(crate) async fn take(
    app: &App,
    path: &str,
    files: &[String],
) -> ApiResult<(Published, Option<String>)> {
    let jupyter = served(app)?;
    let path =
        ContentsPath::parse(path).map_err(|error| ApiError::invalid("path", error.to_string()))?;
    let opened = jupyter.workspace.open_file(&path).await;
    if opened.map_err(|error| refused(&error))?.is_some() {
        let source = jupyter.root.join(path.as_str()).display().to_string();
        let copy = WorkingCopy {
            source: source.clone(),
            root: None,
            files: files.to_vec(),
        };
        return Ok((publish(app, &copy).await?, Some(source)));
    }
    let read = jupyter.workspace.read(&path).await;
    let (_, bytes) = read.map_err(|error| refused(&error))?;
    let upload = Upload {
        notebook: path.as_str().to_owned(),
        bytes,
        files: Vec::new(),
        limits: Limits::default(),
    };
    let snapshot = app.snapshots.publish_bytes(upload).await?;
    Ok((Published::of(app, &snapshot).await?, None))
}

/// What is there already.
pub(crate) async fn find(app: &App, snapshot: &str) -> ApiResult<Published> {
    let id = SnapshotId::parse(snapshot)?;
    let manifest = app.snapshots.manifest(&id).await?;
    Published::of(app, &Snapshot { id, manifest }).await
}
