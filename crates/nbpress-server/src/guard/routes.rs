//! Every route, with the permission that it needs: one table, read from top to bottom by whoever wants to know.
//!
//! What is not in it needs [`Permission::Admin`] in all workspaces.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::Method;
use nbpress_runs::Permission;
use nbpress_runs::Permission::{Admin, Operate, Read, Run, Write};

use Place::{Anybody, Anywhere, Asked, Everywhere, Named, Of, Open, Served};

/// Where somebody needs the permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nobody needs to be anybody: the route says nothing, or knows better whom it answers.
    Open,
    /// Whoever somebody is: it is about themselves, or the same for everybody.
    Anybody,
    /// In the workspace whose folder is served.
    Served,
    /// In the workspace that the query names, `main` where it names none.
    Asked,
    /// In the workspace that the path names.
    Named,
    /// In the workspace of the thing that the path names.
    Of(Thing),
    /// In some workspace: which one is in the body, or each part of the answer is looked at. The handler asks
    /// [`Who`](super::Who) again.
    Anywhere,
    /// In all workspaces.
    Everywhere,
}

/// What belongs to one workspace, and is named by its id alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Run,
    Job,
    Schedule,
    Batch,
    Share,
}

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) needs: Permission,
    pub(crate) place: Place,
}

/// What no line of the table is about.
const UNLISTED: Rule = Rule {
    needs: Admin,
    place: Everywhere,
};

/// What is not there at all can be looked for by whoever somebody is.
const NOTHING: Rule = Rule {
    needs: Read,
    place: Anybody,
};

