//! What is read from notebooks.
