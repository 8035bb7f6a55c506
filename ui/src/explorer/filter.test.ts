import { expect, test } from "vitest";

import { bound, ofBin, pills, reads, relationsFor, typed, withoutPill, withPill } from "./filter.ts";
import type { Filter, Summary, TableColumn } from "./source.ts";

const column = (type: string, kind: TableColumn["kind"]): TableColumn => ({ name: "x", type, kind });
const summary = (min: number, max: number, bins: number): Summary => ({ column: "x", kind: "number", count: 10, nulls: 0, distinct: 5, min, max, histogram: { bins: Array.from({ length: bins }, () => 1) } });
const range = (from: string | number, is: "<" | "<=", to: string | number): Filter => ({ and: [{ column: "x", is: ">=", value: from }, { column: "x", is, value: to }] });

test.each<[string, TableColumn, Summary, number, Filter]>([
  ["the first of floats", column("Float64", "number"), summary(0, 1, 4), 0, range(0, "<", 0.25)],
  ["the last has the largest value", column("Float64", "number"), summary(0, 1, 4), 3, range(0.75, "<=", 1)],
  ["integers are whole", column("Int64", "number"), summary(0, 10, 4), 1, range(3, "<", 5)],
  ["the last of integers", column("UInt8", "number"), summary(0, 10, 4), 3, range(8, "<=", 10)],
  ["large integers are text", column("Int64", "number"), summary(0, 2 ** 60, 4), 2, range("576460752303423488", "<", "864691128455135232")],
  ["their largest is not lost", column("Int64", "number"), summary(0, 2 ** 60, 2), 1, { column: "x", is: ">=", value: "576460752303423488" }],
  ["nor is their smallest", column("Int64", "number"), summary(-(2 ** 60), 0, 2), 0, { column: "x", is: "<", value: "-576460752303423488" }],
  ["days", column("Date32", "time"), summary(0, 10 * 86_400_000, 4), 0, range("1970-01-01", "<", "1970-01-04")],
  ["instants", column("Timestamp(µs)", "time"), summary(0, 1000, 2), 1, range("1970-01-01T00:00:00.500Z", "<=", "1970-01-01T00:00:01.000Z")],
  ["one value only", column("Int64", "number"), summary(7, 7, 4), 0, { column: "x", is: "=", value: 7 }],
])("a bin of a histogram is a filter: %s", (_, of, shown, bin, expected) => {
  expect(ofBin(of, shown, bin)).toEqual(expected);
});

test("the bins of integers are without gaps", () => {
  const ends = Array.from({ length: 20 }, (_, bin) => ofBin(column("Int32", "number"), summary(-3, 99, 20), bin) as unknown as { and: [{ value: number }, { value: number }] });
  for (const [at, { and }] of ends.entries()) if (at > 0) expect(and[0].value).toBe(ends[at - 1]?.and[1].value);
});

test("a histogram of all numbers there are has finite bins", () => {
  expect(ofBin(column("Float64", "number"), summary(-Number.MAX_VALUE, Number.MAX_VALUE, 2), 1)).toEqual(range(0, "<=", Number.MAX_VALUE));
});

test("a range is one pill, whatever comes and goes beside it", () => {
  const first = withPill(undefined, range(0, "<", 3));
  expect(pills(first)).toHaveLength(1);
  const both = withPill(first, { column: "y", is: "null" });
  expect(pills(both).map(reads)).toEqual(["x 0 to below 3", "y is null"]);
  expect(withPill(both, { column: "y", is: "null" })).toBe(both);
  expect(withoutPill(both, 1)).toEqual(first);
  expect(withoutPill(both, 0)).toEqual({ column: "y", is: "null" });
  expect(withoutPill(first, 0)).toBeUndefined();
});

test.each<[Filter, string]>([
  [{ column: "title", is: "contains", value: "moon" }, "title contains “moon”"],
  [{ column: "n", is: ">", value: 1234.5678 }, "n is more than 1,234.57"],
  [{ column: "day", is: "=", value: "2026-01-02T00:00:00.000Z" }, "day is 2026-01-02 00:00"],
  [{ or: [{ column: "a", is: "null" }, { column: "b", is: "not null" }] }, "a is null or b is not null"],
  [{ and: [] }, "everything"],
])("%j reads %s", (filter, text) => {
  expect(reads(filter)).toBe(text);
});

test("what was typed is a number where the column has numbers, as far as it is exact", () => {
  expect(typed(column("Int64", "number"), "12")).toBe(12);
  expect(typed(column("Int64", "number"), "9007199254740993")).toBe("9007199254740993");
  expect(typed(column("Utf8", "text"), "12")).toBe("12");
  expect(typed(column("Int64", "number"), "twelve")).toBe("twelve");
});

test("what has no order is only asked whether it is there", () => {
  expect(relationsFor(column("List(Utf8)", "text"))).toEqual(["null", "not null"]);
  expect(relationsFor(column("Utf8", "text"))[0]).toBe("contains");
});

test("ends are days where they are, and instants otherwise", () => {
  expect(bound("time", "Date32", 86_400_000)).toBe("1970-01-02");
  expect(bound("time", "Timestamp(ms)", 86_460_000)).toBe("1970-01-02 00:01");
  expect(bound("number", "Float64", 0.000012)).toBe("1.20e-5");
});
