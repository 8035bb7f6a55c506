//! Users: who there is, what each of them is in which workspace, and who asks.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use nbpress_runs::store::{EVERYWHERE, Identity, LINK_LASTS, NewUser, User, UserChange};
use nbpress_runs::{Permission, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::Body;
use crate::error::{ApiResult, ErrorBody};
use crate::guard::Who;
use crate::{App, now};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(list, create))
        .routes(routes!(get, change))
        .routes(routes!(link))
        .routes(routes!(grant, withdraw))
}

/// Who asks, and what they may do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Me {
    /// The name in audits.
    pub name: String,
    /// The user; absent for whoever has the token that the server was started with.
    pub user: Option<User>,
    /// What may be done in each workspace with what was shown; `*` is all of them.
    #[schema(value_type = BTreeMap<String, Vec<Permission>>)]
    pub permissions: BTreeMap<String, BTreeSet<Permission>>,
    /// From when on what was shown opens nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// Whether JupyterLab is served here, at `lab`.
    pub lab: bool,
}

/// Says who asks, and what they may do.
#[utoipa::path(get, path = "/v1/me", responses((status = 200, body = Me)))]
async fn me(State(app): State<App>, who: Who) -> Json<Me> {
    let workspaces: Vec<&str> = match who.user() {
        Some(user) => user.roles.keys().map(String::as_str).collect(),
        None => vec![EVERYWHERE],
    };
    let permissions = workspaces.into_iter().map(|workspace| {
        let all = Permission::ALL.iter().copied();
        let allowed = all.filter(|permission| who.may(*permission, workspace));
        (workspace.to_owned(), allowed.collect())
    });
    Json(Me {
        name: who.name().to_owned(),
        user: who.user().cloned(),
        permissions: permissions.collect(),
        until: who.holder().and_then(|holder| holder.until),
        lab: app
            .jupyter
            .as_ref()
            .is_some_and(|jupyter| jupyter.lab.is_some()),
    })
}

/// Lists users, by name.
#[utoipa::path(get, path = "/v1/users", responses((status = 200, body = Vec<User>)))]
async fn list(State(app): State<App>) -> ApiResult<Json<Vec<User>>> {
    Ok(Json(app.store.users().await?))
}

/// A user who is to exist.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserRequest {
    /// The name in audits and addresses; it never changes.
    pub name: String,
    /// What people are shown; the name where empty.
    pub display_name: String,
    /// Where they can be written to.
    pub email: Option<String>,
    /// As whom an OpenID provider knows them.
    pub identity: Option<Identity>,
    /// Their role in each workspace; `*` is all of them.
    #[schema(value_type = BTreeMap<String, Role>)]
    pub roles: BTreeMap<String, Role>,
}

/// A user who was made, or is to sign in anew.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Invited {
    /// The user.
    pub user: User,
    /// The path of a page that signs them in, once: shown only here. The server's address comes before it.
    pub link: String,
    /// From when on it does not.
    #[schema(value_type = String, format = DateTime)]
    pub link_expires_at: Timestamp,
}

/// Makes a user with their roles, and a link that signs them in.
#[utoipa::path(post, path = "/v1/users", request_body = UserRequest,
    responses((status = 201, body = Invited), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    who: Who,
    Body(request): Body<UserRequest>,
) -> ApiResult<(StatusCode, Json<Invited>)> {
    let by = (who.name(), now());
    let new = NewUser {
        name: request.name,
        display_name: request.display_name,
        email: request.email,
        identity: request.identity,
    };
    for workspace in request.roles.keys() {
        nbpress_runs::job::check_name("roles", workspace)?;
    }
    let mut user = app.store.create_user(&new, by).await?;
    for (workspace, role) in &request.roles {
        let role = (workspace.as_str(), Some(*role));
        user = app.store.set_role(&user.name, role, by).await?;
    }
    let invited = invite(&app, user, by).await?;
    Ok((StatusCode::CREATED, Json(invited)))
}

async fn invite(app: &App, user: User, by: (&str, Timestamp)) -> ApiResult<Invited> {
    let secret = app.store.create_sign_in_link(&user.name, by).await?;
    Ok(Invited {
        user,
        link: app.base.join(&format!("login?link={}", secret.reveal())),
        link_expires_at: by.1 + LINK_LASTS,
    })
}

/// A user.
#[utoipa::path(get, path = "/v1/users/{user}", params(("user" = String, Path)),
    responses((status = 200, body = User), (status = 404, body = ErrorBody)))]
async fn get(State(app): State<App>, Path(user): Path<String>) -> ApiResult<Json<User>> {
    Ok(Json(app.store.user(&user).await?))
}

/// Changes a user. One who is disabled is signed out everywhere at once, and their tokens open nothing.
#[utoipa::path(patch, path = "/v1/users/{user}", params(("user" = String, Path)), request_body = UserChange,
    responses((status = 200, body = User), (status = 404, body = ErrorBody)))]
async fn change(
    State(app): State<App>,
    Path(user): Path<String>,
    who: Who,
    Body(request): Body<UserChange>,
) -> ApiResult<Json<User>> {
    let by = (who.name(), now());
    let user = app.store.change_user(&user, &request, by).await?;
    app.known.forget();
    Ok(Json(user))
}

/// Makes another link that signs a user in; those before it are void.
#[utoipa::path(post, path = "/v1/users/{user}/link", params(("user" = String, Path)),
    responses((status = 201, body = Invited), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn link(
    State(app): State<App>,
    Path(user): Path<String>,
    who: Who,
) -> ApiResult<(StatusCode, Json<Invited>)> {
    let user = app.store.user(&user).await?;
    let invited = invite(&app, user, (who.name(), now())).await?;
    Ok((StatusCode::CREATED, Json(invited)))
}

/// What somebody is to be in a workspace.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    /// The role.
    pub role: Role,
}

/// Gives a user a role in a workspace, or in all of them (`*`), instead of the one they have there.
#[utoipa::path(put, path = "/v1/users/{user}/grants/{workspace}",
    params(("user" = String, Path), ("workspace" = String, Path)), request_body = GrantRequest,
    responses((status = 200, body = User), (status = 404, body = ErrorBody)))]
async fn grant(
    State(app): State<App>,
    Path((user, workspace)): Path<(String, String)>,
    who: Who,
    Body(request): Body<GrantRequest>,
) -> ApiResult<Json<User>> {
    let role = (workspace.as_str(), Some(request.role));
    let user = app.store.set_role(&user, role, (who.name(), now())).await?;
    app.known.forget();
    Ok(Json(user))
}

/// Takes a user's role in a workspace away.
#[utoipa::path(delete, path = "/v1/users/{user}/grants/{workspace}",
    params(("user" = String, Path), ("workspace" = String, Path)),
    responses((status = 200, body = User), (status = 404, body = ErrorBody)))]
async fn withdraw(
    State(app): State<App>,
    Path((user, workspace)): Path<(String, String)>,
    who: Who,
) -> ApiResult<Json<User>> {
    let role = (workspace.as_str(), None);
    let user = app.store.set_role(&user, role, (who.name(), now())).await?;
    app.known.forget();
    Ok(Json(user))
}
