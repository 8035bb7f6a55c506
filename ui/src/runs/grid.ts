// Which runs stand in which row of the grid, and where a key leads in it.
import type { Run } from "../api/schema.ts";

/** So many runs of each row are shown, the newest at the right. */
export const COLUMNS = 30;

export interface GridRow {
  name: string;
  /** Its job; absent where it is a notebook that belongs to none. */
  job: string | undefined;
}

/** Jobs first, by name; then the notebooks that ran without one, the last that ran first. */
export function gridRows(jobs: string[], runs: Run[], wanted: string): GridRow[] {
  const alone = [...new Set(runs.filter(isAlone).map(({ notebook }) => notebook))];
  const rows = [...jobs.toSorted((one, other) => one.localeCompare(other, "en")).map((job): GridRow => ({ name: job, job })), ...alone.map((name): GridRow => ({ name, job: undefined }))];
  return rows.filter(({ name }) => name.toLowerCase().includes(wanted.trim().toLowerCase()));
}

/** Those of a notebook that belongs to no job; newest first, as they were. */
export function runsOf(notebook: string, runs: Run[]): Run[] {
  return runs.filter((run) => isAlone(run) && run.notebook === notebook).slice(0, COLUMNS);
}

/** Runs of tasks stand in the run of their job. */
function isAlone(run: Run): boolean {
  return run.job == null && run.parent == null;
}

/** Oldest first; undefined where there was none yet. */
export function cells(runs: Run[]): (Run | undefined)[] {
  const shown = runs.slice(0, COLUMNS).toReversed();
  return [...Array.from({ length: COLUMNS - shown.length }, () => undefined), ...shown];
}

/** What became of them, in few words: `3 of 30 failed`. */
export function record(runs: Run[]): string {
  const over = runs.filter(({ state }) => state === "succeeded" || state === "failed");
  const failed = over.filter(({ state }) => state === "failed").length;
  if (runs.length === 0) return "never run";
  return failed === 0 ? "" : `${failed} of ${over.length} failed`;
}

/** From a place in the grid, by a key: row and column; undefined where the key means nothing. */
export function moved(key: string, [row, column]: [number, number]): [number, number] | undefined {
  switch (key) {
    case "ArrowLeft":
      return [row, column - 1];
    case "ArrowRight":
      return [row, column + 1];
    case "ArrowUp":
    case "k":
      return [row - 1, column];
    case "ArrowDown":
    case "j":
      return [row + 1, column];
    case "Home":
      return [row, 0];
    case "End":
      return [row, COLUMNS - 1];
    default:
      return undefined;
  }
}
