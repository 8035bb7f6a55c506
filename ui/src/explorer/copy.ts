// The chosen cells as text for the clipboard.
import type { Pages } from "./pages.ts";
import type { Area } from "./selection.ts";
import { asTsv } from "./words.ts";

/** As many rows as the API gives at once. */
export const MOST_COPIED = 10_000;

export interface Copy {
  /** Where all of it is known. */
  text: string | undefined;
  /** Otherwise: fetches it and puts it into the clipboard. */
  later: () => Promise<void>;
}

/** A single cell is its value; several have the names of their columns above. */
export function copyOf(pages: Pages, { top, bottom, left, right }: Area): Copy {
  const columns = pages.columns.slice(left, right + 1).map(({ name }) => name);
  const count = Math.min(MOST_COPIED, bottom - top + 1);
  const written = (rows: unknown[][]) => (count === 1 && columns.length === 1 ? asTsv(columns, rows).slice((columns[0] ?? "").length + 1) : asTsv(columns, rows));
  const known = Array.from({ length: count }, (_, index) => pages.row(top + index)?.slice(left, right + 1));
  const later = async () => {
    const { rows } = await pages.source.page({ ...pages.query, columns, offset: top, limit: count });
    await navigator.clipboard.writeText(written(rows));
  };
  return { text: known.every((row) => row !== undefined) ? written(known) : undefined, later };
}
