//! What to execute and how.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use nbpress_format::json::Object;
use nbpress_format::notebook::Notebook;
use nbpress_format::parameters::ParameterValue;
use nbpress_kernel::Limits;
use nbpress_kernel::tables::Tables;
use nbpress_record::{RunId, SweepPoint};
use nbpress_storage::Location;

use crate::keep::Keeping;
use crate::redact::Secret;
use crate::resume::Parent;

/// Whose manners a run has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manners {
    /// Ours: typed parameters, tolerated errors are tolerated, no marker for them.
    #[default]
    Nbpress,
    /// papermill's, where a script could depend on them: unknown parameters are warned about, a cell
    /// that may raise still fails the run, an error without output stays without.
    Papermill,
}

/// Which cells run. Cells that do not run have no outputs in the copy: they would not be of this run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CellSelection {
    /// Every code cell.
    #[default]
    All,
    /// Only these, as positions in the source notebook from 0, and the parameter cells.
    Only(Vec<usize>),
    /// Only cells with one of these tags, and the parameter cells.
    Tagged(Vec<String>),
}

/// One execution.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of a command line"
)]
pub struct ExecuteOptions {
    /// The command a person used: `run`, `papermill`, `sweep`.
    pub command: String,
    /// The notebook to execute.
    pub source: Location,
    /// The notebook as it was read before, and the SHA-256 of its bytes; read when `None`. The points
    /// of a sweep share it, whatever becomes of the file meanwhile.
    pub loaded: Option<Arc<(Notebook, String)>>,
    /// Where the executed copy is published, besides the record.
    pub output: Option<Location>,
    /// Refuse to replace an existing output.
    pub if_absent: bool,
    /// Values for the injected-parameters cell, in order.
    pub parameters: IndexMap<String, ParameterValue>,
    /// Values that reach the kernel and no file.
    pub secrets: Vec<Secret>,
    /// A kernel other than the notebook's.
    pub kernel: Option<String>,
    /// A language other than the notebook's.
    pub language: Option<String>,
    /// The kernel's working directory; the notebook's folder, or the current one for a remote
    /// notebook, when `None`.
    pub working_directory: Option<PathBuf>,
    /// The environment of the kernel, whole.
    pub environment: BTreeMap<String, String>,
    /// The name the record gets; a new one when `None`.
    pub run_id: Option<RunId>,
    /// The run that the kernel is told it is part of, as `NBPRESS_RUN_ID`; the record's when `None`.
    pub part_of: Option<String>,
    /// How long the kernel may take to answer.
    pub start_timeout: Duration,
    /// How long one cell may run.
    pub cell_timeout: Option<Duration>,
    /// How long the whole run may take, from the start of the kernel.
    pub run_timeout: Option<Duration>,
    /// What the kernel, with everything it starts, may use of the machine.
    pub limits: Limits,
    /// Go on after a cell that raised.
    pub allow_errors: bool,
    /// Cells with one of these tags are skipped.
    pub skip_tags: Vec<String>,
    /// Which cells run.
    pub cells: CellSelection,
    /// Hide the source of every code cell.
    pub report_mode: bool,
    /// Shortest time between saves of the output at the ends of cells; `None` saves once, at the end.
    pub publish_every: Option<Duration>,
    /// Shortest time between saves of the output while a cell runs.
    pub autosave_every: Option<Duration>,
    /// Keep the record after the output has been published.
    pub keep_record: bool,
    /// Whose manners.
    pub manners: Manners,
    /// Reproduce papermill's bytes even where a value could be executed as code.
    pub strict_compat: bool,
    /// The point of a sweep this is.
    pub sweep: Option<SweepPoint>,
    /// Free labels for finding the run again.
    pub tags: Object,
    /// Which tables that cells show are kept whole, in kernels of IPython; frames are shown as these show them by
    /// themselves when `None`.
    pub tables: Option<Tables>,
    /// How the state of the kernel is kept for a run that goes on from this one; not at all when `None`.
    pub keep: Option<Keeping>,
    /// The run this one goes on from.
    pub resume: Option<Arc<Parent>>,
    /// Why the run is not known here that this one should go on from: then all cells run, and the record says so.
    pub parent_unknown: Option<String>,
}

impl ExecuteOptions {
    /// The defaults for a notebook.
    pub fn new(source: Location) -> Self {
        Self {
            command: "run".to_owned(),
            source,
            loaded: None,
            output: None,
            if_absent: false,
            parameters: IndexMap::new(),
            secrets: Vec::new(),
            kernel: None,
            language: None,
            working_directory: None,
            environment: BTreeMap::new(),
            run_id: None,
            part_of: None,
            start_timeout: Duration::from_mins(1),
            cell_timeout: None,
            run_timeout: None,
            limits: Limits::default(),
            allow_errors: false,
            skip_tags: vec!["skip-execution".to_owned()],
            cells: CellSelection::All,
            report_mode: false,
            publish_every: Some(Duration::from_secs(1)),
            autosave_every: Some(Duration::from_secs(30)),
            keep_record: true,
            manners: Manners::Nbpress,
            strict_compat: false,
            sweep: None,
            tags: Object::new(),
            tables: None,
            keep: None,
            resume: None,
            parent_unknown: None,
        }
    }
}
