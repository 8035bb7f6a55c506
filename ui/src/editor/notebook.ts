// A notebook that is being edited: what its keys do, what can be undone, and how somebody else's version joins it.
import { mergeText } from "./merge-text.ts";
import { joined, type Notebook, type NotebookCell, type Output } from "../notebook/nbformat.ts";

export interface EditedCell {
  id: string;
  kind: NotebookCell["cell_type"];
  source: string;
  outputs: Output[];
  count: number | null;
  /** Everything else of the cell, as it was read. */
  rest: Pick<NotebookCell, "metadata" | "attachments">;
}

export interface Edited {
  cells: EditedCell[];
  /** The cell that keys are about. */
  at: string;
  mode: "command" | "edit";
  clipboard: EditedCell | undefined;
  /** Cells before and after each change that `z` takes back. */
  undo: [before: EditedCell[], after: EditedCell[]][];
}

export type Action =
  | Change
  | { do: "select"; cell: string; mode?: Edited["mode"] }
  | { do: "go"; by: 1 | -1 }
  | { do: "type"; cell: string; source: string }
  | { do: "copy" | "undo" | "command" | "edit" }
  | { do: "cells"; cells: EditedCell[] }
  /** Notes something of ours at an output. */
  | { do: "note"; cell: string; output: number; note: { [name: string]: unknown } };

/** What changes more than the text of one cell; it can be undone. */
type Change =
  | { do: "add"; where: "above" | "below"; mode?: Edited["mode"] }
  | { do: "delete" | "cut" | "paste" | "merge" | "parameters" }
  | { do: "move"; by: 1 | -1 }
  /** In front of another cell, or last. */
  | { do: "place"; cell: string; before: string | undefined }
  | { do: "replace"; find: string; by: string }
  | { do: "kind"; kind: EditedCell["kind"] }
  | { do: "split"; offset: number }
  | { do: "hide"; what: "source_hidden" | "outputs_hidden" };

const UNDONE = 50;

export function cellsOf(notebook: Notebook): EditedCell[] {
  return notebook.cells.map(({ id, cell_type, source, outputs, execution_count, metadata, attachments }) => ({
    id: id ?? newId(),
    kind: cell_type,
    source: joined(source),
    outputs: outputs ?? [],
    count: execution_count ?? null,
    rest: { metadata: metadata ?? {}, ...(attachments === undefined ? {} : { attachments }) },
  }));
}

/** The cells as a document has them. */
export function toDocument(cells: EditedCell[]): NotebookCell[] {
  return cells.map(({ id, kind, source, outputs, count, rest }) => {
    const cell: NotebookCell = { id, cell_type: kind, source, metadata: rest.metadata ?? {} };
    if (kind === "code") return { ...cell, outputs, execution_count: count };
    return rest.attachments === undefined ? cell : { ...cell, attachments: rest.attachments };
  });
}

export function begin(cells: EditedCell[]): Edited {
  const some = cells.length === 0 ? [empty()] : cells;
  return { cells: some, at: some[0]?.id ?? "", mode: "command", clipboard: undefined, undo: [] };
}

export function isParameters(cell: EditedCell): boolean {
  return cell.rest.metadata?.tags?.includes("parameters") ?? false;
}

export function isHidden(cell: EditedCell, what: "source_hidden" | "outputs_hidden"): boolean {
  const jupyter = cell.rest.metadata?.["jupyter"] as { [name: string]: unknown } | undefined;
  return jupyter?.[what] === true;
}

export function reduce(state: Edited, action: Action): Edited {
  const index = state.cells.findIndex(({ id }) => id === state.at);
  const cell = state.cells[index];
  switch (action.do) {
    case "select":
      return { ...state, at: action.cell, mode: action.mode ?? state.mode };
    case "go":
      return { ...state, at: state.cells[index + action.by]?.id ?? state.at };
    case "type":
      return { ...state, cells: state.cells.map((one) => (one.id === action.cell && one.source !== action.source ? { ...one, source: action.source } : one)) };
    case "note":
      return { ...state, cells: state.cells.map((one) => (one.id === action.cell ? { ...one, outputs: one.outputs.map((output, at) => (at === action.output ? noted(output, action.note) : output)) } : one)) };
    case "command":
    case "edit":
      return { ...state, mode: action.do };
    case "copy":
      return { ...state, clipboard: cell };
    case "undo":
      return undone(state);
    case "cells":
      return joinedBy(state, action.cells);
    default:
      return cell === undefined ? state : changed(state, cell, index, action);
  }
}

