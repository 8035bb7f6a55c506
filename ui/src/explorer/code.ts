// What is looked at, as code that gives the same rows elsewhere.
import { pills } from "./filter.ts";
import type { Filter, SortKey, TableColumn, Test } from "./source.ts";

export interface Shown {
  /** Of the whole table. */
  columns: TableColumn[];
  hidden: string[];
  sort: SortKey[];
  filter: Filter | undefined;
  /** Of a file. */
  path: string | undefined;
}

const READERS: { [ending: string]: (path: string) => string } = {
  parquet: (path) => `pd.read_parquet(${path})`,
  pq: (path) => `pd.read_parquet(${path})`,
  csv: (path) => `pd.read_csv(${path})`,
  feather: (path) => `pd.read_feather(${path})`,
  arrow: (path) => `pd.read_feather(${path})`,
  jsonl: (path) => `pd.read_json(${path}, lines=True)`,
  ndjson: (path) => `pd.read_json(${path}, lines=True)`,
};

/** An expression of pandas over `df`, and before it how a file becomes that. */
export function asPandas({ columns, hidden, sort, filter, path }: Shown): string {
  const read = path === undefined ? undefined : READERS[endingOf(path)]?.(quoted(path));
  const all = pills(filter);
  const rows = all.length === 0 ? "df" : `df[${all.map((part) => pandasOf(part, columns)).join(" & ")}]`;
  const keys = sort.map(({ column }) => quoted(column)).join(", ");
  const directions = sort.map(({ descending }) => (descending ? "False" : "True")).join(", ");
  // Rows are sorted before columns go: one of those can be what they are sorted by.
  const sorted = sort.length === 0 ? rows : `${rows}.sort_values([${keys}], ascending=[${directions}], kind="stable")`;
  const shown = hidden.length === 0 ? sorted : `${sorted}[[${visible(columns, hidden).map(quoted).join(", ")}]]`;
  return read === undefined ? shown : `df = ${read}\n${shown}`;
}

function visible(columns: TableColumn[], hidden: string[]): string[] {
  return columns.map(({ name }) => name).filter((name) => !hidden.includes(name));
}

function endingOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1).toLowerCase();
}

/** JSON's texts are Python's. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function pandasOf(filter: Filter, columns: TableColumn[]): string {
  if ("and" in filter) return filter.and.length === 0 ? "True" : `(${filter.and.map((part) => pandasOf(part, columns)).join(" & ")})`;
  if ("or" in filter) return filter.or.length === 0 ? "False" : `(${filter.or.map((part) => pandasOf(part, columns)).join(" | ")})`;
  const of = `df[${quoted(filter.column)}]`;
  const column = columns.find(({ name }) => name === filter.column);
  switch (filter.is) {
    case "null":
      return `${of}.isna()`;
    case "not null":
      return `${of}.notna()`;
    case "contains":
      return `${column === undefined || column.kind === "text" ? of : `${of}.astype(str)`}.str.contains(${quoted(String(filter.value ?? ""))}, case=False, regex=False, na=False)`;
    case "!=":
      // There, unlike here, nothing is unequal to everything.
      return `(${of}.notna() & (${of} != ${pythonOf(filter.value, column)}))`;
    default:
      return `(${of} ${filter.is === "=" ? "==" : filter.is} ${pythonOf(filter.value, column)})`;
  }
}

function pythonOf(value: Test["value"], column: TableColumn | undefined): string {
  if (column?.type === "Boolean") return String(value) === "true" ? "True" : "False";
  if (isNumber(value, column)) return String(value);
  return quoted(instant(String(value ?? ""), column));
}

/** Also integers that are text because they are beyond 2^53. */
function isNumber(value: Test["value"], column: TableColumn | undefined): boolean {
  return typeof value === "number" || (column?.kind === "number" && /^-?\d+(\.\d+)?$/.test(String(value)));
}

/** Without a zone where the column has none. */
function instant(text: string, column: TableColumn | undefined): string {
  return column?.kind === "time" && !column.type.includes(",") ? text.replace(/Z$/, "") : text;
}

/** A query as DuckDB and PostgreSQL have it. */
export function asSql({ columns, hidden, sort, filter, path }: Shown): string {
  const all = pills(filter);
  return [
    `SELECT ${hidden.length === 0 ? "*" : visible(columns, hidden).map(identifier).join(", ")}`,
    `FROM ${path === undefined ? "df" : literal(path)}`,
    ...(all.length === 0 ? [] : [`WHERE ${all.map((part) => sqlOf(part, columns)).join("\n  AND ")}`]),
    ...(sort.length === 0 ? [] : [`ORDER BY ${sort.map(({ column, descending }) => `${identifier(column)}${descending ? " DESC" : ""} NULLS LAST`).join(", ")}`]),
  ].join("\n");
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function sqlOf(filter: Filter, columns: TableColumn[]): string {
  if ("and" in filter) return filter.and.length === 0 ? "TRUE" : `(${filter.and.map((part) => sqlOf(part, columns)).join(" AND ")})`;
  if ("or" in filter) return filter.or.length === 0 ? "FALSE" : `(${filter.or.map((part) => sqlOf(part, columns)).join(" OR ")})`;
  const of = identifier(filter.column);
  const column = columns.find(({ name }) => name === filter.column);
  switch (filter.is) {
    case "null":
      return `${of} IS NULL`;
    case "not null":
      return `${of} IS NOT NULL`;
    case "contains":
      return `CAST(${of} AS VARCHAR) ILIKE ${literal(`%${String(filter.value ?? "").replace(/[\\%_]/g, "\\$&")}%`)} ESCAPE '\\'`;
    default:
      return `${of} ${filter.is === "!=" ? "<>" : filter.is} ${isNumber(filter.value, column) ? String(filter.value) : literal(instant(String(filter.value ?? ""), column))}`;
  }
}
