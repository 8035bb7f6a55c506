// What the states of cells are called.
import type { CellStatus } from "./event.ts";

export const WORDS: { [status in CellStatus]: string } = {
  pending: "waiting",
  running: "running",
  completed: "done",
  failed: "failed",
  skipped: "skipped",
  not_run: "not run",
};
