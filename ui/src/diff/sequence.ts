// What two sequences have in common, in order: the longest there is (https://en.wikipedia.org/wiki/Longest_common_subsequence).

export type Step<T> = { kind: "same"; before: T; now: T } | { kind: "removed"; before: T } | { kind: "added"; now: T };

/** More than this many comparisons are not made: what differs is then shown as removed and added. */
const MOST = 4_000_000;

/** From `before` to `now`, step by step; within a change what was removed comes first. */
export function steps<T>(before: readonly T[], now: readonly T[], same: (one: T, other: T) => boolean = Object.is): Step<T>[] {
  let head = 0;
  while (head < before.length && head < now.length && same(before[head] as T, now[head] as T)) head += 1;
  let tail = 0;
  const rest = Math.min(before.length, now.length) - head;
  while (tail < rest && same(before[before.length - 1 - tail] as T, now[now.length - 1 - tail] as T)) tail += 1;
  const ends = { before: before.length - tail, now: now.length - tail };
  return [
    ...pairs(before.slice(0, head), now),
    ...between(before.slice(head, ends.before), now.slice(head, ends.now), same),
    ...pairs(before.slice(ends.before), now.slice(ends.now)),
  ];
}

function pairs<T>(before: readonly T[], now: readonly T[]): Step<T>[] {
  return before.map((one, at) => ({ kind: "same", before: one, now: now[at] as T }));
}

function between<T>(before: T[], now: T[], same: (one: T, other: T) => boolean): Step<T>[] {
  const found: Step<T>[] = [];
  let [at, to] = [0, 0];
  for (const [one, other] of before.length * now.length > MOST ? [] : common(before, now, same)) {
    while (at < one) found.push({ kind: "removed", before: before[at++] as T });
    while (to < other) found.push({ kind: "added", now: now[to++] as T });
    found.push({ kind: "same", before: before[at++] as T, now: now[to++] as T });
  }
  while (at < before.length) found.push({ kind: "removed", before: before[at++] as T });
  while (to < now.length) found.push({ kind: "added", now: now[to++] as T });
  return found;
}

/** The places of what both have. */
function common<T>(before: T[], now: T[], same: (one: T, other: T) => boolean): [number, number][] {
  const width = now.length + 1;
  // How much the two have in common from here on.
  const lengths = new Uint32Array((before.length + 1) * width);
  const length = (one: number, other: number) => lengths[one * width + other] ?? 0;
  for (let one = before.length - 1; one >= 0; one -= 1) {
    for (let other = now.length - 1; other >= 0; other -= 1) {
      lengths[one * width + other] = same(before[one] as T, now[other] as T) ? length(one + 1, other + 1) + 1 : Math.max(length(one + 1, other), length(one, other + 1));
    }
  }
  const places: [number, number][] = [];
  for (let one = 0, other = 0; one < before.length && other < now.length; ) {
    if (same(before[one] as T, now[other] as T)) places.push([one++, other++]);
    else if (length(one + 1, other) >= length(one, other + 1)) one += 1;
    else other += 1;
  }
  return places;
}
