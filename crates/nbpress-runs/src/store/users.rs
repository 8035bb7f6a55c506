//! Users, and what each of them is in which workspace.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nbpress_record::RunId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Invalid, StoreError};
use crate::job::check_name;
use crate::role::{Permission, Role};
use crate::store::Store;
use crate::store::audit::audit;
use crate::store::database::{Row, Tx, args};

/// In a grant: every workspace.
pub const EVERYWHERE: &str = "*";

/// Names that audits give to what is no user.
const RESERVED: [&str; 3] = ["owner", "scheduler", "anonymous"];
/// Longest display name and e-mail address, in bytes.
const LONGEST: usize = 320;

/// Somebody who may use the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Its id.
    pub id: String,
    /// The name in audits and addresses; it never changes.
    pub name: String,
    /// What people are shown.
    pub display_name: String,
    /// Where they can be written to.
    pub email: Option<String>,
    /// Who else knows them, and as whom.
    pub identity: Option<Identity>,
    /// Whether they may do nothing at all.
    pub disabled: bool,
    /// Their role in each workspace; `*` is all of them.
    #[schema(value_type = BTreeMap<String, Role>)]
    pub roles: BTreeMap<String, Role>,
    /// Since when there is such a user.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl User {
    /// What they are in a workspace: the higher one of their role there and of that everywhere.
    pub fn role_in(&self, workspace: &str) -> Option<Role> {
        let (here, everywhere) = (self.roles.get(workspace), self.roles.get(EVERYWHERE));
        here.max(everywhere).copied()
    }

    /// Whether their role in a workspace allows something.
    pub fn may(&self, permission: Permission, workspace: &str) -> bool {
        let role = self.role_in(workspace);
        !self.disabled && role.is_some_and(|role| role.allows(permission))
    }
}

/// A person as an OpenID provider knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    /// The provider's address (`iss`).
    pub issuer: String,
    /// The person's name there, which is never given to another one (`sub`).
    pub subject: String,
}

/// A user who is to exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewUser {
    /// The name in audits and addresses.
    pub name: String,
    /// What people are shown; the name where empty.
    pub display_name: String,
    /// Where they can be written to.
    pub email: Option<String>,
    /// Who else knows them.
    pub identity: Option<Identity>,
}

/// What is to change of a user; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserChange {
    /// What people are shown.
    pub display_name: Option<String>,
    /// Where they can be written to; empty for nowhere.
    pub email: Option<String>,
    /// Whether they may do nothing at all.
    pub disabled: Option<bool>,
}

impl Store {
    /// Makes a user, who has no role yet.
    ///
    /// # Errors
    /// The name is not usable or taken, the identity is another user's, or the database fails.
    pub async fn create_user(
        &self,
        new: &NewUser,
        by: (&str, Timestamp),
    ) -> Result<User, StoreError> {
        check_user(new)?;
        transaction!(self, |tx| {
            refuse_identity_of_others(tx, &new.name, new.identity.as_ref()).await?;
            let id = RunId::new().to_string().replace("run_", "user_");
            let display_name = match new.display_name.trim() {
                "" => &new.name,
                name => name,
            };
            let sql =
                "INSERT INTO users (id, name, display_name, email, issuer, subject, created_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO NOTHING";
            let identity = new.identity.as_ref();
            let values = args![
                id,
                new.name.clone(),
                display_name.to_owned(),
                new.email.clone(),
                identity.map(|identity| identity.issuer.clone()),
                identity.map(|identity| identity.subject.clone()),
                by.1.as_microsecond(),
            ];
            if tx.run(sql, values).await? == 0 {
                let message = format!("there is a user `{}` already", new.name);
                return Err(StoreError::conflict("exists", message));
            }
            audit(tx, by, "created", ("user", &new.name), display_name).await?;
            user_in(tx, &new.name).await
        })
    }

