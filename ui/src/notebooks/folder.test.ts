import { expect, test } from "vitest";

import type { Job, KernelStatus, Run } from "../api/schema.ts";
import { addressOf, type FolderEntry, sorted, within, mayGoTo, movedWith, wrongName } from "./folder.ts";
import { statusOf } from "./status.ts";

function entry(name: string, type: FolderEntry["type"]): FolderEntry {
  return { name, type, path: name, last_modified: "", size: null };
}

test("folders come first, then notebooks, and 2 before 10", () => {
  const entries = [entry("b.csv", "file"), entry("10.ipynb", "notebook"), entry("2.ipynb", "notebook"), entry("z", "directory"), entry("A", "directory")];
  expect(sorted(entries).map(({ name }) => name)).toEqual(["A", "z", "2.ipynb", "10.ipynb", "b.csv"]);
});

test("paths are those of the folder, encoded where they are an address", () => {
  expect([within("", "a b"), within("x/y", "#1")]).toEqual(["a b", "x/y/#1"]);
  expect(["", "x/y/#1 a"].map(addressOf)).toEqual(["api/contents", "api/contents/x/y/%231%20a"]);
});

function words(kernels: KernelStatus[], jobs: Job[], runs: Run[]): string | undefined {
  return statusOf("a.ipynb", kernels, jobs, runs)?.words;
}

function kernel(state: string, cells: string[] = []): KernelStatus {
  return { paths: ["a.ipynb"], state, cells } as unknown as KernelStatus;
}

test("a notebook is what its kernel does, else what its last run came to", () => {
  const job = { id: "j", definition: { tasks: [{ source: "/n/a.ipynb", notebook: "a.ipynb" }] } } as unknown as Job;
  const run = { id: "run_1", job: { id: "j" }, state: "failed", cell: 2 } as unknown as Run;
  const other = { id: "run_2", state: "succeeded" } as unknown as Run;
  expect(words([], [], [other])).toBeUndefined();
  expect(words([kernel("idle")], [], [other])).toBe("Kernel is on");
  expect(words([kernel("dead")], [], [])).toBe("Its kernel died");
  expect(words([kernel("idle")], [job], [other, run])).toBe("Failed in cell 3");
  expect(words([kernel("idle", ["c"])], [job], [run])).toBe("A cell runs");
  expect(statusOf("a.ipynb", [], [job], [run])).toEqual({ look: "is-bad", words: "Failed in cell 3", run: "run_1" });
});

test("what is moved takes along what is in it, and nothing else", () => {
  expect(movedWith("a/b.ipynb", "a/b.ipynb", "c.ipynb")).toBe("c.ipynb");
  expect(movedWith("a/b.ipynb", "a", "x/a")).toBe("x/a/b.ipynb");
  for (const path of ["ab/c.ipynb", "a/b.ipynb2", "c/a/b.ipynb"]) expect(movedWith(path, "a/b.ipynb", "d.ipynb")).toBeUndefined();
});

test.each([
  ["a/b.ipynb", "", true],
  ["a/b.ipynb", "a", false],
  ["a", "a", false],
  ["a", "a/b", false],
  ["a", "ab", true],
  ["b.ipynb", "", false],
])("whether %s may be put into the folder '%s'", (path, folder, may) => {
  expect(mayGoTo(path, folder)).toBe(may);
});

test("a name is no path, is not hidden, and is there", () => {
  for (const name of ["", "  ", "a/b", ".a"]) expect(wrongName(name)).toBeDefined();
  for (const name of ["a", "a.b", "ä ö"]) expect(wrongName(name)).toBeUndefined();
});
