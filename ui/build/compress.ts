// Beside every file that gains from it, a compressed copy for the server to send.
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

export function compress(): Plugin {
  return {
    name: "compress",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          if (!/\.(js|css|svg|txt)$/.test(file.fileName)) continue;
          const source = file.type === "chunk" ? file.code : file.source;
          this.emitFile({ type: "asset", fileName: `${file.fileName}.gz`, source: gzipSync(source, { level: 9 }) });
        }
      },
    },
  };
}
