//! Who asks, and what they may do.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use nbpress_runs::Permission;
use nbpress_runs::store::{EVERYWHERE, Holder, Share, User};

use crate::App;
use crate::error::{ApiError, ApiResult};
use crate::guard::known::{self, Known};

/// The name of whoever has the token that the server was started with.
const OWNER: &str = "owner";

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// Whoever has the token that the server was started with: they may do everything, whoever else may not.
    Owner,
    /// A user.
    User(Arc<Member>),
    /// A stranger with a link to one thing.
    Guest(Arc<Share>),
}

/// A user who asks, and what they showed.
pub(crate) struct Member {
    pub(crate) holder: Holder,
    secret: String,
}

impl Member {
    pub(crate) fn new(holder: Holder, secret: &str) -> Self {
        Self {
            holder,
            secret: secret.to_owned(),
        }
    }

    fn may(&self, permission: Permission, workspace: &str) -> bool {
        let scopes = self.holder.scopes.as_ref();
        scopes.is_none_or(|scopes| scopes.contains(&permission))
            && self.holder.user.may(permission, workspace)
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Member").field(&self.holder).finish()
    }
}

impl Who {
    /// What stands in audits.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Owner => OWNER,
            Self::User(member) => &member.holder.user.name,
            Self::Guest(share) => &share.id,
        }
    }

    /// The user that asks, where it is one.
    pub(crate) fn user(&self) -> Option<&User> {
        self.holder().map(|holder| &holder.user)
    }

    /// What the user showed allows.
    pub(crate) fn holder(&self) -> Option<&Holder> {
        match self {
            Self::User(member) => Some(&member.holder),
            Self::Owner | Self::Guest(_) => None,
        }
    }

    /// Whether they may do something in a workspace, or in every one (`*`).
    pub(crate) fn may(&self, permission: Permission, workspace: &str) -> bool {
        match self {
            Self::Owner => true,
            Self::User(member) => member.may(permission, workspace),
            // They have passed for the one thing that they may see.
            Self::Guest(_) => false,
        }
    }

    /// Whether they may do something in all workspaces.
    pub(crate) fn may_everywhere(&self, permission: Permission) -> bool {
        self.may(permission, EVERYWHERE)
    }

    /// Whether they may do something in some workspace.
    pub(crate) fn may_somewhere(&self, permission: Permission) -> bool {
        match self {
            Self::Owner => true,
            Self::User(member) => {
                let roles: &BTreeMap<_, _> = &member.holder.user.roles;
                roles.keys().any(|at| member.may(permission, at))
            }
            Self::Guest(_) => false,
        }
    }

    /// Refuses what they may not do in a workspace that the request's body names.
    ///
    /// # Errors
    /// They may not.
    pub(crate) fn need(&self, permission: Permission, workspace: &str) -> ApiResult<()> {
        if self.may(permission, workspace) {
            return Ok(());
        }
        Err(forbidden(self.name(), permission, workspace))
    }

    /// Ends once they may not do something any more. Safe to cancel.
    pub(crate) async fn loses(&self, app: &App, permission: Permission, workspace: &str) {
        self.until(app, |member| !member.may(permission, workspace))
            .await;
    }

    /// Ends once they may do something else than now. Safe to cancel.
    pub(crate) async fn changes(&self, app: &App) {
        let Some(before) = self.holder() else {
            return std::future::pending().await;
        };
        self.until(app, |member| member.holder != *before).await;
    }

    async fn until(&self, app: &App, is_over: impl Fn(&Member) -> bool) {
        let Self::User(member) = self else {
            return std::future::pending().await;
        };
        let mut changes = app.known.changes();
        loop {
            tokio::select! {
                _ = changes.changed() => {}
                () = tokio::time::sleep(known::LASTS) => {}
            }
            // While the database is away nothing is known to have changed.
            match Known::member(app, &member.secret).await {
                Ok(Some(member)) if !is_over(&member) => {}
                Ok(_) => return,
                Err(_) => {}
            }
        }
    }
}

/// What somebody hears who may not do something.
pub(crate) fn forbidden(name: &str, permission: Permission, workspace: &str) -> ApiError {
    let place = match workspace {
        EVERYWHERE => "all workspaces".to_owned(),
        name => format!("the workspace `{name}`"),
    };
    let message = format!("`{name}` has no permission to {permission} in {place}");
    ApiError::new(StatusCode::FORBIDDEN, "forbidden", message).hint(Some(
        "an admin can give you a role that has it; `/v1/me` shows yours".to_owned(),
    ))
}

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> ApiResult<Self> {
        let who = parts.extensions.get::<Self>().cloned();
        who.ok_or_else(|| {
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "this needs a token",
            )
        })
    }
}
