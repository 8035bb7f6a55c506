// Which rows are let through, as pills: how they read, and how a part of a column becomes one.
import type { ColumnKind } from "../api/schema.ts";
import type { Filter, Relation, Summary, TableColumn, Test } from "./source.ts";

/** The words for people, in the order in which they are offered. */
export const RELATIONS: { [is in Relation]: string } = {
  "=": "is",
  "!=": "is not",
  contains: "contains",
  "<": "is less than",
  "<=": "is at most",
  ">": "is more than",
  ">=": "is at least",
  null: "is null",
  "not null": "is not null",
};

/** Those that make sense for what a column holds, the likeliest first. */
export function relationsFor(column: TableColumn): Relation[] {
  if (isNested(column.type)) return ["null", "not null"];
  const ordered: Relation[] = ["=", "!=", "<", "<=", ">", ">=", "null", "not null"];
  return column.kind === "text" ? ["contains", ...ordered] : [">=", "<=", ...ordered.filter((is) => is !== ">=" && is !== "<="), "contains"];
}

/** Lists, structs and maps are neither compared nor sorted. */
export function isNested(type: string): boolean {
  return /^(?:Large|FixedSize)?(?:List|Struct|Map|Union)/.test(type);
}

export function takesValue(is: Relation): boolean {
  return is !== "null" && is !== "not null";
}

/** The filters that all have to hold, each of them a pill. */
export function pills(filter: Filter | undefined): Filter[] {
  return filter === undefined ? [] : "and" in filter ? filter.and : [filter];
}

function all(filters: Filter[]): Filter | undefined {
  return filters.length < 2 ? filters[0] : { and: filters };
}

/** One more; the same a second time changes nothing. A pill that is a range stays one pill. */
export function withPill(filter: Filter | undefined, more: Filter): Filter | undefined {
  const before = pills(filter);
  if (before.some((pill) => JSON.stringify(pill) === JSON.stringify(more))) return filter;
  return before.length === 0 && "and" in more ? { and: [more] } : all([...before, more]);
}

export function withoutPill(filter: Filter | undefined, at: number): Filter | undefined {
  const rest = pills(filter).toSpliced(at, 1);
  return rest.length === 1 && rest[0] !== undefined && "and" in rest[0] ? { and: rest } : all(rest);
}

/** How a pill reads. */
export function reads(filter: Filter): string {
  if ("and" in filter) return range(filter.and) ?? grouped(filter.and, "and");
  if ("or" in filter) return grouped(filter.or, "or");
  const { column, is, value } = filter;
  return takesValue(is) ? `${column} ${RELATIONS[is]} ${written(value)}` : `${column} ${RELATIONS[is]}`;
}

function grouped(parts: Filter[], word: string): string {
  return parts.length === 0 ? (word === "and" ? "everything" : "nothing") : parts.map(reads).join(` ${word} `);
}

function range(parts: Filter[]): string | undefined {
  const [from, to] = parts;
  if (parts.length !== 2 || from === undefined || to === undefined || !("is" in from && "is" in to)) return undefined;
  if (from.column !== to.column || from.is !== ">=" || (to.is !== "<" && to.is !== "<=")) return undefined;
  return `${from.column} ${written(from.value)} to ${to.is === "<" ? "below " : ""}${written(to.value)}`;
}

function written(value: Test["value"]): string {
  if (typeof value === "number") return short(value);
  const text = String(value ?? "");
  return /^\d{4}-\d\d-\d\dT/.test(text) ? text.replace("T", " ").replace(/(?::00)?(?:\.0+)?Z$/, "") : `“${text}”`;
}

/** A number as short as it can be understood. */
export function short(number: number): string {
  const size = Math.abs(number);
  if (size !== 0 && (size >= 1e12 || size < 1e-4)) return number.toExponential(2).replace("e+", "e");
  if (Number.isInteger(number)) return number.toLocaleString("en");
  return number.toLocaleString("en", size >= 1 ? { maximumFractionDigits: 2 } : { maximumSignificantDigits: 4 });
}

/** What was typed, as a value that the column can be compared with. */
export function typed(column: TableColumn, text: string): string | number {
  const number = Number(text);
  return column.kind === "number" && text.trim() !== "" && Number.isFinite(number) && !(Number.isInteger(number) && !Number.isSafeInteger(number)) ? number : text;
}

/** Rows with one of the most frequent values. */
export function ofTop(column: string, value: string): Filter {
  return { column, is: "=", value };
}

/** Rows in one bin of a histogram, the last of which has the largest value too. */
export function ofBin(column: TableColumn, summary: Summary, bin: number): Filter | undefined {
  const { min, max, histogram } = summary;
  const count = histogram?.bins.length ?? 0;
  if (min == null || max == null || count === 0) return undefined;
  if (min === max) return { column: column.name, is: "=", value: constant(column, min, Math.round) };
  const [from, to] = edges(min, max, count, bin);
  const lower: Test = { column: column.name, is: ">=", value: constant(column, from, Math.ceil) };
  const upper: Test = bin === count - 1 ? { column: column.name, is: "<=", value: constant(column, max, Math.floor) } : { column: column.name, is: "<", value: constant(column, to, Math.ceil) };
  // The ends of large integers are rounded: the smallest and the largest value can lie outside of them.
  if (isWhole(column) && bin === 0 && !Number.isSafeInteger(min)) return upper;
  if (isWhole(column) && bin === count - 1 && !Number.isSafeInteger(max)) return lower;
  return { and: [lower, upper] };
}

function isWhole({ type }: TableColumn): boolean {
  return /^U?Int/.test(type);
}

/** Where a bin begins and ends. */
export function edges(min: number, max: number, count: number, bin: number): [from: number, to: number] {
  // Halves, because the difference of two large numbers can be infinite.
  const width = (max / 2 - min / 2) / count;
  return [min + 2 * width * bin, bin === count - 1 ? max : min + 2 * width * (bin + 1)];
}

/** A number of a summary as a value of the column's type: whole where the column has only whole ones. */
function constant(column: TableColumn, number: number, whole: (number: number) => number): string | number {
  if (column.kind === "time") return instant(column.type, number, whole);
  if (!isWhole(column)) return number;
  const rounded = whole(number);
  return Number.isSafeInteger(rounded) ? rounded : BigInt(rounded).toString();
}

const DAY = 86_400_000;

function instant(type: string, milliseconds: number, whole: (number: number) => number): string {
  if (type === "Date32") return new Date(whole(milliseconds / DAY) * DAY).toISOString().slice(0, 10);
  return new Date(whole(milliseconds)).toISOString();
}

/** The ends of a summary as they are written below a histogram. */
export function bound(kind: ColumnKind, type: string, number: number): string {
  if (kind !== "time") return short(number);
  const date = new Date(number);
  if (Number.isNaN(date.getTime())) return short(number);
  const text = date.toISOString();
  return type === "Date32" || text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text.slice(0, 16).replace("T", " ");
}
