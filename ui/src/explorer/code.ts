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

/** How the rows of a file come to be in a variable. */
type Readers = { [ending: string]: (path: string, columns: TableColumn[]) => string };

/** How a language says which rows are let through. */
interface Words {
  all: string;
  none: string;
  and: string;
  or: string;
  test: (test: Test, column: TableColumn | undefined) => string;
}

/** An expression of pandas over `df`, and before it how a file becomes that. */
export function asPandas({ columns, hidden, sort, filter, path }: Shown): string {
  const read = path === undefined ? undefined : PANDAS_READERS[endingOf(path)]?.(quoted(path), columns);
  const words = pandasWords(path);
  const all = pills(filter);
  const rows = all.length === 0 ? "df" : `df[${all.map((part) => said(part, columns, words)).join(" & ")}]`;
  const keys = sort.map(({ column }) => quoted(column)).join(", ");
  const directions = sort.map(({ descending }) => (descending ? "False" : "True")).join(", ");
  // Rows are sorted before columns go: one of those can be what they are sorted by.
  const sorted = sort.length === 0 ? rows : `${rows}.sort_values([${keys}], ascending=[${directions}], kind="stable")`;
  const shown = hidden.length === 0 ? sorted : `${sorted}[[${visible(columns, hidden).map(quoted).join(", ")}]]`;
  return read === undefined ? shown : `df = ${read}\n${shown}`;
}

const PANDAS_READERS: Readers = {
  parquet: (path, columns) => `pd.read_parquet(${path})${categoriesAsText(columns)}`,
  pq: (path, columns) => `pd.read_parquet(${path})${categoriesAsText(columns)}`,
  csv: (path, columns) => `pd.read_csv(${path}, keep_default_na=False, na_values=[""]${parsedTimes(columns)})`,
  feather: (path, columns) => `pd.read_feather(${path})${categoriesAsText(columns)}`,
  arrow: (path, columns) => `pd.read_feather(${path})${categoriesAsText(columns)}`,
  jsonl: (path) => `pd.read_json(${path}, lines=True, convert_dates=False)`,
  ndjson: (path) => `pd.read_json(${path}, lines=True, convert_dates=False)`,
};

/** Categories are ordered by how they were made, texts as here. */
function categoriesAsText(columns: TableColumn[]): string {
  const categories = columns.filter(({ type }) => type.startsWith("Dictionary("));
  return categories.length === 0 ? "" : `.astype({${categories.map(({ name }) => `${quoted(name)}: object`).join(", ")}})`;
}

function parsedTimes(columns: TableColumn[]): string {
  const times = columns.filter((column) => isInstant(column) || isDate(column));
  return times.length === 0 ? "" : `, parse_dates=[${times.map(({ name }) => quoted(name)).join(", ")}]`;
}

function pandasWords(path: string | undefined): Words {
  // Text files have no dates that are not instants.
  const hasDates = path === undefined || !/^(?:csv|jsonl|ndjson)$/.test(endingOf(path));
  return {
    all: `pd.Series(True, df.index)`,
    none: `pd.Series(False, df.index)`,
    and: " & ",
    or: " | ",
    test: ({ column: name, is, value }, column) => {
      const of = `df[${quoted(name)}]`;
      // Decimals are no numbers there: 1.1 is not equal to any.
      const compared = isDecimal(column) ? `${of}.astype(float)` : of;
      const constant = () => pandasConstant(value, column, hasDates);
      switch (is) {
        case "null":
          return `${of}.isna()`;
        case "not null":
          return `${of}.notna()`;
        case "contains":
          return `${pandasText(of, column)}.str.contains(${quoted(String(value ?? ""))}, case=False, regex=False, na=False)`;
        case "!=":
          // There, unlike here, nothing is unequal to everything.
          return `(${of}.notna() & (${compared} != ${constant()}))`;
        default:
          return `(${compared} ${is === "=" ? "==" : is} ${constant()})`;
      }
    },
  };
}

function pandasText(of: string, column: TableColumn | undefined): string {
  if (column === undefined || (column.kind === "text" && column.type !== "Boolean")) return of;
  return isInstant(column) ? `${of}.map(lambda at: at.isoformat(), na_action="ignore")` : `${of}.map(str, na_action="ignore")`;
}

function pandasConstant(value: Test["value"], column: TableColumn | undefined, hasDates: boolean): string {
  const text = instant(String(value ?? ""), column);
  if (isDate(column)) return hasDates ? `pd.Timestamp(${quoted(text)}).date()` : `pd.Timestamp(${quoted(text)})`;
  return isInstant(column) ? `pd.Timestamp(${quoted(text)})` : pythonOf(value, column);
}

