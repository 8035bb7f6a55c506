import { expect, test } from "vitest";

import { between, brushesOf, inAddress, pressed } from "./brush.ts";

test("parts of columns stand in the address", () => {
  const query = new URLSearchParams(Object.entries(inAddress("given lr", [0.25, 2 / 3])) as [string, string][]);
  expect(brushesOf(query)).toEqual({ "given lr": [0.25, 0.667] });
  expect(inAddress("x", undefined)).toEqual({ "brush.x": undefined });
  expect(brushesOf(new URLSearchParams("brush.a=1,0&brush.b=x&other=0,1"))).toEqual({});
});

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
