//! API tokens: everybody's own, and those of others for admins.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use nbpress_runs::Permission;
use nbpress_runs::store::{ApiToken, EVERYWHERE, NewToken};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::body::{Body, Pairs};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::guard::Who;
use crate::{App, now};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
}

/// Whose tokens are meant: those of whoever asks, or of somebody else.
fn owner(who: &Who, asked: Option<String>) -> ApiResult<String> {
    match (asked, who.user()) {
        (Some(name), Some(user)) if user.name == name => Ok(name),
        (Some(name), _) => {
            who.need(Permission::Admin, EVERYWHERE)?;
            Ok(name)
        }
        (None, Some(user)) => Ok(user.name.clone()),
        (None, None) => {
            let message = "the token that the server was started with is no user's";
            Err(ApiError::invalid("user", message).hint(Some("name a user".to_owned())))
        }
    }
}

/// Lists tokens, oldest first, without their secrets.
#[utoipa::path(get, path = "/v1/tokens", params(("user" = Option<String>, Query)),
    responses((status = 200, body = Vec<ApiToken>), (status = 403, body = ErrorBody)))]
async fn list(
    State(app): State<App>,
    who: Who,
    mut query: Pairs,
) -> ApiResult<Json<Vec<ApiToken>>> {
    let user = query.take("user");
    query.finish("user")?;
    let user = owner(&who, user)?;
    Ok(Json(app.store.tokens(&user).await?))
}

/// A token that is to exist.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TokenRequest {
    /// What it is for.
    pub name: String,
    /// What it may do at most; the user's role may allow less.
    #[schema(value_type = Vec<Permission>)]
    pub scopes: BTreeSet<Permission>,
    /// From when on it opens nothing; absent for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// The user it acts for; whoever asks, where absent. That of somebody else only admins make.
    pub user: Option<String>,
}

/// A token that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MadeToken {
    /// What is known of it.
    #[serde(flatten)]
    pub token: ApiToken,
    /// What is sent as `Authorization: Bearer SECRET`: shown only here.
    pub secret: String,
}

/// Makes a token. With a token one makes none that may do more, or lasts longer.
#[utoipa::path(post, path = "/v1/tokens", request_body = TokenRequest,
    responses((status = 201, body = MadeToken), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn create(
    State(app): State<App>,
    who: Who,
    Body(request): Body<TokenRequest>,
) -> ApiResult<(StatusCode, Json<MadeToken>)> {
    let new = NewToken {
        user: owner(&who, request.user)?,
        name: request.name,
        scopes: request.scopes,
        expires_at: request.expires_at,
    };
    refuse_more(&who, &new)?;
    let (token, secret) = app.store.create_token(&new, (who.name(), now())).await?;
    let secret = secret.reveal().to_owned();
    Ok((StatusCode::CREATED, Json(MadeToken { token, secret })))
}

/// Otherwise whoever finds a token that reads, for a day, would have one that writes for ever.
fn refuse_more(who: &Who, new: &NewToken) -> ApiResult<()> {
    let Some(holder) = who.holder().filter(|holder| holder.token.is_some()) else {
        return Ok(());
    };
    let refused = |field: &str, what: &str| {
        let message = format!("a token makes none that {what} than itself");
        ApiError::new(StatusCode::FORBIDDEN, "forbidden", message)
            .at(field)
            .hint(Some("sign in, and make it then".to_owned()))
    };
    let scopes = holder.scopes.as_ref();
    if scopes.is_some_and(|scopes| !new.scopes.is_subset(scopes)) {
        return Err(refused("scopes", "may do more"));
    }
    let lasts_longer = |until| new.expires_at.is_none_or(|at| at > until);
    if holder.until.is_some_and(lasts_longer) {
        return Err(refused("expires_at", "lasts longer"));
    }
    Ok(())
}

/// Ends a token, and the sign-ins that were made with it.
#[utoipa::path(delete, path = "/v1/tokens/{token}", params(("token" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
async fn revoke(
    State(app): State<App>,
    Path(token): Path<String>,
    who: Who,
) -> ApiResult<StatusCode> {
    let found = app.store.token(&token).await?;
    let is_own = who.user().is_some_and(|user| user.name == found.user);
    if !is_own && !who.may_everywhere(Permission::Admin) {
        // As if there were none.
        return Err(nbpress_runs::StoreError::not_found("token", token).into());
    }
    app.store.revoke_token(&token, (who.name(), now())).await?;
    app.known.forget();
    Ok(StatusCode::NO_CONTENT)
}
