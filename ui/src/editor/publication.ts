// Which job a notebook is published as, and what is said of it.
import type { Job, JobRequest, TaskRequest } from "../api/schema.ts";
import type { Values } from "../form/values.ts";
import { fileName } from "../parts/say.ts";

/** What publishing under a name would do. */
export type Target = { kind: "new" } | { kind: "again"; job: Job } | { kind: "refused"; why: string };

/** The job that runs a notebook of the served folder, if there is one. */
export function jobOf(jobs: Job[], path: string): Job | undefined {
  return jobs.find(({ definition }) => definition.tasks.some((task) => isOf(task, path)));
}

function isOf({ source, notebook }: { source?: string | null; notebook: string }, path: string): boolean {
  // Where a bucket is served there is no file that it was taken from.
  return source == null ? notebook === path : source.endsWith(`/${path}`);
}

/** What a notebook is called as a job: its file's name without the ending. */
export function usualName(path: string): string {
  return fileName(path).replace(/\.[^.]+$/, "");
}

export function targetOf(jobs: Job[], name: string, path: string): Target {
  if (name.trim() === "") return { kind: "refused", why: "It needs a name." };
  if (/[/\\]/.test(name)) return { kind: "refused", why: "A name has no / in it." };
  const job = jobs.find((one) => one.name === name.trim());
  if (job === undefined) return { kind: "new" };
  const [task, ...more] = job.definition.tasks;
  if (task === undefined || !isOf(task, path)) return { kind: "refused", why: "Another notebook has this name." };
  return more.length === 0 ? { kind: "again", job } : { kind: "refused", why: "This job has several notebooks: nbpress job publish." };
}

/** Of a job that is there already everything is kept but the notebook, its values and the description. */
export function requestOf(target: Exclude<Target, { kind: "refused" }>, path: string, description: string, parameters: Values): JobRequest {
  if (target.kind === "new") return { description, tasks: [{ path, parameters }] };
  const { tasks: [task], description: _old, ...rest } = target.job.definition;
  const { snapshot: _snapshot, notebook: _notebook, schema: _schema, source, root, ...kept } = task ?? {};
  const taken: TaskRequest = source == null ? { path } : { source, ...(root == null ? {} : { root }) };
  return { ...rest, description, tasks: [{ ...kept, ...taken, parameters }] } as JobRequest;
}
