// The one script of the server's pages for readers, where a notebook has outputs that need scripts: each is shown in a
// frame of nobody's origin in place of the image or the text that stands there for everybody else.
import { known, type LibraryName } from "../frame/known.ts";
import type { Content } from "../frame/library.ts";
import type { FromFrame, Theme, ToFrame } from "../frame/message.ts";
import type { MimeBundle } from "../notebook/nbformat.ts";
import { scriptOf } from "../output/libraries.ts";
import { choose } from "../output/mime.ts";

/** What an output says of its height is believed up to here. */
const TALLEST = 1200;
const SANDBOX = "allow-scripts allow-downloads allow-forms allow-pointer-lock";

/** The folder of the server that has `ui/`, the folder of this script, in it. */
const BASE = new URL("../", (document.currentScript as HTMLScriptElement).src).href;

interface Live {
  content: Content;
  library: LibraryName | undefined;
}

/** What is to be drawn of an output; undefined where it stays as it is, `nothing` where it is to show nothing. */
function liveOf(text: string): Live | "nothing" | undefined {
  let output: { data: MimeBundle; metadata: MimeBundle };
  try {
    output = JSON.parse(text) as typeof output;
  } catch {
    return undefined;
  }
  const shown = choose(output.data);
  switch (shown?.kind) {
    case "drawn":
      return { content: { mime: shown.mime, data: shown.data, metadata: output.metadata[shown.mime] ?? {} }, library: shown.library };
    case "script":
      return { content: { mime: "application/javascript", data: shown.text, metadata: {} }, library: known(shown.text) };
    case "html":
      return { content: { mime: "text/html", data: shown.text, metadata: {} }, library: known(shown.text) };
    case "nothing":
      return "nothing";
    default:
      return undefined;
  }
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = (): Theme => (dark.matches ? "dark" : "light");

/** Puts the frame where the output stands, and takes away what stood there once the frame shows something. */
function mount(place: HTMLElement, { content, library }: Live): void {
  const nonce = crypto.randomUUID();
  const frame = document.createElement("iframe");
  frame.title = "Output with scripts of its own";
  frame.setAttribute("sandbox", SANDBOX);
  frame.className = "live";
  frame.height = "1";
  const say = (message: ToFrame) => frame.contentWindow?.postMessage(message, "*");
  const render = async () => say({ kind: "render", nonce, content, theme: theme(), ...(library === undefined ? {} : { library: await scriptOf(library, BASE) }) });
  addEventListener("message", (event: MessageEvent<FromFrame>) => {
    if (event.source === null || event.source !== frame.contentWindow) return;
    const message = event.data;
    if (message.kind === "ready") render().catch(() => frame.remove());
    else if (message.nonce !== nonce) return;
    else if (message.kind === "resize" && message.height > 1) {
      frame.height = String(Math.min(message.height, TALLEST));
      for (const other of place.children) if (other !== frame) (other as HTMLElement).hidden = true;
    } else if (message.kind === "link" && /^https?:\/\//.test(message.href)) ask(place, message.href);
  });
  dark.addEventListener("change", () => say({ kind: "theme", nonce, theme: theme() }));
  frame.src = new URL("frame/output.html", BASE).href;
  place.append(frame);
}

/** A frame goes nowhere by itself: where it leads is said, and people follow or do not. */
function ask(place: HTMLElement, href: string): void {
  const note = document.createElement("p");
  const link = document.createElement("a");
  note.className = "note";
  link.href = href;
  link.rel = "noopener noreferrer";
  link.target = "_blank";
  link.textContent = new URL(href).host;
  note.append("This output leads to ", link);
  place.querySelector(":scope > .note:last-of-type:not([hidden])")?.remove();
  place.append(note);
}

const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    const live = liveOf(target.querySelector("script.live")?.textContent ?? "");
    if (live === "nothing") (target as HTMLElement).hidden = true;
    else if (live !== undefined) mount(target as HTMLElement, live);
  }
}, { rootMargin: "600px" });
for (const place of document.querySelectorAll(".can-live")) near.observe(place);
