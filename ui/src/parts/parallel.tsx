// Parallel coordinates: an axis for every column, a line for everything that has values on them. A part of an axis that
// is drawn over, or set by its keys, says which lines are meant.
import { type KeyboardEvent, type PointerEvent, useState } from "react";

import { between, pressed } from "./brushing.ts";
import "./parallel.css";
import { useWidth } from "./width.ts";

const HEIGHT = 240;
const TOP = 34;
const BOTTOM = 22;
const INNER = HEIGHT - TOP - BOTTOM;
/** An axis and its words need so much. */
const LEAST = 76;

export interface AxisOf {
  key: string;
  name: string;
  look?: string;
  /** The value at a place, from 0 to 1. */
  label: (place: number) => string;
}

export interface LineOf {
  key: string;
  /** On each axis, from 0 to 1; undefined where it has no value. */
  places: (number | undefined)[];
  look: string;
  /** What is said of it to whoever points at it. */
  title?: string;
}

export interface ParallelProps {
  label: string;
  axes: AxisOf[];
  /** Those to the end lie above. */
  lines: LineOf[];
  brushes: { [key: string]: [from: number, to: number] };
  onBrush: (key: string, brush: [number, number] | undefined) => void;
}

export function Parallel({ label, axes, lines, brushes, onBrush }: ParallelProps) {
  const [place, room] = useWidth<HTMLDivElement>();
  const width = Math.max(room, axes.length * LEAST);
  const at = (index: number) => (axes.length === 1 ? width / 2 : LEAST / 2 + (index * (width - LEAST)) / (axes.length - 1));
  return (
    <div className="parallel" ref={place}>
      {room === 0 ? null : (
        <svg width={width} height={HEIGHT} role="group" aria-label={label}>
          {lines.map(({ key, places, look, title }) => <path key={key} d={pathOf(places.map((height, index) => [at(index), height]))} className={`parallel-line ${look}`}>{title === undefined ? null : <title>{title}</title>}</path>)}
          {axes.map((axis, index) => <Axis key={axis.key} axis={axis} x={at(index)} brush={brushes[axis.key]} onBrush={(brush) => onBrush(axis.key, brush)} />)}
        </svg>
      )}
    </div>
  );
}

function heightOf(place: number): number {
  return TOP + (1 - place) * INNER;
}

/** Half of what a value is drawn as that has no neighbour. */
const ALONE = 4;

/** A line through all axes; it is broken where there is no value. */
function pathOf(places: [x: number, place: number | undefined][]): string {
  const drawn = (index: number) => places[index]?.[1] !== undefined;
  return places
    .map(([x, place], index) => {
      if (place === undefined) return "";
      const y = heightOf(place).toFixed(1);
      if (!drawn(index - 1) && !drawn(index + 1)) return `M${(x - ALONE).toFixed(1)} ${y}h${2 * ALONE}`;
      return `${drawn(index - 1) ? "L" : "M"}${x.toFixed(1)} ${y}`;
    })
    .join("");
}

interface AxisProps {
  axis: AxisOf;
  x: number;
  brush: [number, number] | undefined;
  onBrush: (brush: [number, number] | undefined) => void;
}

function Axis({ axis, x, brush, onBrush }: AxisProps) {
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
      className={`axis-of ${axis.look ?? ""}`}
      role="slider"
      tabIndex={0}
      aria-label={`${axis.name}; arrows choose a part`}
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(((from + to) / 2) * 100)}
      aria-valuetext={part === undefined ? "all" : `${axis.label(from)} to ${axis.label(to)}`}
      onPointerDown={begin}
      onPointerMove={draw}
      onPointerUp={end}
      onKeyDown={press}
    >
      <rect className="axis-hit" x={x - 18} y={TOP - 8} width={36} height={INNER + 16} />
      <line x1={x} x2={x} y1={TOP} y2={TOP + INNER} />
      {part === undefined ? null : <rect className="axis-part" x={x - 6} y={heightOf(to)} width={12} height={(to - from) * INNER} rx={3} />}
      <text className="axis-name" x={x} y={12} textAnchor="middle">{axis.name}</text>
      <text x={x} y={TOP - 7} textAnchor="middle">{axis.label(1)}</text>
      <text x={x} y={HEIGHT - 6} textAnchor="middle">{axis.label(0)}</text>
    </g>
  );
}
