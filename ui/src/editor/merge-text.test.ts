import { expect, test } from "vitest";

import { changesOf, mergeText } from "./merge-text.ts";

const CASES: [name: string, base: string, mine: string, theirs: string, joined: string | undefined][] = [
  ["only mine", "a", "b", "a", "b"],
  ["only theirs", "a", "a", "b", "b"],
  ["the same change", "a\nb", "a\nc", "a\nc", "a\nc"],
  ["other lines", "a\nb\nc", "A\nb\nc", "a\nb\nC", "A\nb\nC"],
  ["lines beside each other", "a\nb", "A\nb", "a\nB", "A\nB"],
  ["a line above one that changed", "a\nb", "new\na\nb", "A\nb", "new\nA\nb"],
  ["a line below the last one, which changed", "a", "a\nb", "A", "A\nb"],
  ["words of one line", "total = sum(rows, 1)", "count = sum(rows, 1)", "total = sum(rows, 2)", "count = sum(rows, 2)"],
  ["words in one of several lines", "x\nf(a, b)\ny", "x\nf(c, b)\ny", "X\nf(a, d)\ny", "X\nf(c, d)\ny"],
  ["an empty cell, one of them wrote", "", "", "x", "x"],
  ["an empty cell, both wrote", "", "x", "y", undefined],
  ["the same word", "total", "count", "totals", undefined],
  ["words side by side", "ab cd", "ab  cd", "ab", undefined],
  ["both add below", "a", "a\nb", "a\nc", undefined],
  ["one deletes what the other changes", "a\nb\nc", "a\nc", "a\nB\nc", undefined],
  ["one deletes all, the other a word", "a b c", "", "a x c", undefined],
];

test.each(CASES)("%s", (_, base, mine, theirs, wanted) => {
  expect(mergeText(base, mine, theirs)).toBe(wanted);
  expect(mergeText(base, theirs, mine)).toBe(wanted);
});

test("what is joined has every word that either of them added, and none that either of them took away", () => {
  // Of many pairs: words are changed in other lines, or the same one.
  const base = Array.from({ length: 6 }, (_, line) => `w${line}a w${line}b w${line}c`);
  for (let mine = 0; mine < 18; mine += 1) {
    for (let theirs = 0; theirs < 18; theirs += 1) {
      const changed = (word: number, by: string) => base.map((text, line) => (line === Math.floor(word / 3) ? text.split(" ").with(word % 3, by).join(" ") : text)).join("\n");
      const joined = mergeText(base.join("\n"), changed(mine, "mine"), changed(theirs, "theirs"));
      if (mine === theirs) expect(joined).toBeUndefined();
      else expect(joined?.split(/\s/)).toEqual(base.join(" ").split(" ").with(mine, "mine").with(theirs, "theirs"));
    }
  }
});

test("a text is changed only where it differs, so that a cursor stays where it is", () => {
  expect(changesOf("a = 1\nb = 2", "a = 10\nb = 2\nc")).toEqual([{ from: 4, to: 5, insert: "10" }, { from: 11, to: 11, insert: "\nc" }]);
  expect(changesOf("same", "same")).toEqual([]);
});
