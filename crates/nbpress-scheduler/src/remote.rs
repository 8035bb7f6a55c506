//! A server far away as a worker's coordinator, over HTTP.
//!
//! Snapshots are copied once and kept in a store of this machine. While a run is on, what its record grows by is
//! sent every 200 ms; the rest, and the manifest, before its end is reported. The runner knows nothing of
//! this: a server that is away delays reports, and no run.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use nbpress_record::{Record, RecordError, RunId, Store as Records};
use nbpress_runs::run::{AttemptEnd, Claim, Finish};
use nbpress_runs::state::FailureClass;
use nbpress_runs::store::{Beat, ClaimRequest, NewWorker};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::coordinator::{Attempted, Coordinator, CoordinatorError};
use crate::snapshot::{SnapshotError, SnapshotId, SnapshotStore};

/// Between two looks at what a record has grown by.
const EVERY: Duration = Duration::from_millis(200);
/// Before a server that did not answer is asked again.
const PAUSE: Duration = Duration::from_secs(2);
/// Most bytes of a journal in one request.
const PART: u64 = 1 << 20;
/// How long the server may hold a question for news.
const NEWS: Duration = Duration::from_secs(20);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one may take that comes after a whole record was read, or brings a file.
const LONG: Duration = Duration::from_mins(10);
/// What a network brings at least, in bytes per second.
const SLOWEST: u64 = 50_000;
/// How long the lock of a record may be held by a process that its runner was just starting when it was killed.
const INHERITED: Duration = Duration::from_secs(5);

/// How an attempt ended, on its way to the server.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The run.
    pub run: String,
    /// The attempt.
    pub attempt: i64,
    /// Its record.
    pub record: String,
    /// How it ended.
    pub end: AttemptEnd,
}

/// What a server has of a record.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Copied {
    /// How much of its journal, in bytes.
    pub length: u64,
    /// The large values of it, by their SHA-256.
    pub blobs: BTreeSet<String>,
}

/// How long a copy of a journal is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Length {
    /// In bytes.
    pub length: u64,
}

/// The manifest that closes a copy of a record.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The hash of the record, as the report has it.
    pub sha256: String,
    /// The manifest's text; absent where the runner was killed.
    pub manifest: Option<String>,
}

/// Whether there may be something to do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct News {
    /// Another number than before when there may be.
    pub count: u64,
}

/// A server that a worker reaches over HTTP.
#[derive(Clone, Debug)]
pub struct Remote {
    client: reqwest::Client,
    server: Url,
    token: Arc<str>,
    /// Copies of snapshots.
    snapshots: SnapshotStore,
    /// What runners of this machine write.
    records: Records,
    seen: Arc<AtomicU64>,
}

/// The server refused, with its own words.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    message: String,
    pub(crate) hint: Option<String>,
}

/// What the server answers instead of what was asked for.
#[derive(Debug, Deserialize)]
struct ErrorBody {
    error: Problem,
}

#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
    message: String,
    hint: Option<String>,
}

/// What helps where the server speaks of headers.
const TOKEN: &str =
    "set `NBPRESS_TOKEN` to the server's own, or to what is in its `NBPRESS_HOME/token`";

impl Refusal {
    fn new(message: String) -> Self {
        Self {
            message,
            hint: None,
        }
    }
}

