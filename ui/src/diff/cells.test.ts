import { expect, test } from "vitest";

import type { NotebookCell } from "../notebook/nbformat.ts";
import { pairs, written } from "./cells.ts";

/** Cells of texts such as `a:import os`, where `a` is the id; ` :x = 1` has none. */
function cells(...texts: string[]): NotebookCell[] {
  return texts.map((text) => {
    const [id = "", ...source] = text.split(":");
    const cell: NotebookCell = { cell_type: "code", source: source.join(":") };
    if (id.trim() !== "") cell.id = id;
    return cell;
  });
}

function shown(before: string[], now: string[]): string[] {
  return pairs(written(cells(...before)), written(cells(...now))).map(({ before: one, now: other, moved }) => `${one?.source ?? "–"} > ${other?.source ?? "–"}${moved ? " moved" : ""}`);
}

test("cells are the same by their id", () => {
  expect(shown(["a:1", "b:2", "c:3"], ["a:1", "c:three", "d:4"])).toEqual(["1 > 1", "2 > –", "3 > three", "– > 4"]);
});

test("a cell that stands elsewhere was moved, and its neighbours were not", () => {
  expect(shown(["a:1", "b:2", "c:3", "d:4"], ["d:4", "a:1", "b:2", "c:3"])).toEqual(["4 > 4 moved", "1 > 1", "2 > 2", "3 > 3"]);
});

test("without ids cells are the same by what they say, or what most of it says", () => {
  const before = [" :import os", " :a\nb\nc", " :last"];
  expect(shown(before, [" :new", " :a\nb\nchanged", " :last"])).toEqual(["import os > –", "– > new", "a\nb\nc > a\nb\nchanged", "last > last"]);
});

test("given parameters and marks of failures are no cells of anybody", () => {
  const tagged = ["papermill-error-cell-tag", "injected-parameters", "parameters"].map((tag): NotebookCell => ({ cell_type: "code", source: tag, metadata: { tags: [tag], papermill: { duration: 1 } } }));
  expect(written(tagged).map(({ source, index, metadata }) => [source, index, metadata])).toEqual([["parameters", 1, { tags: ["parameters"] }]]);
});
