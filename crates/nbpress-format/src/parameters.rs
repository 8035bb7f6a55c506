//! A notebook's parameters: the values given to it, and the typed schema its parameters cell declares.
//!
//! ```
//! use indexmap::IndexMap;
//! use nbpress_format::parameters::{ParameterValue, check, read};
//!
//! let schema = read("region: str  # one of: eu, us\ndays: int = 7  # 1..365\n", "python");
//! let given = IndexMap::from([("days".to_owned(), ParameterValue::Text("400".to_owned()))]);
//! let problems: Vec<_> = check(&schema, &given).unwrap_err().iter().map(ToString::to_string).collect();
//! assert_eq!(problems, [
//!     "`days` is `400`: expected 1..365",
//!     "`region` has no default and must be given: expected `str`",
//! ]);
//! ```
//!
//! Python cells are read in full: annotations, `# type:` comments, defaults, comments as help. Of R,
//! Julia, shells, JavaScript and TypeScript, Scala, Rust, C#, F#, PowerShell, MATLAB and SQL the same as
//! far as they have it; of any other language, `name = value`. A type that is declared is checked
//! strictly; one that only the default suggests lets other numbers and `None` through.

mod annotation;
mod bounds;
mod calendar;
mod check;
mod dialect;
mod integer;
mod kind;
mod literal;
mod number_literal;
mod python_number;
mod schema;
mod shell;
mod statement;
mod string_literal;
mod value;

pub use annotation::parse_annotation;
pub use bounds::{Bound, Bounds};
pub use check::{ParameterProblem, ProblemKind, check, resolve_text};
pub use integer::Integer;
pub use kind::ParameterType;
pub use python_number::{is_python_space, python_float_of, python_int};
pub use schema::{PYTHON_KEYWORDS, Parameter, Schema, read, schema};
pub use value::{ParameterValue, numeric_escape, python_float_repr, write_string_repr};
