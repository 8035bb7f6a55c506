import { expect, test } from "vitest";

import { score } from "./match.ts";

test.each([
  ["runs", "Runs"],
  ["rn", "Runs"],
  ["dr", "daily_report"],
  ["daily rep", "reports/daily_report.ipynb"],
  ["", "anything"],
])("%j fits %j", (typed, text) => {
  expect(score(typed, text)).toBeDefined();
});

test.each([["snur", "Runs"], ["runsx", "Runs"], ["dd", "daily"]])("%j does not fit %j", (typed, text) => {
  expect(score(typed, text)).toBeUndefined();
});

test.each([
  ["jobs", ["Jobs", "jobs of yesterday", "jumbo objects"]],
  ["dr", ["dry", "daily_report", "address"]],
  ["rep", ["report", "daily_report", "rare_epoch"]],
])("%j is best for what begins so", (typed, best) => {
  const sorted = best.toReversed().toSorted((one, other) => (score(typed, other) ?? -1) - (score(typed, one) ?? -1));
  expect(sorted).toEqual(best);
});
