//! Objects of S3, Google Cloud Storage and Azure: read, write, inspect, list, delete.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use object_store::client::{HttpError, HttpErrorKind};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    UpdateVersion,
};

use crate::error::{Cause, StorageErrorKind};
use crate::location::{ObjectPlace, Service};
use crate::storage::{Entry, Meta, Page, Settings, Support, Version, WriteMode, WriteOptions};

mod azure;
mod client_options;
mod gcs;
mod probe;
mod profile;
mod s3;

type Result<T> = std::result::Result<T, StorageErrorKind>;

/// What all three services' clients can do.
trait Client: ObjectStore + PaginatedListStore {}

impl<T: ObjectStore + PaginatedListStore> Client for T {}

/// A client for one bucket, and what is needed to speak about its failures.
struct Opened {
    client: Arc<dyn Client>,
    /// Scheme, host and port without credentials.
    endpoint: String,
    /// Texts that must not appear in an error.
    secrets: Vec<String>,
    /// Which credentials are used, or where they were looked for.
    credentials: String,
}

/// One bucket, opened.
struct Bucket {
    service: Service,
    name: String,
    timeout: Duration,
    opened: Opened,
    if_absent: tokio::sync::OnceCell<Support>,
    if_match: tokio::sync::OnceCell<Support>,
}

/// The buckets that have been used.
#[derive(Default)]
pub(crate) struct Buckets {
    opened: Mutex<HashMap<ObjectPlace, Arc<Bucket>>>,
}

impl fmt::Debug for Buckets {
    /// Without the buckets, which hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets").finish_non_exhaustive()
    }
}

impl Buckets {
    pub(crate) async fn read(
        &self,
        settings: &Settings,
        place: &ObjectPlace,
        range: Option<Range<u64>>,
    ) -> Result<Bytes> {
        let path = object_path(&place.key)?;
        self.bucket(settings, place).await?.read(&path, range).await
    }

    pub(crate) async fn write(
        &self,
        settings: &Settings,
        place: &ObjectPlace,
        bytes: Bytes,
        options: WriteOptions,
    ) -> Result<Version> {
        let path = object_path(&place.key)?;
        self.bucket(settings, place)
            .await?
            .write(&path, bytes, options)
            .await
    }

    pub(crate) async fn head(&self, settings: &Settings, place: &ObjectPlace) -> Result<Meta> {
        let path = object_path(&place.key)?;
        self.bucket(settings, place).await?.head(&path).await
    }

