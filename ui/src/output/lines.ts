// The text of a terminal as the lines that remain of it: `\r` begins a line anew, `\b` goes back.

/** What is left when everything was printed. */
export function settled(text: string): string {
  if (!/[\r\b]/.test(text)) return text;
  return text.split("\n").map(line).join("\n");
}

/** Erase to the end of the line, or escapes with the character behind them. */
const PIECE = /(\u001b\[[0-9;]*K)|((?:\u001b\[[0-9;]*[A-JL-Za-z])*)([^\u001b]|$)/gsu;

function line(text: string): string {
  if (!/[\r\b]/.test(text)) return text;
  // A cell of the screen is a character with the escapes before it.
  const cells: string[] = [];
  let at = 0;
  for (const [, erase, escapes = "", character = ""] of text.matchAll(PIECE)) {
    if (erase !== undefined) {
      cells.length = Math.min(cells.length, at);
    } else if (character === "\r" || character === "\b" || character === "") {
      if (escapes !== "") cells[Math.max(0, at - 1)] = (cells[at - 1] ?? "") + escapes;
      at = character === "\r" ? 0 : character === "\b" ? Math.max(0, at - 1) : at;
    } else {
      cells[at] = escapes + character;
      at += 1;
    }
  }
  return cells.join("");
}

export interface Shortened {
  head: string;
  /** Lines between the two; 0 where nothing is left out. */
  hidden: number;
  tail: string;
}

const HEAD = 200;
const TAIL = 2000;

/** The beginning and the end of a long text. */
export function shortened(text: string, head = HEAD, tail = TAIL): Shortened {
  const lines = text.split("\n");
  const hidden = lines.length - head - tail;
  if (hidden <= 0) return { head: text, hidden: 0, tail: "" };
  return { head: lines.slice(0, head).join("\n"), hidden, tail: lines.slice(-tail).join("\n") };
}
