// Formulas in Markdown: `$x$`, `$$x$$`, `\(x\)`, `\[x\]`, `\begin{align}…`. Where they are is known at once; how they look
// is known by a library that is loaded when the first one is met.
import type { MarkedExtension, Tokens } from "marked";

interface Formula extends Tokens.Generic {
  type: "formula";
  tex: string;
  display: boolean;
}

const BLOCK: RegExp[] = [/^\$\$([\s\S]+?)\$\$/, /^\\\[([\s\S]+?)\\\]/, /^(\\begin\{([a-z]+\*?)\}[\s\S]+?\\end\{\2\})/];
// Money is no formula: no space inside, no digit behind.
const INLINE: RegExp[] = [/^\$\$([\s\S]+?)\$\$/, /^\$(?!\s)((?:\\.|[^$\\\n])+?)(?<!\s)\$(?!\d)/, /^\\\(([\s\S]+?)\\\)/];

function read(source: string, patterns: RegExp[], display: boolean): Formula | undefined {
  for (const pattern of patterns) {
    const [raw, tex] = pattern.exec(source) ?? [];
    if (raw !== undefined && tex !== undefined) return { type: "formula", raw, tex: tex.trim(), display: display || raw.startsWith("$$") };
  }
  return undefined;
}

/** Where a formula of its own lines may begin. */
function lineThatBegins(source: string): number | undefined {
  const found = /(^|\n)(?:\$\$|\\\[|\\begin\{)/.exec(source);
  return found === null ? undefined : found.index + (found[1]?.length ?? 0);
}

function written(token: Tokens.Generic): string {
  const { tex, display } = token as Formula;
  const text = tex.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
  return `<span class="formula${display ? " display" : ""}">${text}</span>`;
}

export const formulas: MarkedExtension = {
  extensions: [
    { name: "formula", level: "block", start: (source) => lineThatBegins(source), tokenizer: (source) => read(source, BLOCK, true), renderer: written },
    { name: "formula", level: "inline", start: (source) => source.search(/\$|\\\(/), tokenizer: (source) => read(source, INLINE, false), renderer: written },
  ],
};

/** Draws the formulas of a text; until then, and where one is wrong, its TeX stands there. */
export async function draw(root: ParentNode): Promise<void> {
  const found = [...root.querySelectorAll<HTMLElement>(".formula")];
  if (found.length === 0) return;
  const { typeset } = await import("./typeset.ts");
  for (const formula of found) typeset(formula, formula.textContent ?? "", formula.classList.contains("display"));
}
