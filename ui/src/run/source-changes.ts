// How the cells of a run's notebook differ from those of another run's.
import type { NotebookCell } from "../notebook/nbformat.ts";
import { joined } from "../notebook/nbformat.ts";
import { counted } from "../parts/say.ts";
import type { RunCell } from "./fold.ts";

export interface SourceChanges {
  /** Cells of this run by their place, from 0. */
  edited: number[];
  added: number[];
  /** How many cells only the other one has. */
  removed: number;
}

/** Cells are the same by their id, or by their place where a notebook is too old to have ids. Given parameters do not count. */
export function sourceChanges(now: RunCell[], before: NotebookCell[]): SourceChanges {
  const old = new Map(before.filter(isWritten).map((cell, index) => [cell.id ?? `at ${index}`, joined(cell.source)]));
  const changes: SourceChanges = { edited: [], added: [], removed: 0 };
  for (const [index, cell] of now.filter(({ tags }) => !tags.includes(GIVEN)).entries()) {
    const key = cell.id ?? `at ${index}`;
    const source = old.get(key);
    if (source === undefined) changes.added.push(cell.index);
    else if (source !== cell.source) changes.edited.push(cell.index);
    old.delete(key);
  }
  changes.removed = old.size;
  return changes;
}

const GIVEN = "injected-parameters";

/** The server marks failures with cells of its own, which have papermill's tag for it. */
function isWritten(cell: NotebookCell): boolean {
  const tags = cell.metadata?.tags ?? [];
  return !tags.includes(GIVEN) && !tags.some((tag) => tag.startsWith("papermill-error"));
}

export function changesInWords({ edited, added, removed }: SourceChanges): string {
  const parts: string[] = [];
  if (edited.length > 0) parts.push(`${edited.length === 1 ? "cell" : "cells"} ${edited.map((index) => index + 1).join(", ")} edited`);
  if (added.length > 0) parts.push(`${counted(added.length, "cell")} added`);
  if (removed > 0) parts.push(`${counted(removed, "cell")} removed`);
  return parts.length === 0 ? "the same cells" : parts.join(" · ");
}
