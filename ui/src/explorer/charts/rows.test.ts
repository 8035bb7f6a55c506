import { expect, test } from "vitest";

import { ofRows } from "../held.ts";
import type { TableSource } from "../source.ts";
import { MOST_ROWS, sampled } from "./rows.ts";

const QUERY = { sort: [], filter: undefined };
const COLUMNS = [{ name: "n", type: "Int64", kind: "number" as const }];

/** A table of numbers from 0. */
function numbers(count: number): TableSource {
  return ofRows({ columns: COLUMNS, rows: Array.from({ length: count }, (_, at) => [at]) });
}

test.each([[0], [3], [MOST_ROWS]])("all of %d rows", async (count) => {
  const { rows, matching } = await sampled(numbers(count), QUERY, COLUMNS, new AbortController().signal);
  expect([rows.length, matching, rows.at(-1)]).toEqual([count, count, count === 0 ? undefined : [count - 1]]);
});

test("some of more rows, from the first to the last with equal distances", async () => {
  const { rows, matching } = await sampled(numbers(25_000), QUERY, COLUMNS, new AbortController().signal);
  expect(matching).toBe(25_000);
  expect([rows.length, rows[0], rows.at(-1)]).toEqual([MOST_ROWS, [0], [24_999]]);
  const steps = new Set(rows.slice(1).map(([n], at) => Number(n) - Number(rows[at]?.[0])));
  expect([...steps].toSorted()).toEqual([2, 3]);
});
