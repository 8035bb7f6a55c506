import { expect, test } from "vitest";

import type { Job, Task } from "../api/schema.ts";
import { jobOf, requestOf, targetOf, usualName } from "./publication.ts";

const task = (source: string | undefined): Task => ({ key: "main", notebook: "day.ipynb", snapshot: "s", ...(source === undefined ? {} : { source }), files: ["*.csv"], settings: { priority: 3 } });
const job = (name: string, ...tasks: Task[]): Job => ({ id: name, name, definition: { tasks, description: "old", tags: { team: "a" } } }) as unknown as Job;

test("a job belongs to the notebook that it was published from", () => {
  const jobs = [job("other", task("/n/b/today.ipynb")), job("day", task("/n/a/day.ipynb"))];
  expect([jobOf(jobs, "a/day.ipynb")?.name, jobOf(jobs, "day.ipynb")?.name, jobOf(jobs, "ay.ipynb")]).toEqual(["day", "day", undefined]);
  expect(jobOf([job("sent", task(undefined))], "day.ipynb")?.name).toBe("sent");
});

test("the file's name is the usual one", () => {
  expect(["a b/Daily report.v2.ipynb", "x.sql"].map(usualName)).toEqual(["Daily report.v2", "x"]);
});

test("a name is free, that of the job itself, or taken", () => {
  const jobs = [job("day", task("/n/day.ipynb")), job("flow", task("/n/day.ipynb"), task("/n/b.ipynb"))];
  const kinds = ["new one", " day ", "flow", "a/b", " "].map((name) => targetOf(jobs, name, "day.ipynb").kind);
  expect(kinds).toEqual(["new", "again", "refused", "refused", "refused"]);
  expect(targetOf(jobs, "day", "b.ipynb").kind).toBe("refused");
});

test("publishing again keeps how it runs and whom it tells", () => {
  const target = targetOf([job("day", task("/n/day.ipynb"))], "day", "day.ipynb");
  if (target.kind === "refused") throw new Error(target.why);
  expect(requestOf(target, "day.ipynb", "new", { rows: 5 })).toEqual({
    description: "new",
    tags: { team: "a" },
    tasks: [{ key: "main", source: "/n/day.ipynb", files: ["*.csv"], settings: { priority: 3 }, parameters: { rows: 5 } }],
  });
  expect(requestOf({ kind: "new" }, "day.ipynb", "", {})).toEqual({ description: "", tasks: [{ path: "day.ipynb", parameters: {} }] });
});
