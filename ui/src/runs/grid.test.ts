import { expect, test } from "vitest";

import type { Run } from "../api/schema.ts";
import { cells, COLUMNS, gridRows, record, runsOf } from "./grid.ts";

const run = (id: number, state: Run["state"], more: Partial<Run> = {}) => ({ id: `run_${id}`, state, notebook: "a.ipynb", job: null, ...more }) as Run;
const RUNS = [run(4, "failed", { notebook: "b.ipynb" }), run(3, "succeeded"), run(2, "failed", { job: { id: "j", name: "daily", version: 1 } }), run(1, "failed"), run(0, "failed", { notebook: "task.ipynb", parent: "run_9" })];

test("jobs stand before notebooks without one, and tasks of jobs do not stand alone", () => {
  expect(gridRows(["train", "daily"], RUNS, "").map(({ name, job }) => `${name} ${job}`)).toEqual(["daily daily", "train train", "b.ipynb undefined", "a.ipynb undefined"]);
  expect(gridRows(["train", "daily"], RUNS, " B.ip").map(({ name }) => name)).toEqual(["b.ipynb"]);
  expect(runsOf("a.ipynb", RUNS).map(({ id }) => id)).toEqual(["run_3", "run_1"]);
});

test("the newest run is at the right end, whatever there is of it", () => {
  const shown = cells(RUNS);
  expect([shown.length, shown[0], shown.at(-1)?.id, shown.at(-5)?.id]).toEqual([COLUMNS, undefined, "run_4", "run_0"]);
  expect(cells(Array.from({ length: 40 }, (_, at) => run(40 - at, "succeeded"))).map((one) => one?.id).slice(0, 1)).toEqual(["run_11"]);
});

test.each<[Run[], string]>([
  [[], "never run"],
  [[run(1, "succeeded"), run(2, "running")], ""],
  [[run(1, "succeeded"), run(2, "failed"), run(3, "cancelled")], "1 of 2 failed"],
])("the record of %#", (runs, expected) => {
  expect(record(runs)).toBe(expected);
});
