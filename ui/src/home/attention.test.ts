import { expect, test } from "vitest";

import type { Run } from "../api/schema.ts";
import { attention } from "./attention.ts";

function run(id: string, state: Run["state"], job?: string): Run {
  return { id, state, notebook: `${id}.ipynb`, job: job === undefined ? null : { id: job, name: job, version: 1 } } as Run;
}

test("what failed needs attention until it has succeeded", () => {
  const { failed, live, ended } = attention([
    run("6", "running", "a"),
    run("5", "failed", "a"),
    run("4", "failed", "a"),
    run("3", "succeeded", "b"),
    run("2", "failed", "b"),
    run("1", "cancelled", "c"),
    run("0", "failed"),
  ]);
  expect([failed, live, ended].map((runs) => runs.map(({ id }) => id))).toEqual([["5", "0"], ["6"], ["5", "4", "3", "2", "1", "0"]]);
});