/** An expression of polars over `df`, and before it how a file becomes that. */
export function asPolars({ columns, hidden, sort, filter, path }: Shown): string {
  const read = path === undefined ? undefined : POLARS_READERS[endingOf(path)]?.(quoted(path), columns);
  const all = pills(filter).map((part) => said(part, columns, POLARS_WORDS));
  const keys = sort.map(({ column: name }) => polarsColumn(name, columnOf(columns, name))).join(", ");
  const directions = sort.map(({ descending }) => (descending ? "True" : "False")).join(", ");
  const steps = [
    "df",
    ...(all.length === 0 ? [] : [`.filter(${all.join(", ")})`]),
    ...(sort.length === 0 ? [] : [`.sort(${keys}, descending=[${directions}], nulls_last=True, maintain_order=True)`]),
    ...(hidden.length === 0 ? [] : [`.select(${visible(columns, hidden).map(quoted).join(", ")})`]),
  ];
  return read === undefined ? steps.join("") : `df = ${read}\n${steps.join("")}`;
}

const POLARS_READERS: Readers = {
  parquet: (path) => `pl.read_parquet(${path})`,
  pq: (path) => `pl.read_parquet(${path})`,
  csv: (path, columns) => `pl.read_csv(${path}, try_parse_dates=True${namesWithQuotes(columns)})`,
  feather: (path) => `pl.read_ipc(${path})`,
  arrow: (path) => `pl.read_ipc(${path})`,
  jsonl: (path) => `pl.read_ndjson(${path})`,
  ndjson: (path) => `pl.read_ndjson(${path})`,
};

/** It takes quotation marks in the first line for parts of the names. */
function namesWithQuotes(columns: TableColumn[]): string {
  const names = columns.map(({ name }) => quoted(name));
  return columns.some(({ name }) => name.includes('"')) ? `, new_columns=[${names.join(", ")}]` : "";
}

/** Categories are compared as texts, and NaN is as good as nothing, which is larger than all numbers there. */
function polarsColumn(name: string, column: TableColumn | undefined): string {
  const of = `pl.col(${quoted(name)})`;
  if (isFloat(column)) return `${of}.fill_nan(None)`;
  return column?.type.startsWith("Dictionary(") ? `${of}.cast(pl.String)` : of;
}

const POLARS_WORDS: Words = {
  all: "pl.lit(True)",
  none: "pl.lit(False)",
  and: " & ",
  or: " | ",
  test: ({ column: name, is, value }, column) => {
    const of = polarsColumn(name, column);
    switch (is) {
      case "null":
        return `${of}.is_null()`;
      case "not null":
        return `${of}.is_not_null()`;
      case "contains":
        return `${polarsText(of, column)}.str.to_lowercase().str.contains(${quoted(String(value ?? "").toLowerCase())}, literal=True)`;
      default:
        return `(${of} ${is === "=" ? "==" : is} ${polarsConstant(value, column)})`;
    }
  },
};

/** The rest of it: only instants of one zone are compared there. */
function inZone({ type }: TableColumn): string {
  const zone = /, "?([^")]+)/.exec(type)?.[1];
  return zone === undefined ? `")` : `%#z").dt.convert_time_zone(${quoted(zone)})`;
}

function polarsText(of: string, column: TableColumn | undefined): string {
  if (column === undefined || (column.kind === "text" && column.type !== "Boolean")) return of;
  return isInstant(column) ? `${of}.dt.to_string("iso:strict")` : `${of}.cast(pl.String)`;
}

function polarsConstant(value: Test["value"], column: TableColumn | undefined): string {
  const text = quoted(instant(String(value ?? ""), column));
  if (isDate(column)) return `pl.lit(${text}).str.to_date()`;
  if (isInstant(column)) return `pl.lit(${text}).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f${inZone(column)}`;
  return isDecimal(column) ? `pl.lit(${quoted(String(value ?? ""))}).cast(pl.Decimal(38, 10))` : pythonOf(value, column);
}

