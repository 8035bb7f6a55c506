//! Browsers that are signed in as a user, and the links that sign one in once.

use jiff::{SignedDuration, Timestamp};

use crate::error::StoreError;
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::args;
use crate::store::secret::{Secret, sha256};
use crate::store::tokens::Holder;
use crate::store::users::{User, user_in};

/// What the secret of a link that signs somebody in begins with.
pub const LINK_BEGINS: &str = "nbl_";
/// What the secret of a browser that is signed in as a user begins with.
pub const SIGN_IN_BEGINS: &str = "nbi_";
/// How long a link that signs somebody in is valid.
pub const LINK_LASTS: SignedDuration = SignedDuration::from_hours(24);
/// How long a browser stays signed in.
pub const SIGN_IN_LASTS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The most browsers in which a user is signed in at a time; the oldest one ends first.
pub const MOST_SIGN_INS: i64 = 100;

impl Store {
    /// Makes a link that signs a user in, once. Links that were made for them before are void.
    ///
    /// # Errors
    /// The user is unknown or disabled, or the database fails.
    pub async fn create_sign_in_link(
        &self,
        user: &str,
        by: (&str, Timestamp),
    ) -> Result<Secret, StoreError> {
        let secret = Secret::new(LINK_BEGINS);
        transaction!(self, |tx| {
            let user = user_in(tx, user).await?;
            refuse_disabled(&user)?;
            let sql = "DELETE FROM sign_in_link WHERE user_id = $1 OR until <= $2";
            tx.run(sql, args![user.id.clone(), by.1.as_microsecond()])
                .await?;
            let sql = "INSERT INTO sign_in_link (sha256, user_id, until) VALUES ($1, $2, $3)";
            let values = args![
                sha256(secret.reveal()),
                user.id,
                (by.1 + LINK_LASTS).as_microsecond()
            ];
            tx.run(sql, values).await?;
            audit(tx, by, "invited", ("user", &user.name), "").await
        })?;
        Ok(secret)
    }

    /// Whom a link signs in, and that it is used up; none if it signs nobody in.
    ///
    /// # Errors
    /// The database fails.
    pub async fn use_sign_in_link(
        &self,
        secret: &str,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        transaction!(self, |tx| {
            let sql = "UPDATE sign_in_link SET used_at = $1
                       WHERE sha256 = $2 AND used_at IS NULL AND until > $1 RETURNING user_id";
            let values = args![now.as_microsecond(), sha256(secret)];
            let Some(row) = tx.row(sql, values).await? else {
                return Ok(None);
            };
            let sql = "SELECT name FROM users WHERE id = $1 AND disabled_at IS NULL";
            let Some(row) = tx.row(sql, args![row.text("user_id")?]).await? else {
                return Ok(None);
            };
            let user = user_in(tx, &row.text("name")?).await?;
            let by = (user.name.as_str(), now);
            audit(tx, by, "used its link", ("user", &user.name), "").await?;
            Ok(Some(user))
        })
    }

    /// Signs a browser in as a user, at most for as long as the API token that was shown, and answers with the
    /// secret that the browser has to bring again.
    ///
    /// # Errors
    /// The user is disabled, or the database fails.
    pub async fn sign_in(
        &self,
        user: &User,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Secret, StoreError> {
        refuse_disabled(user)?;
        let secret = Secret::new(SIGN_IN_BEGINS);
        transaction!(self, |tx| {
            let sql = "DELETE FROM sign_in WHERE until <= $1";
            tx.run(sql, args![now.as_microsecond()]).await?;
            let sql = "DELETE FROM sign_in WHERE user_id = $1 AND sha256 NOT IN
                       (SELECT sha256 FROM sign_in WHERE user_id = $1
                        ORDER BY created_at DESC, sha256 LIMIT $2)";
            tx.run(sql, args![user.id.clone(), MOST_SIGN_INS - 1])
                .await?;
            let sql = "INSERT INTO sign_in (sha256, user_id, token, created_at, until)
                       VALUES ($1, $2, $3, $4, $5)";
            let values = args![
                sha256(secret.reveal()),
                user.id.clone(),
                token.map(str::to_owned),
                now.as_microsecond(),
                (now + SIGN_IN_LASTS).as_microsecond(),
            ];
            tx.run(sql, values).await?;
            audit(tx, (&user.name, now), "signed in", ("user", &user.name), "").await
        })?;
        Ok(secret)
    }

    /// Who a browser is signed in as; none if it is not, or not any more.
    ///
    /// # Errors
    /// The database fails.
    pub async fn holder_of_sign_in(
        &self,
        secret: &str,
        now: Timestamp,
    ) -> Result<Option<Holder>, StoreError> {
        let sql = "SELECT sign_in.token, token.scopes, users.*,
                       CASE WHEN token.expires_at < sign_in.until THEN token.expires_at
                            ELSE sign_in.until END AS until
                   FROM sign_in JOIN users ON users.id = sign_in.user_id
                   LEFT JOIN token ON token.id = sign_in.token
                   WHERE sign_in.sha256 = $1 AND users.disabled_at IS NULL AND token.revoked_at IS NULL";
        let row = self.database.row(sql, args![sha256(secret)]).await?;
        self.holder(row, now).await
    }

    /// Signs a browser out.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sign_out(&self, secret: &str, now: Timestamp) -> Result<(), StoreError> {
        let Some(holder) = self.holder_of_sign_in(secret, now).await? else {
            return Ok(());
        };
        transaction!(self, |tx| {
            let sql = "DELETE FROM sign_in WHERE sha256 = $1";
            tx.run(sql, args![sha256(secret)]).await?;
            let name = holder.user.name.as_str();
            audit(tx, (name, now), "signed out", ("user", name), "").await
        })
    }
}

fn refuse_disabled(user: &User) -> Result<(), StoreError> {
    if user.disabled {
        let message = format!("the user `{}` is disabled", user.name);
        return Err(StoreError::conflict("disabled", message));
    }
    Ok(())
}
