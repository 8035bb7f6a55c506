import { expect, test } from "vitest";

import { delta, type Line, lines, numbers } from "./text.ts";

function written(line: Line): string {
  switch (line.kind) {
    case "hidden":
      return `…${line.count}`;
    case "same":
      return `  ${line.text}`;
    default:
      return `${line.kind === "added" ? "+" : "-"} ${line.pieces.map(({ text, own }) => (own ? `[${text}]` : text)).join("")}`;
  }
}

test("a changed line shows its changed words, and far lines only how many they are", () => {
  const before = ["1", "2", "3", "4", "5", "total = rows.sum()", "print(total)"];
  const now = [...before];
  now[5] = "total = rows.mean()";
  expect(lines(before.join("\n"), now.join("\n")).map(written)).toEqual([
    "…2", "  3", "  4", "  5", "- total = rows.[sum]()", "+ total = rows.[mean]()", "  print(total)",
  ]);
});

test("lines that have nothing in common are two lines", () => {
  expect(lines("import os", "x = 12\ny = 13").map(written)).toEqual(["- import os", "+ x = 12", "+ y = 13"]);
});

test("lines carry the number they have on their own side", () => {
  const numbered = lines("a\nb\nc", "a\nx\ny\nc").map((line) => (line.kind === "hidden" ? 0 : line.number));
  expect(numbered).toEqual([1, 2, 2, 3, 4]);
});

test.each([
  ["loss: 0.5\n", "loss: 0.25\n", ["loss: −0.25 (−50 %)"]],
  ["4,102,877 rows for 3", "4,102,900 rows for 3", [": +23 (+0.000561 %)"]],
  ["a 1\nb 0", "a 1\nb 2", ["b: +2"]],
  ["-3", "3", [": +6 (+200 %)"]],
  ["1e3", "2e3", [": +1,000 (+100 %)"]],
])("numbers of %j and %j", (before, now, expected) => {
  expect(numbers(before, now)?.map((change) => `${change.label}: ${delta(change)}`)).toEqual(expected);
});

test.each([
  ["the same", "rows 3", "rows 3"],
  ["other words", "rows 3", "cols 4"],
  ["numbers in names", "x1 = 1", "x2 = 1"],
  ["more of them", "1 2", "1 2 3"],
])("no numbers to compare: %s", (_, before, now) => {
  expect(numbers(before, now)).toBeUndefined();
});
