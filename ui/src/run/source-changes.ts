// How the cells of a run's notebook differ from those of another run's.
import { type DiffCell, pairs, written as writtenOf } from "../diff/cells.ts";
import type { NotebookCell } from "../notebook/nbformat.ts";
import { counted } from "../parts/say.ts";
import type { RunCell } from "./fold.ts";

export interface SourceChanges {
  /** Cells of this run by their place, from 0. */
  edited: number[];
  added: number[];
  /** How many cells only the other one has. */
  removed: number;
}

/** Cells belong together as where two runs are compared. Given parameters do not count. */
export function sourceChanges(now: RunCell[], before: NotebookCell[]): SourceChanges {
  const changes: SourceChanges = { edited: [], added: [], removed: 0 };
  const written = now.filter(({ tags }) => !tags.includes(GIVEN)).map(({ index, id, kind, source }): DiffCell => ({ index, id, kind, source, outputs: [], metadata: {} }));
  for (const { before: old, now: cell } of pairs(writtenOf(before), written)) {
    if (cell === undefined) changes.removed += 1;
    else if (old === undefined) changes.added.push(cell.index);
    else if (old.source !== cell.source) changes.edited.push(cell.index);
  }
  return changes;
}

const GIVEN = "injected-parameters";

export function changesInWords({ edited, added, removed }: SourceChanges): string {
  const parts: string[] = [];
  if (edited.length > 0) parts.push(`${edited.length === 1 ? "cell" : "cells"} ${edited.map((index) => index + 1).join(", ")} edited`);
  if (added.length > 0) parts.push(`${counted(added.length, "cell")} added`);
  if (removed > 0) parts.push(`${counted(removed, "cell")} removed`);
  return parts.length === 0 ? "the same cells" : parts.join(" · ");
}
