// How a notebook is: in its kernel, and as the job that it is published as.
import type { Job, KernelStatus, Run } from "../api/schema.ts";
import { jobOf } from "../editor/publication.ts";
import { type Look, lookOf, summary } from "../run/state.ts";

export interface Status {
  look: Look;
  words: string;
  /** The run that it is of. */
  run: string | undefined;
}

/** `runs` are newest first. A cell that runs now is said before what a run came to. */
export function statusOf(path: string, kernels: KernelStatus[], jobs: Job[], runs: Run[]): Status | undefined {
  const kernel = kernels.find(({ paths }) => paths.includes(path));
  if (kernel !== undefined && (kernel.cells.length > 0 || kernel.state === "busy")) return { look: "is-active", words: "A cell runs", run: undefined };
  const job = jobOf(jobs, path);
  const last = runs.find((run) => run.job?.id === job?.id && job !== undefined);
  if (last !== undefined) return { look: lookOf(last.state), words: summary(last), run: last.id };
  if (kernel?.state === "dead") return { look: "is-bad", words: "Its kernel died", run: undefined };
  return kernel === undefined ? undefined : { look: "is-idle", words: "Kernel is on", run: undefined };
}
