// The run's notebook and state as a fold over its events: the same that the server folds into the output notebook.
// Cells that an event does not touch stay the same objects, so that only what changed is drawn again.
import { joined, type NotebookCell, type Output } from "../notebook/nbformat.ts";
import { type WidgetState, widgetsOf } from "../output/widget-state.ts";
import type { CellError, CellStatus, Header, KernelInfo, Outcome, RunEvent } from "./event.ts";
import type { Usage } from "./usage.ts";

export interface RunCell {
  index: number;
  /** Its name in the notebook; notebooks before nbformat 4.5 have none. */
  id: string | undefined;
  /** The address of the cell in the page. */
  anchor: string;
  kind: NotebookCell["cell_type"];
  source: string;
  tags: string[];
  attachments: NotebookCell["attachments"];
  outputs: ShownOutput[];
  count: number | undefined;
  status: CellStatus;
  /** Milliseconds since 1970. */
  startedAt: number | undefined;
  finishedAt: number | undefined;
  error: CellError | undefined;
  /** The run that ran it, where this one did not have to. */
  carriedFrom: string | undefined;
  /** The outputs go when the next one comes. */
  clearNext: boolean;
}

export interface ShownOutput {
  /** Stays the same while the output grows or is updated. */
  key: number;
  displayId: string | undefined;
  output: Output;
}

export interface Note {
  level: "info" | "warning" | "error";
  text: string;
  at: number;
}

export interface RunDocument {
  header: Header | undefined;
  kernel: KernelInfo | undefined;
  language: string;
  cells: RunCell[];
  notes: Note[];
  /** What ipywidgets showed at the end. */
  widgets: WidgetState | undefined;
  usage: Usage[];
  outcome: Outcome | undefined;
  finishedAt: number | undefined;
}

export const EMPTY: RunDocument = {
  header: undefined,
  kernel: undefined,
  language: "python",
  cells: [],
  notes: [],
  widgets: undefined,
  usage: [],
  outcome: undefined,
  finishedAt: undefined,
};

let keys = 0;

/** The state after an event. An event that makes no sense changes nothing. */
export function apply(document: RunDocument, event: RunEvent): RunDocument {
  switch (event.type) {
    case "run_started":
      return started(event);
    case "kernel_started":
      return { ...document, kernel: event.kernel, language: event.kernel.language.toLowerCase() };
    case "cell_started":
      return change(document, event.cell, () => ({ status: "running", startedAt: Date.parse(event.at) }));
    case "execute_input":
      return change(document, event.cell, () => ({ count: event.execution_count }));
    case "output":
      return added(document, event);
    case "display_updated":
      return updated(document, event.display_id, event);
    case "output_cleared":
      return change(document, event.cell, () => (event.wait ? { clearNext: true } : { clearNext: false, outputs: [] }));
    case "cell_finished":
      return change(document, event.cell, (cell) => ({
        status: event.status,
        count: event.execution_count ?? cell.count,
        finishedAt: Date.parse(event.at),
        error: event.error ?? undefined,
      }));
    case "usage":
      return { ...document, usage: [...document.usage, { at: Date.parse(event.at), memory: event.memory_bytes, processor: event.cpu_seconds }] };
    case "note":
      return { ...document, notes: [...document.notes, { level: event.level, text: event.text, at: Date.parse(event.at) }] };
    case "run_finished":
      return finished(document, event.outcome, Date.parse(event.at));
    case "cell_carried":
      return change(document, event.cell, () => ({
        status: "completed",
        carriedFrom: event.run,
        count: event.execution_count ?? undefined,
        outputs: event.outputs.map((output) => ({ key: (keys += 1), displayId: undefined, output })),
      }));
    case "notebook_metadata":
      return event.path[0] === "widgets" ? { ...document, widgets: widgetsOf({ [event.path[1] ?? ""]: event.value }) } : document;
    case "resumed":
      return document;
  }
}

function started({ header, notebook }: Extract<RunEvent, { type: "run_started" }>): RunDocument {
  const { kernelspec, language_info: info } = notebook.metadata;
  const language = kernelspec?.language ?? info?.name ?? "python";
  const cells = notebook.cells.map((cell, index): RunCell => ({
    index,
    id: cell.id,
    anchor: `cell-${index + 1}`,
    kind: cell.cell_type,
    source: joined(cell.source),
    tags: cell.metadata?.tags ?? [],
    attachments: cell.attachments,
    outputs: [],
    count: undefined,
    status: "pending",
    startedAt: undefined,
    finishedAt: undefined,
    error: undefined,
    carriedFrom: undefined,
    clearNext: false,
  }));
  return { ...EMPTY, header, language: language.toLowerCase(), cells };
}

function change(document: RunDocument, index: number, changes: (cell: RunCell) => Partial<RunCell>): RunDocument {
  const cell = document.cells[index];
  if (cell === undefined) return document;
  return { ...document, cells: document.cells.with(index, { ...cell, ...changes(cell) }) };
}

function added(document: RunDocument, event: Extract<RunEvent, { type: "output" }>): RunDocument {
  const displayId = event.display_id ?? undefined;
  const { output } = event;
  const before = displayId !== undefined && "data" in output ? updated(document, displayId, output) : document;
  return change(before, event.cell, (cell) => {
    const outputs = cell.clearNext ? [] : cell.outputs;
    const last = outputs.at(-1);
    if (last?.output.output_type === "stream" && output.output_type === "stream" && last.output.name === output.name) {
      const text = joined(last.output.text) + joined(output.text);
      return { clearNext: false, outputs: outputs.with(outputs.length - 1, { ...last, output: { ...last.output, text } }) };
    }
    return { clearNext: false, outputs: [...outputs, { key: (keys += 1), displayId, output }] };
  });
}

function updated(document: RunDocument, id: string, { data, metadata }: { data: object; metadata?: object }): RunDocument {
  const replace = (shown: ShownOutput): ShownOutput =>
    shown.displayId === id && "data" in shown.output
      ? { ...shown, output: { ...shown.output, data: { ...data }, metadata: { ...metadata } } }
      : shown;
  const cells = document.cells.map((cell) =>
    cell.outputs.some((shown) => shown.displayId === id) ? { ...cell, outputs: cell.outputs.map(replace) } : cell,
  );
  return { ...document, cells };
}

/** A cell that ran when the run ended is the one it ended in; those after it had no turn. */
function finished(document: RunDocument, outcome: Outcome, at: number): RunDocument {
  const cells = document.cells.map((cell) => {
    if (cell.status === "running") return { ...cell, status: outcome.status === "succeeded" ? "completed" : "failed", finishedAt: at } satisfies RunCell;
    if (cell.status === "pending") return { ...cell, status: "not_run" } satisfies RunCell;
    return cell;
  });
  return { ...document, cells, outcome, finishedAt: at };
}
