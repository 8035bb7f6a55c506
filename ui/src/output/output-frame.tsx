// A frame of nobody's origin in which an output may run scripts of its own. It is mounted when it comes near.
import { useEffect, useRef, useState } from "react";

import type { FromFrame, Theme, ToFrame } from "../frame/message.ts";

const TALLEST = 1200;
const UNTIL_KNOWN = 60;

interface Ask {
  href: string;
}

export function OutputFrame({ mime, text }: { mime: string; text: string }) {
  const place = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLIFrameElement>(null);
  const [near, setNear] = useState(false);
  const [height, setHeight] = useState(UNTIL_KNOWN);
  const [failure, setFailure] = useState<string>();
  const [ask, setAsk] = useState<Ask>();

  useEffect(() => {
    const element = place.current;
    if (element === null || near) return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting === true && setNear(true), { rootMargin: "600px" });
    observer.observe(element);
    return () => observer.disconnect();
  }, [near]);

  useEffect(() => {
    if (!near) return undefined;
    const nonce = crypto.randomUUID();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const theme = (): Theme => (getComputedStyle(document.documentElement).colorScheme === "dark" || dark.matches ? "dark" : "light");
    // Its origin is opaque: no other target than everybody fits, and only this window is sent to.
    const say = (message: ToFrame) => frame.current?.contentWindow?.postMessage(message, "*");
    const hear = (event: MessageEvent<FromFrame>) => {
      if (event.source === null || event.source !== frame.current?.contentWindow) return;
      const message = event.data;
      if (message.kind === "ready") say({ kind: "render", nonce, mime, text, theme: theme() });
      else if (message.nonce !== nonce) return;
      else if (message.kind === "resize") setHeight(Math.min(Math.max(message.height, 1), TALLEST));
      else if (message.kind === "error") setFailure(message.message);
      else if (message.kind === "link" && /^https?:\/\//.test(message.href)) setAsk({ href: message.href });
    };
    const changed = () => say({ kind: "theme", nonce, theme: theme() });
    addEventListener("message", hear);
    dark.addEventListener("change", changed);
    // An update of a frame that is there already.
    say({ kind: "render", nonce, mime, text, theme: theme() });
    return () => {
      removeEventListener("message", hear);
      dark.removeEventListener("change", changed);
    };
  }, [near, mime, text]);

  return (
    <div className="output-frame" ref={place}>
      {near ? (
        <iframe
          ref={frame}
          title="Output with scripts or styles of its own"
          src="frame/output.html"
          sandbox="allow-scripts allow-downloads allow-forms allow-pointer-lock"
          allow="fullscreen"
          height={height}
        />
      ) : null}
      {failure === undefined ? null : <p className="output-note">A script of this output failed: {failure}</p>}
      {ask === undefined ? null : (
        <p className="output-note">
          This output leads to <a className="link" href={ask.href} target="_blank" rel="noopener noreferrer">{new URL(ask.href).host}</a>
        </p>
      )}
    </div>
  );
}
