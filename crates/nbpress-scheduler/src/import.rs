//! What other programs did and were to do: read where they keep it, proposed, and taken over when that is wanted.
//!
//! [`papermill`] reads runs from output notebooks, [`jupyter_scheduler`] jobs and runs from its database,
//! [`crontab`] jobs from the lines that run notebooks. Each makes a [`Plan`], which says what would come to be
//! and what would not, and why. Nothing is ever written where it was read. [`take_over`] adds one run of a plan.

pub mod crontab;
pub mod jupyter_scheduler;
pub mod papermill;
mod past_run;
mod proposal;
mod record;

pub use past_run::{ImportError, PastRun, Tool, run_id, take_over};
pub use proposal::{LeftOut, Plan, ProposedJob, ProposedRun, ProposedSchedule};
