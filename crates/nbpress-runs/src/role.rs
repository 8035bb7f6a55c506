//! What people may do: permissions, and the roles that have them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::state::{UnknownWord, words};

/// Something that may be done in a workspace.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Look at notebooks, runs, jobs.
    Read,
    /// Begin runs, and end one's own.
    Run,
    /// Change notebooks, jobs and schedules; use kernels and terminals, which can do all of that.
    Write,
    /// Change what the runs of others depend on: pools, profiles, workers, retention; end anybody's runs.
    Operate,
    /// Decide who may do what, and everything else.
    Admin,
}

words!(Permission, "a permission", {
    Read => "read",
    Run => "run",
    Write => "write",
    Operate => "operate",
    Admin => "admin",
});

/// What somebody is in a workspace. Each role may do what the one before it may, and more.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Writes notebooks and jobs, and runs them.
    Editor,
    /// Keeps the platform running.
    Operator,
    /// Decides who is what.
    Admin,
}

words!(Role, "a role", {
    Viewer => "viewer",
    Editor => "editor",
    Operator => "operator",
    Admin => "admin",
});

impl Role {
    /// Whether it may do something.
    pub fn allows(self, permission: Permission) -> bool {
        let highest = match self {
            Self::Viewer => Permission::Read,
            Self::Editor => Permission::Write,
            Self::Operator => Permission::Operate,
            Self::Admin => Permission::Admin,
        };
        permission <= highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_one_before_it_may_and_more() {
        for (role, may) in [
            (Role::Viewer, "read"),
            (Role::Editor, "read run write"),
            (Role::Operator, "read run write operate"),
            (Role::Admin, "read run write operate admin"),
        ] {
            let allowed: Vec<&str> = Permission::ALL
                .iter()
                .filter(|permission| role.allows(**permission))
                .map(|permission| permission.as_str())
                .collect();
            assert_eq!(allowed.join(" "), may, "{role}");
        }
    }
}
