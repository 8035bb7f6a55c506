//! Which user a person is who signed in, and who becomes one.

use nbpress_runs::StoreError;
use nbpress_runs::store::{Identity, NewUser, User};

use crate::guard::openid::OpenIdSettings;
use crate::guard::openid::fault::Fault;
use crate::guard::openid::person::Said;
use crate::{App, DEFAULT_WORKSPACE};

/// Who stands in audits where no person decided.
const BY: &str = "openid";

/// The user who a person is.
pub(super) async fn user_of(
    app: &App,
    settings: &OpenIdSettings,
    said: &Said,
) -> Result<User, Fault> {
    let known = app.store.user_of_identity(&settings.issuer, &said.sub);
    let user = match known.await? {
        Some(user) => user,
        None => newcomer(app, settings, said).await?,
    };
    if user.disabled {
        return Err(Fault::Disabled(user.name));
    }
    Ok(user)
}

/// Whoever signs in for the first time: an administrator wrote down their address, or its domain is allowed.
async fn newcomer(app: &App, settings: &OpenIdSettings, said: &Said) -> Result<User, Fault> {
    let Some(email) = said.verified_email() else {
        return Err(match &said.email {
            Some(email) => Fault::NotVerified(email.clone()),
            None => Fault::Stranger(said.sub.clone()),
        });
    };
    let identity = Identity {
        issuer: settings.issuer.clone(),
        subject: said.sub.clone(),
    };
    let mut expected = app.store.users().await?;
    expected.retain(|user| has_email(user, &email));
    match expected.as_slice() {
        // Who has an identity is somebody else, though they have the same address.
        [user] if user.identity.is_none() => {
            let by = (BY, crate::now());
            return Ok(app.store.put_identity(&user.name, &identity, by).await?);
        }
        [] if is_allowed(settings, &email) => {}
        _ => return Err(Fault::Stranger(email)),
    }
    let new = NewUser {
        name: email.clone(),
        display_name: shown_name(said),
        email: Some(email.clone()),
        identity: Some(identity),
    };
    let by = (BY, crate::now());
    match app.store.create_user(&new, by).await {
        Ok(user) => {
            let role = (DEFAULT_WORKSPACE, Some(settings.default_role));
            Ok(app.store.set_role(&user.name, role, by).await?)
        }
        // An administrator gave the name to somebody else, or the address cannot be a name.
        Err(StoreError::Conflict { .. } | StoreError::Invalid(_)) => Err(Fault::Stranger(email)),
        Err(error) => Err(error.into()),
    }
}

fn has_email(user: &User, email: &str) -> bool {
    let known = user.email.as_deref();
    known.is_some_and(|known| known.eq_ignore_ascii_case(email))
}

fn is_allowed(settings: &OpenIdSettings, email: &str) -> bool {
    let domain = email.rsplit_once('@').map(|(_, domain)| domain);
    let mut domains = settings.domains.iter();
    domain.is_some_and(|domain| domains.any(|allowed| allowed.eq_ignore_ascii_case(domain)))
}

/// A name that a page and a terminal can show.
fn shown_name(said: &Said) -> String {
    let name = said.name.as_deref().unwrap_or_default();
    name.chars()
        .filter(|letter| !letter.is_control())
        .take(80)
        .collect()
}
