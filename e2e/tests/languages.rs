//! Every kernel the tests know, with its own manners: parameters, results, errors, interrupts.
#![expect(
    clippy::unwrap_used,
    reason = "test code: a failure here is a failed test"
)]

use e2e::live::{
    Ended, Live, Stage, assert_valid_notebooks, cell_statuses, markers, poll, processes_with,
};
use e2e::place;
use serde_json::{Value, json};

/// A kernel and what it is known to do.
struct Language {
    kernel: &'static str,
    /// What it says it is.
    implementation: &'static str,
    /// The beginning of the names of its fixtures.
    fixtures: &'static str,
    /// What the last cell of the parameters fixture shows, by whatever kind of output.
    last: &'static str,
    /// Words of the reason when the second cell of the failing fixture fails.
    error: &'static str,
    /// Code that ends well, and code that prints `started` and runs for an hour.
    cells: [&'static str; 2],
    /// What an interrupt does besides ending the cell, in the words of the reason.
    aftermath: &'static str,
}

/// xeus-python and Deno end with the cell that is interrupted.
const DIES: &str = "; the kernel died of the interrupt";

const PYTHON: [&str; 2] = [
    "1",
    "import time\nprint('started', flush=True)\ntime.sleep(3600)",
];

const IPYKERNEL: Language = Language {
    kernel: "python3",
    implementation: "ipython",
    fixtures: "xpython",
    last: "2",
    error: "cell 2 raised ZeroDivisionError: division by zero",
    cells: PYTHON,
    aftermath: "",
};

#[test]
fn ipykernel_7() {
    IPYKERNEL.check();
}

#[test]
fn ipykernel_6() {
    let language = Language {
        kernel: "python3-ipykernel6",
        ..IPYKERNEL
    };
    language.check();
}

#[test]
fn xeus_python() {
    let language = Language {
        kernel: "xpython",
        implementation: "xeus-python",
        // Its way to name a class.
        error: "cell 2 raised <class 'ZeroDivisionError'>: division by zero",
        aftermath: DIES,
        ..IPYKERNEL
    };
    language.check();
}

#[test]
fn r() {
    let language = Language {
        kernel: "ir",
        implementation: "IRkernel",
        fixtures: "r",
        last: "[1] 2",
        error: "cell 2 raised ERROR: Error in eval(expr, envir, enclos): no luck",
        cells: ["1", "cat('started\\n')\nSys.sleep(3600)"],
        aftermath: "",
    };
    language.check();
}

#[test]
fn bash() {
    let language = Language {
        kernel: "bash",
        implementation: "bash_kernel",
        fixtures: "bash",
        // It does not tell the streams apart.
        last: "to-stderr",
        // Its errors have no name; the exit status is their text.
        error: "cell 2 raised an error: 1",
        cells: ["true", "echo started; sleep 3600"],
        aftermath: "",
    };
    language.check();
}

#[test]
fn octave() {
    let language = Language {
        kernel: "octave",
        implementation: "Octave Kernel",
        fixtures: "octave",
        last: "ans = 2",
        // The kernel replies `ok` to this.
        error: "cell 2 raised Error: no luck",
        cells: ["1", "printf('started\\n'); pause(3600)"],
        aftermath: "",
    };
    language.check();
}

#[test]
fn deno() {
    let language = Language {
        kernel: "deno",
        implementation: "Deno kernel",
        fixtures: "deno",
        last: "2",
        error: "cell 2 raised Error: no luck",
        cells: [
            "1",
            "console.log('started'); await new Promise(done => setTimeout(done, 3600000))",
        ],
        aftermath: DIES,
    };
    language.check();
}

/// It replies with an error and shows none.
#[test]
fn an_error_that_is_only_in_the_reply_is_an_output_too() {
    let stage = Stage::new();
    require("deno");
    let notebook = place::fixture("deno_syntax_error").display().to_string();
    let ended = stage.run(&[&notebook, "out.ipynb"]).end();
    assert_eq!(ended.exit, 1, "{}", ended.stderr);
    let output = stage.read("out.ipynb");
    assert_eq!(cell_statuses(&output), ["completed", "failed", "pending"]);
    let failed = code_cells(&output)[1]["outputs"]
        .as_array()
        .unwrap()
        .clone();
    assert!(
        failed.iter().any(|output| output["output_type"] == "error"),
        "{failed:?}"
    );
}

/// About half of the first results of a fresh Deno come after its status `idle`.
#[test]
fn results_that_come_late_are_in_the_cell_that_made_them() {
    require("deno");
    let stage = Stage::new();
    stage.notebook("in.ipynb", "deno", &["'first'", "'second'", "'third'"]);
    for round in 0..6 {
        let ended = stage.run(&["in.ipynb", "out.ipynb"]).end();
        assert_eq!(ended.exit, 0, "{}", ended.stderr);
        let output = stage.read("out.ipynb");
        for (cell, wanted) in code_cells(&output).iter().zip(["first", "second", "third"]) {
            assert_eq!(
                cell["outputs"].as_array().unwrap().len(),
                1,
                "round {round}: {cell}"
            );
            assert!(shown(cell).contains(wanted), "round {round}: {cell}");
        }
    }
}

/// Some kernels send outputs without saying what they belong to.
#[test]
fn outputs_without_a_parent_belong_to_the_cell_that_was_begun() {
    let stage = Stage::new();
    let cells = ["early at the start\norphan of the first", "early between"];
    stage.notebook("in.ipynb", "testkernel", &cells);
    let ended = stage.run(&["in.ipynb", "out.ipynb"]).end();
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    let output = stage.read("out.ipynb");
    let shown: Vec<_> = code_cells(&output).into_iter().map(shown).collect();
    assert_eq!(shown, ["of the first", ""]);
}

/// A timer that prints for ever does not keep the run from ending.
#[test]
fn a_kernel_that_is_never_silent_is_not_listened_to_for_ever() {
    require("deno");
    let stage = Stage::new();
    let cell = "setInterval(() => console.log('tick'), 20); 'set'";
    stage.notebook("in.ipynb", "deno", &[cell, "'end'"]);
    let ended = stage.run(&["in.ipynb", "out.ipynb"]).end();
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    let output = stage.read("out.ipynb");
    let cells = code_cells(&output);
    assert!(shown(cells[0]).contains("set") && shown(cells[1]).contains("end"));
}

/// Unix sockets have short names; kernels then get ports.
#[test]
fn a_deep_temporary_folder_is_no_obstacle() {
    let stage = Stage::new();
    let folder = stage.path(&"deep/".repeat(25));
    std::fs::create_dir_all(&folder).unwrap();
    stage.notebook("in.ipynb", "python3", &["print('here')"]);
    let mut command = stage.command(place::nbpress());
    command
        .env("TMPDIR", folder)
        .args(["run", "--json", "in.ipynb", "out.ipynb"]);
    let ended = Live::start(&mut command).end();
    assert_eq!(ended.exit, 0, "{}", ended.stderr);
    assert_eq!(shown(code_cells(&stage.read("out.ipynb"))[0]), "here\n");
}

/// Text that only looks like an error of Octave is none, and code goes on after a real one only with
/// `--allow-errors`.
#[test]
fn an_octave_error_is_told_from_text_that_looks_like_one() {
    require("octave");
    let stage = Stage::new();
    let cells = [
        "printf('error: 0.5\\n')",
        "try, error('caught'); catch, end",
        "1 +",
        "printf('never\\n')",
    ];
    stage.notebook("in.ipynb", "octave", &cells);
    let ended = stage.run(&["in.ipynb", "out.ipynb"]).end();
    assert_eq!(ended.exit, 1, "{}", ended.stderr);
    let reason = ended.outcome()["reason"].to_string();
    assert!(
        reason.contains("cell 3 raised Error: parse error"),
        "{reason}"
    );
    let output = stage.read("out.ipynb");
    assert_eq!(
        cell_statuses(&output),
        ["completed", "completed", "failed", "pending"]
    );
    assert_eq!(markers(&output), 2);
    assert_valid_notebooks(&[stage.path("out.ipynb")]);
}

impl Language {
    fn check(&self) {
        require(self.kernel);
        let outputs = [self.takes_parameters(), self.fails(), self.is_interrupted()];
        let paths: Vec<_> = outputs
            .iter()
            .map(|stage| stage.path("out.ipynb"))
            .collect();
        assert_valid_notebooks(&paths);
    }

