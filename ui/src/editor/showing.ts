// What cells show before it is in the document: told piece by piece while they run.
import { joined, type Output } from "../notebook/nbformat.ts";
import type { EditedCell } from "./notebook.ts";

/** What a cell shows now. */
export interface Showing {
  number: number;
  count: number | null;
  outputs: Output[];
}

/** What has changed of it. */
export interface Piece extends Showing {
  cell: string;
  /** So many outputs stay. */
  keep: number;
  /** What the text of the next one goes on with. */
  grow: string | null;
}

/** With one more piece; undefined where that does not follow on what is known. */
export function withPiece(before: Showing | undefined, { number, count, keep, grow, outputs }: Piece): Showing | undefined {
  if (keep === 0 && grow === null) return { number, count, outputs };
  if (before?.number !== number - 1) return undefined;
  const growing = before.outputs[keep];
  const grown: Output[] = grow !== null && growing?.output_type === "stream" ? [{ ...growing, text: joined(growing.text) + grow }] : [];
  return { number, count, outputs: [...before.outputs.slice(0, keep), ...grown, ...outputs] };
}

/** The cells with those of their outputs as they are shown that look the same: what is drawn in frames is not drawn anew. */
export function asShown(cells: EditedCell[], shown: (cell: string) => Output[] | undefined): EditedCell[] {
  return cells.map((cell) => {
    const before = shown(cell.id) ?? [];
    return before.length === 0 ? cell : { ...cell, outputs: cell.outputs.map((output, at) => (isSame(output, before[at]) ? (before[at] ?? output) : output)) };
  });
}

/** Whether two values of JSON are the same; in objects the order says nothing. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const names = Object.keys(one);
  const parts = [one, other] as [{ [name: string]: unknown }, { [name: string]: unknown }];
  return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && isSame(parts[0][name], parts[1][name]));
}
