//! A notebook cannot tell a kernel from the pool from one that was started.

use nbpress_kernel::pool::Readiness;
use nbpress_kernel::{FoundKernel, Kernel, LaunchRequest, Limits, LocalProvisioner, Origin};

use crate::place::{Place, python_kernels, run};

/// Each cell prints what must be the same in any two kernels of one notebook.
const CELLS: &str = include_str!("same/cells.py");

/// Without a pool.
async fn started(place: &Place, kernel: &FoundKernel) -> Kernel {
    let alone = LocalProvisioner {
        pool: None,
        ..place.provisioner()
    };
    place.start_with(&alone, kernel, Limits::default()).await
}

/// What every cell gives; numbers of processes, addresses and the like are blanked.
async fn outputs(place: &Place, kernel: &mut Kernel) -> Vec<String> {
    let mut outputs = Vec::new();
    for cell in CELLS.split("# %%\n").skip(1) {
        let output = run(kernel, cell.trim_end()).await;
        let pid = kernel.process_id().to_string();
        outputs.push(format!(
            "{}\n{}",
            cell.trim_end(),
            blanked(&without_number(&output, &pid))
        ));
    }
    for left in ["written", "at-exit"] {
        std::fs::remove_file(place.folder.path().join(left)).ok();
    }
    outputs
}

/// With `PID` for a number, where it is not a part of another one.
fn without_number(text: &str, number: &str) -> String {
    let is_other = |character: char| !character.is_ascii_digit();
    let parts = text.split_inclusive(is_other);
    let replaced = parts.map(|part| {
        let digits = part.trim_end_matches(is_other);
        if digits == number {
            part.replace(number, "PID")
        } else {
            part.to_owned()
        }
    });
    replaced.collect()
}

/// Addresses in hexadecimal and names of temporary folders are never the same twice.
fn blanked(text: &str) -> String {
    let mut words = Vec::new();
    for word in text.split_inclusive([' ', '\'', '"', '>', ',', '/']) {
        let unique =
            word.starts_with("0x") || word.starts_with("nbpress-") || word.starts_with("tmp");
        words.push(if unique { "UNIQUE" } else { word });
    }
    words.concat()
}

#[tokio::test(flavor = "current_thread")]
async fn every_cell_gives_the_same() {
    let kernels = python_kernels();
    assert!(
        !kernels.is_empty(),
        "NBPRESS_TEST_KERNELS names no Python kernel"
    );
    for found in kernels {
        let place = Place::open(&[]);
        let mut cold = started(&place, &found).await;
        let said = serde_json::to_value(cold.info()).unwrap();
        let expected = outputs(&place, &mut cold).await;
        cold.shutdown(std::future::pending()).await;
        let mut ready = place.ready(&found).await;
        assert!(matches!(ready.origin(), Origin::Pool(Readiness::Forked)));
        assert_eq!(serde_json::to_value(ready.info()).unwrap(), said);
        let got = outputs(&place, &mut ready).await;
        let exit = ready.shutdown(std::future::pending()).await;
        assert_eq!(exit.code, Some(0));
        for (got, expected) in got.iter().zip(&expected) {
            assert_eq!(got, expected, "{}", found.name);
        }
        assert_eq!(got.len(), expected.len());
    }
}

#[tokio::test(flavor = "current_thread")]
async fn only_a_kernel_that_does_not_greet_is_asked_what_it_is() {
    let kernels = python_kernels();
    assert!(
        !kernels.is_empty(),
        "NBPRESS_TEST_KERNELS names no Python kernel"
    );
    for found in kernels {
        let place = Place::open(&[]);
        let kernel = place.ready(&found).await;
        let version = kernel.info().implementation_version.clone();
        kernel.kill().await;
        place
            .until(|status| !status.shelves[0].ready.is_empty())
            .await;
        let request = LaunchRequest {
            kernel: &found,
            working_directory: place.folder.path(),
            environment: &place.environment,
            limits: Limits::default(),
        };
        let launched = place.provisioner().launch(&request).unwrap();
        assert!(matches!(launched.origin, Origin::Pool(Readiness::Forked)));
        // Since ipykernel 7 its publisher greets.
        let told = launched.told.map(|told| told.implementation_version);
        let greets = !found.name.ends_with("ipykernel6");
        assert_eq!(told, greets.then_some(version), "{}", found.name);
    }
}

/// Text in pandas is Arrow's, whose allocator has a thread of its own.
const WITH_PANDAS: &str = "import sys; before = 'pandas' in sys.modules\n\
    import pandas as pd, pyarrow as pa\n\
    table = pd.DataFrame({'k': ['a', 'b'] * 200_000, 'n': range(400_000)})\n\
    print(before, table.groupby('k').n.sum().tolist(), pa.total_allocated_bytes() > 0)";

#[tokio::test(flavor = "current_thread")]
async fn what_was_imported_before_is_there_and_works() {
    let place = Place::open(&["pandas"]);
    let found = python_kernels().remove(0);
    let mut kernel = place.ready(&found).await;
    let printed = run(&mut kernel, WITH_PANDAS).await;
    assert_eq!(printed, "True [39999800000, 40000000000] True\n");
}

#[tokio::test(flavor = "current_thread")]
async fn random_numbers_are_each_kernels_own() {
    let place = Place::open(&["numpy", "uuid"]);
    let found = python_kernels().remove(0);
    let code = "import random, uuid, multiprocessing as mp\n\
        import numpy\n\
        print(random.random(), numpy.random.random(), uuid.uuid4(), mp.current_process().authkey.hex())";
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let mut kernel = place.ready(&found).await;
        for number in run(&mut kernel, code).await.split(' ') {
            assert!(seen.insert(number.to_owned()), "{number} came twice");
        }
        let imported =
            "import sys; print('numpy' in sys.modules, __import__('threading').active_count())";
        assert!(run(&mut kernel, imported).await.starts_with("True"));
        kernel.shutdown(std::future::pending()).await;
    }
    assert_eq!(seen.len(), 12);
}

#[tokio::test(flavor = "current_thread")]
async fn variables_and_limits_are_those_of_the_one_it_is_for() {
    let mut place = Place::open(&[]);
    let found = python_kernels().remove(0);
    place.ready(&found).await.kill().await;
    place
        .environment
        .insert("OF_THE_JOB".into(), "one\ntwo".into());
    place
        .until(|status| status.shelves.iter().any(|shelf| !shelf.ready.is_empty()))
        .await;
    let provisioner = LocalProvisioner {
        process_limits_only: true,
        ..place.provisioner()
    };
    let limits = Limits {
        file_bytes: Some(1 << 20),
        open_files: Some(200),
        ..Limits::default()
    };
    let mut kernel = place.start_with(&provisioner, &found, limits).await;
    assert!(
        matches!(kernel.origin(), Origin::Pool(_)),
        "{:?}",
        kernel.origin()
    );
    let code = "import os, resource as r\n\
        print(os.environ['OF_THE_JOB'], r.getrlimit(r.RLIMIT_FSIZE), r.getrlimit(r.RLIMIT_NOFILE))\n\
        print(os.popen('echo $OF_THE_JOB').read())";
    let expected = "one\ntwo (1048576, 1048576) (200, 200)\none two\n\n";
    assert_eq!(run(&mut kernel, code).await, expected);
    assert!(kernel.enforcement().unwrap().complete);
    kernel.shutdown(std::future::pending()).await;
}
