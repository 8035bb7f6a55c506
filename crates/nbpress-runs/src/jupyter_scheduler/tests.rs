//! The rows of a database that jupyter-scheduler itself wrote.