/** A query as DuckDB and PostgreSQL have it. */
export function asSql({ columns, hidden, sort, filter, path }: Shown): string {
  const all = pills(filter);
  const key = ({ column: name, descending }: SortKey, at: number) => {
    // What comes after a key tells rows with NaN and without a value apart.
    const isApart = !descending && at === sort.length - 1;
    return `${(isApart ? sqlColumn : withoutNan)(name, columnOf(columns, name))}${descending ? " DESC" : ""} NULLS LAST`;
  };
  return [
    `SELECT ${hidden.length === 0 ? "*" : visible(columns, hidden).map(identifier).join(", ")}`,
    `FROM ${path === undefined ? "df" : sqlSource(path)}`,
    ...(all.length === 0 ? [] : [`WHERE ${all.map((part) => said(part, columns, SQL_WORDS)).join("\n  AND ")}`]),
    ...(sort.length === 0 ? [] : [`ORDER BY ${sort.map(key).join(", ")}`]),
  ].join("\n");
}

/** DuckDB knows files by their endings, but not all of ours; those of Arrow it reads from a variable. */
function sqlSource(path: string): string {
  const ending = endingOf(path);
  if (ending === "pq") return `read_parquet(${literal(path)})`;
  return ending === "feather" || ending === "arrow" ? "df" : literal(path);
}

/** Categories can have an order of their own there. */
function sqlColumn(name: string, column: TableColumn | undefined): string {
  return column?.type.startsWith("Dictionary(") ? `CAST(${identifier(name)} AS VARCHAR)` : identifier(name);
}

/** NaN is as good as nothing here; there it is larger than all numbers, and DuckDB finds it in files of Parquet only as text. */
function withoutNan(name: string, column: TableColumn | undefined): string {
  const of = sqlColumn(name, column);
  return isFloat(column) ? `CASE WHEN CAST(${of} AS VARCHAR) NOT IN ('nan', 'NaN') THEN ${of} END` : of;
}

function sqlText(of: string, column: TableColumn | undefined): string {
  const text = `CAST(${of} AS VARCHAR)`;
  return isInstant(column) ? `REPLACE(${text}, ' ', 'T')` : text;
}

const SQL_WORDS: Words = {
  all: "TRUE",
  none: "FALSE",
  and: " AND ",
  or: " OR ",
  test: ({ column: name, is, value }, column) => {
    const of = is === "=" || is === "<" || is === "<=" ? sqlColumn(name, column) : withoutNan(name, column);
    switch (is) {
      case "null":
        return `${of} IS NULL`;
      case "not null":
        return `${of} IS NOT NULL`;
      case "contains":
        return `${sqlText(of, column)} ILIKE ${literal(`%${String(value ?? "").replace(/[\\%_]/g, "\\$&")}%`)} ESCAPE '\\'`;
      default:
        return `${of} ${is === "!=" ? "<>" : is} ${isNumber(value, column) ? String(value) : literal(instant(String(value ?? ""), column))}`;
    }
  },
};

function said(filter: Filter, columns: TableColumn[], words: Words): string {
  const joined = (parts: Filter[], nothing: string, between: string) => (parts.length === 0 ? nothing : `(${parts.map((part) => said(part, columns, words)).join(between)})`);
  if ("and" in filter) return joined(filter.and, words.all, words.and);
  if ("or" in filter) return joined(filter.or, words.none, words.or);
  return words.test(filter, columnOf(columns, filter.column));
}

function columnOf(columns: TableColumn[], name: string): TableColumn | undefined {
  return columns.find((column) => column.name === name);
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

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function pythonOf(value: Test["value"], column: TableColumn | undefined): string {
  if (column?.type === "Boolean") return String(value) === "true" ? "True" : "False";
  return isNumber(value, column) ? String(value) : quoted(String(value ?? ""));
}

/** Also integers that are text because they are beyond 2^53. */
function isNumber(value: Test["value"], column: TableColumn | undefined): boolean {
  return column?.kind === "number" && (typeof value === "number" || /^-?\d+(\.\d+)?$/.test(String(value)));
}

function isFloat(column: TableColumn | undefined): boolean {
  return column?.type.startsWith("Float") === true;
}

function isDecimal(column: TableColumn | undefined): boolean {
  return column?.type.startsWith("Decimal") === true;
}

function isDate(column: TableColumn | undefined): boolean {
  return column?.type.startsWith("Date") === true;
}

function isInstant(column: TableColumn | undefined): column is TableColumn {
  return column?.type.startsWith("Timestamp(") === true;
}

function hasZone(column: TableColumn | undefined): boolean {
  return column?.type.includes(",") === true;
}

/** Without a zone where the column has none. */
function instant(text: string, column: TableColumn | undefined): string {
  return isInstant(column) && !hasZone(column) ? text.replace(/Z$/, "") : text;
}
