import { expect, test } from "vitest";

import type { ReadyShelf } from "../api/schema.ts";
import { idleOf, keptReady, lookOfKernel, readyInWords } from "./kernel.ts";

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

function shelf(ready: number, memory_bytes: number): ReadyShelf {
  return { kernel: "k", template: true, ready, memory_bytes, refused: null };
}

test("what is kept ready is counted over all kernelspecs", () => {
  const ready = { shelves: [shelf(2, 30e6), shelf(1, 12e6)], handed_over: 1, in_use: 0, last_reason: null };
  expect([keptReady(ready), readyInWords(ready)]).toEqual(["3 · 42.0 MB", "1 kernel handed over, 0 in use."]);
  expect(readyInWords({ ...ready, handed_over: 2, last_reason: "the pool is full" })).toBe("2 kernels handed over, 0 in use. The last one that was started instead: the pool is full.");
});
