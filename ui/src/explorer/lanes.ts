// Where columns stand beside each other.
import type { TableColumn } from "./source.ts";
import { shown } from "./words.ts";

/** A column with its place, in pixels from the left of the first one. */
export interface Lane {
  column: TableColumn;
  index: number;
  left: number;
  width: number;
}

export const NARROWEST = 72;
const WIDEST = 340;
const USUAL = 128;
const PADDING = 22;
const PER_CHARACTER = 7.2;

/** How wide a column begins: as its name and the values that are known need it. */
export function usualWidth(column: TableColumn, values: unknown[]): number {
  const longest = values.reduce<number>((most, value) => Math.max(most, shown(value, column).length), column.name.length + 3);
  return Math.round(Math.min(WIDEST, Math.max(USUAL, longest * PER_CHARACTER + PADDING)));
}

export function lanesOf(columns: TableColumn[], widths: Map<string, number>): Lane[] {
  let left = 0;
  return columns.map((column, index) => {
    const width = widths.get(column.name) ?? USUAL;
    const lane = { column, index, left, width };
    left += width;
    return lane;
  });
}

/** Those of which something is seen between two places. */
export function within(lanes: Lane[], from: number, to: number): Lane[] {
  return lanes.filter(({ left, width }) => left < to && left + width > from);
}

/** The place to scroll to so that a lane is seen, beside what covers the left. */
export function revealingLane({ left, width }: Lane, scrolled: number, room: number): number {
  if (left < scrolled) return left;
  return left + width > scrolled + room ? Math.min(left, left + width - room) : scrolled;
}
