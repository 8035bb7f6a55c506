//! In which workspace a request works, and whether whoever asks may do that there.

use std::sync::Arc;

use axum::extract::MatchedPath;
use axum::http::request::Parts;
use nbpress_runs::store::EVERYWHERE;
use nbpress_runs::{Permission, StoreError};

use crate::base_url::decoded;
use crate::guard::refusal::Refusal;
use crate::guard::routes::{Place, Rule, Thing};
use crate::guard::who::Who;
use crate::{App, DEFAULT_WORKSPACE};

impl Thing {
    /// The name of the path's parameter, and of the thing for people.
    fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Job => "job",
            Self::Schedule => "schedule",
            Self::Batch => "batch",
            Self::Share => "share",
        }
    }
}

/// Refuses who may not do what a request asks for, where it asks for it.
pub(super) async fn check(app: &App, who: &Who, rule: Rule, parts: &Parts) -> Result<(), Refusal> {
    let needs = rule.needs;
    let refused = |workspace: &str| Refusal::forbidden(who, needs, workspace);
    let allowed = |workspace: &str| {
        if who.may(needs, workspace) {
            Ok(())
        } else {
            Err(refused(workspace))
        }
    };
    if matches!(who, Who::Owner) {
        return Ok(());
    }
    match rule.place {
        Place::Open | Place::Anybody => Ok(()),
        Place::Served => allowed(DEFAULT_WORKSPACE),
        Place::Asked => asked(parts).iter().try_for_each(|name| allowed(name)),
        Place::Named => allowed(&parameter(parts, "workspace").unwrap_or_default()),
        Place::Of(thing) => of(app, who, needs, (thing, parts)).await,
        Place::Anywhere if who.may_somewhere(needs) => Ok(()),
        Place::Anywhere => Err(refused("*")),
        Place::Everywhere => allowed(EVERYWHERE),
    }
}

/// Who may not see a thing hears what they would hear if there were none.
async fn of(
    app: &App,
    who: &Who,
    needs: Permission,
    (thing, parts): (Thing, &Parts),
) -> Result<(), Refusal> {
    let id = parameter(parts, thing.name()).unwrap_or_default();
    if who.may_everywhere(needs) {
        return Ok(());
    }
    let hidden = || Refusal::Hidden {
        what: thing.name(),
        name: id.clone(),
    };
    if thing == Thing::Run && id == "latest" {
        // The newest one of the workspace that the query names.
        let may = asked(parts).iter().all(|name| who.may(needs, name));
        return if may { Ok(()) } else { Err(hidden()) };
    }
    let workspace = workspace_of(app, thing, &id).await;
    let workspace = workspace.map_err(|_| Refusal::Away)?.ok_or_else(hidden)?;
    if who.may(needs, &workspace) {
        return Ok(());
    }
    if who.may(Permission::Read, &workspace) {
        return Err(Refusal::forbidden(who, needs, &workspace));
    }
    Err(hidden())
}

/// The workspace of a thing; none where there is no such thing.
///
/// # Errors
/// The database fails.
pub(crate) async fn workspace_of(
    app: &App,
    thing: Thing,
    id: &str,
) -> Result<Option<Arc<str>>, StoreError> {
    if let Some(workspace) = app.known.workspace(id) {
        return Ok(Some(workspace));
    }
    let store = &app.store;
    let found = match thing {
        // By the beginning of its id also, and in whichever workspace.
        Thing::Run => {
            let run = store.find_run(DEFAULT_WORKSPACE, id).await;
            run.map(|run| (run.id, run.workspace))
        }
        Thing::Job => {
            let job = store.job_by_id(id).await;
            job.map(|job| (job.id, job.workspace))
        }
        Thing::Schedule => {
            let schedule = store.schedule(id).await;
            schedule.map(|schedule| (schedule.id, schedule.workspace))
        }
        Thing::Batch => {
            let batch = store.batch(id).await;
            batch.map(|batch| (batch.id, batch.workspace))
        }
        Thing::Share => {
            let share = store.share(id).await;
            share.map(|share| (share.id, share.workspace))
        }
    };
    match found {
        Ok((id, workspace)) => Ok(Some(app.known.note_workspace(&id, &workspace))),
        Err(StoreError::NotFound { .. } | StoreError::Invalid(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Every workspace that the query names: a handler takes one of them.
pub(super) fn asked(parts: &Parts) -> Vec<String> {
    let names = values(parts, "workspace");
    if names.is_empty() {
        vec![DEFAULT_WORKSPACE.to_owned()]
    } else {
        names
    }
}

/// The values of a name in the query.
pub(super) fn values(parts: &Parts, wanted: &str) -> Vec<String> {
    let query = parts.uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// The pattern of the route that takes a request.
pub(super) fn pattern(parts: &Parts) -> Option<&str> {
    let matched = parts.extensions.get::<MatchedPath>();
    matched.map(MatchedPath::as_str)
}

/// The decoded value of a parameter in the path: `{name}` or, for the rest of it, `{*name}`.
pub(super) fn parameter(parts: &Parts, wanted: &str) -> Option<String> {
    let mut rest = parts.uri.path();
    for part in pattern(parts)?.split('/').skip(1) {
        rest = rest.strip_prefix('/')?;
        let (segment, following) = match rest.find('/') {
            Some(end) if !part.starts_with("{*") => rest.split_at(end),
            _ => (rest, ""),
        };
        let name = part.trim_start_matches("{*").trim_start_matches('{');
        if part.starts_with('{') && name.trim_end_matches('}') == wanted {
            return Some(decoded(segment).into_owned());
        }
        rest = following;
    }
    None
}
