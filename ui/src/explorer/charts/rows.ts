// The rows that a chart is drawn from: all there are, or of more than it can take some from all over the table.
import type { TableColumn, TableQuery, TableSource } from "../source.ts";

export const MOST_ROWS = 10_000;
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
  return source.page({ ...query, offset: 0, limit: MOST_ROWS, columns: names, sample: true }, signal);
}
