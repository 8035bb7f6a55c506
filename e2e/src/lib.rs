//! What the tests in `tests/` share: where the reference implementations are, and how both sides are run.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a failure here is a failed test"
)]

pub mod live;
pub mod papermill;
pub mod place;
pub mod run;
pub mod s3;
