// Parallel coordinates: an axis for every column, a line for every point. A part of an axis that is drawn over, or set
// by its keys, leaves only the points that pass through it.
import { type KeyboardEvent, type PointerEvent, useState } from "react";

import { between, pressed } from "./brush.ts";
import { type Brushes, type Column, placeOf, type Point } from "./table.ts";
import { useWidth } from "./width.ts";
import { shownAt } from "./words.ts";

const HEIGHT = 240;
const TOP = 34;
const BOTTOM = 22;
const INNER = HEIGHT - TOP - BOTTOM;
/** An axis and its words need so much. */
const LEAST = 76;

export interface ParallelProps {
  columns: Column[];
  points: Point[];
  /** The runs that are within all parts. */
  chosen: Set<string>;
  brushes: Brushes;
  marked: string | undefined;
  onBrush: (key: string, brush: [number, number] | undefined) => void;
}

export function Parallel({ columns, points, chosen, brushes, marked, onBrush }: ParallelProps) {
  const [place, room] = useWidth<HTMLDivElement>();
  const width = Math.max(room, columns.length * LEAST);
  const at = (index: number) => (columns.length === 1 ? width / 2 : LEAST / 2 + (index * (width - LEAST)) / (columns.length - 1));
  const line = ({ values }: Point) => pathOf(columns.map((column, index) => [at(index), placeOf(column, values[column.key])]));
  // What is left out lies below.
  const ordered = points.toSorted((one, other) => Number(chosen.has(one.run.id)) - Number(chosen.has(other.run.id)));
  return (
    <div className="parallel" ref={place}>
      {room === 0 ? null : (
        <svg width={width} height={HEIGHT} role="group" aria-label="What was given and what came out, a line for every run">
          {ordered.map((point) => <path key={point.run.id} d={line(point)} className={`parallel-line${chosen.has(point.run.id) ? "" : " is-out"}${point.run.state === "failed" ? " is-failed" : ""}${point.run.id === marked ? " is-marked" : ""}`} />)}
          {columns.map((column, index) => <Axis key={column.key} column={column} x={at(index)} brush={brushes[column.key]} onBrush={(brush) => onBrush(column.key, brush)} />)}
        </svg>
      )}
    </div>
  );
}

function heightOf(place: number): number {
  return TOP + (1 - place) * INNER;
}

/** A line through all axes; it is broken where a run has no value. */
function pathOf(places: [x: number, place: number | undefined][]): string {
  let path = "";
  let drawing = false;
  for (const [x, place] of places) {
    if (place !== undefined) path += `${drawing ? "L" : "M"}${x.toFixed(1)} ${heightOf(place).toFixed(1)}`;
    drawing = place !== undefined;
  }
  return path;
}

interface AxisProps {
  column: Column;
  x: number;
  brush: [number, number] | undefined;
  onBrush: (brush: [number, number] | undefined) => void;
}

function Axis({ column, x, brush, onBrush }: AxisProps) {
  const [begun, setBegun] = useState<number>();
  const [drawn, setDrawn] = useState<[number, number]>();
  const placeAt = (event: PointerEvent<SVGGElement>) => 1 - (event.clientY - (event.currentTarget.ownerSVGElement?.getBoundingClientRect().top ?? 0) - TOP) / INNER;
  const begin = (event: PointerEvent<SVGGElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    setBegun(placeAt(event));
  };
  const draw = (event: PointerEvent<SVGGElement>) => {
    if (begun !== undefined) setDrawn(between(begun, placeAt(event)));
  };
  const end = (event: PointerEvent<SVGGElement>) => {
    if (begun !== undefined) onBrush(between(begun, placeAt(event)));
    setBegun(undefined);
    setDrawn(undefined);
  };
  const press = (event: KeyboardEvent) => {
    const after = pressed(event.key, event.shiftKey, brush);
    if (after === undefined) return;
    event.preventDefault();
    onBrush(after.brush);
  };
  const part = drawn ?? brush;
  const [from, to] = part ?? [0, 1];
  return (
    <g
      className={`axis-of is-${column.kind}`}
      role="slider"
      tabIndex={0}
      aria-label={`${column.name}; arrows choose a part`}
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(((from + to) / 2) * 100)}
      aria-valuetext={part === undefined ? "all" : `${shownAt(column, from)} to ${shownAt(column, to)}`}
      onPointerDown={begin}
      onPointerMove={draw}
      onPointerUp={end}
      onKeyDown={press}
    >
      <rect className="axis-hit" x={x - 18} y={TOP - 8} width={36} height={INNER + 16} />
      <line x1={x} x2={x} y1={TOP} y2={TOP + INNER} />
      {part === undefined ? null : <rect className="axis-part" x={x - 6} y={heightOf(to)} width={12} height={(to - from) * INNER} rx={3} />}
      <text className="axis-name" x={x} y={12} textAnchor="middle">{column.name}</text>
      <text x={x} y={TOP - 7} textAnchor="middle">{shownAt(column, 1)}</text>
      <text x={x} y={HEIGHT - 6} textAnchor="middle">{shownAt(column, 0)}</text>
    </g>
  );
}
