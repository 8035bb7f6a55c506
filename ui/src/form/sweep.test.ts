import { expect, test } from "vitest";

import type { Field } from "./field.ts";
import { canSweep, firstText, pointsOf, readSeveral } from "./sweep.ts";

const WHOLE: Field = { kind: "number", whole: true, min: 1, max: 100 };
const FLOAT: Field = { kind: "number", whole: false, min: undefined, max: undefined };
const CHOICE: Field = { kind: "choice", choices: ["EMEA", "LATAM", 3] };
const DATE: Field = { kind: "date" };
const TEXT: Field = { kind: "text", lines: false };

test.each<[string, Field, unknown[]]>([
  ["1, 2,5", WHOLE, [1, 2, 5]],
  ["1..3, 10..30 by 10, 2", WHOLE, [1, 2, 3, 10, 20, 30]],
  ["0..0.3 by 0.1", FLOAT, [0, 0.1, 0.2, 0.3]],
  ["-1 .. 1", FLOAT, [-1, 0, 1]],
  ["LATAM, 3", CHOICE, ["LATAM", 3]],
  ["true, false", { kind: "switch" }, [true, false]],
  ["a, b c,", TEXT, ["a", "b c"]],
  ["2026-11-29..2026-12-01, 2027-01-01", DATE, ["2026-11-29", "2026-11-30", "2026-12-01", "2027-01-01"]],
])("%s", (text, field, values) => {
  expect(readSeveral(text, field)).toEqual({ values });
});

test.each<[string, Field, RegExp]>([
  ["", WHOLE, /Write some values/],
  ["1, many", WHOLE, /not a number/],
  ["0..3", WHOLE, /smallest value is 1/],
  ["5..1", WHOLE, /smaller one comes first/],
  ["1..2 by 0", FLOAT, /no values/],
  ["1..5000", FLOAT, /more than 1000/],
  ["APAC", CHOICE, /none of EMEA, LATAM, 3/],
  ["yesterday", DATE, /no date/],
  ["2026-12-01..2026-11-01", DATE, /earlier one/],
])("%s is refused", (text, field, words) => {
  expect(readSeveral(text, field)).toEqual({ wrong: expect.stringMatching(words) as string });
});

test("a choice begins with all of them, other fields with what is there", () => {
  expect([firstText(CHOICE, "\"EMEA\""), firstText({ kind: "switch" }, "true"), firstText(WHOLE, "3")]).toEqual(["EMEA, LATAM, 3", "true, false", "3"]);
  expect([CHOICE, { kind: "json" } as const, { kind: "text", lines: true } as const].map(canSweep)).toEqual([true, false, false]);
});

test("every combination runs, with what is the same for all", () => {
  expect(pointsOf({ day: "x" }, { a: [1, 2], b: ["p", "q"] })).toEqual([
    { day: "x", a: 1, b: "p" },
    { day: "x", a: 1, b: "q" },
    { day: "x", a: 2, b: "p" },
    { day: "x", a: 2, b: "q" },
  ]);
  expect(pointsOf({ a: 1 }, {})).toEqual([{ a: 1 }]);
});
