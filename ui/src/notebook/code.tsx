// Code to read: plain at once, with colours once it comes near and the grammar is there.
import { memo, useEffect, useRef, useState } from "react";

import type { Piece } from "./highlight.ts";

type Highlight = (code: string) => Piece[];

export const Code = memo(function Code({ source, language, label }: { source: string; language: string; label: string }) {
  const place = useRef<HTMLPreElement>(null);
  const pieces = usePieces(place, source, language);
  return (
    <pre className="code" ref={place} tabIndex={0} aria-label={label}>
      <code>{pieces === undefined ? source : colored(pieces)}</code>
    </pre>
  );
});

export function colored(pieces: Piece[]) {
  return pieces.map(({ text, kind }, index) => (kind === "" ? text : <span key={index} className={kind}>{text}</span>));
}

/** The colours of a code, once it is near the window. */
function usePieces(place: React.RefObject<HTMLElement | null>, source: string, language: string): Piece[] | undefined {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (near || element === null) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting === true && setNear(true), { rootMargin: "400px" });
    observer.observe(element);
    return () => observer.disconnect();
  }, [place, near]);
  const highlight = useHighlight(near ? language : undefined);
  return highlight?.(source);
}

/** The grammar of a language, loaded when it is first asked for; undefined while there is none. */
export function useHighlight(language: string | undefined): Highlight | undefined {
  const [highlight, setHighlight] = useState<Highlight>();
  useEffect(() => {
    if (language !== "python") return undefined;
    let wanted = true;
    import("./highlight.ts").then((module) => wanted && setHighlight(() => module.highlight), () => undefined);
    return () => {
      wanted = false;
    };
  }, [language]);
  return highlight;
}
