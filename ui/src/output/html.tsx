// HTML of an output: in the page where cleaning loses nothing, behind a shadow root; otherwise in a frame.
import { useEffect, useMemo, useRef } from "react";

import { known } from "../frame/known.ts";
import { adopt } from "./adopt.ts";
import { cleanWhole } from "./clean.ts";
import { OutputFrame } from "./output-frame.tsx";
import sheetText from "./shadow.css?inline";

let sheet: CSSStyleSheet | undefined;

/** Made by a call, because the page's policy allows no style in its text. */
function ourSheet(): CSSStyleSheet {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(sheetText);
  }
  return sheet;
}

export function Html({ text }: { text: string }) {
  const html = useMemo(() => cleanWhole(text), [text]);
  // The same object while the text is the same: another one is drawn anew.
  const content = useMemo(() => ({ mime: "text/html", data: text, metadata: {} }), [text]);
  return html === undefined ? <OutputFrame content={content} library={known(text)} /> : <Shadow html={html} label="Output" />;
}

export function Shadow({ html, label }: { html: TrustedHTML; label: string }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [ourSheet()];
    // Only what was cleaned has this type.
    root.innerHTML = html as unknown as string;
    adopt(root);
  }, [html]);
  return <div className="shadow" ref={host} tabIndex={0} role="group" aria-label={label} />;
}
