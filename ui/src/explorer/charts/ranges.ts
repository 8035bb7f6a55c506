// Parts of columns of numbers, as the filter says them: a pill for each.
import { pills, withoutPill, withPill } from "../filter.ts";
import type { Filter, TableColumn } from "../source.ts";

export type Range = [from: number, to: number];

/** The parts of these columns that the filter lets through, by name, and the filter without them. */
export function apart(filter: Filter | undefined, names: string[]): { ranges: Map<string, Range>; rest: Filter | undefined } {
  const ranges = new Map<string, Range>();
  let rest = filter;
  for (const pill of pills(filter)) {
    const found = rangeOf(pill);
    if (found === undefined || !names.includes(found.column) || ranges.has(found.column)) continue;
    ranges.set(found.column, found.range);
    rest = withoutPill(rest, pills(rest).indexOf(pill));
  }
  return { ranges, rest };
}

/** The filter with another part of a column; with all of it if undefined. */
export function withRange(filter: Filter | undefined, column: string, range: Range | undefined): Filter | undefined {
  const at = pills(filter).findIndex((pill) => rangeOf(pill)?.column === column);
  const rest = at === -1 ? filter : withoutPill(filter, at);
  if (range === undefined) return rest;
  const [from, to] = range;
  return withPill(rest, { and: [{ column, is: ">=", value: from }, { column, is: "<=", value: to }] });
}

function rangeOf(pill: Filter): { column: string; range: Range } | undefined {
  const [from, to] = "and" in pill ? pill.and : [];
  if (from === undefined || to === undefined || !("is" in from && "is" in to) || ("and" in pill && pill.and.length !== 2)) return undefined;
  if (from.column !== to.column || from.is !== ">=" || to.is !== "<=" || typeof from.value !== "number" || typeof to.value !== "number") return undefined;
  return { column: from.column, range: [from.value, to.value] };
}

/** From the least to the most of an axis. */
export interface Extent {
  least: number;
  most: number;
}

/** The part of a column between two places of its axis, which are from 0 to 1; whole numbers where there are no others. */
export function rangeAt({ least, most }: Extent, [from, to]: Range, { type }: TableColumn): Range {
  const at = (place: number) => (place <= 0 ? least : place >= 1 ? most : Number((least + place * (most - least)).toPrecision(6)));
  if (!/^U?Int/.test(type)) return [at(from), at(to)];
  const low = Math.ceil(at(from));
  return [low, Math.max(low, Math.floor(at(to)))];
}

/** Where a part is on the axis. */
export function placesOf(extent: Extent, [from, to]: Range): Range {
  const place = (value: number) => Math.min(1, Math.max(0, placeOf(extent, value)));
  return [place(from), place(to)];
}

export function placeOf({ least, most }: Extent, value: number): number {
  return most === least ? 0.5 : (value - least) / (most - least);
}
