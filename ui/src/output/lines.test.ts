import { expect, test } from "vitest";

import { settled, shortened } from "./lines.ts";

test.each([
  ["plain", "plain"],
  ["10%\r50%\r100%\ndone", "100%\ndone"],
  ["longer\rab", "abnger"],
  ["a\r\nb\r\n", "a\nb\n"],
  ["abc\b\bX", "aXc"],
  ["\b\ba", "a"],
  ["old text\r\u001b[Knew", "new"],
  ["\u001b[31mred\u001b[0m\rX", "Xed\u001b[0m"],
  ["🙂\rx", "x"],
])("%j settles to %j", (text, expected) => {
  expect(settled(text)).toBe(expected);
});

test("a long text has its beginning and its end", () => {
  const text = Array.from({ length: 10 }, (_, index) => index).join("\n");
  expect(shortened(text, 2, 3)).toEqual({ head: "0\n1", hidden: 5, tail: "7\n8\n9" });
  expect(shortened(text, 5, 5)).toEqual({ head: text, hidden: 0, tail: "" });
});
