// `ui/licenses.txt`: the licence of every package of which something is in the bundles, with its notices.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const ROOT = new URL("..", import.meta.url).pathname;
const NOTICES = /^(licen[cs]e|copying|notice|ofl)/i;
const PACKAGE = /^((?:[A-Z]:)?\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const RULE = `\n\n${"-".repeat(80)}\n\n`;

/** The folders of packages, also of those in scripts that are bundled by themselves. */
const folders = new Set<string>();

/** Notes the packages that modules are of, by the modules' ids. */
export function noteModules(ids: Iterable<string>): void {
  for (const id of ids) {
    const folder = PACKAGE.exec(id.replace(/^\0+/, ""))?.[1];
    if (folder !== undefined) folders.add(folder);
  }
}

/** It comes after whatever else bundles. */
export function licenses(): Plugin {
  return {
    name: "licenses",
    apply: "build",
    generateBundle(_options, bundle) {
      // Files are named as they are in `ui/`.
      for (const file of Object.values(bundle)) noteModules(file.type === "chunk" ? file.moduleIds : file.originalFileNames.map((name) => join(ROOT, name)));
      // Styles leave no module in a chunk.
      noteModules(this.getModuleIds());
      const texts = new Map([...folders].map((folder) => [folder.slice(folder.lastIndexOf("node_modules/")), textOf(folder)]));
      this.emitFile({ type: "asset", fileName: "ui/licenses.txt", source: [...texts.keys()].toSorted().map((name) => texts.get(name)).join(RULE) });
    },
  };
}

/** The terms of packages that come without them. */
const TERMS: { [license: string]: string } = { "BSD-3-Clause": readFileSync(new URL("bsd-3-clause.txt", import.meta.url), "utf8") };

interface Described {
  name: string;
  version: string;
  license?: string;
  author?: string | { name: string };
}

function textOf(folder: string): string {
  const { name, version, license = "", author = `the authors of ${name}` } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Described;
  const notices = readdirSync(folder).filter((file) => NOTICES.test(file)).map((file) => readFileSync(join(folder, file), "utf8").trim());
  const terms = TERMS[license];
  if (notices.length === 0 && terms === undefined) throw new Error(`\`${name}\` comes without the terms of its licence \`${license}\``);
  const holder = typeof author === "string" ? author : author.name;
  const said = notices.length > 0 ? notices : [`Copyright (c) ${holder}`, terms?.trim()];
  return [`${name} ${version}: ${license}`, ...said].join("\n\n");
}
