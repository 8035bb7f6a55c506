import { expect, test } from "vitest";

import { bytes, counted, duration, relative, value } from "./say.ts";

test.each([
  [0.0021, "2 ms"],
  [0.9996, "1.0 s"],
  [4.21, "4.2 s"],
  [59.96, "1m 00s"],
  [252, "4m 12s"],
  [3599.6, "1h 00m"],
  [7500, "2h 05m"],
  [273_600, "3d 4h"],
])("%d seconds are %s", (seconds, expected) => {
  expect(duration(seconds)).toBe(expected);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [6_100_000, "6.1 MB"],
  [999_600, "1.0 MB"],
  [128_000_000_000, "128 GB"],
])("%d bytes are %s", (count, expected) => {
  expect(bytes(count)).toBe(expected);
});

test.each([
  [0, "just now"],
  [5000, "in a moment"],
  [-45_000, "45 s ago"],
  [-300_000, "5 min ago"],
  [10_800_000, "in 3 h"],
  [-172_800_000, "2 d ago"],
])("%d ms away is %s", (away, expected) => {
  expect(relative(1e12 + away, 1e12)).toBe(expected);
});

test("counts and values", () => {
  expect([counted(1, "run"), counted(1204, "run")]).toEqual(["1 run", "1,204 runs"]);
  expect([value("EMEA"), value(25), value([1, "a"]), value(null)]).toEqual(["EMEA", "25", '[1,"a"]', "null"]);
});
