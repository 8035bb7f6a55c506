// Runs inside a sandboxed frame: shows what it is sent and says how tall that is.
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
    for (const { name, value } of old.attributes) script.setAttribute(name, value);
    script.async = false;
    script.textContent = old.textContent;
    old.replaceWith(script);
  }
}

function render(mime: string, text: string): void {
  if (mime === "application/javascript") {
    const script = document.createElement("script");
    script.textContent = `(function(element){${text}\n})(document.getElementById("output"))`;
    output.replaceChildren(script);
    return;
  }
  output.innerHTML = text;
  revive(output);
}

addEventListener("message", (event: MessageEvent<ToFrame>) => {
  if (event.source !== parent) return;
  const message = event.data;
  if (message.kind === "render") {
    nonce = message.nonce;
    wear(message.theme);
    render(message.mime, message.text);
  } else if (message.kind === "theme" && message.nonce === nonce) {
    wear(message.theme);
  }
});

addEventListener("error", (event) => say({ kind: "error", nonce, message: event.message }));

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
