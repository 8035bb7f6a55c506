// The libraries that draw in frames: which draws what, and their scripts, fetched once when first needed.
import addresses from "virtual:libraries";

import type { LibraryName } from "../frame/known.ts";

const scripts = new Map<LibraryName, Promise<string>>();

/** The text of a library's script; `base` is the folder that its address is relative to. */
export function scriptOf(name: LibraryName, base: string = document.baseURI): Promise<string> {
  let script = scripts.get(name);
  if (script === undefined) {
    script = fetched(name, base);
    scripts.set(name, script);
    // Asked again by the next output that needs it.
    script.catch(() => scripts.delete(name));
  }
  return script;
}

async function fetched(name: LibraryName, base: string): Promise<string> {
  const response = await fetch(new URL(addresses[name] ?? "", base)).catch(() => undefined);
  if (response?.ok !== true || response.body === null) throw new Error("what draws this output could not be loaded");
  return new Response(response.body.pipeThrough(new DecompressionStream("gzip"))).text();
}
