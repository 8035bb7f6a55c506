import { expect, test } from "vitest";

import type { RunCell } from "./fold.ts";
import { timelineOf } from "./timeline.ts";

function cell(index: number, changes: Partial<RunCell>): RunCell {
  return {
    index,
    id: undefined,
    anchor: `cell-${index + 1}`,
    kind: "code",
    source: "",
    tags: [],
    attachments: undefined,
    outputs: [],
    count: undefined,
    status: "pending",
    startedAt: undefined,
    finishedAt: undefined,
    error: undefined,
    carriedFrom: undefined,
    clearNext: false,
    ...changes,
  };
}

test("height is time, and what did not run is flat", () => {
  const { bars, longest } = timelineOf(
    [
      cell(0, { kind: "markdown" }),
      cell(1, { status: "completed", startedAt: 0, finishedAt: 10, tags: ["parameters"] }),
      cell(2, { status: "completed", startedAt: 10, finishedAt: 4010 }),
      cell(3, { status: "running", startedAt: 4010 }),
      cell(4, { status: "pending" }),
    ],
    6010,
  );
  expect(longest).toBe(4);
  expect(bars.map(({ look, height, label }) => [look, height, label])).toEqual([
    ["is-parameters", 0.06, "Cell 2, done, 10 ms"],
    ["is-completed", 1, "Cell 3, done, 4.0 s"],
    ["is-running", 0.5, "Cell 4, running, 2.0 s"],
    ["is-pending", 0.04, "Cell 5, waiting"],
  ]);
});

test("a run in which nothing took time", () => {
  const { bars } = timelineOf([cell(0, { status: "completed", startedAt: 5, finishedAt: 5 })], 9);
  expect(bars[0]?.height).toBe(0.06);
  expect(timelineOf([], 0).bars).toEqual([]);
});
