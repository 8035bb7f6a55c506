//! What is known of a run before its kernel starts.

use jiff::Timestamp;
use nbpress_format::json::{Json, Object};

use crate::run_id::RunId;
use crate::wire::{Fields, Wire, WireError, object};

/// What a run is and where it came from; fixed when it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct RunHeader {
    /// The run's name.
    pub run_id: RunId,
    /// The nbpress that made the record, such as `0.1.0`.
    pub nbpress_version: String,
    /// The command that began it: `run`, `papermill` or `sweep`. The notebook of a `papermill` run
    /// has papermill's metadata only.
    pub command: String,
    /// The source notebook.
    pub source: Source,
    /// Where the output notebook goes; absent when only the record is kept.
    pub output_path: Option<String>,
    /// The parameters as given, secrets already replaced.
    pub parameters: Object,
    /// The kernel's working directory.
    pub working_directory: Option<String>,
    /// Operating system and processor, such as `linux-x86_64`.
    pub platform: String,
    /// The commit of the folder of the source notebook.
    pub git_commit: Option<GitCommit>,
    /// The point of a sweep that this run computes.
    pub sweep: Option<SweepPoint>,
    /// The run that failed, and that this one goes on from.
    pub parent: Option<RunId>,
    /// Names and values that the user gave the run to find it again.
    pub tags: Object,
    /// When the run began.
    pub started_at: Timestamp,
}

/// The source notebook of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The location as the user gave it, without credentials.
    pub path: String,
    /// SHA-256 of the file's bytes, 64 hexadecimal digits.
    pub sha256: String,
}

/// A state of a Git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitCommit {
    /// The commit's full name.
    pub commit: String,
}

/// One point of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepPoint {
    /// The sweep's name.
    pub sweep_id: String,
    /// The point's name within the sweep: equal for runs that compute the same point.
    pub point: String,
}

/// The kernel that a run talks to, as it introduced itself.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct KernelInfo {
    /// The kernelspec's name, such as `python3`.
    pub name: String,
    /// Such as `ipython`.
    pub implementation: String,
    /// The implementation's version.
    pub implementation_version: String,
    /// The language's name, such as `python`.
    pub language: String,
    /// The language's version.
    pub language_version: String,
    /// Version of the messaging protocol, such as `5.3`.
    pub protocol_version: String,
    /// The list of the environment's packages: SHA-256 of a blob of the store.
    pub environment: Option<String>,
    /// The process, where it is on this machine.
    pub pid: Option<u32>,
    /// What it may use of the machine and by which means that is enforced, in one line; absent when
    /// nothing was limited.
    pub limits: Option<String>,
}

impl Wire for RunHeader {
    fn to_json(&self) -> Json {
        object([
            ("run_id", self.run_id.to_json()),
            ("nbpress_version", self.nbpress_version.to_json()),
            ("command", self.command.to_json()),
            ("source", self.source.to_json()),
            ("output_path", self.output_path.to_json()),
            ("parameters", self.parameters.to_json()),
            ("working_directory", self.working_directory.to_json()),
            ("platform", self.platform.to_json()),
            ("git_commit", self.git_commit.to_json()),
            ("sweep", self.sweep.to_json()),
            ("parent", self.parent.to_json()),
            ("tags", self.tags.to_json()),
            ("started_at", self.started_at.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            run_id: fields.get("run_id")?,
            nbpress_version: fields.get("nbpress_version")?,
            command: fields.get("command")?,
            source: fields.get("source")?,
            output_path: fields.get("output_path")?,
            parameters: fields.get("parameters")?,
            working_directory: fields.get("working_directory")?,
            platform: fields.get("platform")?,
            git_commit: fields.get("git_commit")?,
            sweep: fields.get("sweep")?,
            parent: fields.get("parent")?,
            tags: fields.get("tags")?,
            started_at: fields.get("started_at")?,
        })
    }
}

impl Wire for Source {
    fn to_json(&self) -> Json {
        object([
            ("path", self.path.to_json()),
            ("sha256", self.sha256.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            path: fields.get("path")?,
            sha256: fields.get("sha256")?,
        })
    }
}

impl Wire for GitCommit {
    fn to_json(&self) -> Json {
        object([("commit", self.commit.to_json())])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            commit: fields.get("commit")?,
        })
    }
}

impl Wire for SweepPoint {
    fn to_json(&self) -> Json {
        object([
            ("sweep_id", self.sweep_id.to_json()),
            ("point", self.point.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            sweep_id: fields.get("sweep_id")?,
            point: fields.get("point")?,
        })
    }
}

impl Wire for KernelInfo {
    fn to_json(&self) -> Json {
        object([
            ("name", self.name.to_json()),
            ("implementation", self.implementation.to_json()),
            (
                "implementation_version",
                self.implementation_version.to_json(),
            ),
            ("language", self.language.to_json()),
            ("language_version", self.language_version.to_json()),
            ("protocol_version", self.protocol_version.to_json()),
            ("environment", self.environment.to_json()),
            ("pid", self.pid.to_json()),
            ("limits", self.limits.to_json()),
        ])
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json)?;
        Ok(Self {
            name: fields.get("name")?,
            implementation: fields.get("implementation")?,
            implementation_version: fields.get("implementation_version")?,
            language: fields.get("language")?,
            language_version: fields.get("language_version")?,
            protocol_version: fields.get("protocol_version")?,
            environment: fields.get("environment")?,
            pid: fields.get("pid")?,
            limits: fields.get("limits")?,
        })
    }
}
