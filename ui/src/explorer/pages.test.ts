import { expect, test, vi } from "vitest";

import { ApiError } from "../api/client.ts";
import { Pages } from "./pages.ts";
import type { PageQuery, TablePage, TableSource } from "./source.ts";

const COLUMNS = [{ name: "n", type: "Int64", kind: "number" as const }];
const TOTAL = 100_000;

/** A source whose answers come when they are let. */
function held() {
  const asked: { query: PageQuery; signal: AbortSignal | undefined; answer: () => void; fail: (error: unknown) => void }[] = [];
  const page = (query: PageQuery, signal?: AbortSignal) =>
    new Promise<TablePage>((answer, fail) => {
      const rows = Array.from({ length: Math.min(query.limit, TOTAL - query.offset) }, (_, index) => [query.offset + index]);
      asked.push({ query, signal, answer: () => answer({ columns: COLUMNS, rows, matching: TOTAL, total: TOTAL }), fail });
    });
  const source: TableSource = { key: "held", columns: async () => COLUMNS, page, summary: async () => [] };
  const pages = new Pages(source, { sort: [], filter: undefined }, COLUMNS);
  const heard = vi.fn();
  const leave = pages.subscribe(heard);
  return { asked, pages, heard, leave };
}

test("the page of a row is asked for once, and its rows are there then", async () => {
  const { asked, pages, heard } = held();
  pages.want(0, 30);
  pages.want(1, 31);
  expect(asked.map(({ query }) => [query.offset, query.limit])).toEqual([[0, 500]]);
  expect(pages.row(3)).toBeUndefined();
  asked[0]?.answer();
  await vi.waitFor(() => expect(heard).toHaveBeenCalled());
  expect(pages.row(3)).toEqual([3]);
  expect(pages.snapshot()).toEqual({ matching: TOTAL, total: TOTAL, error: undefined });
  pages.want(5, 35);
  expect(asked).toHaveLength(1);
});

test("what was scrolled past is given up, and not asked for on the way", async () => {
  vi.useFakeTimers();
  try {
    const { asked, pages } = held();
    pages.want(0, 30);
    asked[0]?.answer();
    await vi.advanceTimersByTimeAsync(0);
    for (let row = 1000; row <= 50_000; row += 1000) pages.want(row, row + 30);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.map(({ query }) => query.offset)).toEqual([0, 50_000]);
    pages.want(90_000, 90_030);
    expect(asked[1]?.signal?.aborted).toBe(true);
    asked[1]?.answer();
    await vi.advanceTimersByTimeAsync(1000);
    expect(pages.row(50_000)).toBeUndefined();
    expect(asked.at(-1)?.query.offset).toBe(90_000);
  } finally {
    vi.useRealTimers();
  }
});

test("an error is said, and what was asked for is asked for again", async () => {
  const { asked, pages } = held();
  pages.want(0, 30);
  asked[0]?.fail(new ApiError(503, { message: "the question was given up" }));
  await vi.waitFor(() => expect(pages.snapshot().error?.status).toBe(503));
  pages.retry();
  expect(asked).toHaveLength(2);
  asked[1]?.answer();
  await vi.waitFor(() => expect(pages.row(0)).toEqual([0]));
  expect(pages.snapshot().error).toBeUndefined();
});

test("whoever looks no more gives everything up", () => {
  const { asked, pages, leave } = held();
  pages.want(0, 30);
  expect(asked[0]?.signal?.aborted).toBe(false);
  leave();
  expect(asked[0]?.signal?.aborted).toBe(true);
});
