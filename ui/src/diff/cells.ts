// Which cells of two notebooks belong together, and how they differ.
import { joined, type NotebookCell, type Output } from "../notebook/nbformat.ts";
import { steps } from "./sequence.ts";

export interface DiffCell {
  /** Its place in its notebook, from 0. */
  index: number;
  id: string | undefined;
  kind: NotebookCell["cell_type"];
  source: string;
  outputs: Output[];
  metadata: { [name: string]: unknown };
}

/** A cell of both, of the second only, or of the first only. */
export interface CellPair {
  before: DiffCell | undefined;
  now: DiffCell | undefined;
  /** Whether it stands elsewhere among those that both have. */
  moved: boolean;
}

/** The cells somebody wrote: no given parameters, which are compared by themselves, and no marks of failures. */
export function written(cells: NotebookCell[]): DiffCell[] {
  // A mark of a failure has no number: it was not there when the notebook ran.
  const ran = cells.filter(({ metadata }) => metadata?.tags?.some((tag) => tag.startsWith("papermill-error")) !== true);
  return ran.flatMap((cell, index) => {
    if (cell.metadata?.tags?.includes("injected-parameters") === true) return [];
    return [{ index, id: cell.id, kind: cell.cell_type, source: joined(cell.source), outputs: cell.outputs ?? [], metadata: told(cell.metadata) }];
  });
}

/** Metadata without what every run writes anew. */
function told({ papermill: _run, execution: _times, nbpress: _ours, ...rest }: { [name: string]: unknown } = {}): { [name: string]: unknown } {
  return rest;
}

/** In the order of the second; cells that it has no more stand where they were. */
export function pairs(before: DiffCell[], now: DiffCell[]): CellPair[] {
  const partner = partners(before, now);
  const old = new Map([...partner].map(([cell, other]) => [other, cell]));
  // Cells of both are the same thing in both lists.
  const found = steps(before, now, (one, other) => old.get(one) === other);
  return found.flatMap((step): CellPair[] => {
    if (step.kind === "same") return [{ before: step.before, now: step.now, moved: false }];
    if (step.kind === "added") return [{ before: partner.get(step.now), now: step.now, moved: partner.has(step.now) }];
    return old.has(step.before) ? [] : [{ before: step.before, now: undefined, moved: false }];
  });
}

/** The cell of `before` for those of `now` that have one: by id, else by what it says, else by what most of it says. */
function partners(before: DiffCell[], now: DiffCell[]): Map<DiffCell, DiffCell> {
  const found = new Map<DiffCell, DiffCell>();
  const free = new Set(before);
  const join = (one: DiffCell, other: DiffCell) => {
    found.set(other, one);
    free.delete(one);
  };
  const byId = new Map(before.map((cell) => [cell.id, cell]));
  for (const cell of now) {
    const same = cell.id === undefined ? undefined : byId.get(cell.id);
    if (same !== undefined && free.has(same) && same.kind === cell.kind) join(same, cell);
  }
  for (const fits of [isEqual, isAlike]) {
    const rest = now.filter((cell) => !found.has(cell));
    for (const step of steps([...free], rest, fits)) if (step.kind === "same") join(step.before, step.now);
  }
  return found;
}

function isEqual(one: DiffCell, other: DiffCell): boolean {
  return one.kind === other.kind && one.source === other.source;
}

/** More than half of the lines of each are in the other. */
function isAlike(one: DiffCell, other: DiffCell): boolean {
  if (one.kind !== other.kind) return false;
  const [lines, others] = [one, other].map(({ source }) => new Set(source.split("\n").filter((line) => line.trim() !== ""))) as [Set<string>, Set<string>];
  const common = [...lines].filter((line) => others.has(line)).length;
  return common * 2 > Math.max(lines.size, others.size);
}
