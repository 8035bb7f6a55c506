//! One run's bytes: the append-only journal, the manifest, blobs and scraps.
