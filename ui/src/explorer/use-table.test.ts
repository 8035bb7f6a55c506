import { expect, test } from "vitest";

import { nextCount } from "./use-table.ts";

test.each([
  [2, 100, 8],
  [8, 100, 20],
  [20, 1000, 20],
  [8, 4000, 4],
  [1, 20_000, 1],
])("after %d columns in %d ms, %d are asked for", (count, took, next) => {
  expect(nextCount(count, took)).toBe(next);
});
