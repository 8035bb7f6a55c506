// Which runs somebody should look at.
import type { Run } from "../api/schema.ts";
import { isOver } from "../run/state.ts";

export interface Attention {
  /** Failed, and what they belong to has not succeeded since. */
  failed: Run[];
  /** Not over. */
  live: Run[];
  ended: Run[];
}

/** `runs` are newest first. A job, or a notebook that belongs to none, is named once. */
export function attention(runs: Run[]): Attention {
  const seen = new Set<string>();
  const failed: Run[] = [];
  for (const run of runs) {
    if (run.state !== "succeeded" && run.state !== "failed") continue;
    const belongs = run.job == null ? `notebook ${run.notebook}` : `job ${run.job.id} ${run.task ?? ""}`;
    if (!seen.has(belongs) && run.state === "failed") failed.push(run);
    seen.add(belongs);
  }
  return { failed, live: runs.filter(({ state }) => !isOver(state)), ended: runs.filter(({ state }) => isOver(state)) };
}
