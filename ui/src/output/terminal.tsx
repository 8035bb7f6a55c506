// Text as a terminal shows it: colours, lines that were begun anew, and of very long texts the beginning and the end.
import { type CSSProperties, memo, useMemo, useState } from "react";

import { type Span, spans, type Style } from "./ansi.ts";
import { settled, shortened } from "./lines.ts";

export const Terminal = memo(function Terminal({ text, name }: { text: string; name: string }) {
  const [whole, setWhole] = useState(false);
  const { head, hidden, tail } = useMemo(() => shortened(settled(text)), [text]);
  return (
    <pre className={`terminal ${name}`} tabIndex={0} aria-label={name}>
      <Colored text={whole && hidden > 0 ? settled(text) : head} />
      {hidden > 0 && !whole ? (
        <>
          <button type="button" className="button terminal-more" onClick={() => setWhole(true)}>Show {hidden.toLocaleString("en")} more lines</button>
          <Colored text={tail} />
        </>
      ) : null}
    </pre>
  );
});

export function Colored({ text }: { text: string }) {
  return <>{spans(text).map((span, index) => piece(span, index))}</>;
}

function piece({ text, style }: Span, key: number) {
  const classes = classesOf(style);
  if (classes === "") return text;
  return <span key={key} className={classes} style={ownColours(style)}>{text}</span>;
}

function classesOf({ color, background, ...flags }: Style): string {
  const names = Object.keys(flags);
  if (color !== undefined) names.push(`fg-${typeof color === "number" ? color % 8 : "own"}`);
  if (background !== undefined) names.push(`bg-${typeof background === "number" ? background % 8 : "own"}`);
  return names.map((name) => `ansi-${name}`).join(" ");
}

/** Colours beyond the 16 are handed to the style, which keeps them readable on light and dark. */
function ownColours({ color, background }: Style): CSSProperties | undefined {
  const own: { [name: `--${string}`]: string } = {};
  if (typeof color === "string") own["--fg"] = color;
  if (typeof background === "string") own["--bg-own"] = background;
  return own as CSSProperties;
}
