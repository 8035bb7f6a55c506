import { expect, test } from "vitest";

import { lookOfDx } from "./dx.ts";

test.each<[string, unknown, unknown]>([
  ["bars", { view: "bar", chart: { metric1: "sales", dim1: "region", dim2: "none" } }, { view: "bar", dimension: "region", metric: "sales" }],
  ["boxes", { view: "summary", summaryType: "boxplot", chart: { metric1: "sales", dim1: "none" } }, { view: "summary", metric: "sales", dimension: null, kind: "box" }],
  ["a network", { view: "network", networkType: "sankey", chart: { dim1: "a", dim2: "b", metric1: "none" } }, { view: "network", source: "a", target: "b", metric: null, kind: "sankey" }],
  ["lines", { view: "line", lineType: "line", selectedMetrics: ["a", "b"], chart: {} }, { view: "line", along: null, metrics: ["a", "b"], kind: "line" }],
])("%s", (_name, dx, chart) => {
  expect(lookOfDx(dx)).toEqual({ view: "chart", chart });
});

test.each([[undefined], [null], ["bar"], [{}], [{ view: "grid" }]])("%j is no chart", (dx) => {
  expect(lookOfDx(dx)).toBeUndefined();
});
