// Rows as lines over axes; a part of an axis that is drawn over filters the table.
import { useMemo } from "react";

import { type LineOf, Parallel } from "../../parts/parallel.tsx";
import type { TableColumn } from "../source.ts";
import { shown } from "../words.ts";
import { type Column, named } from "./columns.ts";
import { MOST_LINES } from "./parallel.ts";
import { type Extent, placeOf, placesOf, type Range, rangeAt } from "./ranges.ts";

interface LinesProps {
  label: string;
  columns: Column[];
  /** In the order of the columns. */
  rows: unknown[][];
  metrics: string[];
  color: string | null;
  ranges: ReadonlyMap<string, Range>;
  onRange: (column: string, range: Range | undefined) => void;
}

interface Axis {
  column: Column;
  /** Its place among the columns. */
  at: number;
  extent: Extent;
}

export function Lines({ label, columns, rows, metrics, color, ranges, onRange }: LinesProps) {
  const axes = useMemo(() => metrics.flatMap((name) => axisOf(columns, rows, name) ?? []), [columns, rows, metrics]);
  const paint = useMemo(() => painted(columns, rows, color), [columns, rows, color]);
  const lines = useMemo(() => some(rows).map((row, index) => lineOf(row, index, axes, ranges, paint)).toSorted((one, other) => Number(isOut(other)) - Number(isOut(one))), [rows, axes, ranges, paint]);
  const brushes = Object.fromEntries(axes.flatMap(({ column, extent }) => {
    const range = ranges.get(column.name);
    return range === undefined ? [] : [[column.field, placesOf(extent, range)]];
  }));
  const brush = (field: string, places: Range | undefined) => {
    const axis = axes.find(({ column }) => column.field === field);
    if (axis !== undefined) onRange(axis.column.name, places === undefined ? undefined : rangeAt(axis.extent, places, axis.column));
  };
  return (
    <>
      <Parallel label={label} axes={axes.map(({ column, extent }) => ({ key: column.field, name: column.name, label: (place) => labelAt(extent, place, column) }))} lines={lines} brushes={brushes} onBrush={brush} />
      {paint.legend.length === 0 ? null : <ul className="lines-legend" aria-label="Colours">{paint.legend.map(([look, text]) => <li key={look}><span className={`lines-swatch ${look}`} aria-hidden="true" />{text}</li>)}</ul>}
    </>
  );
}

function axisOf(columns: Column[], rows: unknown[][], name: string): Axis | undefined {
  const column = named(columns, name);
  if (column === undefined) return undefined;
  const at = columns.indexOf(column);
  const extent: Extent = { least: Infinity, most: -Infinity };
  for (const row of rows) {
    const value = numberOf(row[at]);
    if (value === undefined) continue;
    extent.least = Math.min(extent.least, value);
    extent.most = Math.max(extent.most, value);
  }
  return extent.least > extent.most ? undefined : { column, at, extent };
}

/** Numbers longer than one of JavaScript came as text. */
function numberOf(value: unknown): number | undefined {
  const number = value === null || value === undefined || value === "" ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** Evenly of all. */
function some(rows: unknown[][]): unknown[][] {
  if (rows.length <= MOST_LINES) return rows;
  return Array.from({ length: MOST_LINES }, (_, index) => rows[Math.floor((index * rows.length) / MOST_LINES)] ?? []);
}

function lineOf(row: unknown[], index: number, axes: Axis[], ranges: ReadonlyMap<string, Range>, paint: Paint): LineOf {
  const places = axes.map(({ at, extent }) => {
    const value = numberOf(row[at]);
    return value === undefined ? undefined : placeOf(extent, value);
  });
  const isIn = axes.every(({ column, at }) => isWithin(row[at], ranges.get(column.name)));
  const title = axes.map(({ column, at }) => `${column.name}: ${shown(row[at], column)}`).join("\n");
  return { key: String(index), places, look: isIn ? `is-row ${paint.look(row)}` : OUT, title };
}

const OUT = "is-out";

function isOut({ look }: LineOf): boolean {
  return look === OUT;
}

export function isWithin(value: unknown, range: Range | undefined): boolean {
  if (range === undefined) return true;
  const number = numberOf(value);
  return number !== undefined && number >= range[0] && number <= range[1];
}

function labelAt({ least, most }: Extent, place: number, column: TableColumn): string {
  const value = least + place * (most - least);
  return shown(/^U?Int/.test(column.type) ? Math.round(value) : Number(value.toPrecision(4)), column);
}

interface Paint {
  /** The look of a row. */
  look: (row: unknown[]) => string;
  /** Looks with what they mean. */
  legend: [look: string, text: string][];
}

const SERIES = 6;
const STEPS = 5;

function painted(columns: Column[], rows: unknown[][], color: string | null): Paint {
  const column = named(columns, color);
  if (column === undefined) return { look: () => "", legend: [] };
  const at = columns.indexOf(column);
  const axis = column.kind === "number" && column.distinct > SERIES ? axisOf(columns, rows, column.name) : undefined;
  return axis === undefined ? bySeries(rows, at, column) : byStep(axis);
}

/** The most frequent values each in a colour, the others in none. */
function bySeries(rows: unknown[][], at: number, column: Column): Paint {
  const counts = new Map<unknown, number>();
  for (const row of rows) counts.set(row[at], (counts.get(row[at]) ?? 0) + 1);
  const first = [...counts].toSorted(([, one], [, other]) => other - one).slice(0, SERIES).map(([value]) => value);
  const legend = first.map((value, index): [string, string] => [`is-series-${index + 1}`, shown(value, column)]);
  return {
    look: (row) => `is-series-${first.indexOf(row[at]) + 1}`,
    legend: counts.size > SERIES ? [...legend, ["is-series-0", "others"]] : legend,
  };
}

function byStep({ at, extent, column }: Axis): Paint {
  const step = (value: number) => Math.min(STEPS - 1, Math.floor(placeOf(extent, value) * STEPS));
  return {
    look: (row) => {
      const value = numberOf(row[at]);
      return value === undefined ? "is-series-0" : `is-step-${step(value)}`;
    },
    legend: [["is-step-0", labelAt(extent, 0, column)], [`is-step-${STEPS - 1}`, labelAt(extent, 1, column)]],
  };
}
