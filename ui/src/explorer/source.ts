// What the explorer asks of a table, wherever it is: the words are those of `GET /v1/tables`.
import type { Summary, TableColumn, TablePage } from "../api/schema.ts";

export type { Summary, TableColumn, TablePage };

export interface SortKey {
  column: string;
  descending: boolean;
}

export type Relation = "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "null" | "not null";

export interface Test {
  column: string;
  is: Relation;
  value?: string | number | boolean;
}

export type Filter = Test | { and: Filter[] } | { or: Filter[] };

/** Which rows are looked at, in which order. */
export interface TableQuery {
  /** Nulls come last; the table's own order where it is empty or values are equal. */
  sort: SortKey[];
  /** All rows if undefined. */
  filter: Filter | undefined;
}

export interface PageQuery extends TableQuery {
  /** Rows before the page, among those that match. */
  offset: number;
  /** At most 10,000; fewer rows may come where there are many columns. */
  limit: number;
  /** In this order; all if undefined. */
  columns?: string[] | undefined;
  /** Whether the rows are taken evenly from all that match, in their order. */
  sample?: boolean | undefined;
}

/** Whether a table became another one while it was looked at. */
export interface Changes {
  subscribe: (listener: () => void) => () => void;
  isOther: () => boolean;
  /** Asks whether it did. */
  look: () => void;
  /** What is asked for from now on is of the table as it is then. */
  begin: () => void;
}

export interface TableSource {
  /** Undefined where a table stays what it is. */
  changes?: Changes | undefined;
  /** The same for the same table: what was fetched is kept by it. */
  key: string;
  /** All columns of the table, in order. */
  columns: (signal?: AbortSignal) => Promise<TableColumn[]>;
  page: (query: PageQuery, signal?: AbortSignal) => Promise<TablePage>;
  /** Of these columns, of the rows that the filter lets through. */
  summary: (columns: string[], filter: Filter | undefined, signal?: AbortSignal) => Promise<Summary[]>;
}

/** What was chosen of a chart: plain data, which is kept in the address and in the metadata of outputs. */
export type ChartChoices = { [name: string]: unknown };

/** What `charts/charts.tsx` exports as `Charts`. */
export interface ChartsProps {
  /** Those that are not hidden. */
  columns: TableColumn[];
  source: TableSource;
  query: TableQuery;
  /** As the address says; undefined where nothing was chosen yet. */
  choices: ChartChoices | undefined;
  onChoose: (choices: ChartChoices) => void;
  /** The chart itself says which rows are looked at. */
  onFilter: (filter: Filter | undefined, choices: ChartChoices) => void;
}