/** In the output's metadata, beneath our own name. */
function noted(output: Output, note: { [name: string]: unknown }): Output {
  if (!("data" in output)) return output;
  const ours = output.metadata?.["nbpress"] as object | undefined;
  return { ...output, metadata: { ...output.metadata, nbpress: { ...ours, ...note } } };
}

function changed(state: Edited, cell: EditedCell, index: number, action: Change): Edited {
  const { cells } = state;
  const replaced = (by: EditedCell[], count = 1) => cells.toSpliced(index, count, ...by);
  const done = (next: EditedCell[], at = state.at, mode = state.mode): Edited => ({ ...state, cells: next, at, mode, undo: [...state.undo.slice(1 - UNDONE), [cells, next]] });
  switch (action.do) {
    case "add": {
      const added = empty();
      return done(cells.toSpliced(action.where === "above" ? index : index + 1, 0, added), added.id, action.mode);
    }
    case "delete":
    case "cut": {
      const left = cells.length === 1 ? [empty()] : replaced([]);
      const next = done(left, (left[index] ?? left.at(-1))?.id);
      return action.do === "cut" ? { ...next, clipboard: cell } : next;
    }
    case "paste": {
      if (state.clipboard === undefined) return state;
      const pasted = { ...state.clipboard, id: newId() };
      return done(cells.toSpliced(index + 1, 0, pasted), pasted.id);
    }
    case "move": {
      const to = index + action.by;
      return to < 0 || to >= cells.length ? state : done(replaced([]).toSpliced(to, 0, cell));
    }
    case "place": {
      const moved = cells.find(({ id }) => id === action.cell);
      if (moved === undefined || action.cell === action.before) return state;
      const others = cells.filter((one) => one !== moved);
      const to = others.findIndex(({ id }) => id === action.before);
      return done(others.toSpliced(to === -1 ? others.length : to, 0, moved), moved.id, "command");
    }
    case "replace":
      return action.find === "" ? state : done(cells.map((one) => (one.source.includes(action.find) ? { ...one, source: one.source.replaceAll(action.find, () => action.by) } : one)));
    case "merge": {
      const below = cells[index + 1];
      return below === undefined ? state : done(replaced([{ ...cell, source: `${cell.source}\n${below.source}` }], 2));
    }
    case "split": {
      const rest = { ...empty(cell.kind), source: cell.source.slice(action.offset).replace(/^\n/, "") };
      return done(replaced([{ ...cell, source: cell.source.slice(0, action.offset).replace(/\n$/, "") }, rest]), rest.id);
    }
    case "kind":
      return done(replaced([{ ...cell, kind: action.kind, outputs: [], count: null }]));
    case "parameters":
      return cell.kind === "code" ? done(replaced([tagged(cell)])) : state;
    case "hide":
      return done(replaced([hidden(cell, action.what)]));
  }
}

/** Takes back one change, and nothing of what was typed, written or joined since in cells that it did not touch. */
function undone(state: Edited): Edited {
  const [before, after] = state.undo.at(-1) ?? [state.cells, state.cells];
  const [was, done, now] = [before, after, state.cells].map((list) => new Map(list.map((cell) => [cell.id, cell]))) as [Cells, Cells, Cells];
  const cells: EditedCell[] = [];
  for (const id of order(after, before, state.cells)) {
    const [earlier, later, current] = [was.get(id), done.get(id), now.get(id)];
    const untouched = later === undefined ? earlier === undefined : earlier === later;
    const cell = untouched ? current : earlier;
    if (cell !== undefined) cells.push(cell);
  }
  const back = before.find(({ id }) => !done.has(id));
  return { ...joinedBy(state, cells), ...(back === undefined ? {} : { at: back.id }), undo: state.undo.slice(0, -1) };
}

/** The cell that keys are about stays, if it is still there. */
function joinedBy(state: Edited, cells: EditedCell[]): Edited {
  const some = cells.length === 0 ? [empty()] : cells;
  return { ...state, cells: some, at: some.some(({ id }) => id === state.at) ? state.at : (some[0]?.id ?? "") };
}

/** Whether the last change took a cell away. */
export function tookAway({ undo }: Edited): boolean {
  const [before, after] = undo.at(-1) ?? [[], []];
  return before.length > after.length;
}

/** The cells in which a text stands, letter by letter: as it is replaced. */
export function finding(cells: EditedCell[], text: string): string[] {
  return text === "" ? [] : cells.filter(({ source }) => source.includes(text)).map(({ id }) => id);
}

export interface Heading {
  cell: string;
  level: number;
  text: string;
}

/** Of cells that did not change since. */
const HEADINGS = new WeakMap<EditedCell, Heading[]>();

