// The chosen cells as text for the clipboard.
import type { Pages } from "./pages.ts";
import type { Area } from "./selection.ts";
import { asTsv } from "./words.ts";

/** As many rows as the API gives at once. */
const MOST_COPIED = 10_000;

/** A single cell is its value; several have the names of their columns above. Says what was copied. */
export async function copyInto(clipboard: Pick<DataTransfer, "setData">, pages: Pages, { top, bottom, left, right }: Area): Promise<string> {
  const columns = pages.columns.slice(left, right + 1).map(({ name }) => name);
  const count = Math.min(MOST_COPIED, bottom - top + 1);
  const written = (rows: unknown[][]) => (count === 1 && columns.length === 1 ? asTsv([], rows).slice(1) : asTsv(columns, rows));
  const known = Array.from({ length: count }, (_, index) => pages.row(top + index)?.slice(left, right + 1));
  if (known.every((row) => row !== undefined)) clipboard.setData("text/plain", written(known));
  else {
    const { rows } = await pages.source.page({ ...pages.query, columns, offset: top, limit: count });
    await navigator.clipboard.writeText(written(rows));
  }
  return `Copied ${count.toLocaleString("en")} ${count === 1 ? "row" : "rows"}${bottom - top + 1 > count ? ", which is the most" : ""}`;
}
