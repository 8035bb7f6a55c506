//! API tokens: what programs show instead of a person.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use nbpress_record::RunId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Invalid, StoreError};
use crate::job::check_name;
use crate::role::Permission;
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Row, args, to_json};
use crate::store::secret::{Secret, sha256};
use crate::store::users::{User, user_in};

/// What an API token begins with.
pub const TOKEN_BEGINS: &str = "nbp_";
/// How precisely it is known when a token was last used.
const USE: SignedDuration = SignedDuration::from_mins(1);

/// An API token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiToken {
    /// Its id.
    pub id: String,
    /// The name of the user it acts for.
    pub user: String,
    /// What it is for.
    pub name: String,
    /// What it may do at most; the user's role may allow less.
    pub scopes: BTreeSet<Permission>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    /// Since when it is revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
}

/// A token that is to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// The user's name.
    pub user: String,
    /// What it is for.
    pub name: String,
    /// What it may do at most.
    pub scopes: BTreeSet<Permission>,
    /// From when on it opens nothing; none for never.
    pub expires_at: Option<Timestamp>,
}

/// Who showed a secret, and what that allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The user.
    pub user: User,
    /// The API token behind it, by id.
    pub token: Option<String>,
    /// What may be done at most; none for what the user may.
    pub scopes: Option<BTreeSet<Permission>>,
    /// From when on it opens nothing.
    pub until: Option<Timestamp>,
}

impl Store {
    /// Makes a token. Its secret is known to nobody but the caller.
    ///
    /// # Errors
    /// The name, scopes or time are not usable, the user is unknown, or the database fails.
    pub async fn create_token(
        &self,
        new: &NewToken,
        by: (&str, Timestamp),
    ) -> Result<(ApiToken, Secret), StoreError> {
        check_name("name", &new.name)?;
        if new.scopes.is_empty() {
            let known: Vec<&str> = Permission::ALL.iter().map(|one| one.as_str()).collect();
            return Err(
                Invalid::new("scopes", "a token without scopes may do nothing")
                    .with_hint(format!("some of {}", known.join(", ")))
                    .into(),
            );
        }
        if new.expires_at.is_some_and(|at| at <= by.1) {
            return Err(Invalid::new("expires_at", "this time is over").into());
        }
        let secret = Secret::new(TOKEN_BEGINS);
        let token = transaction!(self, |tx| {
            let user = user_in(tx, &new.user).await?;
            let id = RunId::new().to_string().replace("run_", "token_");
            let sql =
                "INSERT INTO token (id, user_id, name, sha256, scopes, created_at, expires_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let values = args![
                id.clone(),
                user.id,
                new.name.clone(),
                sha256(secret.reveal()),
                to_json(&new.scopes)?,
                by.1.as_microsecond(),
                new.expires_at.map(Timestamp::as_microsecond),
            ];
            tx.run(sql, values).await?;
            let detail = format!("{} of {}", new.name, user.name);
            audit(tx, by, "created", ("token", &id), &detail).await?;
            let sql = format!("{TOKEN} WHERE token.id = $1");
            let row = tx.row(&sql, args![id.clone()]).await?;
            token(row.as_ref(), &id)
        })?;
        Ok((token, secret))
    }

    /// The tokens of a user, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn tokens(&self, user: &str) -> Result<Vec<ApiToken>, StoreError> {
        let sql = format!("{TOKEN} WHERE users.name = $1 ORDER BY token.id");
        let rows = self.database.rows(&sql, args![user.to_owned()]).await?;
        rows.iter().map(|row| token(Some(row), "")).collect()
    }

    /// A token by its id.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn token(&self, id: &str) -> Result<ApiToken, StoreError> {
        let sql = format!("{TOKEN} WHERE token.id = $1");
        let row = self.database.row(&sql, args![id.to_owned()]).await?;
        token(row.as_ref(), id)
    }

    /// Ends a token, with the sign-ins that were made with it. One that has ended stays so.
    ///
    /// # Errors
    /// It is unknown, or the database fails.
    pub async fn revoke_token(&self, id: &str, by: (&str, Timestamp)) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            let sql = "UPDATE token SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";
            let changed = tx.run(sql, args![by.1.as_microsecond(), id.to_owned()]);
            if changed.await? == 0 {
                let sql = "SELECT id FROM token WHERE id = $1";
                let known = tx.row(sql, args![id.to_owned()]).await?;
                return known.map_or_else(|| Err(StoreError::not_found("token", id)), |_| Ok(()));
            }
            let sql = "DELETE FROM sign_in WHERE token = $1";
            tx.run(sql, args![id.to_owned()]).await?;
            audit(tx, by, "revoked", ("token", id), "").await
        })
    }

    /// Who a token acts for; none if it is no token, or one that opens nothing any more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn holder_of_token(
        &self,
        secret: &str,
        now: Timestamp,
    ) -> Result<Option<Holder>, StoreError> {
        let sql = "SELECT token.id AS token, token.scopes, token.expires_at AS until, users.*
                   FROM token JOIN users ON users.id = token.user_id
                   WHERE token.sha256 = $1 AND token.revoked_at IS NULL AND users.disabled_at IS NULL";
        let row = self.database.row(sql, args![sha256(secret)]).await?;
        self.holder(row, now).await
    }

    /// What a row of a user says together with `token`, `scopes` and `until`.
    pub(crate) async fn holder(
        &self,
        row: Option<Row>,
        now: Timestamp,
    ) -> Result<Option<Holder>, StoreError> {
        let Some(row) = row else {
            return Ok(None);
        };
        let until = row.opt_time("until")?;
        if until.is_some_and(|until| until <= now) {
            return Ok(None);
        }
        Ok(Some(Holder {
            user: self.with_roles(&row).await?,
            token: row.get("token")?,
            scopes: row.opt_json("scopes")?,
            until,
        }))
    }

    /// Notes that a token is used, at most once a minute.
    ///
    /// # Errors
    /// The database fails.
    pub async fn token_used(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            let sql = "UPDATE token SET last_used_at = $1
                       WHERE id = $2 AND (last_used_at IS NULL OR last_used_at <= $3)";
            let before = now.as_microsecond() - i64::try_from(USE.as_micros()).unwrap_or(0);
            let values = args![now.as_microsecond(), id.to_owned(), before];
            tx.run(sql, values).await.map(drop)
        })
    }
}

const TOKEN: &str = "SELECT token.*, users.name AS user_name
    FROM token JOIN users ON users.id = token.user_id";

fn token(row: Option<&Row>, id: &str) -> Result<ApiToken, StoreError> {
    let row = row.ok_or_else(|| StoreError::not_found("token", id))?;
    Ok(ApiToken {
        id: row.text("id")?,
        user: row.text("user_name")?,
        name: row.text("name")?,
        scopes: row.json("scopes")?,
        created_at: row.time("created_at")?,
        expires_at: row.opt_time("expires_at")?,
        last_used_at: row.opt_time("last_used_at")?,
        revoked_at: row.opt_time("revoked_at")?,
    })
}
