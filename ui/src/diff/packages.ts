// What differs between the environments of two runs.
import type { Environment } from "../api/schema.ts";
import { counted } from "../parts/say.ts";

export interface Fact {
  name: string;
  before: string | undefined;
  now: string | undefined;
}

const FACTS: [name: string, of: keyof Environment][] = [
  ["Language", "language"],
  ["Kernel", "implementation"],
  ["Platform", "platform"],
  ["Commit", "commit"],
];

/** The platform, the kernel and every package that is not the same; packages by name, after the rest. */
export function environmentChanges(before: Environment, now: Environment): Fact[] {
  const facts = FACTS.map(([name, of]): Fact => ({ name, before: text(before[of]), now: text(now[of]) }));
  const [old, next] = [before.packages ?? {}, now.packages ?? {}];
  // Where one keeps no list, nothing is known of packages.
  const listed = before.packages == null || now.packages == null ? [] : [...new Set([...Object.keys(old), ...Object.keys(next)])];
  const packages = listed.toSorted((one, other) => one.localeCompare(other, "en")).map((name): Fact => ({ name, before: old[name], now: next[name] }));
  return [...facts, ...packages].filter((fact) => fact.before !== fact.now);
}

function text(value: unknown): string | undefined {
  // Of a commit the beginning, as Git shows it.
  return typeof value === "string" ? value.replace(/^([0-9a-f]{10})[0-9a-f]{30}$/, "$1") : undefined;
}

/** `pandas 2.3.1 → 2.3.2 · 3 more`. */
export function environmentInWords(changes: Fact[]): string {
  const [first, ...rest] = changes;
  if (first === undefined) return "the same";
  const change = first.before === undefined ? `${first.name} ${first.now} added` : first.now === undefined ? `${first.name} removed` : `${first.name} ${first.before} → ${first.now}`;
  return rest.length === 0 ? change : `${change} · ${counted(rest.length, "more change")}`;
}
