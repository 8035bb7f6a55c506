//! From jobs to runs.
