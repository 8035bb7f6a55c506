// The rows that a chart is drawn from: all there are, or of more than it can take some from places all over the table.
import type { TableColumn, TableQuery, TableSource } from "../source.ts";

export const MOST_ROWS = 10_000;
/** Of a table with more rows, from so many places. */
const PLACES = 20;
/** A chart chooses among these; more make a page too large. */
export const MOST_COLUMNS = 40;

export interface Drawn {
  columns: TableColumn[];
  rows: unknown[][];
  /** Rows that the filter lets through. */
  matching: number;
}

export async function sampled(source: TableSource, query: TableQuery, columns: TableColumn[], signal: AbortSignal): Promise<Drawn> {
  const names = columns.slice(0, MOST_COLUMNS).map(({ name }) => name);
  const part = (offset: number, limit: number) => source.page({ ...query, offset, limit, columns: names }, signal);
  const first = await part(0, MOST_ROWS);
  const { matching } = first;
  if (matching <= MOST_ROWS) return { columns: first.columns, rows: await whole(first.rows, matching, part), matching };
  const size = MOST_ROWS / PLACES;
  const places = Array.from({ length: PLACES }, (_, place) => Math.floor((place * (matching - size)) / (PLACES - 1)));
  const rows: unknown[][] = first.rows.slice(0, size);
  for (const place of places.slice(1)) rows.push(...(await part(place, size)).rows);
  return { columns: first.columns, rows, matching };
}

/** A page may hold fewer rows than were asked for. */
async function whole(first: unknown[][], matching: number, part: (offset: number, limit: number) => Promise<{ rows: unknown[][] }>): Promise<unknown[][]> {
  const rows = [...first];
  while (rows.length < matching) {
    const next = (await part(rows.length, MOST_ROWS)).rows;
    if (next.length === 0) break;
    rows.push(...next);
  }
  return rows;
}
