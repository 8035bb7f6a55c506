// `ui/view-….js`: the one script of the server's pages for readers, in one file, because their policy lets no other run.
import { createHash } from "node:crypto";
import type { Plugin } from "vite";

import { bundled } from "./bundled.ts";
import { addressesOfLibraries } from "./libraries.ts";

const SCRIPT = new URL("../src/view/view.ts", import.meta.url);

export function viewScript(): Plugin {
  return {
    name: "view-script",
    apply: "build",
    async generateBundle() {
      const source = await bundled(SCRIPT, undefined, [addressesOfLibraries()]);
      const hash = createHash("sha256").update(source).digest("hex").slice(0, 8);
      this.emitFile({ type: "asset", fileName: `ui/view-${hash}.js`, source });
    },
  };
}