type Group = (Permission, Place, &'static [(&'static str, &'static str)]);

const TABLE: &[Group] = &[
    (Read, Open, OPEN),
    (Read, Anybody, ONESELF),
    (Read, Anybody, PROGRAM),
    (Read, Served, FOLDER),
    (Write, Served, CHANGES_OF_FOLDER),
    (Read, Asked, LISTS),
    (Run, Asked, RUNS_OF_JOBS),
    (Write, Asked, CHANGES_OF_JOBS),
    (Read, Of(Thing::Run), RUN),
    // Of one's own: those of others need `operate`, which the handler sees to.
    (
        Run,
        Of(Thing::Run),
        &[
            ("POST", "/v1/runs/{run}/cancel"),
            ("POST", "/v1/runs/{run}/restart"),
            ("POST", "/v1/runs/{run}/resume"),
        ],
    ),
    (Operate, Of(Thing::Run), &[("POST", "/v1/runs/{run}/hold")]),
    (
        Read,
        Of(Thing::Batch),
        &[
            ("GET", "/v1/batches/{batch}"),
            ("GET", "/v1/batches/{batch}/scraps"),
        ],
    ),
    (
        Run,
        Of(Thing::Batch),
        &[("POST", "/v1/batches/{batch}/cancel")],
    ),
    (
        Read,
        Of(Thing::Schedule),
        &[("GET", "/v1/schedules/{schedule}")],
    ),
    (Write, Of(Thing::Schedule), CHANGES_OF_SCHEDULES),
    (Write, Of(Thing::Share), &[("DELETE", "/v1/shares/{share}")]),
    (Read, Anywhere, PLATFORM),
    (Run, Anywhere, &[("POST", "/v1/runs")]),
    (Write, Anywhere, &[("POST", "/v1/shares")]),
    (Operate, Asked, OPERATES_A_WORKSPACE),
    (Operate, Everywhere, OPERATES),
    (Read, Everywhere, &[("GET", "/metrics")]),
    (
        Admin,
        Named,
        &[("PUT DELETE", "/v1/users/{user}/grants/{workspace}")],
    ),
    (Admin, Everywhere, ADMINISTERS),
];

const OPEN: &[(&str, &str)] = &[
    ("GET", "/api"),
    ("GET POST", "/login"),
    ("GET", "/login/openid"),
    ("GET", "/login/openid/callback"),
    ("GET POST", "/logout"),
    ("GET", "/s/{secret}"),
    ("GET", "/v1/health"),
    ("GET", "/v1/ready"),
    ("POST", "/v1/hooks/{secret}"),
];

const ONESELF: &[(&str, &str)] = &[
    ("GET PATCH", "/api/me"),
    ("POST", "/api/security/csp-report"),
    ("GET", "/v1/me"),
    // Of others: only for admins, which the handler sees to.
    ("GET POST", "/v1/tokens"),
    ("DELETE", "/v1/tokens/{token}"),
];

/// The same for everybody: the front ends' own files, and what describes the API.
const PROGRAM: &[(&str, &str)] = &[
    ("GET", "/"),
    ("GET", "/admin"),
    ("GET", "/api/spec.yaml"),
    ("GET", "/compute"),
    ("GET", "/diff"),
    ("GET", "/explore"),
    ("GET", "/frame/output.html"),
    ("GET", "/jobs"),
    ("GET", "/jobs/{job}"),
    ("GET", "/jobs/{job}/run"),
    ("GET", "/lab/api/licenses"),
    ("GET", "/lab/api/licenses/"),
    ("GET", "/lab/api/listings/{*path}"),
    ("GET", "/lab/api/themes/{*path}"),
    ("GET", "/lab/api/translations"),
    ("GET", "/lab/api/translations/"),
    ("GET", "/lab/api/translations/{locale}"),
    ("GET", "/lab/extensions/{*path}"),
    ("GET", "/notebooks"),
    ("GET", "/notebooks/{*path}"),
    ("GET", "/runs"),
    ("GET", "/runs/{run}"),
    ("GET", "/schedules"),
    ("GET", "/sweeps/{batch}"),
    ("GET", "/static/lab/{*path}"),
    ("GET", "/ui/{*path}"),
    ("POST", "/v1/schedules/preview"),
];

const FOLDER: &[(&str, &str)] = &[
    ("GET", "/api/config/{section}"),
    ("GET", "/api/contents"),
    ("GET", "/v1/contents/events"),
    ("GET", "/api/contents/"),
    ("GET", "/api/contents/{*path}"),
    ("GET", "/api/events/subscribe"),
    ("GET", "/api/kernels"),
    ("GET", "/api/kernels/{kernel}"),
    ("GET", "/api/kernelspecs"),
    ("GET", "/api/kernelspecs/{name}"),
    ("GET", "/api/nbconvert"),
    ("GET", "/api/notebooks/{*path}"),
    ("GET", "/api/resolvePath"),
    ("GET", "/api/sessions"),
    ("GET", "/api/sessions/{session}"),
    ("GET", "/api/status"),
    ("GET", "/edit/{*path}"),
    ("GET", "/files/{*path}"),
    ("GET", "/kernelspecs/{name}/{*file}"),
    ("GET", "/lab"),
    ("GET", "/lab/"),
    ("GET", "/lab/api/settings"),
    ("GET", "/lab/api/settings/"),
    ("GET", "/lab/api/settings/{*id}"),
    ("GET", "/lab/api/workspaces"),
    ("GET", "/lab/api/workspaces/"),
    ("GET", "/lab/api/workspaces/{*id}"),
    ("GET", "/lab/tree"),
    ("GET", "/lab/tree/{*path}"),
    ("GET", "/lab/workspaces/{workspace}"),
    ("GET", "/lab/workspaces/{workspace}/tree/{*path}"),
    ("GET", "/lsp/status"),
    ("GET", "/nbconvert/{format}/{*path}"),
    ("GET", "/tree"),
    ("GET", "/tree/"),
    ("GET", "/tree/{*path}"),
    ("GET", "/v1/kernels"),
    ("GET", "/v1/kernels/ready"),
    ("GET", "/v1/notebooks/input"),
    ("GET", "/v1/notebooks/parameters"),
    ("GET", "/v1/tables"),
    ("GET", "/v1/versions"),
    ("GET", "/view"),
    ("GET", "/view/"),
    ("GET", "/view/{*path}"),
];

/// Whoever has a kernel or a terminal can do whatever the server's own user can.
const CHANGES_OF_FOLDER: &[(&str, &str)] = &[
    ("PUT PATCH", "/api/config/{section}"),
    ("POST", "/api/contents"),
    ("POST", "/api/contents/"),
    ("POST PUT PATCH DELETE", "/api/contents/{*path}"),
    ("POST", "/api/events"),
    ("POST", "/api/kernels"),
    ("DELETE", "/api/kernels/{kernel}"),
    ("GET", "/api/kernels/{kernel}/channels"),
    ("POST", "/api/kernels/{kernel}/interrupt"),
    ("POST", "/api/kernels/{kernel}/restart"),
    ("POST", "/api/sessions"),
    ("PATCH DELETE", "/api/sessions/{session}"),
    ("GET POST", "/api/terminals"),
    ("GET DELETE", "/api/terminals/{name}"),
    ("PUT", "/lab/api/settings/{*id}"),
    ("PUT DELETE", "/lab/api/workspaces/{*id}"),
    ("POST", "/copy"),
    ("POST", "/nbconvert/{format}"),
    ("GET", "/terminals/websocket/{name}"),
    ("POST", "/v1/notebooks/draft"),
    ("POST", "/v1/notebooks/execute"),
    ("POST", "/v1/notebooks/here"),
    ("POST", "/v1/notebooks/input"),
    ("DELETE", "/v1/kernels/{kernel}"),
    ("PUT", "/v1/versions/name"),
    ("POST", "/v1/versions/restore"),
];

const LISTS: &[(&str, &str)] = &[
    ("GET", "/jobs/{job}/view"),
    ("GET", "/v1/batches"),
    ("GET", "/v1/channels"),
    ("GET", "/v1/jobs"),
    ("GET", "/v1/jobs/{name}"),
    ("GET", "/v1/jobs/{name}/ahead"),
    ("GET", "/v1/jobs/{name}/last-good"),
    ("GET", "/v1/jobs/{name}/versions"),
    ("GET", "/v1/profile-fit"),
    ("GET", "/v1/retention"),
    ("GET", "/v1/runs"),
    ("GET", "/v1/schedules"),
    ("GET", "/v1/totals"),
];

const RUNS_OF_JOBS: &[(&str, &str)] = &[
    ("POST", "/v1/jobs/{name}/backfill"),
    ("POST", "/v1/jobs/{name}/run"),
    ("POST", "/v1/jobs/{name}/sweep"),
];

const CHANGES_OF_JOBS: &[(&str, &str)] = &[
    ("PUT DELETE", "/v1/jobs/{name}"),
    ("POST", "/v1/jobs/{name}/republish"),
    ("PUT", "/v1/jobs/{name}/schedules"),
    ("GET", "/v1/shares"),
];

const RUN: &[(&str, &str)] = &[
    ("GET", "/runs/{run}/view"),
    ("GET", "/v1/runs/{run}"),
    ("GET", "/v1/runs/{run}/environment"),
    ("GET", "/v1/runs/{run}/events"),
    ("GET", "/v1/runs/{run}/notebook"),
    ("GET", "/v1/runs/{run}/tables/{cell}/{output}"),
    ("GET", "/v1/runs/{run}/tasks"),
];

const CHANGES_OF_SCHEDULES: &[(&str, &str)] = &[
    ("DELETE", "/v1/schedules/{schedule}"),
    ("POST", "/v1/schedules/{schedule}/pause"),
    ("POST", "/v1/schedules/{schedule}/resume"),
];

const PLATFORM: &[(&str, &str)] = &[
    ("GET", "/search"),
    ("GET", "/v1/events"),
    ("GET", "/v1/events/last"),
    ("GET", "/v1/pools"),
    ("GET", "/v1/profiles"),
    ("GET", "/v1/search"),
    ("GET", "/v1/search/index"),
    ("GET", "/v1/search/labels"),
    ("GET", "/v1/workers"),
];

const OPERATES_A_WORKSPACE: &[(&str, &str)] = &[
    ("PUT DELETE", "/v1/channels/{name}"),
    ("POST", "/v1/import"),
    ("PUT", "/v1/retention"),
];

const OPERATES: &[(&str, &str)] = &[
    ("PUT DELETE", "/v1/pools/{name}"),
    ("PUT", "/v1/profiles"),
    ("DELETE", "/v1/profiles/{name}"),
    ("POST", "/v1/search/index/rebuild"),
    // Statements read all workspaces.
    ("POST", "/v1/sql"),
    ("GET", "/v1/worker/news"),
    ("GET", "/v1/worker/objects/{sha256}"),
    ("GET", "/v1/worker/records/{record}"),
    ("PUT", "/v1/worker/records/{record}/blobs/{sha256}"),
    ("PUT", "/v1/worker/records/{record}/journal"),
    ("POST", "/v1/worker/records/{record}/seal"),
    ("POST", "/v1/worker/register"),
    ("POST", "/v1/worker/{worker}/beat"),
    ("POST", "/v1/worker/{worker}/claim"),
    ("POST", "/v1/worker/{worker}/finish"),
    ("POST", "/v1/workers/{worker}/drain"),
    ("POST", "/v1/workers/{worker}/resume"),
];

const ADMINISTERS: &[(&str, &str)] = &[
    ("POST", "/api/shutdown"),
    ("GET", "/v1/audit"),
    ("GET", "/v1/audit/verify"),
    ("GET", "/v1/settings"),
    ("GET POST", "/v1/users"),
    ("GET PATCH", "/v1/users/{user}"),
    ("POST", "/v1/users/{user}/link"),
];

static RULES: LazyLock<HashMap<(&str, Method), Rule>> = LazyLock::new(|| {
    let mut rules = HashMap::new();
    for (needs, place, routes) in TABLE {
        for (methods, path) in *routes {
            for method in methods.split(' ') {
                let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
                let (needs, place) = (*needs, *place);
                rules.insert((*path, method), Rule { needs, place });
            }
        }
    }
    rules
});

/// What a request needs: its method, and the pattern of the route that takes it.
pub(crate) fn rule(method: &Method, pattern: Option<&str>) -> Rule {
    // What one may look at one may also ask about.
    let method = match *method {
        Method::HEAD => &Method::GET,
        _ => method,
    };
    match pattern {
        Some(pattern) => {
            let listed = RULES.get(&(pattern, method.clone()));
            listed.copied().unwrap_or(UNLISTED)
        }
        None if *method == Method::GET => NOTHING,
        None => UNLISTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_needs_an_admin() {
        let pattern = Some("/v1/new");
        assert_eq!(rule(&Method::GET, pattern), UNLISTED);
        assert_eq!(rule(&Method::DELETE, Some("/v1/runs")), UNLISTED);
        assert_eq!(rule(&Method::OPTIONS, Some("/v1/runs")), UNLISTED);
        assert_eq!(rule(&Method::HEAD, Some("/v1/runs")).needs, Read);
    }

    #[test]
    fn no_route_stands_in_two_lines() {
        let listed = TABLE.iter().flat_map(|(_, _, routes)| *routes);
        let listed: usize = listed.map(|(methods, _)| methods.split(' ').count()).sum();
        assert_eq!(RULES.len(), listed);
    }
}
