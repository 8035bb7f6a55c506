import { expect, test } from "vitest";

import type { NotebookCell, Output } from "../notebook/nbformat.ts";
import type { RunCell } from "../run/fold.ts";
import { firstDivergence } from "./divergence.ts";

const says = (text: string): Output => ({ output_type: "stream", name: "stdout", text });
const was = (id: string, text: string): NotebookCell => ({ id, cell_type: "code", source: id, outputs: [says(text)] });
const is = (index: number, id: string, text: string, status: RunCell["status"] = "completed") => ({ index, id, kind: "code", source: id, tags: [], status, outputs: [{ key: 1, displayId: undefined, output: says(text) }] }) as unknown as RunCell;

test.each<[string, NotebookCell[], RunCell[], number | undefined]>([
  ["all the same", [was("a", "1"), was("b", "2")], [is(0, "a", "1"), is(1, "b", "2")], undefined],
  ["the second", [was("a", "1"), was("b", "2")], [is(0, "a", "1"), is(1, "b", "3")], 1],
  ["a new cell is none", [was("b", "2")], [is(0, "a", "1"), is(1, "b", "2")], undefined],
  ["one that did not run is none", [was("a", "1"), was("b", "2")], [is(0, "a", "", "not_run"), is(1, "b", "3", "failed")], 1],
])("%s", (_, before, now, expected) => {
  expect(firstDivergence(before, now)?.index).toBe(expected);
});
