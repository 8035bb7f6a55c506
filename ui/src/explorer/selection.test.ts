import { expect, test } from "vitest";

import { areaOf, begin, HEAD, isWithin, press, type Selection } from "./selection.ts";

const size = { rows: 100, columns: 5, page: 10 };

/** Keys as one says them: `Shift+ArrowDown`. */
function after(selection: Selection, ...keys: string[]): Selection | undefined {
  return keys.reduce<Selection | undefined>((now, text) => {
    const parts = text.split("+");
    const key = { key: parts.at(-1) ?? "", shiftKey: parts.includes("Shift"), ctrlKey: parts.includes("Control"), metaKey: false, altKey: parts.includes("Alt") };
    return now === undefined ? undefined : press(now, key, size);
  }, selection);
}

test.each<[string[], [row: number, column: number]]>([
  [["ArrowDown"], [4, 2]],
  [["ArrowRight", "ArrowRight", "ArrowRight"], [3, 4]],
  [["PageDown"], [13, 2]],
  [["PageUp"], [0, 2]],
  [["Home"], [3, 0]],
  [["End"], [3, 4]],
  [["Control+Home"], [0, 0]],
  [["Control+End"], [99, 4]],
  [["Control+ArrowDown"], [99, 2]],
  [["Control+ArrowUp", "ArrowUp"], [HEAD, 2]],
  [["Control+ArrowUp", "ArrowUp", "ArrowUp"], [HEAD, 2]],
  [["Control+End", "ArrowDown"], [99, 4]],
])("%j", (keys, [row, column]) => {
  expect(after(begin(3, 2), ...keys)?.at).toEqual({ row, column });
});

test("Shift extends, and everything is chosen at once", () => {
  const area = areaOf(after(begin(3, 2), "Shift+ArrowDown", "Shift+ArrowLeft") ?? begin(0, 0));
  expect(area).toEqual({ top: 3, bottom: 4, left: 1, right: 2 });
  expect([isWithin(area, 4, 1), isWithin(area, 5, 1), isWithin(area, 4, 3)]).toEqual([true, false, false]);
  expect(areaOf(after(begin(3, 2), "Control+a") ?? begin(0, 0))).toEqual({ top: 0, bottom: 99, left: 0, right: 4 });
});

test("other keys are left alone", () => {
  for (const key of ["x", "Tab", "Escape", "Alt+ArrowLeft"]) expect(after(begin(3, 2), key)).toBeUndefined();
});
