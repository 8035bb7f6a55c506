import { expect, test } from "vitest";

import { copyInto } from "./copy.ts";
import { ofRows } from "./held.ts";
import { Pages } from "./pages.ts";
import type { TableColumn } from "./source.ts";

const columns: TableColumn[] = [{ name: "n", type: "Int64", kind: "number" }, { name: "title", type: "Utf8", kind: "text" }];

/** The first rows of a table, once they are there. */
async function known(): Promise<Pages> {
  const rows = Array.from({ length: 20 }, (_, n) => [n, n === 3 ? null : `Title ${n}`]);
  const pages = new Pages(ofRows({ columns, rows }), { sort: [], filter: undefined }, columns);
  await new Promise<void>((done) => {
    pages.subscribe(done);
    pages.want(0, 10);
  });
  return pages;
}

const area = (top: number, bottom: number, left: number, right: number) => ({ top, bottom, left, right });

test.each([
  ["one value is itself", area(4, 4, 1, 1), "Title 4", "Copied 1 row"],
  ["a null is nothing", area(3, 3, 1, 1), "", "Copied 1 row"],
  ["several have the names of their columns above", area(2, 3, 0, 1), "n\ttitle\n2\tTitle 2\n3\t", "Copied 2 rows"],
  ["of one row too", area(0, 0, 0, 1), "n\ttitle\n0\tTitle 0", "Copied 1 row"],
])("%s", async (_, chosen, text, said) => {
  const set: string[] = [];
  const pages = await known();
  const copied = copyInto({ setData: (_type, data) => set.push(data) }, pages, chosen);
  // At once: later the browser takes nothing.
  expect(set).toEqual([text]);
  expect(await copied).toBe(said);
});
