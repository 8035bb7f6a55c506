// `npm run dev`: the sources with hot reload, and everything else from a running `nbpress serve`.
//
// It is found as other commands find it: `NBPRESS_SERVER` and `NBPRESS_TOKEN`, or what the server of this machine has
// written into `NBPRESS_HOME`.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ProxyOptions, ServerOptions } from "vite";

interface Running {
  url: string;
  token: string;
}

function running(): Running {
  const { NBPRESS_SERVER: url, NBPRESS_TOKEN: token = "", NBPRESS_HOME: home } = process.env;
  if (url !== undefined) return { url, token };
  const file = join(home ?? join(homedir(), ".nbpress"), "server.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Running;
  } catch (cause) {
    throw new Error(`no server runs here (${file}); start one: nbpress serve`, { cause });
  }
}

export function server(): ServerOptions {
  const { url, token } = running();
  const proxy: ProxyOptions = {
    ws: true,
    target: url,
    changeOrigin: true,
    headers: { authorization: `Bearer ${token}`, origin: new URL(url).origin },
  };
  const views = "^/(runs|jobs)/[^/]+/view";
  return { proxy: { "/v1": proxy, "/view": proxy, "/files": proxy, "/lab": proxy, "/static": proxy, "/api": proxy, [views]: proxy } };
}
