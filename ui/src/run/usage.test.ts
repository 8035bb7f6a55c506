import { expect, test } from "vitest";

import { curvesOf, type Usage } from "./usage.ts";

const looks = (...of: [seconds: number, memory: number, processor: number][]): Usage[] =>
  of.map(([seconds, memory, processor]) => ({ at: seconds * 1000, memory, processor }));

test("memory is drawn from nothing to its most, the processor as steps of what was used in between", () => {
  const curves = curvesOf(looks([1, 50, 0.5], [2, 100, 1], [5, 25, 1]));
  expect(curves?.memory).toEqual({ path: "M0 0.5L0.25 0L1 0.75", last: 25, most: 100 });
  expect(curves?.processor).toEqual({ path: "M0 0.5L0.25 0.5L0.25 1L1 1", last: 0, most: 0.5 });
  expect(curves?.seconds).toBe(4);
});

test("two processors fill the picture, and one that ended takes nothing back", () => {
  const curves = curvesOf(looks([1, 1, 4], [2, 1, 6], [3, 1, 0]));
  expect(curves?.processor).toEqual({ path: "M0 0L0.5 0L0.5 1L1 1", last: 0, most: 2 });
});

test("one look is no picture", () => {
  expect(curvesOf([])).toBeUndefined();
  expect(curvesOf(looks([1, 50, 0.5]))).toBeUndefined();
});
