import { expect, test } from "vitest";

import { idleOf, lookOfKernel } from "./kernel.ts";

const NOON = Date.parse("2026-11-26T12:00:00Z");

test.each([
  ["idle", "2026-11-26T11:59:30Z", "less than a minute"],
  ["idle", "2026-11-26T11:55:10Z", "4m"],
  ["idle", "2026-11-26T09:30:00Z", "2h 30m"],
  ["idle", "2026-11-26T12:00:05Z", "less than a minute"],
  ["busy", "2026-11-26T09:30:00Z", "–"],
])("a kernel that is %s since %s: %s", (state, last_activity, expected) => {
  expect(idleOf({ state, last_activity }, NOON)).toBe(expected);
});

test.each([["busy", "is-active"], ["idle", "is-idle"], ["dead", "is-bad"], ["starting", "is-active"]])("%s looks like %s", (state, look) => {
  expect(lookOfKernel({ state })).toBe(look);
});
