//! Outputs of papermill in a bucket.

use nbpress_scheduler::import::papermill;
use nbpress_storage::WriteOptions;

use crate::Moto;

const OUTPUT: &str = r#"{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {"papermill": {
    "input_path": "in.ipynb", "output_path": "s3://results/2024/NUMBER.ipynb", "exception": null,
    "start_time": "2024-02-03T04:05:06", "end_time": "2024-02-03T04:05:07", "parameters": {}}}}"#;

#[tokio::test]
async fn outputs_are_found_in_a_whole_bucket_beneath_a_prefix_and_by_their_name() {
    let server = Moto::start();
    let (bucket, storage) = (server.bucket("results").await, server.storage());
    // More than are read at once.
    for number in 0..20 {
        let place = bucket.join(&format!("{}/{number}.ipynb", 2024 + number % 2));
        let output = OUTPUT.replace("NUMBER", &number.to_string());
        let write = WriteOptions::overwrite();
        storage.write(&place, output.into(), write).await.unwrap();
    }
    let other = bucket.join("2024/notes.ipynb");
    let write = WriteOptions::overwrite();
    storage.write(&other, "{}".into(), write).await.unwrap();
    for (place, runs, left_out) in [
        (bucket.clone(), 20, 1),
        (bucket.join("2024"), 10, 1),
        (bucket.join("2025/1.ipynb"), 1, 0),
        (bucket.join("2026"), 0, 0),
    ] {
        let found = papermill::plan(&storage, &place).await.unwrap();
        let counts = (found.runs.len(), found.left_out.len());
        assert_eq!(counts, (runs, left_out), "{place}");
    }
    let found = papermill::plan(&storage, &bucket.join("2025/1.ipynb"))
        .await
        .unwrap();
    assert_eq!(
        found.runs[0].executed.as_deref(),
        Some("s3://results/2025/1.ipynb")
    );
}
