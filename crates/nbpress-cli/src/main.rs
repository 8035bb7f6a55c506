//! The `nbpress` command.
fn main() {}
