// Parts of columns that are looked at, in the address.
import type { Brushes } from "./table.ts";

const BEGINS = "brush.";

export function brushesOf(query: URLSearchParams): Brushes {
  const found: Brushes = {};
  for (const [name, text] of query) {
    const [from, to] = text.split(",").map(Number);
    if (name.startsWith(BEGINS) && from !== undefined && to !== undefined && from <= to) found[name.slice(BEGINS.length)] = [from, to];
  }
  return found;
}

/** What changes in the address; undefined takes a part away. */
export function inAddress(key: string, brush: [number, number] | undefined): { [name: string]: string | undefined } {
  return { [BEGINS + key]: brush?.map((edge) => String(Math.round(edge * 1000) / 1000)).join(",") };
}
