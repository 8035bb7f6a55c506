// @vitest-environment happy-dom
import { expect, test } from "vitest";

import { compareTables, essenceOf, tableOf } from "./table.ts";

function line(row: string, tag: string): string {
  return `<tr>${row.split(" ").map((text, at) => (at === 0 ? `<th>${text}</th>` : `<${tag}>${text}</${tag}>`)).join("")}</tr>`;
}

/** What pandas writes for rows such as `a 1 2`. */
function frame(head: string, ...rows: string[]): string {
  return `<div><style scoped>.dataframe {}</style><table class="dataframe"><thead>${line(head, "th")}</thead><tbody>${rows.map((row) => line(row, "td")).join("")}</tbody></table></div>`;
}

function changes(before: string, now: string): string[] {
  const [old, next] = [tableOf(before), tableOf(now)];
  if (old === undefined || next === undefined) throw new Error("no table");
  const found = compareTables(old, next);
  return (found?.changes ?? []).map(({ kind, values }) => `${kind} ${values.map(({ text, before: was }) => (was === undefined ? text : `${was}→${text}`)).join(" ")}`);
}

test("rows are known by their index, where it tells them apart", () => {
  expect(changes(frame("i x y", "a 1 2", "b 3 4", "c 5 6"), frame("i x y", "a 1 2", "b 3 5", "d 7 8"))).toEqual(["changed b 3 4→5", "added d 7 8", "removed c 5 6"]);
});

test("rows without names are the same by what is in them", () => {
  expect(changes(frame("i x", "a 1", "a 2"), frame("i x", "a 2", "a 3"))).toEqual(["removed a 1", "added a 3"]);
});

test("columns that only one has are named", () => {
  const [before, now] = [tableOf(frame("i x old", "a 1 2")), tableOf(frame("i new x", "a 9 1"))];
  expect(before && now && compareTables(before, now)).toEqual({ head: ["i", "x"], changes: [], same: 1, columns: { added: ["new"], removed: ["old"] } });
});

test.each(["<p>text</p>", "<table><tr><td>1</td></tr></table>", frame("i x", "a 1") + frame("i x", "a 1")])("%s is no data frame", (html) => {
  expect(tableOf(html)).toBeUndefined();
});

test("a table is the same whoever wrote it down: the order of names says nothing, that of rows does", () => {
  const journal = { schema: { fields: [{ name: "b", type: "integer" }] }, data: [{ b: 1, a: 2 }, { b: 3, a: 4 }], nbpress: { run: "run_1" } };
  const notebook = { data: [{ a: 2, b: 1 }, { a: 4, b: 3 }], nbpress: { run: "run_2" }, schema: { fields: [{ name: "b", type: "integer" }] } };
  expect(essenceOf(notebook)).toBe(essenceOf(journal));
  expect(essenceOf({ ...notebook, data: notebook.data.toReversed() })).not.toBe(essenceOf(journal));
});
