//! What is on file, at every moment and whatever the amount: nothing torn, nothing lost, nothing
//! that must not be there, and no more written than there is to say.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "test code: a failure here is a failed test"
)]

#[path = "durability/amounts.rs"]
mod amounts;
#[path = "durability/kills.rs"]
mod kills;
#[path = "durability/readers.rs"]
mod readers;
#[path = "durability/secrets.rs"]
mod secrets;
