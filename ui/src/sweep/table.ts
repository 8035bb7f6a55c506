// The points of a sweep as a table: what they were given, what came out, what differs between them.
import type { Run, ScrapValue } from "../api/schema.ts";
import { value as written } from "../parts/say.ts";

export interface Column {
  key: string;
  name: string;
  kind: "given" | "measured";
  /** The numbers there are, smallest and largest; undefined of a column that has others too. */
  range: [least: number, most: number] | undefined;
  /** The texts there are, in order, where it is no column of numbers. */
  texts: string[];
}

export interface Point {
  run: Run;
  /** By the column's key; undefined where there is none. */
  values: { [key: string]: unknown };
}

export interface SweepTable {
  points: Point[];
  /** Those in which points differ. */
  columns: Column[];
}

/** What is measured of every run, besides what it reports. */
const TIME = "measured seconds";
const MEMORY = "measured memory";
export const UNITS: { [key: string]: "seconds" | "bytes" } = { [TIME]: "seconds", [MEMORY]: "bytes" };

/** `runs` in any order; `scraps` by the run's id. */
export function sweepTable(runs: Run[], scraps: { [run: string]: ScrapValue[] }): SweepTable {
  const points = runs.toSorted((one, other) => (one.point ?? 0) - (other.point ?? 0)).map((run): Point => ({ run, values: valuesOf(run, scraps[run.id] ?? []) }));
  const keys = [...new Set(points.flatMap(({ values }) => Object.keys(values)))];
  const columns = keys.map((key) => columnOf(key, points)).filter((column): column is Column => column !== undefined);
  return { points, columns: [...columns.filter(({ kind }) => kind === "given"), ...columns.filter(({ kind }) => kind === "measured")] };
}

function valuesOf(run: Run, scraps: ScrapValue[]): Point["values"] {
  const values: Point["values"] = {};
  for (const [name, value] of Object.entries(run.parameters)) values[`given ${name}`] = value;
  for (const { name, value, number } of scraps) values[`measured scrap ${name}`] = number ?? value;
  if (run.started_at != null && run.ended_at != null) values[TIME] = (Date.parse(run.ended_at) - Date.parse(run.started_at)) / 1000;
  if (typeof run.usage.peak_memory_bytes === "number") values[MEMORY] = run.usage.peak_memory_bytes;
  return values;
}

const NAMES: { [key: string]: string } = { [TIME]: "time", [MEMORY]: "memory" };

/** Undefined where all points have the same. */
function columnOf(key: string, points: Point[]): Column | undefined {
  const values = points.map(({ values: of }) => of[key]);
  if (new Set(values.map((value) => JSON.stringify(value))).size < 2) return undefined;
  const there = values.filter((value) => value !== undefined && value !== null);
  const numbers = there.filter((value): value is number => typeof value === "number" && Number.isFinite(value));
  const numeric = numbers.length === there.length;
  return {
    key,
    name: NAMES[key] ?? key.replace(/^(given|measured scrap) /, ""),
    kind: key.startsWith("given ") ? "given" : "measured",
    range: numeric ? [Math.min(...numbers), Math.max(...numbers)] : undefined,
    texts: numeric ? [] : [...new Set(there.map(written))].toSorted(),
  };
}

/** Where a value stands in its column, from 0 to 1; undefined where it has none. */
export function placeOf({ range, texts }: Column, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (range === undefined) return texts.length < 2 ? 0.5 : texts.indexOf(written(value)) / (texts.length - 1);
  const [least, most] = range;
  return most === least ? 0.5 : ((value as number) - least) / (most - least);
}

/** Parts of columns, from 0 to 1, by key. */
export type Brushes = { [key: string]: [from: number, to: number] };

/** The points that are within all of them. */
export function within(points: Point[], columns: Column[], brushes: Brushes): Point[] {
  const set = columns.filter(({ key }) => brushes[key] !== undefined);
  return points.filter(({ values }) =>
    set.every((column) => {
      const place = placeOf(column, values[column.key]);
      const [from, to] = brushes[column.key] ?? [0, 1];
      return place !== undefined && place >= from - 1e-9 && place <= to + 1e-9;
    }),
  );
}

/** Points by a column; those without a value last. */
export function sorted(points: Point[], column: Column | undefined, descending: boolean): Point[] {
  if (column === undefined) return points;
  const place = ({ values }: Point) => placeOf(column, values[column.key]);
  return points.toSorted((one, other) => {
    const [a, b] = [place(one), place(other)];
    if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
    return descending ? b - a : a - b;
  });
}
