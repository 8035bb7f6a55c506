// Colours and weights of terminal text (ECMA-48, SGR). Everything else a terminal can be told is left out.

export interface Style {
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  inverse?: boolean;
  /** One of the 16 colours by its number, or a colour of CSS. */
  color?: number | string;
  background?: number | string;
}

export interface Span {
  text: string;
  style: Style;
}

const ESCAPE = /\u001b(?:\[([0-9;:]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g;

/** The text in pieces of one style each. */
export function spans(text: string): Span[] {
  const found: Span[] = [];
  let style: Style = {};
  let end = 0;
  const push = (piece: string) => {
    if (piece !== "") found.push({ text: piece, style });
  };
  for (const match of text.matchAll(ESCAPE)) {
    push(text.slice(end, match.index));
    end = match.index + match[0].length;
    if (match[2] === "m") style = styled(style, (match[1] ?? "").split(/[;:]/).map(Number));
  }
  push(text.slice(end).replaceAll("\u001b", ""));
  return found;
}

export function plain(text: string): string {
  return spans(text).map((span) => span.text).join("");
}

const FLAGS: { [code: number]: Style } = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
};

const ENDS: { [code: number]: (keyof Style)[] } = {
  22: ["bold", "dim"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  39: ["color"],
  49: ["background"],
};

function styled(before: Style, codes: number[]): Style {
  let style = { ...before };
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    const field = Math.floor(code / 10) % 2 === 1 ? "color" : "background";
    if (code === 0) style = {};
    else if (FLAGS[code] !== undefined) style = { ...style, ...FLAGS[code] };
    else if (ENDS[code] !== undefined) for (const name of ENDS[code]) delete style[name];
    else if (code === 38 || code === 48) {
      const [value, used] = extended(codes.slice(at + 1));
      at += used;
      if (value !== undefined) style[code === 38 ? "color" : "background"] = value;
    } else if ((code >= 30 && code <= 37) || (code >= 40 && code <= 47)) style[field] = code % 10;
    else if (code >= 90 && code <= 97) style.color = code - 90 + 8;
    else if (code >= 100 && code <= 107) style.background = code - 100 + 8;
  }
  return style;
}

/** A colour of the 256, or of all, and how many numbers it took. */
function extended([kind, ...rest]: number[]): [number | string | undefined, number] {
  if (kind === 2) return [`rgb(${rest.slice(0, 3).map(byte).join(" ")})`, 4];
  if (kind !== 5) return [undefined, 1];
  const index = byte(rest[0]);
  if (index < 16) return [index, 2];
  if (index >= 232) {
    const grey = (index - 232) * 10 + 8;
    return [`rgb(${grey} ${grey} ${grey})`, 2];
  }
  const cube = index - 16;
  return [`rgb(${[36, 6, 1].map((step) => level(Math.floor(cube / step) % 6)).join(" ")})`, 2];
}

/** Of a colour cube's 6 steps. */
function level(step: number): number {
  return step === 0 ? 0 : step * 40 + 55;
}

function byte(value: number | undefined): number {
  return Math.min(255, Math.max(0, value ?? 0)) || 0;
}
