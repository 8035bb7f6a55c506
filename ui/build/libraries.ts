// The libraries that draw charts and widgets in the frames of outputs: each one file, which a page fetches when it first
// needs it and hands to the frame. They are compressed once, here, and unpacked by the page; nothing else is shipped of them.
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

import { bundled } from "./bundled.ts";

const FOLDER = new URL("../src/frame/libraries/", import.meta.url);
const MODULE = "virtual:libraries";
/** Where a library leaves what it exports (`src/frame/library.ts`). */
const VARIABLE = "nbpressLibrary";

/** The module `virtual:libraries` has the address of each library by its name. */
export function libraries(): Plugin {
  let serves = false;
  return {
    name: "libraries",
    configResolved({ command }) {
      serves = command === "serve";
    },
    configureServer(vite) {
      vite.middlewares.use("/library/", (request, response) => {
        packed((request.url ?? "").slice(1)).then((bytes) => response.end(bytes), console.error);
      });
    },
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : undefined),
    async load(id) {
      if (id !== `\0${MODULE}`) return undefined;
      if (serves) return moduleOf(Object.fromEntries(names().map((name) => [name, `library/${name}`])));
      const addresses = await built();
      for (const [name, fileName] of Object.entries(addresses)) this.emitFile({ type: "asset", fileName, source: await packedOnce(name) });
      return moduleOf(addresses);
    },
  };
}

/** `virtual:libraries` of a script that is bundled by itself. */
export function addressesOfLibraries() {
  return {
    name: "addresses-of-libraries",
    resolveId: (id: string) => (id === MODULE ? `\0${MODULE}` : undefined),
    load: async (id: string) => (id === `\0${MODULE}` ? moduleOf(await built()) : undefined),
  };
}

/** The names of the libraries' files, which change with their content. */
async function built(): Promise<Addresses> {
  const addresses: Addresses = {};
  for (const name of names()) {
    addresses[name] = `ui/${name}-${createHash("sha256").update(await packedOnce(name)).digest("hex").slice(0, 8)}.library`;
  }
  return addresses;
}

type Addresses = { [name: string]: string };

function moduleOf(addresses: Addresses): string {
  return `export default ${JSON.stringify(addresses)}`;
}

function names(): string[] {
  return readdirSync(FOLDER).flatMap((file) => /^([a-z]+)\.ts$/.exec(file)?.[1] ?? []);
}

/** Packed for a build, which asks for each several times. */
const packs = new Map<string, Promise<Uint8Array>>();

function packedOnce(name: string): Promise<Uint8Array> {
  let pack = packs.get(name);
  if (pack === undefined) {
    pack = packed(name);
    packs.set(name, pack);
  }
  return pack;
}

async function packed(name: string): Promise<Uint8Array> {
  if (!names().includes(name)) throw new Error(`there is no library \`${name}\``);
  return gzipSync(await bundled(new URL(`${name}.ts`, FOLDER), VARIABLE), { level: 9 });
}
