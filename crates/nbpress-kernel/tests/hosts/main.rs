//! Interactive kernels behind their hosts, whoever comes, goes or is killed.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a failure here is a failed test"
)]

mod ends;
mod outputs;
mod place;
mod python;
mod sessions;
