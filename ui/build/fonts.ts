// Of KaTeX's fonts only the form that every browser takes which can run the rest.
import type { Plugin } from "vite";

export function onlyWoff2(): Plugin {
  return {
    name: "only-woff2",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("katex") || !id.endsWith(".css")) return undefined;
      return code.replace(/,url\([^)]+\.(woff|ttf)\) format\("[a-z]+"\)/g, "");
    },
  };
}