    /// Changes a user. Who is disabled is signed out everywhere, and their links are void.
    ///
    /// # Errors
    /// A value is not usable, the user is unknown, or the database fails.
    pub async fn change_user(
        &self,
        name: &str,
        change: &UserChange,
        by: (&str, Timestamp),
    ) -> Result<User, StoreError> {
        check_text("display_name", change.display_name.as_deref())?;
        check_text("email", change.email.as_deref())?;
        transaction!(self, |tx| {
            let user = user_in(tx, name).await?;
            let display_name = change.display_name.clone().unwrap_or(user.display_name);
            let email = change.email.clone().or(user.email);
            let disabled = change.disabled.unwrap_or(user.disabled);
            let sql =
                "UPDATE users SET display_name = $1, email = $2, disabled_at = $3 WHERE id = $4";
            let values = args![
                display_name,
                email.filter(|email| !email.is_empty()),
                disabled.then(|| by.1.as_microsecond()),
                user.id.clone(),
            ];
            tx.run(sql, values).await?;
            if disabled {
                for table in ["sign_in", "sign_in_link"] {
                    let sql = format!("DELETE FROM {table} WHERE user_id = $1");
                    tx.run(&sql, args![user.id.clone()]).await?;
                }
            }
            let action = match change.disabled {
                Some(true) => "disabled",
                Some(false) => "enabled",
                None => "changed",
            };
            audit(tx, by, action, ("user", name), "").await?;
            user_in(tx, name).await
        })
    }

    /// Says who else knows a user.
    ///
    /// # Errors
    /// The identity is another user's, the user is unknown, or the database fails.
    pub async fn put_identity(
        &self,
        name: &str,
        identity: &Identity,
        by: (&str, Timestamp),
    ) -> Result<User, StoreError> {
        transaction!(self, |tx| {
            refuse_identity_of_others(tx, name, Some(identity)).await?;
            let sql = "UPDATE users SET issuer = $1, subject = $2 WHERE name = $3";
            let values = args![
                identity.issuer.clone(),
                identity.subject.clone(),
                name.to_owned()
            ];
            if tx.run(sql, values).await? == 0 {
                return Err(StoreError::not_found("user", name));
            }
            audit(tx, by, "identified", ("user", name), &identity.issuer).await?;
            user_in(tx, name).await
        })
    }

    /// Gives a user a role in a workspace or in all (`*`), or takes it away.
    ///
    /// # Errors
    /// The workspace's name is not usable, the user is unknown, or the database fails.
    pub async fn set_role(
        &self,
        name: &str,
        (workspace, role): (&str, Option<Role>),
        by: (&str, Timestamp),
    ) -> Result<User, StoreError> {
        check_name("workspace", workspace)?;
        transaction!(self, |tx| {
            let user = user_in(tx, name).await?;
            let sql = "DELETE FROM user_role WHERE user_id = $1 AND workspace = $2";
            tx.run(sql, args![user.id.clone(), workspace.to_owned()])
                .await?;
            if let Some(role) = role {
                let sql = "INSERT INTO user_role (user_id, workspace, role) VALUES ($1, $2, $3)";
                let values = args![user.id, workspace.to_owned(), role.to_string()];
                tx.run(sql, values).await?;
            }
            let (action, role) = match role {
                Some(role) => ("granted", role.as_str()),
                None => ("withdrawn", "role"),
            };
            audit(
                tx,
                by,
                action,
                ("user", name),
                &format!("{role} in {workspace}"),
            )
            .await?;
            user_in(tx, name).await
        })
    }

