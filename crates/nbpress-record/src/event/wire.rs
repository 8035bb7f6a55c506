//! The JSON form of events.

use nbpress_format::json::{Json, Object};
use nbpress_format::notebook::Notebook;

use super::Event;
use crate::wire::{Fields, Wire, WireError, object};

impl Event {
    /// The word that names its kind, such as `cell_started`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run_started",
            Self::KernelStarted { .. } => "kernel_started",
            Self::Resumed { .. } => "resumed",
            Self::CellCarried { .. } => "cell_carried",
            Self::CellStarted { .. } => "cell_started",
            Self::ExecuteInput { .. } => "execute_input",
            Self::Output { .. } => "output",
            Self::DisplayUpdated { .. } => "display_updated",
            Self::OutputCleared { .. } => "output_cleared",
            Self::CellFinished { .. } => "cell_finished",
            Self::NotebookMetadata { .. } => "notebook_metadata",
            Self::Usage { .. } => "usage",
            Self::Note { .. } => "note",
            Self::RunFinished { .. } => "run_finished",
        }
    }

    /// The event as an object with a `type`.
    pub fn to_json(&self) -> Json {
        let mut event = Object::new();
        event.insert("type".to_owned(), self.kind().into());
        if let Json::Object(fields) = self.fields() {
            event.extend(fields);
        }
        Json::Object(event)
    }

    fn fields(&self) -> Json {
        match self {
            Self::RunStarted { header, notebook } => object([
                ("header", header.to_json()),
                ("notebook", notebook.to_json()),
            ]),
            Self::KernelStarted { kernel, at } => {
                object([("kernel", kernel.to_json()), ("at", at.to_json())])
            }
            Self::Resumed { resumption, at } => {
                object([("resumption", resumption.to_json()), ("at", at.to_json())])
            }
            Self::CellCarried { .. } => self.carried_fields(),
            Self::CellStarted { cell, at } => {
                object([("cell", cell.to_json()), ("at", at.to_json())])
            }
            Self::ExecuteInput {
                cell,
                execution_count,
                at,
            } => object([
                ("cell", cell.to_json()),
                ("execution_count", execution_count.to_json()),
                ("at", at.to_json()),
            ]),
            Self::Output {
                cell,
                output,
                display_id,
                at,
            } => object([
                ("cell", cell.to_json()),
                ("output", output.to_json()),
                ("display_id", display_id.to_json()),
                ("at", at.to_json()),
            ]),
            Self::DisplayUpdated {
                display_id,
                data,
                metadata,
            } => object([
                ("display_id", display_id.to_json()),
                ("data", data.to_json()),
                ("metadata", metadata.to_json()),
            ]),
            Self::OutputCleared { cell, wait } => {
                object([("cell", cell.to_json()), ("wait", wait.to_json())])
            }
            Self::CellFinished { .. } => self.finished_fields(),
            Self::NotebookMetadata { path, value } => {
                object([("path", path.to_json()), ("value", value.clone())])
            }
            Self::Usage {
                memory_bytes,
                cpu_seconds,
                at,
            } => object([
                ("memory_bytes", memory_bytes.to_json()),
                ("cpu_seconds", cpu_seconds.to_json()),
                ("at", at.to_json()),
            ]),
            Self::Note { level, text, at } => object([
                ("level", level.to_json()),
                ("text", text.to_json()),
                ("at", at.to_json()),
            ]),
            Self::RunFinished { outcome, at } => {
                object([("outcome", outcome.to_json()), ("at", at.to_json())])
            }
        }
    }

    /// Of [`Event::CellFinished`].
    fn finished_fields(&self) -> Json {
        let Self::CellFinished {
            cell,
            status,
            execution_count,
            timing,
            error,
            at,
        } = self
        else {
            return Json::Null;
        };
        object([
            ("cell", cell.to_json()),
            ("status", status.to_json()),
            ("execution_count", execution_count.to_json()),
            ("timing", timing.to_json()),
            ("error", error.to_json()),
            ("at", at.to_json()),
        ])
    }

    /// Of [`Event::CellCarried`].
    fn carried_fields(&self) -> Json {
        let Self::CellCarried {
            cell,
            run,
            outputs,
            execution_count,
            started_at,
            finished_at,
            at,
        } = self
        else {
            return Json::Null;
        };
        object([
            ("cell", cell.to_json()),
            ("run", run.to_json()),
            ("outputs", outputs.to_json()),
            ("execution_count", execution_count.to_json()),
            ("started_at", started_at.to_json()),
            ("finished_at", finished_at.to_json()),
            ("at", at.to_json()),
        ])
    }

    /// Reads what [`to_json`](Self::to_json) makes.
    ///
    /// # Errors
    /// The `type` is unknown, or a field is missing or has another shape.
    pub fn from_json(json: &Json) -> Result<Self, WireError> {
        let fields = Fields::of(json).map_err(|error| error.inside("event"))?;
        let kind: String = fields.get("type")?;
        Self::from_fields(&kind, &fields).map_err(|error| error.inside(&kind))
    }

    fn from_fields(kind: &str, fields: &Fields<'_>) -> Result<Self, WireError> {
        Ok(match kind {
            "run_started" => Self::RunStarted {
                header: fields.get("header")?,
                notebook: fields.get("notebook")?,
            },
            "kernel_started" => Self::KernelStarted {
                kernel: fields.get("kernel")?,
                at: fields.get("at")?,
            },
            "resumed" => Self::Resumed {
                resumption: fields.get("resumption")?,
                at: fields.get("at")?,
            },
            "cell_carried" => Self::CellCarried {
                cell: fields.get("cell")?,
                run: fields.get("run")?,
                outputs: fields.get("outputs")?,
                execution_count: fields.get("execution_count")?,
                started_at: fields.get("started_at")?,
                finished_at: fields.get("finished_at")?,
                at: fields.get("at")?,
            },
            "cell_started" => Self::CellStarted {
                cell: fields.get("cell")?,
                at: fields.get("at")?,
            },
            "execute_input" => Self::ExecuteInput {
                cell: fields.get("cell")?,
                execution_count: fields.get("execution_count")?,
                at: fields.get("at")?,
            },
            "output" => Self::Output {
                cell: fields.get("cell")?,
                output: fields.get("output")?,
                display_id: fields.get("display_id")?,
                at: fields.get("at")?,
            },
            "display_updated" => Self::DisplayUpdated {
                display_id: fields.get("display_id")?,
                data: fields.get("data")?,
                metadata: fields.get("metadata")?,
            },
            "output_cleared" => Self::OutputCleared {
                cell: fields.get("cell")?,
                wait: fields.get("wait")?,
            },
            "cell_finished" => Self::CellFinished {
                cell: fields.get("cell")?,
                status: fields.get("status")?,
                execution_count: fields.get("execution_count")?,
                timing: fields.get("timing")?,
                error: fields.get("error")?,
                at: fields.get("at")?,
            },
            "notebook_metadata" => Self::NotebookMetadata {
                path: fields.get("path")?,
                value: fields.get("value")?,
            },
            "usage" => Self::Usage {
                memory_bytes: fields.get("memory_bytes")?,
                cpu_seconds: fields.get("cpu_seconds")?,
                at: fields.get("at")?,
            },
            "note" => Self::Note {
                level: fields.get("level")?,
                text: fields.get("text")?,
                at: fields.get("at")?,
            },
            "run_finished" => Self::RunFinished {
                outcome: fields.get("outcome")?,
                at: fields.get("at")?,
            },
            _ => return Err(WireError::new("a kind of event that this version knows")),
        })
    }
}

impl Wire for Notebook {
    fn to_json(&self) -> Json {
        Self::to_json(self)
    }

    fn from_json(json: &Json) -> Result<Self, WireError> {
        Self::from_json(json.clone()).map_err(|_| WireError::new("a notebook"))
    }
}
