import { expect, test } from "vitest";

import { compare, same } from "./parameters.ts";

test("what differs", () => {
  const changes = compare({ region: "LATAM", top_n: 25, ids: [1, 2] }, { region: "EMEA", ids: [1, 2], day: "x" });
  expect(changes.map(({ name, now, before, changed }) => [name, now, before, changed])).toEqual([
    ["region", "LATAM", "EMEA", true],
    ["top_n", 25, undefined, true],
    ["ids", [1, 2], undefined, false],
    ["day", undefined, "x", true],
  ]);
  expect(compare({ a: 1 }, undefined)).toEqual([{ name: "a", now: 1, before: undefined, changed: false }]);
});

test.each([
  [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
  [[1, 2], [2, 1], false],
  [{ a: undefined }, {}, false],
  [[], {}, false],
  [null, {}, false],
  ["1", 1, false],
])("%j and %j", (one, other, expected) => {
  expect(same(one, other)).toBe(expected);
});
