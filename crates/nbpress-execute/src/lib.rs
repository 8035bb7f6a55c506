//! papermill's story: load, parameterize, run the cells, record, write.
