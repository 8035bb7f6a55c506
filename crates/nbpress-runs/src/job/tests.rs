//! Jobs that cannot be and jobs that can.
