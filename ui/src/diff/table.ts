// Tables in outputs, and how the rows of two differ.
import DOMPurify from "dompurify";

import { steps } from "./sequence.ts";

export interface Table {
  head: string[];
  rows: string[][];
}

export interface RowChange {
  kind: "added" | "removed" | "changed";
  /** The row's values; of a changed one those it had before, where they differ. */
  values: { text: string; before: string | undefined }[];
}

export interface TableChange {
  head: string[];
  changes: RowChange[];
  /** How many rows are the same. */
  same: number;
  columns: { added: string[]; removed: string[] };
}

/** The table that a data frame's HTML consists of; undefined where it is anything else. Nothing of it is shown as HTML. */
export function tableOf(html: string): Table | undefined {
  const parts = DOMPurify.sanitize(html, { RETURN_DOM_FRAGMENT: true });
  const tables = parts.querySelectorAll("table");
  const table = tables[0];
  if (table === undefined || tables.length > 1) return undefined;
  const head = [...table.querySelectorAll("thead > tr")].map(texts).find((row) => row.some((text) => text !== ""));
  const rows = [...table.querySelectorAll("tbody > tr")].map(texts);
  if (head === undefined || rows.length === 0 || rows.some((row) => row.length !== head.length)) return undefined;
  return { head, rows };
}

/** The rows that stand in an output of a table (`application/vnd.dataresource+json`); undefined where there are none. */
export function tableOfResource({ schema, data }: Resource): Table | undefined {
  const head = (schema?.fields ?? []).map(({ name }) => String(name));
  if (head.length === 0 || data === undefined || data.length === 0) return undefined;
  return { head, rows: data.map((row) => head.map((name) => textOf(row[name]))) };
}

/** What makes a table the same as another: its columns, its rows, and the file with all of them, wherever that is. */
export function essenceOf(resource: Resource): string {
  const { nbpress, ...shown } = resource;
  return JSON.stringify({ ...shown, nbpress: { ...nbpress, run: undefined } }, inOrder);
}

/** A notebook is written with its names in order, a journal as they came. */
function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** A table in an output, as its kernel wrote it. */
interface Resource {
  schema?: { fields?: { name: unknown }[] };
  data?: { [name: string]: unknown }[];
  nbpress?: { run?: string };
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function texts(row: Element): string[] {
  return [...row.querySelectorAll(":scope > th, :scope > td")].map((cell) => cell.textContent.trim());
}

/** Row by row, over the columns that both have; undefined where they have none. */
export function compareTables(before: Table, now: Table): TableChange | undefined {
  const kept = now.head.filter((name) => before.head.includes(name));
  const only = ({ head, rows }: Table) => rows.map((row) => kept.map((name) => row[head.indexOf(name)] ?? ""));
  if (kept.every((name) => name === "")) return undefined;
  const [old, next] = [only(before), only(now)];
  const { changes, same } = hasKeys(old) && hasKeys(next) ? byKey(old, next) : byContent(old, next);
  return {
    head: kept,
    changes,
    same,
    columns: { added: now.head.filter((name) => !kept.includes(name)), removed: before.head.filter((name) => !kept.includes(name)) },
  };
}

/** Whether the first column tells rows apart, as the index of a data frame does. */
function hasKeys(rows: string[][]): boolean {
  return new Set(rows.map(([key]) => key)).size === rows.length;
}

function byKey(before: string[][], now: string[][]): { changes: RowChange[]; same: number } {
  const old = new Map(before.map((row) => [row[0], row]));
  const changes: RowChange[] = [];
  let same = 0;
  for (const row of now) {
    const was = old.get(row[0]);
    old.delete(row[0]);
    if (was === undefined) changes.push({ kind: "added", values: values(row) });
    else if (row.every((text, at) => text === was[at])) same += 1;
    else changes.push({ kind: "changed", values: values(row, was) });
  }
  return { changes: [...changes, ...[...old.values()].map((row): RowChange => ({ kind: "removed", values: values(row) }))], same };
}

function byContent(before: string[][], now: string[][]): { changes: RowChange[]; same: number } {
  const changes: RowChange[] = [];
  let same = 0;
  for (const step of steps(before, now, (one, other) => one.every((text, at) => text === other[at]))) {
    if (step.kind === "same") same += 1;
    else changes.push({ kind: step.kind, values: values(step.kind === "added" ? step.now : step.before) });
  }
  return { changes, same };
}

function values(row: string[], was?: string[]): RowChange["values"] {
  return row.map((text, at) => ({ text, before: was === undefined || was[at] === text ? undefined : was[at] }));
}
