// Python's colours, from the grammar that the editor will use too.
import { classHighlighter, highlightCode } from "@lezer/highlight";
import { parser } from "@lezer/python";

export interface Piece {
  text: string;
  /** A class of ours; empty for plain code. */
  kind: string;
}

const KINDS: { [theirs: string]: string } = {
  "tok-keyword": "syn-kw",
  "tok-operatorKeyword": "syn-kw",
  "tok-bool": "syn-kw",
  "tok-string": "syn-str",
  "tok-string2": "syn-str",
  "tok-number": "syn-num",
  "tok-comment": "syn-com",
};

let last: { code: string; pieces: Piece[] } | undefined;

export function highlight(code: string): Piece[] {
  if (last?.code === code) return last.pieces;
  const pieces: Piece[] = [];
  const put = (text: string, classes: string) => pieces.push({ text, kind: kindOf(classes) });
  highlightCode(code, parser.parse(code), classHighlighter, put, () => put("\n", ""));
  last = { code, pieces };
  return pieces;
}

function kindOf(classes: string): string {
  for (const name of classes.split(" ")) {
    const kind = KINDS[name];
    if (kind !== undefined) return kind;
  }
  return "";
}