/** The headings of Markdown cells, without those in blocks of code. */
export function outline(cells: EditedCell[]): Heading[] {
  return cells.flatMap((cell) => {
    const known = HEADINGS.get(cell) ?? headings(cell);
    HEADINGS.set(cell, known);
    return known;
  });
}

function headings({ id, kind, source }: EditedCell): Heading[] {
  if (kind !== "markdown") return [];
  const prose = source.replaceAll(/^(```|~~~)[^]*?(^\1|$(?![^]))/gm, "");
  const found = prose.matchAll(/^(#{1,6})\s+(.+?)\s*#*$/gm);
  return Array.from(found, ([, marks, text]) => ({ cell: id, level: (marks ?? "").length, text: (text ?? "").replaceAll(/[*`_]/g, "") }));
}

function tagged(cell: EditedCell): EditedCell {
  const others = (cell.rest.metadata?.tags ?? []).filter((tag) => tag !== "parameters");
  const tags = isParameters(cell) ? others : [...others, "parameters"];
  return { ...cell, rest: { ...cell.rest, metadata: { ...cell.rest.metadata, tags } } };
}

function hidden(cell: EditedCell, what: "source_hidden" | "outputs_hidden"): EditedCell {
  const jupyter = { ...(cell.rest.metadata?.["jupyter"] as object | undefined), [what]: !isHidden(cell, what) };
  return { ...cell, rest: { ...cell.rest, metadata: { ...cell.rest.metadata, jupyter } } };
}

function empty(kind: EditedCell["kind"] = "code"): EditedCell {
  return { id: newId(), kind, source: "", outputs: [], count: null, rest: { metadata: {} } };
}

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export interface Merged {
  cells: EditedCell[];
  /** Ids of cells that both changed in the same place; `cells` has mine. */
  conflicts: string[];
}

/**
 * Joins mine and theirs, which both began as `base`: cell by cell, and within a cell where they changed different parts
 * of it. Outputs are theirs where they changed them: the server writes them.
 */
export function merge(base: EditedCell[], mine: EditedCell[], theirs: EditedCell[]): Merged {
  const [was, own, other] = [base, mine, theirs].map((cells) => new Map(cells.map((cell) => [cell.id, cell]))) as [Cells, Cells, Cells];
  const conflicts: string[] = [];
  const cells: EditedCell[] = [];
  for (const id of order(base, mine, theirs)) {
    const [before, left, right] = [was.get(id), own.get(id), other.get(id)];
    if (left === undefined || right === undefined) {
      const kept = left ?? right;
      if (kept === undefined || (before !== undefined && sameText(before, kept))) continue;
      // One deleted what the other changed.
      if (before !== undefined) conflicts.push(id);
      cells.push(kept);
      continue;
    }
    const text = before === undefined ? (sameText(left, right) ? left : undefined) : joinedText(before, left, right);
    if (text === undefined) conflicts.push(id);
    const written = before === undefined || before.count !== right.count || !same(before.outputs, right.outputs);
    const { outputs, count } = written ? right : left;
    cells.push({ ...(text ?? left), outputs, count });
  }
  return { cells, conflicts };
}

/** What both made of a cell, apart from its outputs; undefined where they changed the same of it. */
function joinedText(before: EditedCell, left: EditedCell, right: EditedCell): EditedCell | undefined {
  const kind = joinedPart(before.kind, left.kind, right.kind);
  const rest = joinedPart(before.rest, left.rest, right.rest);
  const source = mergeText(before.source, left.source, right.source);
  return kind === undefined || rest === undefined || source === undefined ? undefined : { ...left, kind, rest, source };
}

/** What cannot be joined is of who changed it. */
function joinedPart<T>(before: T, left: T, right: T): T | undefined {
  if (same(left, right) || same(before, right)) return left;
  return same(before, left) ? right : undefined;
}

type Cells = Map<string, EditedCell>;

function order(base: EditedCell[], mine: EditedCell[], theirs: EditedCell[]): string[] {
  const [was, own, other] = [base, mine, theirs].map((cells) => cells.map(({ id }) => id)) as [string[], string[], string[]];
  const [leading, following] = same(was, own) ? [other, own] : [own, other];
  const ids = [...leading];
  for (const [index, id] of following.entries()) {
    if (ids.includes(id)) continue;
    const before = index === 0 ? -1 : ids.indexOf(following[index - 1] ?? "");
    ids.splice(before + 1, 0, id);
  }
  return ids;
}

function sameText(left: EditedCell, right: EditedCell): boolean {
  return left.source === right.source && left.kind === right.kind && same(left.rest, right.rest);
}

export function same(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}
