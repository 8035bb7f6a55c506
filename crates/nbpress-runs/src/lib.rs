//! What exists and in which state: jobs, runs, attempts, schedules; on SQLite and on Postgres.

pub mod schedule;
