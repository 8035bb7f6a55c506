// Types and values of a table as people read them.
import type { TableColumn } from "./source.ts";

const TYPES: [RegExp, string][] = [
  [/^(?:Large)?Utf8/, "text"],
  [/^Boolean/, "true or false"],
  [/^Float/, "number"],
  [/^U?Int/, "integer"],
  [/^Decimal/, "decimal"],
  [/^Date/, "date"],
  [/^Timestamp/, "time"],
  [/^Time/, "time of day"],
  [/^(?:Duration|Interval)/, "duration"],
  [/^(?:Large|FixedSize)?List/, "list"],
  [/^Struct/, "fields"],
  [/^Map/, "map"],
  [/^Null/, "nothing"],
];

/** A type in Arrow's words in ours. */
export function typeInWords(type: string): string {
  const values = /^Dictionary\(\w+, (.+)\)$/.exec(type)?.[1];
  if (values !== undefined) return typeInWords(values);
  return TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? "bytes";
}

/** A value in a cell: numbers with as many digits as are read at once, times without the letter between. */
export function shown(value: unknown, column: TableColumn): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : decimal(value);
  const text = copied(value);
  return column.kind === "time" ? text.replace("T", " ").replace(/\.0+(?!\d)/, "") : text.replace(/\s/g, " ");
}

function decimal(value: number): string {
  const size = Math.abs(value);
  return size >= 1e15 || size < 1e-4 ? value.toPrecision(6) : String(Number(value.toPrecision(Math.max(6, Math.ceil(Math.log10(size)) + 4))));
}

/** A value where it is copied: all of it, nothing for null. */
export function copied(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Rows as spreadsheets take them: what would end a field or a line is a space. */
export function asTsv(names: string[], rows: unknown[][]): string {
  return [names, ...rows.map((row) => row.map(copied))].map((row) => row.map((text) => text.replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");
}

/** `2 %`, `< 1 %`; undefined where there is none. */
export function share(part: number, of: number): string | undefined {
  if (part === 0 || of === 0) return undefined;
  const percent = (part / of) * 100;
  return percent < 1 ? "< 1 %" : percent > 99 && part < of ? "> 99 %" : `${Math.round(percent)} %`;
}

/** `950`, `1,204`, `4.1M`. */
export function amount(count: number): string {
  for (const [size, unit] of [[1e9, "B"], [1e6, "M"]] as const) if (count >= size) return `${Number((count / size).toFixed(count / size < 99.95 ? 1 : 0))}${unit}`;
  return count.toLocaleString("en");
}

/** `1,204 of 4.1M rows`, `1 row`. */
export function ofRows(matching: number, total: number): string {
  const all = `${matching === total ? total.toLocaleString("en") : amount(total)} row${total === 1 ? "" : "s"}`;
  return matching === total ? all : `${matching.toLocaleString("en")} of ${all}`;
}
