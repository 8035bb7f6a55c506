import { expect, test } from "vitest";

import { plain, type Span, spans } from "./ansi.ts";

test.each<[string, Span[]]>([
  ["plain", [{ text: "plain", style: {} }]],
  ["\u001b[31mred\u001b[0m no", [{ text: "red", style: { color: 1 } }, { text: " no", style: {} }]],
  ["\u001b[1;32mA\u001b[22mB", [{ text: "A", style: { bold: true, color: 2 } }, { text: "B", style: { color: 2 } }]],
  ["\u001b[97;41mA", [{ text: "A", style: { color: 15, background: 1 } }]],
  ["\u001b[38;5;208mA\u001b[39mB", [{ text: "A", style: { color: "rgb(255 135 0)" } }, { text: "B", style: {} }]],
  ["\u001b[48;2;1;2;999mA", [{ text: "A", style: { background: "rgb(1 2 255)" } }]],
  ["\u001b[38;5;244mA", [{ text: "A", style: { color: "rgb(128 128 128)" } }]],
  ["\u001b[2K\u001b[1Gx\u001b]0;title\u0007y", [{ text: "x", style: {} }, { text: "y", style: {} }]],
  ["\u001b[mA", [{ text: "A", style: {} }]],
])("%j", (text, expected) => {
  expect(spans(text)).toEqual(expected);
});

test("without colours", () => {
  expect(plain("\u001b[0;31mKeyError\u001b[0m: 'x'")).toBe("KeyError: 'x'");
});
