// What can be gone to: screens, jobs, runs, notebooks.
import type { FoundHit, Job, Run } from "../api/schema.ts";
import { editAddress, viewAddress } from "../app/places.ts";
import { nameOf, shortId, summary } from "../run/state.ts";
import { score } from "./match.ts";

export interface Entry {
  key: string;
  group: "Go to" | "Jobs" | "Runs" | "Notebooks";
  label: string;
  hint: string;
  /** A path of ours; of `elsewhere` one of the server's own pages. */
  to: string;
  elsewhere: boolean;
}

export interface Known {
  admin: boolean;
  /** Whether JupyterLab is served. */
  lab: boolean;
  mayEdit: boolean;
  jobs: Job[];
  runs: Run[];
  /** What the server found for what was typed. */
  notebooks: FoundHit[];
}

/** So many of one group. */
const MOST = 6;

/** What fits, group by group. Notebooks fit because the server found them. */
export function entries(typed: string, known: Known): Entry[] {
  return [
    ...best(typed, screens(known)),
    ...best(typed, known.jobs.flatMap(ofJob)),
    ...known.notebooks.slice(0, MOST).map((hit) => ofNotebook(hit, known.mayEdit)),
    ...best(typed, known.runs.map(ofRun)),
  ];
}

function best(typed: string, all: Entry[]): Entry[] {
  const fitting = all.flatMap((entry): [number, Entry][] => {
    const points = score(typed, `${entry.label} ${entry.hint}`);
    return points === undefined ? [] : [[points, entry]];
  });
  return fitting.toSorted(([one], [other]) => other - one).slice(0, typed === "" ? MOST - 2 : MOST).map(([, entry]) => entry);
}

function screens({ admin, lab }: Known): Entry[] {
  const ours: [label: string, to: string][] = [["Home", "/"], ["Notebooks", "/notebooks"], ["Runs", "/runs"], ["Runs as a grid", "/runs?view=grid"], ["Jobs", "/jobs"], ["Schedules", "/schedules"], ["Compute", "/compute"], ["Compare two runs", "/diff"]];
  const people: [string, string][] = admin ? [["Users", "/admin?tab=users"], ["Settings", "/admin?tab=settings"], ["Storage", "/admin?tab=storage"], ["Share links", "/admin?tab=links"]] : [];
  const rest: [string, string][] = [["Tokens", "/admin?tab=tokens"]];
  const theirs: [string, string][] = [["Pages for readers", "view/"], ...(lab ? [["JupyterLab", "lab"] as [string, string]] : [])];
  const entry = (isElsewhere: boolean) => ([label, to]: [string, string]): Entry => ({ key: to, group: "Go to", label, hint: "", to, elsewhere: isElsewhere });
  return [...[...ours, ...people, ...rest].map(entry(false)), ...theirs.map(entry(true))];
}

function ofJob(job: Job): Entry[] {
  const to = `/jobs/${encodeURIComponent(job.name)}`;
  const hint = job.definition.description ?? "";
  return [
    { key: job.id, group: "Jobs", label: job.name, hint, to, elsewhere: false },
    { key: `${job.id} run`, group: "Jobs", label: `Run ${job.name}…`, hint: "", to: `${to}/run`, elsewhere: false },
  ];
}

function ofRun(run: Run): Entry {
  return { key: run.id, group: "Runs", label: nameOf(run), hint: `${shortId(run.id)} · ${summary(run).toLowerCase()}`, to: `/runs/${run.id}`, elsewhere: false };
}

function ofNotebook(hit: FoundHit, mayEdit: boolean): Entry {
  const to = mayEdit ? editAddress(hit.path) : viewAddress(hit.path);
  const hint = hit.title === "" || hit.title === hit.path ? "" : hit.title;
  return { key: `notebook ${hit.place}`, group: "Notebooks", label: hit.path, hint, to, elsewhere: !mayEdit };
}
