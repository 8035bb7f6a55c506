import { expect, test } from "vitest";

import { askOf, parameterOf } from "./filter.ts";

const NOW = new Date("2026-11-26T11:20:30Z");

test.each([
  ["", {}],
  ["state=failed&job=a", { state: "failed", job: "a" }],
  ["cursor=x&other=1", { cursor: "x" }],
  ["period=day", { since: "2026-11-25T11:00:00.000Z" }],
  ["period=never", {}],
  ["param=region%3DEMEA", { "param.region": "EMEA" }],
  ["param=region", {}],
])("%s", (address, expected) => {
  expect(askOf(new URLSearchParams(address), NOW).query).toEqual({ limit: 50, ...expected });
});

test("a parameter", () => {
  expect(parameterOf(" top_n = 25 ")).toEqual(["top_n", "25"]);
  expect(parameterOf("where=a=b")).toEqual(["where", "a=b"]);
  expect([parameterOf("a"), parameterOf("=a"), parameterOf("a=")]).toEqual([undefined, undefined, undefined]);
});
