//! Tests that start the real `nbpress` binary live in `tests/`.
