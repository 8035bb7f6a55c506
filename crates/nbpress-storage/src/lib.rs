//! Bytes at a location: local files, S3, GCS, Azure, HTTP and standard streams, with atomic and conditional writes.
