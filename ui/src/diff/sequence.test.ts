import { expect, test } from "vitest";

import { steps } from "./sequence.ts";

const MARKS = { same: " ", removed: "-", added: "+" };

function written(before: string, now: string): string {
  return steps([...before], [...now]).map((step) => MARKS[step.kind] + (step.kind === "added" ? step.now : step.before)).join("");
}

test.each([
  ["", "", ""],
  ["abc", "abc", " a b c"],
  ["", "ab", "+a+b"],
  ["ab", "", "-a-b"],
  ["abcd", "axcd", " a-b+x c d"],
  ["abab", "ab", " a b-a-b"],
  ["xay", "yax", "-x-a y+a+x"],
  ["abcde", "bcdxe", "-a b c d+x e"],
])("from %j to %j", (before, now, expected) => {
  expect(written(before, now)).toBe(expected);
});

test("the steps lead from one to the other, whatever they are", () => {
  let seed = 7;
  const some = () => Array.from({ length: (seed = (seed * 16807) % 2147483647) % 12 }, () => (seed = (seed * 16807) % 2147483647) % 4);
  for (let round = 0; round < 300; round += 1) {
    const [before, now] = [some(), some()];
    const found = steps(before, now);
    expect(found.flatMap((step) => (step.kind === "added" ? [] : [step.before]))).toEqual(before);
    expect(found.flatMap((step) => (step.kind === "removed" ? [] : [step.now]))).toEqual(now);
    for (const step of found) if (step.kind === "same") expect(step.before).toBe(step.now);
  }
});

function long(own: string): string[] {
  return Array.from({ length: 3002 }, (_, at) => (at === 0 ? "first" : at === 3001 ? "last" : `${own} ${at}`));
}

test("of very long ones only the ends are compared", () => {
  const [before, now] = [long("old"), long("new")];
  const kinds = steps(before, now).map(({ kind }) => kind);
  expect([kinds.length, kinds[0], kinds.at(-1), kinds.filter((kind) => kind === "same").length]).toEqual([6002, "same", "same", 2]);
});
