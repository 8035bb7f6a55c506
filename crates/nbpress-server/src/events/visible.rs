//! Which changes somebody may hear of: those of the workspaces that they may read.

use nbpress_runs::Permission;
use nbpress_runs::store::AuditEntry;

use crate::App;
use crate::guard::{Thing, Who, workspace_of};

/// Whether somebody may hear of a change.
pub(super) async fn to(app: &App, who: &Who, entry: &AuditEntry) -> bool {
    if who.may_everywhere(Permission::Admin) {
        return true;
    }
    let thing = match entry.what.as_str() {
        "run" => Thing::Run,
        "job" => Thing::Job,
        "schedule" => Thing::Schedule,
        "batch" => Thing::Batch,
        // What all workspaces share.
        "pool" | "profile" | "worker" => return true,
        // Of a channel or a setting it is not said whose it is; users, tokens and links are for admins.
        _ => return false,
    };
    if who.may_everywhere(Permission::Read) {
        return true;
    }
    let workspace = workspace_of(app, thing, &entry.object).await;
    let workspace = workspace.ok().flatten();
    workspace.is_some_and(|workspace| who.may(Permission::Read, &workspace))
}