    /// Every user, by name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let sql = "SELECT user_id, workspace, role FROM user_role";
        let mut roles: BTreeMap<String, BTreeMap<String, Role>> = BTreeMap::new();
        for row in self.database.rows(sql, args![]).await? {
            let of = roles.entry(row.text("user_id")?).or_default();
            of.insert(row.text("workspace")?, row.word("role")?);
        }
        let sql = "SELECT * FROM users ORDER BY name";
        let rows = self.database.rows(sql, args![]).await?;
        let read = |row: &Row| {
            let roles = roles.remove(&row.text("id")?).unwrap_or_default();
            user(row, roles)
        };
        rows.iter().map(read).collect()
    }

    /// The user of a name.
    ///
    /// # Errors
    /// There is none, or the database fails.
    pub async fn user(&self, name: &str) -> Result<User, StoreError> {
        let sql = "SELECT * FROM users WHERE name = $1";
        let row = self.database.row(sql, args![name.to_owned()]).await?;
        let row = row.ok_or_else(|| StoreError::not_found("user", name))?;
        self.with_roles(&row).await
    }

    /// The user whom a provider knows by a name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn user_of_identity(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<User>, StoreError> {
        let sql = "SELECT * FROM users WHERE issuer = $1 AND subject = $2";
        let values = args![issuer.to_owned(), subject.to_owned()];
        match self.database.row(sql, values).await? {
            Some(row) => self.with_roles(&row).await.map(Some),
            None => Ok(None),
        }
    }

    /// A row of `users` with the roles that belong to it.
    pub(crate) async fn with_roles(&self, row: &Row) -> Result<User, StoreError> {
        let rows = self.database.rows(ROLES, args![row.text("id")?]).await?;
        user(row, roles(&rows)?)
    }
}

const ROLES: &str = "SELECT workspace, role FROM user_role WHERE user_id = $1";

/// The user of a name, under the row's lock.
pub(crate) async fn user_in(tx: &mut Tx, name: &str) -> Result<User, StoreError> {
    let sql = "SELECT * FROM users WHERE name = $1 {lock}";
    let row = tx.row(sql, args![name.to_owned()]).await?;
    let row = row.ok_or_else(|| StoreError::not_found("user", name))?;
    let rows = tx.rows(ROLES, args![row.text("id")?]).await?;
    user(&row, roles(&rows)?)
}

fn roles(rows: &[Row]) -> Result<BTreeMap<String, Role>, StoreError> {
    rows.iter()
        .map(|row| Ok((row.text("workspace")?, row.word("role")?)))
        .collect()
}

fn user(row: &Row, roles: BTreeMap<String, Role>) -> Result<User, StoreError> {
    let issuer: Option<String> = row.get("issuer")?;
    let subject: Option<String> = row.get("subject")?;
    let identity = issuer.zip(subject);
    Ok(User {
        id: row.text("id")?,
        name: row.text("name")?,
        display_name: row.text("display_name")?,
        email: row.get("email")?,
        identity: identity.map(|(issuer, subject)| Identity { issuer, subject }),
        disabled: row.get::<Option<i64>>("disabled_at")?.is_some(),
        roles,
        created_at: row.time("created_at")?,
    })
}

fn check_user(new: &NewUser) -> Result<(), Invalid> {
    check_name("name", &new.name)?;
    if RESERVED.contains(&new.name.as_str()) || new.name.contains(':') {
        let message = format!("`{}` is what audits call something else", new.name);
        return Err(Invalid::new("name", message));
    }
    check_text("display_name", Some(&new.display_name))?;
    check_text("email", new.email.as_deref())
}

fn check_text(field: &str, text: Option<&str>) -> Result<(), Invalid> {
    let text = text.unwrap_or_default();
    if text.len() > LONGEST || text.chars().any(char::is_control) {
        let message = format!("it is longer than {LONGEST} bytes, or has control characters");
        return Err(Invalid::new(field, message));
    }
    Ok(())
}

async fn refuse_identity_of_others(
    tx: &mut Tx,
    name: &str,
    identity: Option<&Identity>,
) -> Result<(), StoreError> {
    let Some(Identity { issuer, subject }) = identity else {
        return Ok(());
    };
    let sql = "SELECT name FROM users WHERE issuer = $1 AND subject = $2 AND name <> $3";
    let values = args![issuer.clone(), subject.clone(), name.to_owned()];
    match tx.row(sql, values).await? {
        Some(row) => {
            let message = format!("this identity is that of `{}`", row.text("name")?);
            Err(StoreError::conflict("exists", message))
        }
        None => Ok(()),
    }
}
