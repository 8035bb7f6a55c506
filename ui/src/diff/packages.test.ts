import { expect, test } from "vitest";

import type { Environment } from "../api/schema.ts";
import { environmentChanges, environmentInWords } from "./packages.ts";

function environment(packages: { [name: string]: string } | null, language = "python 3.11.2"): Environment {
  return { platform: "linux-x86_64", kernel: "python3", language, implementation: "ipython 9.1.0", packages };
}

test.each<[string, Environment, Environment, string[], string]>([
  ["the same", environment({ a: "1" }), environment({ a: "1" }), [], "the same"],
  ["a version", environment({ b: "1", a: "1" }), environment({ b: "2", a: "1" }), ["b 1 2"], "b 1 → 2"],
  ["more", environment({ b: "1" }), environment({ a: "1" }, "python 3.12.0"), ["Language python 3.11.2 python 3.12.0", "a - 1", "b 1 -"], "Language python 3.11.2 → python 3.12.0 · 2 more changes"],
  ["a new one", environment({}), environment({ a: "1" }), ["a - 1"], "a 1 added"],
  ["no list", environment({ a: "1" }), environment(null), [], "the same"],
])("%s", (_, before, now, expected, words) => {
  const changes = environmentChanges(before, now);
  expect(changes.map(({ name, before: was, now: is }) => [name, was ?? "-", is ?? "-"].join(" "))).toEqual(expected);
  expect(environmentInWords(changes)).toBe(words);
});
