import { expect, test } from "vitest";

import { isWhole, ofRows, resourceOf, summaryOf } from "./held.ts";
import type { Filter, TableSource } from "./source.ts";

const output = {
  schema: {
    fields: [{ name: "index", type: "integer" }, { name: "title", type: "string" }, { name: "minutes", type: "number" }, { name: "day", type: "datetime" }],
    primaryKey: ["index"],
  },
  data: [
    { index: 0, title: "Paper Moons", minutes: 12.5, day: "2026-01-02T00:00:00.000" },
    { index: 1, title: "Glass River", minutes: null, day: "2026-01-01T00:00:00.000" },
    { index: 2, title: "paper boats", minutes: 3, day: null },
    { index: 3, title: "Small Hours", minutes: 12.5, day: "2026-01-03T00:00:00.000" },
  ],
};

function source(): TableSource {
  const resource = resourceOf(output);
  if (resource === undefined) throw new Error("it is a table");
  return ofRows(resource);
}

const indices = async (filter: Filter | undefined, sort: [string, boolean][] = []) => {
  const { rows, matching, total } = await source().page({ offset: 0, limit: 10, filter, columns: ["index"], sort: sort.map(([column, descending]) => ({ column, descending })) });
  expect(matching).toBe(rows.length);
  expect(total).toBe(4);
  return rows.map(([index]) => index);
};

test("types are those of the schema", async () => {
  expect((await source().columns()).map(({ type, kind }) => `${type} ${kind}`)).toEqual(["Int64 number", "Utf8 text", "Float64 number", "Timestamp(ms) time"]);
});

test.each<[string, Filter | undefined, number[]]>([
  ["nothing", undefined, [0, 1, 2, 3]],
  ["an empty list", { and: [] }, [0, 1, 2, 3]],
  ["none of nothing", { or: [] }, []],
  ["text", { column: "title", is: "contains", value: "PAPER" }, [0, 2]],
  ["a null equals nothing", { column: "minutes", is: "!=", value: 3 }, [0, 3]],
  ["null", { column: "minutes", is: "null" }, [1]],
  ["both", { and: [{ column: "minutes", is: ">=", value: 12.5 }, { column: "index", is: "<", value: 3 }] }, [0]],
  ["a day", { column: "day", is: ">", value: "2026-01-01" }, [0, 3]],
  ["an instant with its zone", { column: "day", is: "<=", value: "2026-01-02T00:00:00.000Z" }, [0, 1]],
])("filtered by %s", async (_, filter, expected) => {
  expect(await indices(filter)).toEqual(expected);
});

test("nulls come last in both directions, equal ones stay as they are", async () => {
  expect(await indices(undefined, [["minutes", false]])).toEqual([2, 0, 3, 1]);
  expect(await indices(undefined, [["minutes", true]])).toEqual([0, 3, 2, 1]);
  expect(await indices(undefined, [["minutes", true], ["index", true]])).toEqual([3, 0, 2, 1]);
});

test("pages are parts of what matches, in the columns' order that was asked for", async () => {
  const page = await source().page({ offset: 1, limit: 2, sort: [], filter: { column: "minutes", is: "not null" }, columns: ["minutes", "index"] });
  expect(page.rows).toEqual([[3, 2], [12.5, 3]]);
  expect(page.columns.map(({ name }) => name)).toEqual(["minutes", "index"]);
  expect(page.matching).toBe(3);
});

test("a summary says what there is and how it is distributed", async () => {
  const [title, minutes] = await source().summary(["title", "minutes"], undefined);
  expect(title?.top?.[0]).toEqual({ value: "Glass River", count: 1 });
  expect(minutes).toMatchObject({ count: 3, nulls: 1, distinct: 2, min: 3, max: 12.5 });
  expect(minutes?.histogram?.bins.reduce((sum, count) => sum + count, 0)).toBe(3);
  expect(minutes?.histogram?.bins.at(-1)).toBe(2);
});

test("numbers that are none have no histogram", () => {
  expect(summaryOf({ name: "x", type: "Float64", kind: "number" }, [null, null]).histogram).toBeUndefined();
});

test.each([null, 7, {}, { schema: {} }, { schema: { fields: [] } }, { schema: { fields: {} }, data: [] }])("%j is no table", (value) => {
  expect(resourceOf(value)).toBeUndefined();
});

test("hostile rows are values as others", () => {
  const hostile = resourceOf({ schema: { fields: [{ name: "__proto__", type: "string" }, null, { name: "b" }] }, data: [null, { b: { c: 1 } }, 3] });
  expect(hostile?.rows).toHaveLength(3);
  expect(hostile?.rows[1]?.[1]).toBe('{"c":1}');
});

test.each<[string, object, boolean, number]>([
  ["all rows", { data: [{ n: 1 }] }, true, 1],
  ["the first rows of more", { data: [{ n: 1 }], nbpress: { rows: 200_000, table: "ab" } }, false, 200_000],
  ["numbers that have lost digits", { data: [{ n: 2 ** 53 }] }, false, 1],
  ["a count that is less than what is there", { data: [{ n: 1 }, { n: 2 }], nbpress: { rows: 1 } }, true, 2],
])("%s", (_, parts, whole, total) => {
  const resource = resourceOf({ schema: { fields: [{ name: "n", type: "integer" }] }, ...parts });
  expect(resource?.total).toBe(total);
  expect(resource !== undefined && isWhole(resource)).toBe(whole);
});
