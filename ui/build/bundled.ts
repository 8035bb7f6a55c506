// A module with all it imports as one script without imports, for the frames of outputs, which may load nothing.
import { readFileSync } from "node:fs";
import { type Plugin, rolldown } from "rolldown";

import { noteModules } from "./licenses.ts";

/** What a module exports is then in the global variable `name`. */
export async function bundled(module: URL, name?: string, plugins: Plugin[] = []): Promise<string> {
  const bundle = await rolldown({ input: module.pathname, logLevel: "silent", platform: "browser", plugins: [asText(), ...plugins] });
  const { output } = await bundle.generate({ format: "iife", minify: true, ...(name === undefined ? {} : { name, exports: "named" }) });
  await bundle.close();
  noteModules(output[0].moduleIds);
  return output[0].code;
}

const TEXT = "?text";

/** `import script from "package/file.js?text"`: a script as it is, for what has to run outside of any module; and styles. */
function asText() {
  return {
    name: "as-text",
    async resolveId(this: Resolver, id: string, importer: string | undefined) {
      if (!id.endsWith(TEXT)) return undefined;
      const found = await this.resolve(id.slice(0, -TEXT.length), importer);
      return found === null ? undefined : found.id + TEXT;
    },
    load(id: string) {
      const [file = id] = id.split("?");
      if (!id.endsWith(TEXT) && !file.endsWith(".css")) return undefined;
      return { code: `export default ${JSON.stringify(readFileSync(file, "utf8"))}`, moduleType: "js" as const };
    },
  };
}

interface Resolver {
  resolve: (id: string, importer?: string) => Promise<{ id: string } | null>;
}
