//! What a revived kernel has is what the other one had.

use nbpress_kernel::kept::{self, Keep};
use nbpress_kernel::{Kernel, Origin};

use crate::place::{Place, python_kernels, run, until_gone};
use crate::{folder, keeping, newest, revive};

/// Cells before the one that fails.
const PREFIX: &str = include_str!("state/before.py");

/// Cells after it, each with what it prints.
const REST: &str = include_str!("state/after.py");

async fn run_prefix(kernel: &mut Kernel) {
    for cell in PREFIX.split("# %%\n").skip(1) {
        let output = run(kernel, cell).await;
        assert_eq!(output, "", "{cell}");
    }
}

async fn check_rest(kernel: &mut Kernel, what: &str) {
    for cell in REST.split("# %%\n").skip(1) {
        let (code, expected) = cell.split_once("# prints\n").unwrap();
        let expected: Vec<&str> = expected
            .lines()
            .map(|line| line.trim_start_matches("# "))
            .collect();
        let output = run(kernel, code).await;
        let got: Vec<&str> = output.trim_end().lines().collect();
        assert_eq!(got, expected, "{what}: {code}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_revived_kernel_goes_on_where_the_copy_was_made() {
    let kernels = python_kernels();
    assert!(kernels.len() > 1, "ipykernel 6 and 7 are both to be tested");
    for found in &kernels {
        let place = Place::open(&[]);
        for from_pool in [false, true] {
            let what = format!("{}, from the pool: {from_pool}", found.name);
            let keep = Keep::in_folder(folder(&place));
            let mut kernel = if from_pool {
                let mut kernel = place.ready(found).await;
                keep.install(&mut kernel).await.unwrap();
                kernel
            } else {
                keeping(&place, found, &keep).await
            };
            run_prefix(&mut kernel).await;
            let failed = run(&mut kernel, "spent = next(squares), file.readline(); 1 / 0").await;
            assert!(failed.contains("ZeroDivisionError"), "{what}: {failed}");
            let first = kernel.process_id();
            kernel.kill().await;
            until_gone(&[first]).await;
            let copy = newest(&place);
            // The same copy again, and one that is a copy of what was revived.
            for time in 1..=2 {
                let mut revived = revive(&place, &copy, found).await.unwrap();
                assert!(matches!(revived.origin(), Origin::Revived));
                check_rest(&mut revived, &format!("{what}, time {time}")).await;
                assert_eq!(
                    revived.shutdown(std::future::pending()).await.code,
                    Some(0),
                    "{what}"
                );
            }
            let mut revived = revive(&place, &copy, found).await.unwrap();
            keep.install(&mut revived).await.unwrap();
            run(
                &mut revived,
                "spent = next(squares), file.readline(); 1 / 0",
            )
            .await;
            let again = newest(&place);
            assert_ne!(again.process_id, copy.process_id);
            revived.kill().await;
            let mut revived = revive(&place, &again, found).await.unwrap();
            check_rest(&mut revived, &format!("{what}, a copy's copy")).await;
            revived.kill().await;
            kept::drop_all(&folder(&place));
        }
    }
}
