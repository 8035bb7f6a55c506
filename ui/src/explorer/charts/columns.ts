// The columns of a table as charts see them: what can be measured, what divides, and how much.
import type { TableColumn } from "../source.ts";

export interface Column extends TableColumn {
  /** Its name in the rows of a chart: names of strangers may hold what Vega reads as a path or an expression. */
  field: string;
  /** How many values there are in the rows that are drawn. */
  distinct: number;
}

export type Row = { [field: string]: unknown };

/** Above this many values a column divides nothing that can be told apart. */
const MOST_PARTS = 40;

export function profiled(columns: TableColumn[], rows: unknown[][]): Column[] {
  return columns.map((column, at) => ({ ...column, field: `c${at}`, distinct: new Set(rows.map((row) => row[at])).size }));
}

/** Rows by field; numbers that came as text, because they are longer than a number of JavaScript, are rounded. */
export function rowsOf(columns: Column[], rows: unknown[][]): Row[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ field, kind }, at) => [field, valueOf(row[at], kind)])));
}

function valueOf(value: unknown, kind: TableColumn["kind"]): unknown {
  if (value === null || value === undefined) return null;
  if (kind === "number") return Number(value);
  return typeof value === "object" ? JSON.stringify(value) : value;
}

export const metrics = (columns: Column[]): Column[] => columns.filter(({ kind }) => kind === "number");
export const times = (columns: Column[]): Column[] => columns.filter(({ kind }) => kind === "time");
/** Whatever has few enough values, text before numbers. */
export function dimensions(columns: Column[]): Column[] {
  return columns.filter(({ kind }) => kind !== "time").toSorted((one, other) => Number(one.kind === "number") - Number(other.kind === "number"));
}

/** Dimensions that divide well: more than one value, and not too many; those first. */
export function parts(columns: Column[]): Column[] {
  return dimensions(columns).filter(({ kind, distinct }) => distinct > 1 && distinct <= (kind === "number" ? 12 : MOST_PARTS));
}

/** Numbers that measure rather than name: keys and small counts come last. */
export function measures(columns: Column[]): Column[] {
  const names = (column: Column) => Number(/(^|[_\s])(id|key|index|year|month|day|lat|lon|latitude|longitude)$/i.test(column.name) || column.distinct <= 2);
  return metrics(columns).toSorted((one, other) => names(one) - names(other));
}

export function named(columns: Column[], name: unknown): Column | undefined {
  return columns.find((column) => column.name === name);
}
