//! Due, enqueue, claim, runner, finalize: what brings runs about, and what becomes of them.
//!
//! A [`clockwork`] makes runs of schedules; a [`worker`] claims them from its [`coordinator`] and starts a
//! [`runner`] for each, in an [`attempt_folder`] of its own. Notebooks are run from [`snapshot`]s; people
//! are told by a [`courier`], through [`notify`].

pub mod attempt_folder;
mod causes;
pub mod clockwork;
pub mod coordinator;
pub mod courier;
mod hash;
pub mod import;
pub mod kept_state;
pub mod notify;
pub mod records;
pub mod remote;
mod report;
pub mod runner;
pub mod snapshot;
pub mod wake;
pub mod worker;
