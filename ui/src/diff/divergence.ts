// Where a run's outputs first are others than those of an earlier run.
import type { NotebookCell } from "../notebook/nbformat.ts";
import type { RunCell } from "../run/fold.ts";
import { pairs, written } from "./cells.ts";
import { sameOutputs } from "./outputs.ts";

const ENDED = new Set<RunCell["status"]>(["completed", "failed"]);

/** The first cell that ran in both and put out something else; undefined where there is none. */
export function firstDivergence(before: NotebookCell[], now: RunCell[]): RunCell | undefined {
  const cells = now.map(({ id, kind, source, tags, outputs }): NotebookCell => ({ ...(id === undefined ? {} : { id }), cell_type: kind, source, metadata: { tags }, outputs: outputs.map(({ output }) => output) }));
  for (const pair of pairs(written(before), written(cells))) {
    const cell = pair.now === undefined ? undefined : now[pair.now.index];
    if (pair.before !== undefined && cell !== undefined && ENDED.has(cell.status) && !sameOutputs(pair.before.outputs, pair.now?.outputs ?? [])) return cell;
  }
  return undefined;
}
