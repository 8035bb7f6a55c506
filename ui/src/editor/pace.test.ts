import { expect, test } from "vitest";

import { pauseOf } from "./pace.ts";

test.each([
  [false, false, 0, 2000],
  [false, true, 0, 2000],
  [true, false, 0, 700],
  [true, true, 0, 50],
  [false, false, 9500, 500],
  [true, false, 20_000, 0],
])("among others %s, cells moved %s, unsaved for %s ms: saved in %s ms", (amongOthers, isStructure, since, expected) => {
  expect(pauseOf({ amongOthers, isStructure, since })).toBe(expected);
});
