// The lines around the one at which a cell failed.

export interface CodeFrame {
  /** The number of the first line shown, from 1. */
  first: number;
  lines: string[];
  /** The line it failed at, from 1; undefined where the traceback does not say. */
  hit: number | undefined;
}

const AROUND = 2;
const MOST = 8;

export function codeFrame(source: string, traceback: string[]): CodeFrame {
  const lines = source.split("\n");
  const hit = lineOf(traceback, lines.length);
  if (hit === undefined) return { first: 1, lines: lines.slice(0, MOST), hit };
  const first = Math.max(1, hit - AROUND);
  return { first, lines: lines.slice(first - 1, hit + AROUND), hit };
}

/**
 * The line of the cell's own frame: IPython writes `Cell In[14], line 2` and, of a syntax error,
 * `File <ipython-input>:2`; others mark it with an arrow.
 */
function lineOf(traceback: string[], count: number): number | undefined {
  const text = traceback.join("\n").replace(/\u001b\[[0-9;]*m/g, "");
  for (const pattern of [/Cell In\s*\[\d+\], line (\d+)/, /<ipython-input[^>]*>(?: in [^\n]*\n|:)\D*?(\d+)/, /^-+> (\d+) /m, /^\s*File "<.*>", line (\d+)/m]) {
    const line = Number(pattern.exec(text)?.[1]);
    if (line >= 1 && line <= count) return line;
  }
  return undefined;
}
