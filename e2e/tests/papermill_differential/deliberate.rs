//! Where nbpress differs from papermill 2.7 on purpose. Each line is a promise of the documentation.

/// A difference that is meant. `*` stands for any text in both patterns.
#[derive(Debug)]
pub(crate) struct Deliberate {
    pub(crate) case: &'static str,
    pub(crate) place: &'static str,
    /// Whether papermill's own result varies from run to run, so that the difference need not show.
    pub(crate) sometimes: bool,
    #[expect(dead_code, reason = "shown through Debug when an entry is out of date")]
    pub(crate) reason: &'static str,
}

const fn because(case: &'static str, place: &'static str, reason: &'static str) -> Deliberate {
    Deliberate {
        case,
        place,
        sometimes: false,
        reason,
    }
}

const fn sometimes(case: &'static str, place: &'static str, reason: &'static str) -> Deliberate {
    Deliberate {
        case,
        place,
        sometimes: true,
        reason,
    }
}

const TRUTH: &str =
    "papermill calls cells completed that never ended or never ran, and runs that failed clean";
const MARKERS: &str = "the markers point at the cell at which the run ended, whatever ended it";
const KNOWN: &str = "what the kernel said about itself is kept, also when it died";
const RACE: &str = "papermill stops listening before the kernel has said everything";
const STREAMS: &str =
    "standard output is for the notebook; what the kernel prints by itself goes to standard error";
const OCTAVE: &str = "Octave replies `ok` to a cell that failed; the error is in its text";
const UNWRITABLE: &str = "papermill dies while it writes such a value";
const TUPLES: &str = "values that JSON does not have are kept as Python prints them";
const NOTHING_RAN: &str = "without a kernel nothing ran, so nothing is written";
const MAPPING: &str = "parameters are a mapping";
const HIDDEN: &str = "papermill drops the other keys of the cell's `jupyter` metadata";
const DATA: &str =
    "papermill's text is not the language, or would be executed; `--strict-compat` prints it";
const NAMES: &str = "a name that is none in the language would be executed";

/// Every difference that is meant; one that no longer shows fails the test.
#[rustfmt::skip]
pub(crate) const DELIBERATE: &[Deliberate] = &[
    because("kernel dies*", "files.out.ipynb.notebook.cells", MARKERS),
    because("kernel dies*", "files.out.ipynb.notebook.metadata.papermill.exception", TRUTH),
    because("kernel dies*", "files.out.ipynb.notebook.metadata.language_info.*", KNOWN),
    because("timeout: a cell*", "files.out.ipynb.notebook.cells", MARKERS),
    because("timeout: a cell*", "files.out.ipynb.notebook.metadata.papermill.exception", TRUTH),
    because("timeout: a cell*", "files.out.ipynb.notebook.metadata.language_info.*", KNOWN),
    sometimes("kernel dies*", "files.out.ipynb.notebook.cells[*", RACE),
    because("Skip Execution*", "files.out.ipynb.notebook.cells[0].metadata.papermill.*", TRUTH),
    because("skip-execution*", "files.out.ipynb.notebook.cells[1].metadata.papermill.*", TRUTH),
    because("raises-exception tag", "files.out.ipynb.notebook.metadata.papermill.exception", TRUTH),
    because("Skip Exceptions with Cell Tags", "files.out.ipynb.notebook.metadata.papermill.exception", TRUTH),
    sometimes("Deno*", "files.out.ipynb.notebook.cells[*].outputs*", RACE),
    sometimes("Deno*", "files.out.ipynb.notebook.cells[*].execution_count", RACE),
    because("Octave fails", "*", OCTAVE),
    because("kernel's own stderr", "stdout", STREAMS),
    because("report mode over metadata", "files.out.ipynb.notebook.cells[2].metadata.jupyter.outputs_hidden", HIDDEN),
    because("unknown kernel", "files.out.ipynb", NOTHING_RAN),
    because("unknown language and parameters", "stderr", "says which languages there are"),
    because("YAML document: a list of pairs", "*", MAPPING),
    because("YAML document: keys that cannot be sorted", "*", UNWRITABLE),
    because("YAML document: set", "*", UNWRITABLE),
    because("YAML document: binary", "files.out.ipynb.notebook.metadata.papermill.parameters.a", TUPLES),
    because("YAML document: ordered map", "files.out.ipynb.notebook.metadata.papermill.parameters.a[*]", TUPLES),
    because("*: sets: *", "source", UNWRITABLE),
    because("R: *", "source", DATA),
    because("sparkrkernel: *", "source", DATA),
    because("scala: *", "source", DATA),
    because("sparkkernel: *", "source", DATA),
    because("julia: *", "source", DATA),
    because("matlab: *", "source", DATA),
    because(".net-csharp: *", "source", DATA),
    because(".net-fsharp: *", "source", DATA),
    because(".net-powershell: *", "source", DATA),
    because("bash: *", "source", DATA),
    because("name: dot: *", "source", NAMES),
    because("name: underscores: matlab", "source", NAMES),
    because("name: letters: matlab", "source", NAMES),
    because("name: letters: bash", "source", NAMES),
    because("folder that is not there", "stderr", "the folder's name is in backticks"),
];
