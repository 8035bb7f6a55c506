//! What exists and in which state: jobs, runs, attempts, schedules; on SQLite and on Postgres.
//!
//! [`Store`] is the rows and every change of them, each in one transaction. [`job`], [`run`], [`profile`],
//! [`schedule`] and [`role`] are what the rows say; [`plan`](mod@plan) makes runs of a job;
//! [`jupyter_scheduler`] reads the rows of another scheduler. Kernels and HTTP are
//! unknown here, and so is the time: every change is told when it happens.

pub mod error;
pub mod job;
pub mod jupyter_scheduler;
pub mod plan;
pub mod profile;
pub mod role;
pub mod run;
pub mod schedule;
pub mod state;
pub mod store;

pub use error::{Invalid, StoreError};
pub use job::JobDefinition;
pub use profile::Profile;
pub use role::{Permission, Role};
pub use run::{Attempt, AttemptEnd, AttemptState, Claim, Finish, NewRun, Run, RunSpec};
pub use state::{FailureClass, NoticeKind, RunState};
pub use store::Store;