    fn run(&self, stage: &Stage, notebook: &str, arguments: &[&str]) -> Ended {
        let mut all = vec![notebook, "out.ipynb", "--kernel", self.kernel];
        all.extend(arguments);
        let ended = stage.run(&all).end();
        let marked = format!("NBPRESS_RUN_ID={}", ended.run_id());
        let gone = poll(|| processes_with(&marked).is_empty().then_some(()));
        assert!(gone.is_some(), "{}: a process is left", self.kernel);
        ended
    }

    fn takes_parameters(&self) -> Stage {
        let stage = Stage::new();
        let notebook = place::fixture(&format!("{}_parameters", self.fixtures));
        // A name that would be something else in each of these languages, were it code.
        let name = "it's \"$HOME\" `date` ${x} \\n %d";
        let parameter = format!("name={name}");
        let arguments = ["-p", &parameter, "-p", "count=2"];
        let ended = self.run(&stage, &notebook.display().to_string(), &arguments);
        assert_eq!(ended.exit, 0, "{}: {}", self.kernel, ended.stderr);

        let events = ended.events();
        let started = events
            .iter()
            .find(|event| event["type"] == "kernel_started");
        let kernel = &started.unwrap()["kernel"];
        assert_eq!(kernel["implementation"], self.implementation);
        let output = stage.read("out.ipynb");
        let cells = code_cells(&output);
        assert!(
            cell_statuses(&output)
                .iter()
                .all(|status| status == "completed")
        );
        assert_eq!(cells[1]["metadata"]["tags"], json!(["injected-parameters"]));
        let expected = [1, 2]
            .map(|number| format!("hello {name} {number}\n"))
            .concat();
        // Octave speaks through a terminal, R's `cat` puts a space before the newline.
        let greeting = shown(cells[2]).replace("\r\n", "\n").replace(" \n", "\n");
        assert_eq!(greeting, expected, "{}", self.kernel);
        let last = shown(cells[3]);
        assert!(last.contains(self.last), "{}: {last}", self.kernel);
        stage
    }

