import { expect, test } from "vitest";

import type { Run, ScrapValue } from "../api/schema.ts";
import { placeOf, sorted, sweepTable, within } from "./table.ts";

const run = (point: number, parameters: Run["parameters"], seconds?: number) =>
  ({ id: `r${point}`, point, parameters, usage: {}, started_at: "2026-11-26T00:00:00Z", ended_at: seconds === undefined ? null : `2026-11-26T00:00:0${seconds}Z` }) as unknown as Run;
const loss = (number: number) => [{ name: "loss", number, value: number }] as unknown as ScrapValue[];

const RUNS = [run(2, { lr: 0.3, model: "tree", same: 1 }, 3), run(0, { lr: 0.1, model: "tree", same: 1 }, 1), run(1, { lr: 0.2, model: "linear", same: 1 })];
const { points, columns } = sweepTable(RUNS, { r0: loss(0.5), r2: loss(0.25) });
const [lr, model] = columns;
const shown = (of: typeof points) => of.map(({ run: { id } }) => id);

test("the columns are those in which points differ, given ones first", () => {
  expect(columns.map(({ name, kind, range, texts }) => [name, kind, range ?? texts])).toEqual([
    ["lr", "given", [0.1, 0.3]],
    ["model", "given", ["linear", "tree"]],
    ["loss", "measured", [0.25, 0.5]],
    ["time", "measured", [1, 3]],
  ]);
  expect(shown(points)).toEqual(["r0", "r1", "r2"]);
});

test("values have a place between the least and the most, texts one beside the other", () => {
  if (lr === undefined || model === undefined) throw new Error("no columns");
  expect([0.1, 0.2, undefined].map((value) => placeOf(lr, value))).toEqual([0, expect.closeTo(0.5), undefined]);
  expect(["linear", "tree"].map((value) => placeOf(model, value))).toEqual([0, 1]);
});

test("only points that are within every part are left; without a value they are within none", () => {
  expect(shown(within(points, columns, { "given model": [0.9, 1] }))).toEqual(["r0", "r2"]);
  expect(shown(within(points, columns, { "given model": [0.9, 1], "given lr": [0.5, 1] }))).toEqual(["r2"]);
  expect(shown(within(points, columns, { "measured scrap loss": [0, 1] }))).toEqual(["r0", "r2"]);
});

test("points are sorted by a column, those without a value last", () => {
  const measured = columns[2];
  expect([shown(sorted(points, measured, false)), shown(sorted(points, measured, true)), shown(sorted(points, undefined, false))]).toEqual([["r2", "r0", "r1"], ["r0", "r2", "r1"], ["r0", "r1", "r2"]]);
});
