import { expect, test } from "vitest";

import { between, pressed } from "./brushing.ts";

test.each([
  [0.2, 0.7, [0.2, 0.7]],
  [0.7, -1, [0, 0.7]],
  [0.98, 0.6, [0.6, 1]],
  [0.5, 0.505, undefined],
])("from %d to %d is %o", (one, other, expected) => {
  expect(between(one, other)).toEqual(expected);
});

test.each<[string, boolean, [number, number] | undefined, [number, number] | undefined]>([
  ["ArrowUp", false, undefined, [0.05, 1]],
  ["ArrowDown", false, undefined, [0, 0.95]],
  ["ArrowUp", false, [0.2, 0.4], [0.25, 0.45]],
  ["ArrowDown", false, [0.02, 0.4], [0, 0.38]],
  ["ArrowUp", true, [0.2, 0.4], [0.2, 0.45]],
  ["ArrowDown", true, [0.2, 0.25], [0.2, 0.25]],
  ["Escape", false, [0.2, 0.4], undefined],
])("%s, shift %s, of %o", (key, shift, brush, expected) => {
  const after = pressed(key, shift, brush)?.brush;
  expect(after?.map((edge) => Math.round(edge * 100) / 100)).toEqual(expected);
});

test("other keys mean nothing", () => {
  expect(pressed("a", false, [0, 1])).toBeUndefined();
});
