//! `nbpress ready` from the outside: runs take kernels that were started ahead, and need none.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test: a failure here is a failed test"
)]

use std::time::{Duration, Instant};

use e2e::live::Stage;
use e2e::place;
use serde_json::Value;

/// A place whose kernels are kept ready until its end.
struct Ready {
    stage: Stage,
}

impl Ready {
    /// The reference's `python3` is the kernel that is forked.
    fn start() -> Self {
        let stage = Stage::new();
        let kernelspec = place::reference().join("jupyter/kernels/python3/kernel.json");
        let spec: Value = serde_json::from_slice(&std::fs::read(kernelspec).unwrap()).unwrap();
        stage.add_kernel("forked", &spec);
        stage.notebook(
            "nb.ipynb",
            "forked",
            &["import os\nprint('ran in', os.getcwd())"],
        );
        assert_eq!(stage.nbpress(&["ready", "status"]).exit, 5);
        assert_eq!(stage.nbpress(&["ready", "start"]).exit, 0);
        Self { stage }
    }

    fn handed_over(&self) -> u64 {
        let ended = self.stage.nbpress(&["ready", "status", "--json"]);
        let status: Value = serde_json::from_str(&ended.stdout.concat()).unwrap();
        status["handed_over"].as_u64().unwrap()
    }

    fn run(&self) -> String {
        let ended = self.stage.nbpress(&["run", "nb.ipynb", "out.ipynb"]);
        assert_eq!(ended.exit, 0, "{}", ended.stderr);
        let output = self.stage.read("out.ipynb");
        output["cells"][0]["outputs"][0]["text"].to_string()
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        self.stage.nbpress(&["ready", "stop"]);
    }
}

#[test]
fn runs_take_kernels_that_are_ready() {
    let ready = Ready::start();
    assert_eq!(ready.handed_over(), 0);
    let cold = ready.run();
    assert!(cold.contains("ran in"), "{cold}");
    let since = Instant::now();
    while ready.handed_over() == 0 {
        assert!(since.elapsed() < Duration::from_mins(1), "none is ready");
        assert_eq!(ready.run(), cold);
    }
    assert_eq!(ready.stage.nbpress(&["ready", "start"]).exit, 2);
    assert_eq!(ready.stage.nbpress(&["ready", "stop"]).exit, 0);
    assert_eq!(ready.run(), cold);
}