impl Remote {
    /// A server that is not asked yet.
    ///
    /// # Errors
    /// The address has no host, or TLS cannot be set up.
    pub fn new(
        server: Url,
        token: &str,
        snapshots: SnapshotStore,
        records: Records,
    ) -> Result<Self, CoordinatorError> {
        if server.cannot_be_a_base() || !server.has_host() {
            let message = format!("`{server}` is no address of a server");
            return Err(CoordinatorError::Refused(Refusal::new(message).into()));
        }
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .no_proxy()
            .build()
            .map_err(|error| CoordinatorError::Refused(error.into()))?;
        Ok(Self {
            client,
            server,
            token: token.into(),
            snapshots,
            records,
            seen: Arc::default(),
        })
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, CoordinatorError> {
        self.post_within(PATIENCE, path, body).await
    }

    async fn post_within<T: DeserializeOwned>(
        &self,
        time: Duration,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, CoordinatorError> {
        let bytes = serde_json::to_vec(body).map_err(refused)?;
        let request = self
            .request(Method::POST, path)
            .timeout(time)
            .header("content-type", "application/json")
            .body(bytes);
        answer(request).await
    }

    fn request(&self, method: Method, path: &[&str]) -> reqwest::RequestBuilder {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments
                .pop_if_empty()
                .extend(["v1", "worker"])
                .extend(path);
        }
        self.client
            .request(method, url)
            .bearer_auth(&self.token)
            .timeout(PATIENCE)
    }

    async fn object(&self, name: String) -> Result<Bytes, CoordinatorError> {
        bytes(self.request(Method::GET, &["objects", &name]).timeout(LONG)).await
    }

    /// Asks what the server has of a record.
    async fn copied(&self, name: &str) -> Result<Copied, CoordinatorError> {
        answer(self.request(Method::GET, &["records", name])).await
    }

    /// Sends what of a record the server does not have, until it is at the end of the journal.
    async fn send(&self, record: &Record, sent: &mut Copied) -> Result<(), CoordinatorError> {
        let name = record.run_id().to_string();
        loop {
            // Asked before the blobs: those that this part needs are there by then.
            let part = part(&record.folder().join("journal"), sent.length).map_err(lasting)?;
            for blob in record.blob_names().map_err(unreadable)? {
                if !sent.blobs.contains(&blob) {
                    self.send_blob(record, &name, &blob).await?;
                    sent.blobs.insert(blob);
                }
            }
            let finished_since =
                record.manifest().is_none() && record.folder().join("manifest.json").exists();
            // Then its blobs are not where they were, and it is delivered as a whole.
            if part.is_empty() || finished_since {
                return Ok(());
            }
            let request = self
                .request(Method::PUT, &["records", &name, "journal"])
                .query(&[("offset", sent.length)])
                .body(part);
            sent.length = answer::<Length>(request).await?.length;
        }
    }

    async fn send_blob(
        &self,
        record: &Record,
        name: &str,
        blob: &str,
    ) -> Result<(), CoordinatorError> {
        let bytes = match record.blob(blob) {
            // The run is over: it is sent with the rest.
            Err(RecordError::MissingBlob { .. }) => return Ok(()),
            bytes => bytes.map_err(unreadable)?,
        };
        let request = self
            .request(Method::PUT, &["records", name, "blobs", blob])
            .timeout(LONG + Duration::from_secs(bytes.len() as u64 / SLOWEST))
            .body(bytes);
        answer::<serde_json::Value>(request).await.map(drop)
    }

    /// The server has the whole record when this returns.
    async fn deliver(&self, name: &str, sha256: &str) -> Result<(), CoordinatorError> {
        let record = self.records.find(name).map_err(unreadable)?;
        let mut sent = self.copied(name).await?;
        let manifest = manifest(&record).map_err(lasting)?;
        self.send(&record, &mut sent).await?;
        let seal = Seal {
            sha256: sha256.to_owned(),
            manifest,
        };
        self.post_within::<serde_json::Value>(LONG, &["records", name, "seal"], &seal)
            .await
            .map(drop)
    }
}

impl Coordinator for Remote {
    async fn register(&self, worker: &NewWorker) -> Result<Beat, CoordinatorError> {
        of_records(self.post(&["register"], worker).await?)
    }

    async fn beat(&self, worker: &str) -> Result<Beat, CoordinatorError> {
        of_records(self.post(&[worker, "beat"], &serde_json::json!({})).await?)
    }

    async fn held(&self, worker: &str) -> Result<Beat, CoordinatorError> {
        // The way there and back costs more than what is written.
        self.beat(worker).await
    }

    async fn claim(
        &self,
        worker: &str,
        request: &ClaimRequest,
    ) -> Result<Vec<Claim>, CoordinatorError> {
        let claims: Vec<Claim> = self.post(&[worker, "claim"], request).await?;
        claims
            .iter()
            .try_for_each(|claim| check_name(&claim.record))?;
        Ok(claims)
    }

    async fn fetch(&self, snapshot: &str, folder: &Path) -> Result<PathBuf, CoordinatorError> {
        let id = SnapshotId::parse(snapshot)?;
        self.snapshots.copy(&id, |name| self.object(name)).await?;
        Ok(self.snapshots.materialize(&id, folder).await?)
    }

