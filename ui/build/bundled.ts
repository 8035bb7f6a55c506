// A module with all it imports as one script without imports, for the frames of outputs, which may load nothing.
import { rolldown } from "rolldown";

/** What it exports is then in the global variable `name`. */
export async function bundled(module: URL, name?: string): Promise<string> {
  const bundle = await rolldown({ input: module.pathname, logLevel: "silent", platform: "browser", moduleTypes: { ".css": "text" } });
  const { output } = await bundle.generate({ format: "iife", minify: true, ...(name === undefined ? {} : { name, exports: "named" }) });
  await bundle.close();
  return output[0].code;
}
