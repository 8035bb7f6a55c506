//! Links with which a stranger reads one thing, for a time.

use jiff::Timestamp;
use nbpress_record::RunId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Invalid, StoreError};
use crate::job::check_name;
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Row, args, to_json};
use crate::store::secret::{Secret, sha256};

/// What the secret of a share link begins with.
pub const SHARE_BEGINS: &str = "nbs_";

/// What a share link shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ShareTarget {
    /// A file of the folder that is served, as it is when it is looked at.
    File {
        /// Its path, without a slash before it.
        path: String,
    },
    /// A folder with everything beneath it.
    Folder {
        /// Its path, without slashes around it.
        path: String,
    },
    /// One version of a file.
    Version {
        /// The file's path.
        path: String,
        /// The version, by id.
        version: String,
    },
    /// A run.
    Run {
        /// The run, by id.
        run: String,
    },
    /// The newest run of a job that succeeded.
    Job {
        /// The job, by name.
        job: String,
    },
}

impl ShareTarget {
    fn check(&self) -> Result<(), Invalid> {
        match self {
            // The empty path is all that is served: nobody says that by leaving something out.
            Self::File { path } | Self::Folder { path } | Self::Version { path, .. } => {
                check_path(path)
            }
            Self::Run { run } => check_name("target.run", run),
            Self::Job { job } => check_name("target.job", job),
        }
    }
}

fn check_path(path: &str) -> Result<(), Invalid> {
    let bad = |part: &str| part.is_empty() || part.starts_with('.');
    if path.split('/').any(bad) || path.chars().any(|char| char.is_control() || char == '\\') {
        let message = format!("`{path}` is not the path of something that is shown");
        return Err(Invalid::new("target.path", message)
            .with_hint("relative to the folder that is served, without hidden names"));
    }
    Ok(())
}

/// A share link, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    /// Its id.
    pub id: String,
    /// The workspace its target is in.
    pub workspace: String,
    /// What it shows.
    pub target: ShareTarget,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// From when on it shows nothing.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Since when it is revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
}

impl Share {
    /// Whether it shows something at a time.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

impl Store {
    /// Makes a share link. Its secret is known to nobody but the caller.
    ///
    /// # Errors
    /// The target or the time is not usable, or the database fails.
    pub async fn create_share(
        &self,
        workspace: &str,
        target: &ShareTarget,
        expires_at: Timestamp,
        by: (&str, Timestamp),
    ) -> Result<(Share, Secret), StoreError> {
        check_name("workspace", workspace)?;
        target.check()?;
        if expires_at <= by.1 {
            return Err(Invalid::new("expires_at", "this time is over").into());
        }
        let secret = Secret::new(SHARE_BEGINS);
        let share = Share {
            id: RunId::new().to_string().replace("run_", "share_"),
            workspace: workspace.to_owned(),
            target: target.clone(),
            created_at: by.1,
            created_by: by.0.to_owned(),
            expires_at,
            revoked_at: None,
        };
        transaction!(self, |tx| {
            let sql = "INSERT INTO share (id, workspace, sha256, target, created_at, created_by, expires_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let target = to_json(target)?;
            let values = args![
                share.id.clone(),
                share.workspace.clone(),
                sha256(secret.reveal()),
                target.clone(),
                by.1.as_microsecond(),
                share.created_by.clone(),
                expires_at.as_microsecond(),
            ];
            tx.run(sql, values).await?;
            audit(tx, by, "created", ("share", &share.id), &target).await
        })?;
        Ok((share, secret))
    }

    /// The share links of a workspace, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn shares(&self, workspace: &str) -> Result<Vec<Share>, StoreError> {
        let sql = "SELECT * FROM share WHERE workspace = $1 ORDER BY id";
        let rows = self.database.rows(sql, args![workspace.to_owned()]).await?;
        rows.iter().map(share).collect()
    }

    /// A share link by its id.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn share(&self, id: &str) -> Result<Share, StoreError> {
        let sql = "SELECT * FROM share WHERE id = $1";
        let row = self.database.row(sql, args![id.to_owned()]).await?;
        row.as_ref()
            .map_or_else(|| Err(StoreError::not_found("share", id)), share)
    }

    /// The share link of a secret, also when it shows nothing any more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn share_of_secret(&self, secret: &str) -> Result<Option<Share>, StoreError> {
        let sql = "SELECT * FROM share WHERE sha256 = $1";
        let row = self.database.row(sql, args![sha256(secret)]).await?;
        row.as_ref().map(share).transpose()
    }

    /// Ends a share link. One that has ended stays so.
    ///
    /// # Errors
    /// It is unknown, or the database fails.
    pub async fn revoke_share(&self, id: &str, by: (&str, Timestamp)) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            let sql = "UPDATE share SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";
            let changed = tx.run(sql, args![by.1.as_microsecond(), id.to_owned()]);
            if changed.await? == 0 {
                let sql = "SELECT id FROM share WHERE id = $1";
                let known = tx.row(sql, args![id.to_owned()]).await?;
                return known.map_or_else(|| Err(StoreError::not_found("share", id)), |_| Ok(()));
            }
            audit(tx, by, "revoked", ("share", id), "").await
        })
    }
}

fn share(row: &Row) -> Result<Share, StoreError> {
    Ok(Share {
        id: row.text("id")?,
        workspace: row.text("workspace")?,
        target: row.json("target")?,
        created_at: row.time("created_at")?,
        created_by: row.text("created_by")?,
        expires_at: row.time("expires_at")?,
        revoked_at: row.opt_time("revoked_at")?,
    })
}
