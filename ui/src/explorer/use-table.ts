// A table's columns, rows and summaries as a component uses them.
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";

import type { ApiError } from "../api/client.ts";
import { asApiError, Pages } from "./pages.ts";
import type { Filter, Summary, TableColumn, TableQuery, TableSource } from "./source.ts";

export interface Columns {
  columns: TableColumn[] | undefined;
  error: ApiError | undefined;
  retry: () => void;
}

export function useColumns(source: TableSource): Columns {
  const [known, setKnown] = useState<{ key: string; columns?: TableColumn[]; error?: ApiError }>();
  const [tries, setTries] = useState(0);
  const key = `${source.key} ${tries}`;
  useEffect(() => {
    const controller = new AbortController();
    source.columns(controller.signal).then(
      (columns) => setKnown({ key, columns }),
      (error: unknown) => controller.signal.aborted || setKnown({ key, error: asApiError(error) }),
    );
    return () => controller.abort();
  }, [source, key]);
  const current = known?.key === key ? known : undefined;
  return { columns: current?.columns, error: current?.error, retry: () => setTries((before) => before + 1) };
}

/** The rows of a query; those of the query before while nothing is known of this one. */
export function usePages(source: TableSource, query: TableQuery, columns: TableColumn[]): { pages: Pages; stale: boolean } {
  const names = JSON.stringify(columns.map(({ name }) => name));
  const asked = JSON.stringify([query.sort, query.filter]);
  // eslint-disable-next-line react/exhaustive-deps -- what is asked for is in its text
  const next = useMemo(() => new Pages(source, query, columns), [source, names, asked]);
  const [before, setBefore] = useState(next);
  const known = useSyncExternalStore(next.subscribe, next.snapshot);
  const isKnown = known.matching !== undefined || known.error !== undefined;
  useEffect(() => {
    if (isKnown) setBefore(next);
  }, [isKnown, next]);
  const usable = isKnown || before.source !== source ? next : before;
  useEffect(() => {
    // Whatever is seen meanwhile, the new rows are asked for from their beginning.
    if (usable !== next) next.want(0, 0);
  }, [usable, next]);
  return { pages: usable, stale: usable !== next };
}

/** How many columns one question is about: few at first, so that each is answered in time whatever the table's length. */
const FIRST = 2;
const MOST = 20;
const QUICK = 500;
const SLOW = 1500;

/** How many columns to ask for next, after that many took so many milliseconds. */
export function nextCount(count: number, took: number): number {
  return took < QUICK ? Math.min(MOST, count * 4) : took > SLOW ? Math.max(1, Math.floor(count / 2)) : count;
}

/** By the column's name. */
export type Summaries = Map<string, ShownSummary>;

export interface ShownSummary extends Summary {
  /** Of other rows than those that are looked at; the right one is on its way. */
  stale: boolean;
}

/** Of all columns, those to the left first. */
export function useSummaries(source: TableSource, columns: TableColumn[] | undefined, filter: Filter | undefined): Summaries {
  const [known, setKnown] = useState<{ source: TableSource; asked: string; summaries: Summaries }>();
  const names = columns === undefined ? "" : JSON.stringify(columns.map(({ name }) => name));
  const asked = JSON.stringify(filter ?? null);
  useEffect(() => {
    if (names === "") return undefined;
    const controller = new AbortController();
    const hear = (some: Summary[]) => setKnown((before) => {
      const summaries = before?.source !== source ? new Map<string, ShownSummary>() : before.asked === asked ? new Map(before.summaries) : aged(before.summaries);
      for (const summary of some) summaries.set(summary.column, { ...summary, stale: false });
      return { source, asked, summaries };
    });
    // Without summaries the table is a table still; what is wrong with it is said by its rows.
    summarise(source, JSON.parse(names) as string[], (JSON.parse(asked) ?? undefined) as Filter | undefined, hear, controller.signal).catch(() => undefined);
    return () => controller.abort();
  }, [source, names, asked]);
  return useMemo(() => (known?.source !== source ? NONE : known.asked === asked ? known.summaries : aged(known.summaries)), [known, source, asked]);
}

const NONE: Summaries = new Map();

function aged(summaries: Summaries): Summaries {
  return new Map([...summaries].map(([name, summary]) => [name, { ...summary, stale: true }]));
}

async function summarise(source: TableSource, names: string[], filter: Filter | undefined, hear: (some: Summary[]) => void, signal: AbortSignal): Promise<void> {
  let count = FIRST;
  for (let at = 0; at < names.length; ) {
    const begin = performance.now();
    const some = await source.summary(names.slice(at, at + count), filter, signal);
    if (signal.aborted) return;
    hear(some);
    at += count;
    count = nextCount(count, performance.now() - begin);
  }
}
