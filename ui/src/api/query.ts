// What was asked and what came, kept for as long as somebody looks at it, asked again when something has changed.
import { useCallback, useEffect, useSyncExternalStore } from "react";

import { addressOf, ApiError, type Answer, type Ask, request, type Route } from "./client.ts";

/** An answer as far as it is known. After an error `data` is what was known before. */
export interface Query<T> {
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
}

interface Entry {
  query: Query<unknown>;
  load: (signal: AbortSignal) => Promise<unknown>;
  listeners: Set<() => void>;
  controller: AbortController | undefined;
  /** Something changed while it was loading. */
  again: boolean;
}

const NOTHING: Query<never> = { data: undefined, error: undefined, loading: true };
/** Answers nobody looks at, so that going back shows them at once. */
const KEPT = 40;

const entries = new Map<string, Entry>();

/** A GET route's answer. `ask` may be undefined while it is not known what to ask. */
export function useQuery<R extends Route & `GET ${string}`>(route: R, ask: Ask<R> | undefined): Query<Answer<R>> {
  const key = ask === undefined ? "" : addressOf(route, ask);
  const subscribe = useCallback(
    (listener: () => void) => {
      const entry = entries.get(key);
      entry?.listeners.add(listener);
      return () => {
        entry?.listeners.delete(listener);
        forget();
      };
    },
    [key],
  );
  if (ask !== undefined && !entries.has(key)) {
    const load = (signal: AbortSignal) => request(route, ask, signal);
    entries.set(key, { query: NOTHING, load, listeners: new Set(), controller: undefined, again: false });
  }
  useEffect(() => {
    if (key !== "") refresh(key);
  }, [key]);
  const snapshot = useCallback(() => entries.get(key)?.query ?? NOTHING, [key]);
  return useSyncExternalStore(subscribe, snapshot) as Query<Answer<R>>;
}

/** Asks again for everything whose address begins so, if somebody looks at it; else only the answer is forgotten. */
export function invalidate(beginning: string): void {
  for (const [key, entry] of entries) {
    if (!key.startsWith(beginning)) continue;
    // The entry itself stays: somebody may be about to look at it, who was drawn and not yet heard of.
    entry.query = entry.listeners.size > 0 ? entry.query : NOTHING;
    if (entry.listeners.size > 0 || entry.controller !== undefined) refresh(key);
  }
}

/** Asks again for everything that failed. */
export function retry(): void {
  for (const [key, entry] of entries) if (entry.query.error !== undefined) refresh(key);
}

function refresh(key: string): void {
  const entry = entries.get(key);
  if (entry === undefined) return;
  if (entry.controller !== undefined) {
    entry.again = true;
    return;
  }
  const controller = new AbortController();
  entry.controller = controller;
  const done = (query: Query<unknown>) => {
    entry.controller = undefined;
    entry.query = query;
    for (const listener of entry.listeners) listener();
    if (entry.again) {
      entry.again = false;
      refresh(key);
    }
  };
  entry.load(controller.signal).then(
    (data) => done({ data, error: undefined, loading: false }),
    (error: unknown) => {
      const known = error instanceof ApiError ? error : new ApiError(0, { message: String(error) });
      done({ data: entry.query.data, error: known, loading: false });
    },
  );
}

function forget(): void {
  let spare = -KEPT;
  for (const entry of entries.values()) if (entry.listeners.size === 0) spare += 1;
  for (const [key, entry] of entries) {
    if (spare <= 0) return;
    if (entry.listeners.size > 0) continue;
    entries.delete(key);
    spare -= 1;
  }
}
