import { expect, test } from "vitest";

import { completionsOf } from "./assist.ts";
import { toPoints, toUnits } from "./offsets.ts";
import { variablesOf } from "./variables.ts";

test("places are counted in code points by the kernel, in code units here", () => {
  const text = "a😀b.c";
  for (const [units, points] of [[0, 0], [1, 1], [3, 2], [4, 3], [6, 5]] as const) {
    expect([toPoints(text, units), toUnits(text, points)]).toEqual([points, units]);
  }
});

test("completions have their place and their type", () => {
  const metadata = { _jupyter_types_experimental: [{ text: "sum", type: "function" }] };
  const content = { matches: ["sum", "size"], cursor_start: 3, cursor_end: 4, metadata };
  expect(completionsOf(content, "😀x.s")).toEqual({ from: 4, to: 5, options: [{ label: "sum", type: "function" }, { label: "size", type: "" }] });
  expect(completionsOf({ status: "error" }, "x")).toBeUndefined();
});

test("variables are what the kernel printed", () => {
  expect(variablesOf('[["table", "DataFrame", "3 × 2"]]\n')).toEqual([{ name: "table", type: "DataFrame", what: "3 × 2" }]);
  expect(variablesOf("Traceback")).toBeUndefined();
});
