// Runs inside a sandboxed frame: shows what it is sent and says how tall that is.
import { known } from "./known.ts";
import type { Content } from "./library.ts";
import type { FromFrame, Theme, ToFrame } from "./message.ts";

const output = document.getElementById("output") as HTMLElement;
let nonce = "";
let height = -1;

function say(message: FromFrame): void {
  // The parent compares the sender's window and the nonce; this origin is nobody's, so there is none to name.
  parent.postMessage(message, "*");
}

function wear(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
}

/** Scripts that come by `innerHTML` do not run: each is made anew, in order. */
function revive(folder: HTMLElement): void {
  for (const old of folder.querySelectorAll("script")) {
    const script = document.createElement("script");
    for (const { name, value } of old.attributes) if (name !== "src" && name !== "integrity") script.setAttribute(name, value);
    if (old.hasAttribute("src")) script.src = old.src;
    script.async = false;
    script.textContent = old.textContent;
    old.replaceWith(script);
  }
}

/** Whoever asks for a script that is here already has it: as a script that does nothing more. */
function answerForLibraries(): void {
  const { prototype } = HTMLScriptElement;
  const own = Object.getOwnPropertyDescriptor(prototype, "src");
  const set = own?.set;
  if (own === undefined || set === undefined) return;
  Object.defineProperty(prototype, "src", {
    ...own,
    set(this: HTMLScriptElement, address: string) {
      const isHere = known(address) !== undefined;
      if (isHere) this.removeAttribute("integrity");
      set.call(this, isHere ? "data:text/javascript," : address);
    },
  });
}

function load(library: string): void {
  const script = document.createElement("script");
  script.textContent = library;
  document.head.append(script);
  script.remove();
  answerForLibraries();
  globalThis.nbpressLibrary?.talk?.((message) => say({ kind: "kernel", nonce, message }));
}

function render({ mime, data }: Content): void {
  const text = String(data);
  if (mime === "application/javascript") {
    const script = document.createElement("script");
    script.textContent = `(function(element){${text}\n})(document.getElementById("output"))`;
    output.replaceChildren(script);
    return;
  }
  output.innerHTML = text;
  revive(output);
}

/** HTML and scripts by what they say themselves, all else by the library that came with it. */
async function show(content: Content, theme: Theme): Promise<void> {
  const library = globalThis.nbpressLibrary;
  await library?.wear(theme);
  if (library === undefined || content.mime === "text/html" || content.mime === "application/javascript") render(content);
  else await library.draw(output, content);
}

function fail(cause: unknown): void {
  say({ kind: "error", nonce, message: cause instanceof Error ? cause.message : String(cause) });
}

addEventListener("message", (event: MessageEvent<ToFrame>) => {
  if (event.source !== parent) return;
  const message = event.data;
  if (message.kind === "render") {
    nonce = message.nonce;
    wear(message.theme);
    if (message.library !== undefined && globalThis.nbpressLibrary === undefined) load(message.library);
    show(message.content, message.theme).catch(fail);
  } else if (message.kind === "theme" && message.nonce === nonce) {
    wear(message.theme);
    Promise.resolve(globalThis.nbpressLibrary?.wear(message.theme)).catch(fail);
  } else if (message.kind === "kernel" && message.nonce === nonce) {
    globalThis.nbpressLibrary?.hear?.(message.message);
  }
});

// A wheel over a chart scrolls the page, until somebody clicks into the chart; Escape gives it back.
let engaged = false;
addEventListener("pointerdown", () => { engaged = true; }, true);
addEventListener("blur", () => { engaged = false; });
addEventListener("keydown", ({ key }) => { if (key === "Escape") engaged = false; });
addEventListener("wheel", (event) => { if (!engaged && globalThis.nbpressLibrary !== undefined) event.stopImmediatePropagation(); }, true);

addEventListener("securitypolicyviolation", ({ blockedURI }) => {
  if (/^(https?|wss?):/.test(blockedURI)) say({ kind: "refused", nonce, host: new URL(blockedURI).host });
});
addEventListener("error", (event) => (event.error instanceof Error ? fail(event.error) : fail(event.message)));
addEventListener("unhandledrejection", (event) => fail(event.reason));

addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  const href = link instanceof HTMLAnchorElement ? link.href : "";
  if (!/^https?:/.test(href)) return;
  event.preventDefault();
  say({ kind: "link", nonce, href });
});

new ResizeObserver(() => {
  const now = Math.ceil(output.getBoundingClientRect().height);
  if (now === height || nonce === "") return;
  height = now;
  say({ kind: "resize", nonce, height });
}).observe(output);

say({ kind: "ready" });
