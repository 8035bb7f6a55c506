// What changes on the server: one stream for the whole page. It asks again for what is shown, and knows whether the
// server is there.
import { useSyncExternalStore } from "react";

import { request } from "./client.ts";
import { invalidate, retry } from "./query.ts";
import type { AuditEntry } from "./schema.ts";
import { follow } from "./stream.ts";

/** Which addresses show what an entry of the chain is about. */
const SHOWN: { [what: string]: string[] } = {
  run: ["v1/runs", "v1/totals", "v1/batches"],
  job: ["v1/jobs", "v1/schedules"],
  schedule: ["v1/schedules", "v1/jobs"],
  batch: ["v1/batches", "v1/runs"],
  worker: ["v1/workers"],
  pool: ["v1/pools"],
};
/** Changes that come together are looked at together. */
const TOGETHER = 150;

let retryAt: number | undefined;
const listeners = new Set<() => void>();

/** When the lost connection is tried again, in milliseconds since 1970; undefined while there is one. */
export function useConnection(): number | undefined {
  return useSyncExternalStore(subscribe, () => retryAt);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begins to listen; called once by the page. */
export function listen(): void {
  const pending = new Set<string>();
  const note = (entry: AuditEntry) => {
    if (pending.size === 0) setTimeout(flush, TOGETHER);
    pending.add(entry.what);
  };
  const flush = () => {
    const beginnings = new Set([...pending].flatMap((what) => SHOWN[what] ?? []));
    pending.clear();
    for (const beginning of beginnings) invalidate(beginning);
  };
  const begin = (seq: number) => {
    follow((after) => `v1/events?after=${after}`, seq, {
      onEvent: (data) => note(JSON.parse(data) as AuditEntry),
      onState: (at) => {
        const isBack = retryAt !== undefined && at === undefined;
        retryAt = at;
        for (const listener of listeners) listener();
        if (isBack) retry();
      },
    });
  };
  const first = () => request("GET /v1/events/last", {}).then(({ seq }) => begin(seq), () => setTimeout(first, 1000));
  void first();
}
