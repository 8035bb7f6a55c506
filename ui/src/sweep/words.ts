// Values of a sweep's columns as people read them.
import { bytes, duration, value as written } from "../parts/say.ts";
import { type Column, UNITS } from "./table.ts";

export function shown(column: Column, value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (typeof value !== "number") return written(value);
  switch (UNITS[column.key]) {
    case "seconds":
      return duration(value);
    case "bytes":
      return bytes(value);
    default:
      return value.toLocaleString("en", { maximumSignificantDigits: 5, useGrouping: false });
  }
}

/** The value at a place of the column, from 0 to 1. */
export function shownAt(column: Column, place: number): string {
  if (column.range === undefined) return column.texts[Math.round(place * (column.texts.length - 1))] ?? "";
  const [least, most] = column.range;
  return shown(column, least + place * (most - least));
}
