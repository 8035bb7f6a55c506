import { expect, test } from "vitest";

import type { ParameterSchema } from "../api/schema.ts";
import { type Field, fieldOf, read, textOf } from "./field.ts";

test.each<[Partial<ParameterSchema>, Field]>([
  [{ type: "str", choices: ["EMEA", "LATAM"] }, { kind: "choice", choices: ["EMEA", "LATAM"] }],
  [{ type: "Literal['EMEA', 'it\\'s, so', 3, None, True]" }, { kind: "choice", choices: ["EMEA", "it's, so", 3, null, true] }],
  [{ type: "bool" }, { kind: "switch" }],
  [{ type: "int", bounds: "1..100" }, { kind: "number", whole: true, min: 1, max: 100 }],
  [{ type: "float | None", bounds: "0.." }, { kind: "number", whole: false, min: 0, max: undefined }],
  [{ type: "date" }, { kind: "date" }],
  [{ type: "str", default: "2026-11-21" }, { kind: "date" }],
  [{ type: "str", default: "a" }, { kind: "text", lines: false }],
  [{ type: "str", default: "a\nb" }, { kind: "text", lines: true }],
  [{ type: "list[int]", default: [1] }, { kind: "json" }],
  [{ type: "Any" }, { kind: "json" }],
])("%j", (schema, expected) => {
  expect(fieldOf({ name: "x", type: "", ...schema })).toEqual(expected);
});

const NUMBER: Field = { kind: "number", whole: true, min: 1, max: 100 };

test.each<[string, Field, unknown]>([
  ["25", NUMBER, { value: 25 }],
  ["", NUMBER, "empty"],
  ["2.5", NUMBER, { wrong: "This is not a whole number." }],
  ["0", NUMBER, { wrong: "The smallest value is 1." }],
  ["101", NUMBER, { wrong: "The largest value is 100." }],
  ["x", NUMBER, { wrong: "This is not a number." }],
  ["", { kind: "text", lines: false }, { value: "" }],
  ["[1]", { kind: "json" }, { value: [1] }],
  ["[1", { kind: "json" }, { wrong: expect.stringContaining("not JSON") }],
  ["true", { kind: "switch" }, { value: true }],
  ['"EMEA"', { kind: "choice", choices: [] }, { value: "EMEA" }],
])("%j in %j", (text, field, expected) => {
  expect(read(text, field)).toEqual(expected);
});

test("a value goes to its control and comes back", () => {
  for (const [value, field] of [[25, NUMBER], ["a", { kind: "text", lines: false }], [[1, 2], { kind: "json" }], ["EMEA", { kind: "choice", choices: [] }], [false, { kind: "switch" }]] as [unknown, Field][]) {
    expect(read(textOf(value, field), field)).toEqual({ value });
  }
  expect(textOf(null, NUMBER)).toBe("");
});
