// A frame of nobody's origin in which an output may run scripts of its own. It is mounted when it comes near.
import { useEffect, useRef, useState } from "react";

import type { LibraryName } from "../frame/known.ts";
import { mayPass } from "../frame/kernel-message.ts";
import type { Content } from "../frame/library.ts";
import type { FromFrame, Theme, ToFrame } from "../frame/message.ts";
import { scriptOf } from "./libraries.ts";
import type { Live } from "./live.ts";

const TALLEST = 1200;
/** Until it is known: what they draw is seldom lower, and frames that are far below are not mounted at once. */
const UNTIL_KNOWN: { [library in LibraryName]?: number } = { plotly: 450, vega: 280, bokeh: 280 };
const LEAST = 60;

interface Ask {
  href: string;
}

export interface OutputFrameProps {
  content: Content;
  /** What draws it, where the content is not HTML or a script. */
  library?: LibraryName | undefined;
  /** What a screen reader says of it. */
  label?: string | undefined;
  /** The kernel that what is in it may talk with. */
  kernel?: Live | undefined;
}

export function OutputFrame({ content, library, label = "Output with scripts or styles of its own", kernel }: OutputFrameProps) {
  const place = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLIFrameElement>(null);
  // One for as long as the frame is there: what it said of an earlier content still holds.
  const [nonce] = useState(() => crypto.randomUUID());
  const isReady = useRef(false);
  /** It keeps the library for what comes later. */
  const hasLibrary = useRef(false);
  const [near, setNear] = useState(false);
  const [height, setHeight] = useState(library === undefined ? LEAST : (UNTIL_KNOWN[library] ?? LEAST));
  const [failure, setFailure] = useState<string>();
  const [refused, setRefused] = useState<string>();
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
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const theme = (): Theme => (getComputedStyle(document.documentElement).colorScheme === "dark" || dark.matches ? "dark" : "light");
    // Its origin is opaque: no other target than everybody fits, and only this window is sent to.
    const say = (message: ToFrame) => frame.current?.contentWindow?.postMessage(message, "*");
    let over = false;
    const send = async () => {
      const script = library === undefined || hasLibrary.current ? {} : { library: await scriptOf(library) };
      if (over) return;
      hasLibrary.current = library !== undefined;
      setFailure(undefined);
      say({ kind: "render", nonce, content, theme: theme(), ...script });
    };
    const tell = () => void send().catch((cause: Error) => setFailure(cause.message));
    const hear = (event: MessageEvent<FromFrame>) => {
      if (event.source === null || event.source !== frame.current?.contentWindow) return;
      const message = event.data;
      if (message.kind === "ready") {
        isReady.current = true;
        hasLibrary.current = false;
        tell();
      } else if (message.nonce !== nonce) return;
      else if (message.kind === "resize") setHeight(Math.min(Math.max(message.height, 1), TALLEST));
      else if (message.kind === "error") setFailure(message.message);
      else if (message.kind === "kernel") {
        if (kernel !== undefined && mayPass(message.message)) kernel.say(message.message);
      } else if (message.kind === "refused") setRefused(message.host);
      else if (message.kind === "link" && /^https?:\/\//.test(message.href)) setAsk({ href: message.href });
    };
    const changed = () => say({ kind: "theme", nonce, theme: theme() });
    addEventListener("message", hear);
    const hang = kernel?.listen((message) => say({ kind: "kernel", nonce, message }));
    dark.addEventListener("change", changed);
    // An update of a frame that is there already.
    if (isReady.current) tell();
    return () => {
      over = true;
      hang?.();
      removeEventListener("message", hear);
      dark.removeEventListener("change", changed);
    };
  }, [near, nonce, content, library, kernel]);

  return (
    <div className="output-frame" ref={place} style={near ? {} : { minHeight: height }}>
      {near ? (
        <iframe
          ref={frame}
          title={label}
          src="frame/output.html"
          sandbox="allow-scripts allow-downloads allow-forms allow-pointer-lock"
          allow="fullscreen"
          height={height}
        />
      ) : null}
      {failure === undefined ? null : <p className="output-note">{library === undefined ? "A script of this output failed" : "This output cannot be drawn"}: {failure}</p>}
      {refused === undefined ? null : <p className="output-note">This output wants files from {refused}; outputs have no network.</p>}
      {ask === undefined ? null : (
        <p className="output-note">
          This output leads to <a className="link" href={ask.href} target="_blank" rel="noopener noreferrer">{new URL(ask.href).host}</a>
        </p>
      )}
    </div>
  );
}
