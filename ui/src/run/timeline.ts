// The cells of a run as bars: height is time.
import type { Bar } from "../parts/bars.tsx";
import { duration } from "../parts/say.ts";
import type { RunCell } from "./fold.ts";
import { WORDS } from "./words.ts";

/** A bar for every cell of code; `cells` says which cell each is. */
export interface Timeline {
  bars: Bar[];
  cells: RunCell[];
  /** What the highest bar stands for, in seconds. */
  longest: number;
}

const LOWEST = 0.06;
const NOTHING = 0.04;

export function timelineOf(all: RunCell[], now: number): Timeline {
  const cells = all.filter((cell) => cell.kind === "code");
  const seconds = cells.map((cell) => secondsOf(cell, now));
  const longest = Math.max(0, ...seconds.map((value) => value ?? 0));
  const bars = cells.map((cell, index): Bar => {
    const took = seconds[index];
    return {
      key: cell.index,
      look: lookOf(cell),
      height: took === undefined ? NOTHING : longest === 0 ? LOWEST : Math.max(LOWEST, took / longest),
      label: `Cell ${cell.index + 1}, ${cell.carriedFrom === undefined ? WORDS[cell.status] : "carried over"}${took === undefined ? "" : `, ${duration(took)}`}`,
    };
  });
  return { bars, cells, longest };
}

/** How long a cell took, or takes so far; undefined of one that did not run. */
export function secondsOf(cell: RunCell, now: number): number | undefined {
  if (cell.startedAt === undefined || cell.status === "skipped") return undefined;
  return Math.max(0, (cell.finishedAt ?? now) - cell.startedAt) / 1000;
}

function lookOf(cell: RunCell): string {
  if (cell.carriedFrom !== undefined) return "is-carried";
  const given = cell.status === "completed" && (cell.tags.includes("parameters") || cell.tags.includes("injected-parameters"));
  return given ? "is-parameters" : `is-${cell.status}`;
}
