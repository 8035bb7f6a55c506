// What two people made of one text, joined: by lines, and by words where both changed the same lines.
import { steps } from "../diff/sequence.ts";

/** A part of a text that became another one. */
export interface Change {
  from: number;
  to: number;
  insert: string;
}

/** A change that is counted in tokens. */
interface Edit {
  from: number;
  to: number;
  insert: string[];
}

interface Level {
  tokens: (text: string) => string[];
  /** Whether two changes, the second not in front of the first, are one. */
  meets: (first: Edit, second: Edit) => boolean;
}

const LINES: Level = {
  tokens: (text) => text.match(/[^\n]*\n/g) ?? [],
  // Beside each other is not the same place, unless both only add there.
  meets: (first, second) => second.from < first.to || (second.from === first.from && second.to === first.to),
};

const WORDS: Level = {
  tokens: (text) => text.match(/[\p{L}\p{N}_]+|\n|[^\S\n]+|[^]/gu) ?? [],
  meets: (first, second) => second.from <= first.to,
};

/** Both changes of `base`; undefined where they are in the same place. */
export function mergeText(base: string, mine: string, theirs: string): string | undefined {
  if (mine === theirs || theirs === base) return mine;
  if (mine === base) return theirs;
  // Every line has an end, also the last one.
  return joined(`${base}\n`, `${mine}\n`, `${theirs}\n`, LINES)?.slice(0, -1);
}

/** What makes `now` of `before`, as little as can be. */
export function changesOf(before: string, now: string): Change[] {
  const old = WORDS.tokens(before);
  const at = [0];
  for (const token of old) at.push((at.at(-1) ?? 0) + token.length);
  return edits(old, WORDS.tokens(now)).map(({ from, to, insert }) => ({ from: at[from] ?? 0, to: at[to] ?? 0, insert: insert.join("") }));
}

function joined(base: string, mine: string, theirs: string, level: Level): string | undefined {
  const tokens = level.tokens(base);
  const [own, other] = [mine, theirs].map((text) => edits(tokens, level.tokens(text))) as [Edit[], Edit[]];
  let text = "";
  let at = 0;
  for (const [from, to, first, second] of groups(own, other, level)) {
    const [ours, others] = [first, second].map((made) => applied(tokens, from, to, made)) as [string, string];
    const part = second.length === 0 || ours === others ? ours : first.length === 0 ? others : level === LINES ? joined(tokens.slice(from, to).join(""), ours, others, WORDS) : undefined;
    if (part === undefined) return undefined;
    text += tokens.slice(at, from).join("") + part;
    at = to;
  }
  return text + tokens.slice(at).join("");
}

type Group = [from: number, to: number, own: Edit[], other: Edit[]];

/** Changes of both, in order; those that meet are together. */
function groups(own: Edit[], other: Edit[], { meets }: Level): Group[] {
  const all = [...own.map((edit) => ({ edit, side: 2 as const })), ...other.map((edit) => ({ edit, side: 3 as const }))];
  all.sort((one, two) => one.edit.from - two.edit.from || one.edit.to - two.edit.to);
  const found: Group[] = [];
  for (const { edit, side } of all) {
    let last = found.at(-1);
    if (last === undefined || !meets({ from: last[0], to: last[1], insert: [] }, edit)) {
      last = [edit.from, edit.to, [], []];
      found.push(last);
    }
    last[1] = Math.max(last[1], edit.to);
    last[side].push(edit);
  }
  return found;
}

function applied(tokens: string[], from: number, to: number, made: Edit[]): string {
  let text = "";
  let at = from;
  for (const edit of made) {
    text += tokens.slice(at, edit.from).join("") + edit.insert.join("");
    at = edit.to;
  }
  return text + tokens.slice(at, to).join("");
}

function edits(before: string[], now: string[]): Edit[] {
  const found: Edit[] = [];
  let at = 0;
  let open: Edit | undefined;
  for (const step of steps(before, now)) {
    if (step.kind === "same") {
      at += 1;
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = { from: at, to: at, insert: [] };
      found.push(open);
    }
    if (step.kind === "added") open.insert.push(step.now);
    else {
      at += 1;
      open.to = at;
    }
  }
  return found;
}
