import { expect, test } from "vitest";

import type { Notebook, NotebookCell } from "../notebook/nbformat.ts";
import { beginning } from "./beginning.ts";

function notebook(...cells: NotebookCell[]): Notebook {
  return { cells, metadata: {} };
}

test("a notebook begins with its first text and its first picture", () => {
  const data = { "text/html": "<b>x</b>", "text/plain": "x" };
  const code: NotebookCell = { cell_type: "code", source: "1", outputs: [{ output_type: "stream", name: "stdout", text: "x" }, { output_type: "execute_result", data }, { output_type: "display_data", data: { "image/png": "aGk=", "text/plain": "<Figure>" } }] };
  const found = beginning(notebook({ cell_type: "markdown", source: " " }, { cell_type: "markdown", source: ["# The *day*\n", "`x` counts"] }, code));
  expect(found).toEqual({ words: "The day\nx counts", picture: { "image/png": "aGk=", "text/plain": "<Figure>" } });
});

test("one without either begins with nothing", () => {
  expect(beginning(notebook())).toEqual({ words: "", picture: undefined });
});
