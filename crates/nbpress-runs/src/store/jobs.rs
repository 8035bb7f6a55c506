//! Jobs and their versions.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nbpress_record::RunId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::StoreError;
use crate::job::{JobDefinition, check_name};
use crate::run::JobVersionRef;
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Row, Tx, args, to_json};
use crate::store::insert::places;
use crate::store::pools::check_places;

/// A job and its newest version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// The team or person it belongs to.
    pub workspace: String,
    /// Its name in the workspace.
    pub name: String,
    /// Its newest version, from 1.
    pub version: i64,
    /// What that version says.
    pub definition: JobDefinition,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its newest version was made.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl Job {
    /// Its newest version, as runs point to it.
    pub fn reference(&self) -> JobVersionRef {
        JobVersionRef {
            id: self.id.clone(),
            name: self.name.clone(),
            version: self.version,
        }
    }
}

/// One version of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobVersion {
    /// From 1.
    pub version: i64,
    /// What it says.
    pub definition: JobDefinition,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
}

const JOB: &str = "SELECT job.id, job.workspace, job.name, job.version, job_version.definition,
    job.created_at, job.updated_at
    FROM job JOIN job_version ON job_version.job = job.id AND job_version.version = job.version";

impl Store {
    /// Makes a job, or a new version of the one there is. An equal definition makes no version.
    ///
    /// # Errors
    /// The name or definition is not usable, a pool or profile it names does not exist, or the database
    /// fails.
    pub async fn put_job(
        &self,
        workspace: &str,
        name: &str,
        definition: &JobDefinition,
        actor: &str,
        now: Timestamp,
    ) -> Result<Job, StoreError> {
        check_name("workspace", workspace)?;
        check_name("name", name)?;
        definition.validate()?;
        transaction!(self, |tx| {
            let tasks = definition.tasks.iter().enumerate();
            let settings = tasks.map(|(at, task)| (format!("tasks[{at}]."), &task.settings));
            check_places(tx, settings).await?;
            let (id, version) = next_version(tx, workspace, name, definition, now).await?;
            if let Some(version) = version {
                let sql =
                    "INSERT INTO job_version (job, version, definition, created_at, created_by)
                           VALUES ($1, $2, $3, $4, $5)";
                let values = args![
                    id.clone(),
                    version,
                    to_json(definition)?,
                    now.as_microsecond(),
                    actor.to_owned()
                ];
                tx.run(sql, values).await?;
                let detail = format!("{name} version {version}");
                audit(tx, (actor, now), "published", ("job", &id), &detail).await?;
            }
            let row = tx
                .row(&format!("{JOB} WHERE job.id = $1"), args![id.clone()])
                .await?;
            row.map_or_else(|| Err(StoreError::not_found("job", name)), |row| job(&row))
        })
    }

    /// A job by its name.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn job(&self, workspace: &str, name: &str) -> Result<Job, StoreError> {
        let sql =
            format!("{JOB} WHERE job.workspace = $1 AND job.name = $2 AND job.archived_at IS NULL");
        let values = args![workspace.to_owned(), name.to_owned()];
        let row = self.database.row(&sql, values).await?;
        row.map_or_else(|| Err(StoreError::not_found("job", name)), |row| job(&row))
    }

    /// A job by its id.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn job_by_id(&self, id: &str) -> Result<Job, StoreError> {
        let row = self
            .database
            .row(&format!("{JOB} WHERE job.id = $1"), args![id.to_owned()])
            .await?;
        row.map_or_else(|| Err(StoreError::not_found("job", id)), |row| job(&row))
    }

    /// The jobs of a workspace by name, after one of them.
    ///
    /// # Errors
    /// The database fails.
    pub async fn jobs(
        &self,
        workspace: &str,
        after: &str,
        most: i64,
    ) -> Result<Vec<Job>, StoreError> {
        let sql = format!(
            "{JOB} WHERE job.workspace = $1 AND job.name > $2 AND job.archived_at IS NULL
             ORDER BY job.name LIMIT $3"
        );
        let values = args![workspace.to_owned(), after.to_owned(), most];
        let rows = self.database.rows(&sql, values).await?;
        rows.iter().map(job).collect()
    }

    /// The versions of a job, newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn job_versions(&self, id: &str) -> Result<Vec<JobVersion>, StoreError> {
        let sql = "SELECT version, definition, created_at, created_by FROM job_version
                   WHERE job = $1 ORDER BY version DESC";
        let rows = self.database.rows(sql, args![id.to_owned()]).await?;
        rows.iter()
            .map(|row| {
                Ok(JobVersion {
                    version: row.int("version")?,
                    definition: row.json("definition")?,
                    created_at: row.time("created_at")?,
                    created_by: row.text("created_by")?,
                })
            })
            .collect()
    }

    /// Hides a job and ends its schedules; its runs stay.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn archive_job(
        &self,
        workspace: &str,
        name: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let job = self.job(workspace, name).await?;
        transaction!(self, |tx| {
            let sql = "UPDATE job SET archived_at = $1 WHERE id = $2";
            tx.run(sql, args![now.as_microsecond(), job.id.clone()])
                .await?;
            tx.run("DELETE FROM schedule WHERE job = $1", args![job.id.clone()])
                .await?;
            audit(tx, (actor, now), "archived", ("job", &job.id), name).await
        })
    }
}

