// Parallel coordinates: every row is a line over an axis for each measure. The page draws it itself (`lines.tsx`): what
// is drawn over on an axis becomes a filter of the table.
import { measures, parts } from "./columns.ts";
import type { View } from "./view.ts";

const MOST_AXES = 8;
/** Drawn at most, evenly of all rows. */
export const MOST_LINES = 600;

export const parallel: View = {
  name: "parallel",
  label: "Parallel",
  controls(columns) {
    const all = measures(columns);
    if (all.length < 2) return undefined;
    return [
      { kind: "columns", name: "metrics", label: "Measures", from: all, first: all.slice(0, 5), most: MOST_AXES },
      { kind: "column", name: "color", label: "Colour", from: [...new Set([...parts(columns), ...all])], first: parts(columns).find(({ distinct }) => distinct <= 6), optional: true },
    ];
  },
  words: ({ metrics, color }) => `Rows as lines over ${(metrics as string[]).join(", ")}${color === null ? "" : `, coloured by ${String(color)}`}; ${MOST_LINES} rows at most`,
};
