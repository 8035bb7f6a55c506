import { expect, test } from "vitest";

import type { FoundHit, Job, Run } from "../api/schema.ts";
import { entries, type Known } from "./entries.ts";

const job = (name: string) => ({ id: `job_${name}`, name, definition: { tasks: [] } }) as unknown as Job;
const run = (id: string, name: string) => ({ id, state: "failed", cell: 2, job: { name }, notebook: "x" }) as unknown as Run;
const notebook = (path: string) => ({ kind: "notebook", path, place: path, title: "Daily engagement" }) as unknown as FoundHit;

const KNOWN: Known = { admin: false, lab: false, mayEdit: true, jobs: [job("daily"), job("train")], runs: [run("run_0000000012345678", "daily")], notebooks: [notebook("reports/day 1.ipynb")] };

function labels(typed: string, known: Partial<Known> = {}): string[] {
  return entries(typed, { ...KNOWN, ...known }).map(({ group, label, to }) => `${group}: ${label} ${to}`);
}

test("jobs, notebooks and runs are found by their names, and jobs can be run", () => {
  expect(labels("daily")).toEqual([
    "Jobs: daily /jobs/daily",
    "Jobs: Run daily… /jobs/daily/run",
    "Notebooks: reports/day 1.ipynb /edit/reports/day%201.ipynb",
    "Runs: daily /runs/run_0000000012345678",
  ]);
});

test("a run is found by the end of its id", () => {
  expect(labels("12345678", { notebooks: [] })).toEqual(["Runs: daily /runs/run_0000000012345678"]);
});

test("whoever may not edit reads", () => {
  expect(entries("x", { ...KNOWN, mayEdit: false, jobs: [], runs: [] }).map(({ to, elsewhere }) => [to, elsewhere])).toEqual([["view/reports/day%201.ipynb", true]]);
});

test("JupyterLab is named only where it is", () => {
  expect([false, true].map((lab) => labels("jupyterlab", { lab, notebooks: [] }))).toEqual([[], ["Go to: JupyterLab lab"]]);
});

test("only admins are shown where users are", () => {
  expect([labels("users"), labels("users", { admin: true })].map((found) => found.some((text) => text.includes("/admin?tab=users")))).toEqual([false, true]);
});