    fn fails(&self) -> Stage {
        let stage = Stage::new();
        let notebook = place::fixture(&format!("{}_fails", self.fixtures));
        let ended = self.run(&stage, &notebook.display().to_string(), &[]);
        let outcome = ended.outcome();
        assert_eq!(ended.exit, 1, "{}: {}", self.kernel, ended.stderr);
        assert_eq!(outcome["reason"], self.error);
        assert_eq!(
            (&outcome["class"], &outcome["cell"]),
            (&json!("user"), &json!(1))
        );
        let output = stage.read("out.ipynb");
        assert_eq!(
            cell_statuses(&output),
            ["completed", "failed", "pending"],
            "{}",
            self.kernel
        );
        assert_eq!(markers(&output), 2, "{}", self.kernel);
        let cells = code_cells(&output);
        assert_eq!(shown(cells[0]).trim(), "before");
        let outputs = cells[1]["outputs"].as_array().unwrap();
        assert!(
            outputs
                .iter()
                .any(|output| output["output_type"] == "error"),
            "{outputs:?}"
        );
        assert_eq!(cells[2]["outputs"], json!([]));
        stage
    }

    fn is_interrupted(&self) -> Stage {
        let stage = Stage::new();
        let [first, endless] = self.cells;
        stage.notebook("in.ipynb", self.kernel, &[first, endless, first]);
        let ended = self.run(&stage, "in.ipynb", &["--cell-timeout", "1"]);
        let outcome = ended.outcome();
        assert_eq!(ended.exit, 124, "{}: {outcome}", self.kernel);
        let expected = format!("cell 2 ran longer than 1 s{}", self.aftermath);
        assert_eq!(outcome["reason"], expected, "{}", self.kernel);
        let output = stage.read("out.ipynb");
        assert_eq!(
            cell_statuses(&output),
            ["completed", "failed", "pending"],
            "{}",
            self.kernel
        );
        assert!(
            shown(code_cells(&output)[1]).contains("started"),
            "{}",
            self.kernel
        );
        stage
    }
}

fn require(kernel: &str) {
    assert!(
        place::has_kernel(kernel),
        "kernel `{kernel}` is not installed; run `cargo xtask test`"
    );
}

fn code_cells(notebook: &Value) -> Vec<&Value> {
    let cells = notebook["cells"].as_array().unwrap().iter();
    cells.filter(|cell| cell["cell_type"] == "code").collect()
}

/// The text of a cell's outputs, without colours.
fn shown(cell: &Value) -> String {
    let lines = |text: &Value| match text {
        Value::Array(lines) => lines.iter().map(|line| line.as_str().unwrap()).collect(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let outputs = cell["outputs"].as_array().unwrap().iter();
    let text: String = outputs
        .map(|output| lines(&output["text"]) + &lines(&output["data"]["text/plain"]))
        .collect();
    text.split('\u{1b}')
        .enumerate()
        .map(|(index, part)| match (index, part.split_once('m')) {
            (1.., Some((_colour, rest))) => rest,
            _ => part,
        })
        .collect()
}
