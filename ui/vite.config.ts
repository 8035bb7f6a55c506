import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { compress } from "./build/compress.ts";
import { onlyWoff2 } from "./build/fonts.ts";
import { outputFrame } from "./build/frame.ts";
import { libraries } from "./build/libraries.ts";
import { licenses } from "./build/licenses.ts";
import { server } from "./build/server.ts";
import { viewScript } from "./build/view.ts";

export default defineConfig(({ command }) => ({
  // Everything is named relative to the page's `<base>`, which the server sets.
  base: "./",
  plugins: [react(), onlyWoff2(), outputFrame(), libraries(), viewScript(), licenses(), compress()],
  build: {
    target: ["chrome120", "firefox121", "safari17.5"],
    assetsDir: "ui",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The libraries of frames take most of a build, and it is known that they do.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  ...(command === "serve" && process.env["VITEST"] === undefined ? { server: server() } : {}),
  test: { include: ["src/**/*.test.{ts,tsx}"] },
}));
