// A text and what became of it, line by line.
import { useMemo } from "react";

import { counted } from "../parts/say.ts";
import { type Line, lines } from "./text.ts";

export function Lines({ before, now, label }: { before: string; now: string; label: string }) {
  const found = useMemo(() => lines(before, now).filter(isWritten), [before, now]);
  return <LineList lines={found} label={label} />;
}

/** An absent text is no empty line. */
function isWritten(line: Line): boolean {
  return line.kind === "same" || line.kind === "hidden" || line.pieces.some(({ text }) => text !== "");
}

const MARKS = { same: " ", removed: "−", added: "+" };

export function LineList({ lines: shown, label }: { lines: Line[]; label: string }) {
  return (
    <pre className="diff-lines" tabIndex={0} aria-label={label}>
      {shown.map((line, at) =>
        line.kind === "hidden" ? (
          <span key={at} className="diff-line is-hidden">{counted(line.count, "line")} the same</span>
        ) : (
          <span key={at} className={`diff-line is-${line.kind}`}>
            <span className="diff-mark" aria-label={line.kind === "same" ? undefined : line.kind}>{MARKS[line.kind]}</span>
            {line.kind === "same" ? line.text : line.pieces.map(({ text, own }, piece) => (own ? <b key={piece}>{text}</b> : text))}
            {"\n"}
          </span>
        ),
      )}
    </pre>
  );
}
