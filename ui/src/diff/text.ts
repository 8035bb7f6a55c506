// How two texts differ: by lines, and within a line that was changed by words; or, where only numbers differ, by these.
import { steps } from "./sequence.ts";

export interface Piece {
  text: string;
  /** Whether the other text has it not. */
  own: boolean;
}

export type Line = { kind: "same"; text: string; number: number } | { kind: "removed" | "added"; pieces: Piece[]; number: number } | { kind: "hidden"; count: number };

/** Lines that are the same are shown so far around a change. */
const AROUND = 3;

/** The lines of both, those in common once. Of what is the same far from any change only a count is left. */
export function lines(before: string, now: string): Line[] {
  const found: Line[] = [];
  let removed: string[] = [];
  let added: string[] = [];
  let [old, line] = [0, 0];
  const flush = () => {
    const pairs = removed.map((text, at) => words(text, added[at]));
    found.push(...removed.map((_, at): Line => ({ kind: "removed", pieces: pairs[at]?.[0] ?? [], number: old - removed.length + at + 1 })));
    found.push(...added.map((text, at): Line => ({ kind: "added", pieces: pairs[at]?.[1] ?? whole(text), number: line - added.length + at + 1 })));
    [removed, added] = [[], []];
  };
  for (const step of steps(before.split("\n"), now.split("\n"))) {
    if (step.kind === "same") {
      flush();
      [old, line] = [old + 1, line + 1];
      found.push({ kind: "same", text: step.now, number: line });
    } else if (step.kind === "removed") {
      old += 1;
      removed.push(step.before);
    } else {
      line += 1;
      added.push(step.now);
    }
  }
  flush();
  return folded(found);
}

function folded(all: Line[]): Line[] {
  const shown = new Set<number>();
  for (const [at, { kind }] of all.entries()) {
    if (kind !== "same") for (let near = at - AROUND; near <= at + AROUND; near += 1) shown.add(near);
  }
  const found: Line[] = [];
  for (const [at, line] of all.entries()) {
    const last = found.at(-1);
    if (shown.has(at)) found.push(line);
    else if (last?.kind === "hidden") last.count += 1;
    else found.push({ kind: "hidden", count: 1 });
  }
  return found;
}

const WORD = /[\p{L}\p{N}_]+|\s+|./gsu;
/** Lines that have less in common than this part are no changed line but two. */
const ALIKE = 0.3;

function whole(text: string): Piece[] {
  return [{ text, own: false }];
}

/** Both lines in pieces; a line without its pair is one piece. */
function words(before: string, now: string | undefined): [Piece[], Piece[]] {
  if (now === undefined) return [whole(before), []];
  const found = steps(before.match(WORD) ?? [], now.match(WORD) ?? []);
  const common = found.reduce((sum, step) => sum + (step.kind === "same" ? step.now.trim().length : 0), 0);
  if (common < ALIKE * Math.max(before.trim().length, now.trim().length)) return [whole(before), whole(now)];
  const sides: [Piece[], Piece[]] = [[], []];
  for (const step of found) {
    if (step.kind !== "added") put(sides[0], step.before, step.kind === "removed");
    if (step.kind !== "removed") put(sides[1], step.now, step.kind === "added");
  }
  return sides;
}

function put(pieces: Piece[], text: string, own: boolean): void {
  const last = pieces.at(-1);
  if (last?.own === own) last.text += text;
  else pieces.push({ text, own });
}

export interface NumberChange {
  /** What stands before the number in its line. */
  label: string;
  before: number;
  now: number;
}

const NUMBER = /(?<![\p{L}\p{N}_.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\p{L}\p{N}_])/gu;
/** More numbers are better seen in their lines. */
const FEW = 12;

/** The numbers that differ, where two texts differ by nothing else. */
export function numbers(before: string, now: string): NumberChange[] | undefined {
  const [one, other] = [before.split(NUMBER), now.split(NUMBER)];
  if (before === now || one.length !== other.length || one.some((text, at) => text.trim() !== other[at]?.trim())) return undefined;
  const [old, next] = [before.match(NUMBER) ?? [], now.match(NUMBER) ?? []];
  const found = next.flatMap((text, at): NumberChange[] => {
    const was = old[at] ?? "";
    return was === text ? [] : [{ label: labelOf(other.slice(0, at + 1), next), before: valueOf(was), now: valueOf(text) }];
  });
  return found.length === 0 || found.length > FEW ? undefined : found;
}

function valueOf(text: string): number {
  return Number(text.replaceAll(",", ""));
}

/** The line up to here. */
function labelOf(parts: string[], values: string[]): string {
  const text = parts.map((part, at) => (at === 0 ? part : (values[at - 1] ?? "") + part)).join("");
  return text.slice(text.lastIndexOf("\n") + 1).replace(/[\s:=(]+$/, "").trim();
}

/** How a number changed: `+1,204 (+3.1 %)`. */
export function delta({ before, now }: NumberChange): string {
  const by = now - before;
  return before === 0 ? signed(by, 6) : `${signed(by, 6)} (${signed((by / Math.abs(before)) * 100, 3)} %)`;
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toLocaleString("en", { maximumSignificantDigits: digits })}`;
}
