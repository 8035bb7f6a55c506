// The runs of a sweep as lines over what they were given and what came out.
import { Parallel } from "../parts/parallel.tsx";
import { type Brushes, type Column, placeOf, type Point } from "./table.ts";
import { shownAt } from "./words.ts";

export interface RunLinesProps {
  columns: Column[];
  points: Point[];
  /** The runs that are within all parts. */
  chosen: Set<string>;
  brushes: Brushes;
  marked: string | undefined;
  onBrush: (key: string, brush: [number, number] | undefined) => void;
}

export function RunLines({ columns, points, chosen, brushes, marked, onBrush }: RunLinesProps) {
  const axes = columns.map((column) => ({ key: column.key, name: column.name, look: `is-${column.kind}`, label: (place: number) => shownAt(column, place) }));
  // What is left out lies below.
  const ordered = points.toSorted((one, other) => Number(chosen.has(one.run.id)) - Number(chosen.has(other.run.id)));
  const lines = ordered.map(({ run, values }) => {
    const looks = [!chosen.has(run.id) && "is-out", run.state === "failed" && "is-failed", run.id === marked && "is-marked"];
    return { key: run.id, places: columns.map((column) => placeOf(column, values[column.key])), look: looks.filter(Boolean).join(" ") };
  });
  return <Parallel label="What was given and what came out, a line for every run" axes={axes} lines={lines} brushes={brushes} onBrush={onBrush} />;
}
