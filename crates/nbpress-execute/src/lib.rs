//! papermill's story: load, parameterize, run the cells, record, write.
//!
//! [`execute()`] is the story, top to bottom. What lives here: everything between a location and a
//! finished run. What does not: databases, users, HTTP, printing.

pub mod command_line_value;
pub mod environment;
pub mod error;
pub mod execute;
pub mod help_notebook;
pub mod keep;
pub mod options;
pub mod parameterize;
pub mod path_template;
pub mod prepare;
pub mod publish;
mod quirks;
pub mod redact;
pub mod resume;
mod run;
mod stop;
pub mod sweep;
mod tables;
pub mod translate;
pub mod widgets;
pub mod yaml;

pub use error::ExecuteError;
pub use execute::{Context, Finished, Observer, execute};
pub use keep::{Keeping, Kept};
pub use nbpress_kernel::Limits;
pub use nbpress_kernel::kept::Policy;
pub use nbpress_kernel::tables::Tables;
pub use options::{CellSelection, ExecuteOptions, Manners};
pub use redact::Secret;
pub use resume::{Earlier, Parent};
pub use stop::Stop;
