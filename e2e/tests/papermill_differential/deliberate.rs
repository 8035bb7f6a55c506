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

const TRUTH: &str = "papermill calls cells completed that never ended or never ran";
const RACE: &str = "papermill stops listening before the kernel has said everything";

/// Every difference that is meant; one that no longer shows fails the test.
#[rustfmt::skip]
pub(crate) const DELIBERATE: &[Deliberate] = &[
    because("kernel dies*", "files.out.ipynb.notebook.cells[*].metadata.papermill.*", TRUTH),
    because("kernel dies*", "files.out.ipynb.notebook.metadata.papermill.exception", TRUTH),
    because("timeout*", "files.out.ipynb.notebook.cells[*].metadata.papermill.*", TRUTH),
    because("timeout*", "files.out.ipynb.notebook.metadata.papermill.exception", TRUTH),
    sometimes("kernel dies*", "files.out.ipynb.notebook.cells[*].execution_count", RACE),
    sometimes("kernel dies*", "files.out.ipynb.notebook.cells[*].metadata.execution.*", RACE),
    sometimes("Deno*", "files.out.ipynb.notebook.cells[*].outputs", RACE),
    sometimes("Deno*", "files.out.ipynb.notebook.cells[*].execution_count", RACE),
];
