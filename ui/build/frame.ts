// `frame/output.html`: the page in which untrusted outputs run, whole in one file, because its origin may load nothing.
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

import { bundled } from "./bundled.ts";

const FOLDER = new URL("../src/frame/", import.meta.url);
const ADDRESS = "frame/output.html";
// The server says the same of the built page (`ui/policy.rs`).
const POLICY = "sandbox allow-scripts allow-downloads allow-forms allow-pointer-lock";

export function outputFrame(): Plugin {
  return {
    name: "output-frame",
    configureServer(vite) {
      vite.middlewares.use(`/${ADDRESS}`, (_request, response) => {
        page().then((html) => {
          response.setHeader("content-type", "text/html; charset=utf-8");
          response.setHeader("content-security-policy", POLICY);
          response.end(html);
        }, console.error);
      });
    },
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: ADDRESS, source: await page() });
    },
  };
}

async function page(): Promise<string> {
  const script = await bundled(new URL("frame.ts", FOLDER));
  const style = readFileSync(new URL("frame.css", FOLDER), "utf8");
  const html = readFileSync(new URL("frame.html", FOLDER), "utf8");
  const parts: Record<string, string> = { "/*style*/": style, "/*script*/": script };
  return Object.entries(parts).reduce((text, [mark, part]) => text.replace(mark, () => part), html);
}