    pub(crate) async fn list(
        &self,
        settings: &Settings,
        place: &ObjectPlace,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page> {
        self.bucket(settings, place)
            .await?
            .list(&place.key, after, limit)
            .await
    }

    pub(crate) async fn delete(&self, settings: &Settings, place: &ObjectPlace) -> Result<()> {
        let path = object_path(&place.key)?;
        let bucket = self.bucket(settings, place).await?;
        bucket.limited(0, bucket.opened.client.delete(&path)).await
    }

    pub(crate) async fn check_conditional_writes(
        &self,
        settings: &Settings,
        place: &ObjectPlace,
    ) -> Result<Support> {
        let bucket = self.bucket(settings, place).await?;
        bucket.enforces(&place.key, &WriteMode::IfAbsent).await
    }

    async fn bucket(&self, settings: &Settings, place: &ObjectPlace) -> Result<Arc<Bucket>> {
        let which = ObjectPlace {
            key: String::new(),
            ..place.clone()
        };
        if let Some(bucket) = self.lock().get(&which) {
            return Ok(Arc::clone(bucket));
        }
        let opened = match place.service {
            Service::S3 => s3::open(settings, &place.bucket).await?,
            Service::Gcs => gcs::open(settings, &place.bucket).await?,
            Service::Azure => azure::open(settings, place).await?,
        };
        let bucket = Bucket {
            service: place.service,
            name: place.bucket.clone(),
            timeout: settings.timeout,
            opened,
            if_absent: tokio::sync::OnceCell::new(),
            if_match: tokio::sync::OnceCell::new(),
        };
        // Whoever was first stays: its probes are worth keeping.
        Ok(Arc::clone(
            self.lock().entry(which).or_insert_with(|| Arc::new(bucket)),
        ))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ObjectPlace, Arc<Bucket>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    async fn read(&self, path: &Path, range: Option<Range<u64>>) -> Result<Bytes> {
        match range {
            None => self.get(path, GetOptions::default()).await,
            Some(range) if range.is_empty() => self.head(path).await.map(|_| Bytes::new()),
            Some(range) => {
                let options = GetOptions {
                    range: Some(range.clone().into()),
                    ..GetOptions::default()
                };
                match self.get(path, options).await {
                    // The services refuse a range that starts behind the end.
                    Err(StorageErrorKind::Other { .. })
                        if self.head(path).await?.size <= range.start =>
                    {
                        Ok(Bytes::new())
                    }
                    result => result,
                }
            }
        }
    }

    async fn get(&self, path: &Path, options: GetOptions) -> Result<Bytes> {
        let found = self
            .limited(0, self.opened.client.get_opts(path, options))
            .await?;
        let size = found.range.end.saturating_sub(found.range.start);
        self.limited(size, found.bytes()).await
    }

    async fn write(&self, path: &Path, bytes: Bytes, options: WriteOptions) -> Result<Version> {
        if options.mode != WriteMode::Overwrite
            && self.enforces(path.as_ref(), &options.mode).await? == Support::NotEnforced
        {
            return Err(StorageErrorKind::ConditionalWriteNotEnforced);
        }
        let mode = match &options.mode {
            WriteMode::Overwrite => PutMode::Overwrite,
            WriteMode::IfAbsent => PutMode::Create,
            WriteMode::IfMatch(version) => PutMode::Update(update_version(version)),
        };
        let attributes = content_type(path, options.content_type)
            .map(|text| Attributes::from_iter([(Attribute::ContentType, text)]))
            .unwrap_or_default();
        let put = PutOptions {
            mode,
            attributes,
            ..PutOptions::default()
        };
        let size = bytes.len() as u64;
        let result = self
            .limited(size, self.opened.client.put_opts(path, bytes.into(), put))
            .await;
        match result {
            Ok(done) => Ok(self.version(done.e_tag, done.version)),
            Err(kind) => Err(refused(kind, options.mode, &self.name)),
        }
    }

    async fn head(&self, path: &Path) -> Result<Meta> {
        let meta = self.limited(0, self.opened.client.head(path)).await?;
        let version = self.version(meta.e_tag, meta.version);
        Ok(Meta {
            size: meta.size,
            version,
            modified: Some(meta.last_modified.into()),
        })
    }

    /// `after` is the store's own token.
    async fn list(&self, key: &str, after: Option<&str>, limit: usize) -> Result<Page> {
        if limit == 0 {
            return Ok(Page {
                entries: Vec::new(),
                next: after.map(str::to_owned),
            });
        }
        let folder = key.trim_end_matches('/');
        let prefix = if folder.is_empty() {
            None
        } else {
            Some(format!("{folder}/"))
        };
        let options = PaginatedListOptions {
            delimiter: Some("/".into()),
            max_keys: Some(limit),
            page_token: after.map(str::to_owned),
            ..PaginatedListOptions::default()
        };
        let found = self
            .limited(
                0,
                self.opened
                    .client
                    .list_paginated(prefix.as_deref(), options),
            )
            .await?;
        let folders = found
            .result
            .common_prefixes
            .iter()
            .map(|path| (path, 0, None, None));
        let objects = found.result.objects.iter().map(|object| {
            let version = self.listed_version(object.e_tag.as_deref());
            (
                &object.location,
                object.size,
                Some(object.last_modified),
                version,
            )
        });
        let mut entries = Vec::with_capacity(limit.min(1000));
        for (path, size, modified, version) in folders.chain(objects) {
            // Consoles mark a folder by an empty object of the folder's own name.
            let Some(name) = path
                .as_ref()
                .strip_prefix(prefix.as_deref().unwrap_or_default())
            else {
                continue;
            };
            if !probe::is_probe(name) && !name.is_empty() {
                let modified = modified.map(Into::into);
                entries.push(Entry {
                    name: name.to_owned(),
                    is_folder: modified.is_none(),
                    size,
                    modified,
                    version,
                });
            }
        }
        entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(Page {
            entries,
            next: found.page_token,
        })
    }

    /// What a later conditional write needs: the entity tag, on Google the generation number.
    fn version(&self, e_tag: Option<String>, generation: Option<String>) -> Version {
        let text = match self.service {
            Service::Gcs => generation.or(e_tag),
            Service::S3 | Service::Azure => e_tag,
        };
        Version::from_text(text.unwrap_or_else(|| "unknown".to_owned()))
    }

    /// The same, as a listing has it.
    fn listed_version(&self, e_tag: Option<&str>) -> Option<Version> {
        match self.service {
            Service::Gcs => None,
            Service::S3 => e_tag.map(Version::from_text),
            // Its headers have quotation marks, its lists have not.
            Service::Azure => {
                e_tag.map(|tag| Version::from_text(format!("\"{}\"", tag.trim_matches('"'))))
            }
        }
    }

    /// Awaits `work`, at most the timeout plus a second for each 128 KiB to be moved.
    async fn limited<T>(
        &self,
        size: u64,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T> {
        let limit = self.timeout + Duration::from_secs(size / (128 * 1024));
        let result = tokio::time::timeout(limit, work).await.map_err(|_| {
            let text = format!("no answer within {} seconds", limit.as_secs_f32());
            self.unreachable(Cause::from_text(&text, &[]))
        })?;
        result.map_err(|error| self.kind(&error))
    }

    fn kind(&self, error: &object_store::Error) -> StorageErrorKind {
        use object_store::Error as Failure;
        let cause = Cause::new(error, &self.opened.secrets);
        let is_transport = is_transport(error);
        let source: Option<Box<dyn Error + Send + Sync>> = Some(Box::new(cause));
        match error {
            Failure::NotFound { .. } => StorageErrorKind::NotFound { source },
            Failure::AlreadyExists { .. }
            | Failure::Precondition { .. }
            | Failure::NotModified { .. } => StorageErrorKind::AlreadyExists { source },
            Failure::PermissionDenied { .. } | Failure::Unauthenticated { .. } => {
                StorageErrorKind::PermissionDenied {
                    source,
                    advice: Some(self.opened.credentials.clone()),
                }
            }
            _ if is_transport => StorageErrorKind::Unreachable {
                endpoint: self.opened.endpoint.clone(),
                source,
            },
            _ => StorageErrorKind::Other { source },
        }
    }

    fn unreachable(&self, cause: Cause) -> StorageErrorKind {
        StorageErrorKind::Unreachable {
            endpoint: self.opened.endpoint.clone(),
            source: Some(Box::new(cause)),
        }
    }
}

/// What a refused write means in its mode.
fn refused(kind: StorageErrorKind, mode: WriteMode, bucket: &str) -> StorageErrorKind {
    match (kind, mode) {
        // The only thing a write can miss.
        (StorageErrorKind::NotFound { .. }, _) => StorageErrorKind::FolderMissing {
            folder: bucket.to_owned(),
        },
        (StorageErrorKind::AlreadyExists { .. }, WriteMode::IfMatch(expected)) => {
            StorageErrorKind::VersionMismatch {
                expected,
                found: None,
            }
        }
        // 409 for other reasons: a lease, a bucket being deleted.
        (StorageErrorKind::AlreadyExists { source }, WriteMode::Overwrite) => {
            StorageErrorKind::Other { source }
        }
        (kind, _) => kind,
    }
}

/// Whether the network failed, not the server.
fn is_transport(error: &(dyn Error + 'static)) -> bool {
    let mut chain = std::iter::successors(Some(error), |&error| error.source());
    chain.any(|error| {
        error.downcast_ref::<HttpError>().is_some_and(|error| {
            !matches!(error.kind(), HttpErrorKind::Decode | HttpErrorKind::Unknown)
        })
    })
}

fn update_version(version: &Version) -> UpdateVersion {
    let text = Some(version.as_str().to_owned());
    UpdateVersion {
        e_tag: text.clone(),
        version: text,
    }
}

/// The literal key as the client wants it.
fn object_path(key: &str) -> Result<Path> {
    if key.is_empty() {
        return Err(StorageErrorKind::IsFolder);
    }
    Path::parse(key).map_err(|_| StorageErrorKind::Unsupported {
        what: "an object name with an empty, `.` or `..` segment or a control character",
    })
}

fn content_type(path: &Path, given: Option<String>) -> Option<String> {
    given.or_else(|| crate::storage::content_type_of(path.extension()?).map(str::to_owned))
}
