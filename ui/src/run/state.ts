// How the states of runs look and what they are called.
import type { Run, RunState } from "../api/schema.ts";

/** One of the looks in `base.css`. */
export type Look = "is-ok" | "is-bad" | "is-warn" | "is-active" | "is-idle";

const LOOKS: { [state in RunState]: Look } = {
  blocked: "is-warn",
  queued: "is-warn",
  running: "is-active",
  cancelling: "is-active",
  succeeded: "is-ok",
  failed: "is-bad",
  cancelled: "is-idle",
  skipped: "is-idle",
};

const WORDS: { [state in RunState]: string } = {
  blocked: "Waits for others",
  queued: "Queued",
  running: "Running",
  cancelling: "Stopping",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
  skipped: "Skipped",
};

export const STATES = Object.keys(LOOKS) as RunState[];

export function lookOf(state: RunState): Look {
  return LOOKS[state];
}

export function wordOf(state: RunState): string {
  return WORDS[state];
}

export function isOver(state: RunState): boolean {
  return ["succeeded", "failed", "cancelled", "skipped"].includes(state);
}

/** In a few words, with the place: `Failed in cell 14`. */
export function summary(run: Pick<Run, "state" | "cell">): string {
  const ended = run.state === "failed" || run.state === "cancelled";
  return ended && typeof run.cell === "number" ? `${wordOf(run.state)} in cell ${run.cell + 1}` : wordOf(run.state);
}

/** What to call a run. */
export function nameOf(run: Pick<Run, "job" | "notebook" | "task">): string {
  const name = run.job?.name ?? run.notebook.replace(/^.*\//, "").replace(/\.ipynb$/, "");
  return run.task == null || run.task === "" || run.task === name ? name : `${name} · ${run.task}`;
}

/** A run's id, as short as people say it. */
export function shortId(id: string): string {
  return id.length > 12 ? id.slice(-8) : id;
}
