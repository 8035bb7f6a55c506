import { expect, test } from "vitest";

import { ofRows } from "../held.ts";
import type { PageQuery, TableSource } from "../source.ts";
import { MOST_ROWS, sampled } from "./rows.ts";

const QUERY = { sort: [], filter: undefined };
const COLUMNS = [{ name: "n", type: "Int64", kind: "number" as const }];

/** A table of numbers from 0, whose pages hold at most so many rows. */
function numbers(count: number, page = MOST_ROWS): TableSource {
  const source = ofRows({ columns: COLUMNS, rows: Array.from({ length: count }, (_, at) => [at]) });
  return { ...source, page: (query: PageQuery) => source.page({ ...query, limit: Math.min(query.limit, page) }) };
}

test.each([[0], [3], [MOST_ROWS]])("all of %d rows", async (count) => {
  const { rows, matching } = await sampled(numbers(count), QUERY, COLUMNS, new AbortController().signal);
  expect([rows.length, matching, rows.at(-1)]).toEqual([count, count, count === 0 ? undefined : [count - 1]]);
});

test("all of a table with small pages", async () => {
  const { rows } = await sampled(numbers(2500, 1000), QUERY, COLUMNS, new AbortController().signal);
  expect(rows.map(([n]) => n)).toEqual(Array.from({ length: 2500 }, (_, at) => at));
});

test("some of more rows, from the beginning to the end, none twice", async () => {
  const { rows, matching } = await sampled(numbers(30_000), QUERY, COLUMNS, new AbortController().signal);
  expect(matching).toBe(30_000);
  expect(new Set(rows.map(([n]) => n)).size).toBe(MOST_ROWS);
  expect([rows[0], rows.at(-1)]).toEqual([[0], [29_999]]);
});