/// The job's id, and the number of the version that is to be written, if the definition is new.
async fn next_version(
    tx: &mut Tx,
    workspace: &str,
    name: &str,
    definition: &JobDefinition,
    now: Timestamp,
) -> Result<(String, Option<i64>), StoreError> {
    let now = now.as_microsecond();
    let sql = "SELECT id, version, archived_at FROM job WHERE workspace = $1 AND name = $2 {lock}";
    let row = tx
        .row(sql, args![workspace.to_owned(), name.to_owned()])
        .await?;
    let Some(row) = row else {
        let id = RunId::new().to_string().replace("run_", "job_");
        let sql = "INSERT INTO job (id, workspace, name, version, created_at, updated_at)
                   VALUES ($1, $2, $3, 1, $4, $4)";
        let values = args![id.clone(), workspace.to_owned(), name.to_owned(), now];
        tx.run(sql, values).await?;
        return Ok((id, Some(1)));
    };
    let (id, version) = (row.text("id")?, row.int("version")?);
    let archived = row.get::<Option<i64>>("archived_at")?.is_some();
    if !archived && version_definition(tx, &id, version).await? == *definition {
        return Ok((id, None));
    }
    let sql = "UPDATE job SET version = $1, updated_at = $2, archived_at = NULL WHERE id = $3";
    tx.run(sql, args![version + 1, now, id.clone()]).await?;
    Ok((id, Some(version + 1)))
}

/// What a version of a job says.
pub(crate) async fn version_definition(
    tx: &mut Tx,
    job: &str,
    version: i64,
) -> Result<JobDefinition, StoreError> {
    let sql = "SELECT definition FROM job_version WHERE job = $1 AND version = $2";
    match tx.row(sql, args![job.to_owned(), version]).await? {
        Some(row) => row.json("definition"),
        None => Err(StoreError::not_found(
            "version of job",
            format!("{job} {version}"),
        )),
    }
}

/// A job that has not been archived, with its newest version.
pub(crate) async fn live_job(tx: &mut Tx, id: &str) -> Result<Option<Job>, StoreError> {
    let id = id.to_owned();
    Ok(live_jobs(tx, std::iter::once(&id)).await?.remove(&id))
}

/// Those of some jobs that have not been archived, by id.
pub(crate) async fn live_jobs(
    tx: &mut Tx,
    ids: impl Iterator<Item = &String>,
) -> Result<BTreeMap<String, Job>, StoreError> {
    let ids: BTreeSet<&String> = ids.collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let places = places(1, ids.len());
    let sql = format!("{JOB} WHERE job.id IN ({places}) AND job.archived_at IS NULL");
    let mut values = args![];
    for id in ids {
        values.push(id.clone());
    }
    let rows = tx.rows(&sql, values).await?;
    rows.iter()
        .map(|row| Ok((row.text("id")?, job(row)?)))
        .collect()
}

fn job(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.text("id")?,
        workspace: row.text("workspace")?,
        name: row.text("name")?,
        version: row.int("version")?,
        definition: row.json("definition")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}
