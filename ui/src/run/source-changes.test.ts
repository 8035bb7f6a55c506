import { expect, test } from "vitest";

import type { NotebookCell } from "../notebook/nbformat.ts";
import type { RunCell } from "./fold.ts";
import { changesInWords, sourceChanges } from "./source-changes.ts";

function now(...cells: [id: string | undefined, source: string, tag?: string][]): RunCell[] {
  return cells.map(([id, source, tag], index) => ({ id, kind: "code", source, tags: tag === undefined ? [] : [tag], index }) as unknown as RunCell);
}

function before(...cells: [id: string | undefined, source: string, tag?: string][]): NotebookCell[] {
  return cells.map(([id, source, tag]) => (Object.assign(id === undefined ? {} : { id }, { cell_type: "code" as const, source: [source], metadata: { tags: tag === undefined ? [] : [tag] } })));
}

test.each([
  ["nothing", now(["a", "1"]), before(["a", "1"]), "the same cells"],
  ["other parameters", now(["a", "1"], ["x", "p = 2", "injected-parameters"]), before(["a", "1"], ["y", "p = 1", "injected-parameters"]), "the same cells"],
  ["a cell", now(["a", "1"], ["b", "3"]), before(["a", "1"], ["b", "2"]), "cell 2 edited"],
  ["some cells", now(["a", "2"], ["b", "3"], ["c", "4"]), before(["b", "2"], ["a", "1"], ["d", "5"]), "cells 1, 2 edited · 1 cell added · 1 cell removed"],
  ["cells without ids", now([undefined, "new"], [undefined, "x\ny\nZ"], [undefined, "1"]), before([undefined, "x\ny\nz"], [undefined, "1"]), "cell 2 edited · 1 cell added"],
  ["a cell that was made anew", now(["a", "1"]), before(["b", "1"]), "the same cells"],
  ["an error's mark", now(["a", "1"]), before(["e", "!", "papermill-error-cell-tag"], ["a", "1"]), "the same cells"],
])("%s", (_name, cells, old, words) => {
  expect(changesInWords(sourceChanges(cells, old))).toBe(words);
});
