// What is looked at, as it stands in the address: `sort` and `filter` as the API takes them.
import { pills } from "./filter.ts";
import type { ChartChoices, Filter, SortKey, TableQuery } from "./source.ts";

export interface Look {
  query: TableQuery;
  /** Columns that are not shown. */
  hidden: string[];
  view: "table" | "chart";
  choices: ChartChoices | undefined;
}

export const NOTHING: Look = { query: { sort: [], filter: undefined }, hidden: [], view: "table", choices: undefined };

/** What the address says; what it says wrongly is as if it said nothing. */
export function lookOf(query: URLSearchParams): Look {
  const said = Object.fromEntries(["sort", "filter", "hidden", "chart"].map((name) => [name, parsed(query.get(name))]));
  return lookOfKept({ ...said, view: query.get("view") });
}

/** The same as values: what is kept with an output, in its metadata's `nbpress.explorer`. */
export function lookOfKept(kept: unknown): Look {
  const { sort, filter, hidden, chart, view } = isObject(kept) ? kept : {};
  return {
    query: { sort: Array.isArray(sort) ? sort.filter(isSortKey) : [], filter: isFilter(filter) ? filter : undefined },
    hidden: Array.isArray(hidden) ? hidden.filter((name) => typeof name === "string") : [],
    view: view === "chart" ? "chart" : "table",
    choices: isObject(chart) ? chart : undefined,
  };
}

export function toKeep({ query: { sort, filter }, hidden, view, choices }: Look): { [name: string]: unknown } {
  return { view, chart: choices, sort, hidden, ...(filter === undefined ? {} : { filter }) };
}

/** Whether two looks are the same, in whichever order their parts were written. */
export function sameLook(one: Look, other: Look): boolean {
  return inOrder(one) === inOrder(other);
}

function inOrder(look: Look): string {
  return JSON.stringify(look, (_, value: unknown) => (isObject(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value));
}

/** The changes of an address that say this. */
export function inAddress({ query, hidden, view, choices }: Look): { [name: string]: string | undefined } {
  return {
    sort: query.sort.length === 0 ? undefined : JSON.stringify(query.sort.map(({ column, descending }) => (descending ? { column, descending } : { column }))),
    filter: pills(query.filter).length === 0 ? undefined : JSON.stringify(query.filter),
    hidden: hidden.length === 0 ? undefined : JSON.stringify(hidden),
    view: view === "table" ? undefined : view,
    chart: choices === undefined ? undefined : JSON.stringify(choices),
  };
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is { [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSortKey(value: unknown): value is SortKey {
  return isObject(value) && typeof value["column"] === "string";
}

function isFilter(value: unknown): value is Filter {
  if (!isObject(value)) return false;
  const parts = value["and"] ?? value["or"];
  return parts === undefined ? typeof value["column"] === "string" && typeof value["is"] === "string" : Array.isArray(parts) && parts.every(isFilter);
}

/** The order after a column's head was chosen: ascending, descending, none; with `also` beside the others. */
export function resorted(sort: SortKey[], column: string, also: boolean): SortKey[] {
  const at = sort.findIndex((key) => key.column === column);
  const before = sort[at];
  const next = before === undefined ? { column, descending: false } : before.descending ? undefined : { column, descending: true };
  if (!also) return next === undefined ? [] : [next];
  if (at === -1) return next === undefined ? sort : [...sort, next];
  return next === undefined ? sort.toSpliced(at, 1) : sort.with(at, next);
}
