import { expect, test } from "vitest";

import { lanesOf, revealingLane, usualWidth, within } from "./lanes.ts";
import type { TableColumn } from "./source.ts";

const columns = Array.from({ length: 600 }, (_, n): TableColumn => ({ name: `c${n}`, type: "Float64", kind: "number" }));
const lanes = lanesOf(columns, new Map([["c0", 200]]));

test("columns stand beside each other", () => {
  expect(lanes.slice(0, 3).map(({ left, width }) => [left, width])).toEqual([[0, 200], [200, 128], [328, 128]]);
});

test("of many columns those are drawn of which something is seen", () => {
  expect(within(lanes, 199, 330).map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(within(lanes, 200, 328).map(({ index }) => index)).toEqual([1]);
  expect(within(lanes, 40_000, 41_000).length).toBeLessThan(12);
});

test("a column is brought in with as little movement as there can be", () => {
  const lane = { column: columns[5] as TableColumn, index: 5, left: 500, width: 100 };
  expect(revealingLane(lane, 550, 400)).toBe(500);
  expect(revealingLane(lane, 300, 400)).toBe(300);
  expect(revealingLane(lane, 0, 400)).toBe(200);
  expect(revealingLane(lane, 0, 50)).toBe(500);
});

test("a column is as wide as its values, up to a limit", () => {
  const text: TableColumn = { name: "title", type: "Utf8", kind: "text" };
  expect(usualWidth(text, ["a"])).toBe(128);
  expect(usualWidth(text, ["x".repeat(25)])).toBe(202);
  expect(usualWidth(text, ["x".repeat(5000)])).toBe(340);
});