    async fn replicate(&self, attempted: &Attempted) -> Infallible {
        let record = loop {
            tokio::time::sleep(EVERY).await;
            // Its runner may be only starting.
            if let Ok(record) = self.records.find(&attempted.record) {
                break record;
            }
        };
        loop {
            // Should the server be away, everything is still here, and sent before the report.
            if let Ok(mut sent) = self.copied(&attempted.record).await {
                while self.send(&record, &mut sent).await.is_ok() {
                    tokio::time::sleep(EVERY).await;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn finish(
        &self,
        worker: &str,
        attempted: &Attempted,
        end: &AttemptEnd,
    ) -> Result<Finish, CoordinatorError> {
        let mut report = Report {
            run: attempted.run.clone(),
            attempt: attempted.attempt,
            record: attempted.record.clone(),
            end: end.clone(),
        };
        if let Some(sha256) = &end.record_sha256 {
            match self.deliver(&attempted.record, sha256).await {
                Err(CoordinatorError::NotFound(cause)) => {
                    let reason = format!("its record cannot be read: {cause}");
                    report.end = AttemptEnd::failed(FailureClass::Platform, "store_error", reason);
                }
                delivered => delivered?,
            }
        }
        self.post_within(LONG, &[worker, "finish"], &report).await
    }

    async fn forget(&self, record: &str) {
        let Ok(id) = record.parse() else { return };
        let since = Instant::now();
        while since.elapsed() < INHERITED {
            let records = self.records.clone();
            let removed = tokio::task::spawn_blocking(move || records.remove(id)).await;
            // Nothing was recorded, or it is gone already.
            let Ok(Err(RecordError::StillRunning { .. })) = removed else {
                return;
            };
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn woken(&self) {
        let seen = self.seen.load(Ordering::Relaxed);
        let request = self
            .request(Method::GET, &["news"])
            .query(&[("seen", seen)])
            .timeout(NEWS * 2);
        match answer::<News>(request).await {
            Ok(news) if news.count != seen => self.seen.store(news.count, Ordering::Relaxed),
            Ok(_) => {}
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Folders are made, and removed, by these names.
fn of_records(beat: Beat) -> Result<Beat, CoordinatorError> {
    beat.held
        .iter()
        .try_for_each(|held| check_name(&held.record))?;
    Ok(beat)
}

fn check_name(record: &str) -> Result<(), CoordinatorError> {
    if RunId::parse(record).is_ok() {
        return Ok(());
    }
    let message = format!("`{record}` is no name of a record");
    Err(CoordinatorError::Refused(Refusal::new(message).into()))
}

async fn answer<T: DeserializeOwned>(
    request: reqwest::RequestBuilder,
) -> Result<T, CoordinatorError> {
    let bytes = bytes(request).await?;
    serde_json::from_slice(&bytes).map_err(|error| CoordinatorError::Away(error.into()))
}

async fn bytes(request: reqwest::RequestBuilder) -> Result<Bytes, CoordinatorError> {
    let away = |error: reqwest::Error| CoordinatorError::Away(error.into());
    let response = request.send().await.map_err(away)?;
    let status = response.status();
    let bytes = response.bytes().await.map_err(away)?;
    if status.is_success() {
        return Ok(bytes);
    }
    let (code, message, hint) = match serde_json::from_slice(&bytes) {
        Ok(ErrorBody { error }) => (error.code, error.message, error.hint),
        Err(_) => (String::new(), format!("the server answered {status}"), None),
    };
    let hint = match code.as_str() {
        "unauthorized" => Some(TOKEN.to_owned()),
        _ => hint,
    };
    let refusal = Refusal { message, hint }.into();
    Err(match (status, code.as_str()) {
        (StatusCode::CONFLICT, "lost") => CoordinatorError::Lost,
        (StatusCode::NOT_FOUND, "no_worker") => CoordinatorError::Lost,
        (StatusCode::NOT_FOUND, "not_found") => CoordinatorError::NotFound(refusal),
        // What was sent is not whole; it is sent again.
        (StatusCode::CONFLICT, "incomplete" | "gap") => CoordinatorError::Away(refusal),
        _ if status.is_server_error() || status == StatusCode::NOT_FOUND => {
            CoordinatorError::Away(refusal)
        }
        _ => CoordinatorError::Refused(refusal),
    })
}

/// At most [`PART`] bytes of a file from an offset on.
fn part(path: &Path, offset: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut part = Vec::new();
    file.take(PART).read_to_end(&mut part)?;
    Ok(part)
}

fn manifest(record: &Record) -> io::Result<Option<String>> {
    if record.manifest().is_none() {
        return Ok(None);
    }
    let mut text = String::new();
    File::open(record.folder().join("manifest.json"))?.read_to_string(&mut text)?;
    Ok(Some(text))
}

fn refused(error: serde_json::Error) -> CoordinatorError {
    CoordinatorError::Refused(error.into())
}

/// This machine's disk: as passing as a server that is away.
fn lasting(error: io::Error) -> CoordinatorError {
    CoordinatorError::Away(error.into())
}

/// A record that is damaged stays so.
fn unreadable(error: RecordError) -> CoordinatorError {
    match error {
        RecordError::Io { .. } => CoordinatorError::Away(error.into()),
        _ => CoordinatorError::NotFound(error.into()),
    }
}

impl From<SnapshotError> for CoordinatorError {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Storage { .. } | SnapshotError::Disk { .. } => Self::Away(error.into()),
            _ => Self::NotFound(error.into()),
        }
    }
}
