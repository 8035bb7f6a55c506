// A run's parameters, beside those of another run.

export interface Difference {
  name: string;
  /** The value; undefined where this run has none. */
  now: unknown;
  /** The other run's value, where it differs. */
  before: unknown;
  changed: boolean;
}

type Values = { [name: string]: unknown };

/** By name; those of this run first, then those only the other one has. Without another run nothing differs. */
export function compare(now: Values, before: Values | undefined): Difference[] {
  const names = new Set([...Object.keys(now), ...Object.keys(before ?? {})]);
  return [...names].map((name) => {
    const changed = before !== undefined && !same(now[name], before[name]);
    return { name, now: now[name], before: changed ? before[name] : undefined, changed };
  });
}

/** Whether two values of JSON are equal; the order of an object's keys does not matter. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => name in other && same(one[name as never], other[name as never]));
}
