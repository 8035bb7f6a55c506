// @vitest-environment happy-dom
import { expect, test } from "vitest";

import { match, withQuery } from "./router.tsx";

test.each([
  ["/runs/{run}", "/runs/a%2Fb", { run: "a/b" }],
  ["/runs/{run}", "/runs/a/", { run: "a" }],
  ["/runs/{run}", "/runs", undefined],
  ["/", "/", {}],
  ["/jobs/{job}/run", "/jobs/x/run", { job: "x" }],
  ["/jobs/{job}/run", "/jobs/x/view", undefined],
  ["/runs/{run}", "/runs/%", { run: "%" }],
  ["/edit/{*path}", "/edit/a/b%20c.ipynb", { path: "a/b c.ipynb" }],
  ["/edit/{*path}", "/edit", undefined],
  ["/edit/{*path}", "/runs/a", undefined],
])("%s at %s", (pattern, path, expected) => {
  expect(match(pattern, path)).toEqual(expected);
});

test("a query keeps what is not changed", () => {
  const place = { path: "/runs", query: new URLSearchParams("job=a&state=failed") };
  expect(withQuery(place, { state: undefined, q: "x" })).toBe("/runs?job=a&q=x");
  expect(withQuery(place, { state: "", job: undefined })).toBe("/runs");
});
