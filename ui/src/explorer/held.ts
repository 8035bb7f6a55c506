// A table whose rows are in the output itself (https://specs.frictionlessdata.io/table-schema/): the page does with them
// what the server does with tables of its own, in the same way.
import type { ColumnKind } from "../api/schema.ts";
import { pills } from "./filter.ts";
import type { Filter, SortKey, Summary, TableColumn, TableSource, Test } from "./source.ts";

const BINS = 20;
const TOP = 10;

export interface Resource {
  columns: TableColumn[];
  rows: unknown[][];
  /** How many rows the table has that these are the first of. */
  total: number;
  /** Why the others are nowhere, where that is so. */
  omitted: string | undefined;
}

const TYPES: { [type: string]: [type: string, kind: ColumnKind] } = {
  integer: ["Int64", "number"],
  number: ["Float64", "number"],
  boolean: ["Boolean", "text"],
  datetime: ["Timestamp(ms)", "time"],
};

/** Undefined where it is no table. */
export function resourceOf(output: unknown): Resource | undefined {
  const { schema, data, nbpress } = (output ?? {}) as { schema?: { fields?: unknown }; data?: unknown; nbpress?: { rows?: unknown; omitted?: unknown } | null };
  if (!Array.isArray(schema?.fields) || !Array.isArray(data)) return undefined;
  const fields = (schema.fields as unknown[]).filter((field): field is { name: string; type?: unknown } => typeof (field as { name?: unknown } | null)?.name === "string");
  const columns = fields.map(({ name, type }): TableColumn => {
    const [arrow, kind] = TYPES[String(type)] ?? ["Utf8", "text"];
    return { name, type: arrow, kind };
  });
  const rows = data.map((row) => columns.map(({ name, kind }) => plain((row as { [name: string]: unknown } | null)?.[name], kind)));
  const total = typeof nbpress?.rows === "number" ? Math.max(rows.length, nbpress.rows) : rows.length;
  return { columns, rows, total, omitted: typeof nbpress?.omitted === "string" ? nbpress.omitted : undefined };
}

/** Whether all of the table is here, as it is: integers beyond 2^53 have lost digits on the way. */
export function isWhole({ rows, total }: Resource): boolean {
  return rows.length === total && !rows.some((row) => row.some((value) => Number.isInteger(value) && !Number.isSafeInteger(value)));
}

function plain(value: unknown, kind: ColumnKind): unknown {
  if (value === undefined || value === null || (kind === "number" && typeof value === "number" && !Number.isFinite(value))) return null;
  return typeof value === "object" ? JSON.stringify(value) : value;
}

let tables = 0;

export function ofRows({ columns, rows }: Pick<Resource, "columns" | "rows">): TableSource {
  const places = new Map(columns.map(({ name }, at) => [name, at]));
  const chosen = (names: string[]) => names.map((name) => places.get(name) ?? -1).filter((at) => at >= 0);
  const matching = (filter: Filter | undefined) => (pills(filter).length === 0 ? rows : rows.filter((row) => passes(filter as Filter, row, columns, places)));
  return {
    key: `held ${(tables += 1)}`,
    columns: async () => columns,
    page: async ({ offset, limit, sort, filter, columns: names, sample }) => {
      const at = names === undefined ? columns.map((_, index) => index) : chosen(names);
      const found = sorted(matching(filter), sort, columns, places);
      const part = (sample === true ? evenly(found, limit) : found.slice(offset, offset + limit)).map((row) => at.map((index) => row[index]));
      return { columns: at.flatMap((index) => columns[index] ?? []), rows: part, matching: found.length, total: rows.length };
    },
    summary: async (names, filter) => {
      const found = matching(filter);
      return chosen(names).flatMap((at) => (columns[at] === undefined ? [] : [summaryOf(columns[at], found.map((row) => row[at]))]));
    },
  };
}

/** The first, the last and some between them, at most so many. */
function evenly<T>(rows: T[], most: number): T[] {
  if (rows.length <= most) return rows;
  return Array.from({ length: most }, (_, at) => rows[Math.floor((at * (rows.length - 1)) / Math.max(1, most - 1))] as T);
}

function passes(filter: Filter, row: unknown[], columns: TableColumn[], places: Map<string, number>): boolean {
  if ("and" in filter) return filter.and.every((part) => passes(part, row, columns, places));
  if ("or" in filter) return filter.or.some((part) => passes(part, row, columns, places));
  const at = places.get(filter.column) ?? -1;
  const column = columns[at];
  return column !== undefined && stands(row[at], filter, column.kind);
}

function stands(value: unknown, { is, value: constant }: Test, kind: ColumnKind): boolean {
  if (is === "null") return value === null;
  if (value === null) return false;
  if (is === "not null") return true;
  if (is === "contains") return String(value).toLowerCase().includes(String(constant ?? "").toLowerCase());
  const order = compared(comparable(value, kind), comparable(constant, kind));
  return { "=": order === 0, "!=": order !== 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0 }[is];
}

function comparable(value: unknown, kind: ColumnKind): number | string {
  if (kind === "number") return Number(value);
  return kind === "time" ? milliseconds(value) : String(value);
}

/** Without a zone it is UTC, as the server has it. */
function milliseconds(value: unknown): number {
  const text = String(value);
  return Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`);
}

function compared(one: number | string, other: number | string): number {
  return one < other ? -1 : one > other ? 1 : one === other ? 0 : Number.NaN;
}

/** Nulls come last in both directions. */
function sorted(rows: unknown[][], sort: SortKey[], columns: TableColumn[], places: Map<string, number>): unknown[][] {
  const keys = sort.map(({ column, descending }) => ({ at: places.get(column) ?? -1, sign: descending ? -1 : 1 })).filter(({ at }) => at >= 0);
  if (keys.length === 0) return rows;
  return rows.toSorted((one, other) => {
    for (const { at, sign } of keys) {
      const [a, b, kind] = [one[at], other[at], columns[at]?.kind ?? "text"];
      const order = a === null || b === null ? Number(a === null) - Number(b === null) : sign * compared(comparable(a, kind), comparable(b, kind));
      if (order !== 0 && !Number.isNaN(order)) return order;
    }
    return 0;
  });
}

export function summaryOf({ name, kind }: TableColumn, values: unknown[]): Summary {
  const there = values.filter((value) => value !== null);
  const summary: Summary = { column: name, kind, count: there.length, nulls: values.length - there.length, distinct: new Set(there).size };
  if (kind === "text") return { ...summary, top: mostFrequent(there.map(String)) };
  const numbers = there.map((value) => Number(comparable(value, kind))).filter((number) => Number.isFinite(number));
  if (numbers.length === 0) return summary;
  const [min, max] = numbers.reduce(([least, most], number) => [Math.min(least, number), Math.max(most, number)], [Infinity, -Infinity]);
  const bins = Array.from({ length: BINS }, () => 0);
  for (const number of numbers) {
    const bin = max === min ? 0 : Math.min(BINS - 1, Math.floor(((number - min) / (max - min)) * BINS));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return { ...summary, min, max, mean: numbers.reduce((sum, number) => sum + number, 0) / numbers.length, histogram: { bins } };
}

function mostFrequent(texts: string[]): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ value, count })).toSorted((one, other) => other.count - one.count || (one.value < other.value ? -1 : 1)).slice(0, TOP);
}
