import { expect, test } from "vitest";

import type { RunEvent } from "./event.ts";
import { apply, EMPTY, type RunDocument } from "./fold.ts";

const AT = "2026-11-26T06:00:00Z";
const start = {
  type: "run_started",
  header: { run_id: "R", source: { path: "a.ipynb", sha256: "" }, parameters: {}, platform: "linux", git_commit: null, started_at: AT },
  notebook: {
    cells: [
      { cell_type: "code", source: ["a = 1\n", "a"], metadata: { tags: ["parameters"] } },
      { cell_type: "code", source: "b" },
    ],
    metadata: { kernelspec: { language: "Python" } },
  },
} satisfies RunEvent;

function fold(...events: RunEvent[]): RunDocument {
  return [start, ...events].reduce(apply, EMPTY);
}

function stream(text: string, cell = 0, name = "stdout"): RunEvent {
  return { type: "output", cell, output: { output_type: "stream", name, text }, display_id: null, at: AT };
}

function display(text: string, display_id: string | null, cell = 0): RunEvent {
  return { type: "output", cell, output: { output_type: "display_data", data: { "text/plain": text } }, display_id, at: AT };
}

function shown(document: RunDocument): unknown[] {
  return document.cells.map((cell) => cell.outputs.map(({ output }) => ("data" in output ? output.data["text/plain"] : "text" in output ? output.text : output.ename)));
}

const clear = (wait: boolean): RunEvent => ({ type: "output_cleared", cell: 0, wait });

test("what a notebook is before anything runs", () => {
  const { cells, language } = fold();
  expect(cells.map(({ source, status, tags }) => [source, status, tags])).toEqual([
    ["a = 1\na", "pending", ["parameters"]],
    ["b", "pending", []],
  ]);
  expect(language).toBe("python");
});

test.each<[string, RunEvent[], unknown[]]>([
  ["text of one stream is one output", [stream("a"), stream("b")], [["ab"], []]],
  ["another stream is another output", [stream("a"), stream("b", 0, "stderr"), stream("c")], [["a", "b", "c"], []]],
  ["cleared at once", [stream("a"), clear(false)], [[], []]],
  ["cleared when the next one comes", [stream("a"), clear(true)], [["a"], []]],
  ["the next one has come", [stream("a"), clear(true), stream("b")], [["b"], []]],
  ["an update reaches every cell", [display("1", "x"), display("2", "y"), display("3", "x", 1)], [["3", "2"], ["3"]]],
  ["an update alone", [display("1", "x"), { type: "display_updated", display_id: "x", data: { "text/plain": "2" }, metadata: {} }], [["2"], []]],
  ["of a cell that is not there", [stream("a", 7)], [[], []]],
])("%s", (_name, events, expected) => {
  expect(shown(fold(...events))).toEqual(expected);
});

test("the cell in which a run ended is failed, and those behind it had no turn", () => {
  const outcome = { status: "failed", class: "platform", reason: "the kernel died", cell: 0, error: null } as const;
  const { cells } = fold({ type: "cell_started", cell: 0, at: AT }, { type: "run_finished", outcome, at: AT });
  expect(cells.map((cell) => cell.status)).toEqual(["failed", "not_run"]);
});

test("cells that did not change are the same objects", () => {
  const before = fold();
  const after = apply(before, stream("a"));
  expect(after.cells[1]).toBe(before.cells[1]);
  expect(after.cells[0]).not.toBe(before.cells[0]);
});

test("a cell that was carried over has what it put out in the other run, and is done", () => {
  const output = { output_type: "stream", name: "stdout", text: "before" } as const;
  const document = fold({ type: "cell_carried", cell: 0, run: "R0", outputs: [output], execution_count: 3, at: AT }, { type: "cell_started", cell: 1, at: AT });
  expect(shown(document)).toEqual([["before"], []]);
  expect(document.cells.map(({ status, carriedFrom, count, startedAt }) => [status, carriedFrom, count, startedAt])).toEqual([["completed", "R0", 3, undefined], ["running", undefined, undefined, Date.parse(AT)]]);
});

test("the state of widgets is that of the end", () => {
  const saved = { version_major: 2, version_minor: 0, state: { a: { state: { value: 3 } } } };
  expect(fold().widgets).toBeUndefined();
  const path = ["widgets", "application/vnd.jupyter.widget-state+json"];
  expect(fold({ type: "notebook_metadata", path, value: saved }).widgets).toEqual(saved);
  expect(fold({ type: "notebook_metadata", path: ["language_info"], value: saved }).widgets).toBeUndefined();
});
