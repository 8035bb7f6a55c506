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

/** Columns that are summarised with one question: as many as the first screen shows of most tables. */
const AT_ONCE = 20;

export type Summaries = Map<string, Summary>;

/** Of all columns, those to the left first. */
export function useSummaries(source: TableSource, columns: TableColumn[] | undefined, filter: Filter | undefined): Summaries {
  const [known, setKnown] = useState<{ key: string; summaries: Summaries }>();
  const names = columns === undefined ? "" : JSON.stringify(columns.map(({ name }) => name));
  const asked = JSON.stringify(filter ?? null);
  useEffect(() => {
    if (names === "") return undefined;
    const controller = new AbortController();
    const all = async () => {
      const wanted = JSON.parse(names) as string[];
      const found: Summaries = new Map();
      for (let at = 0; at < wanted.length; at += AT_ONCE) {
        const some = await source.summary(wanted.slice(at, at + AT_ONCE), (JSON.parse(asked) ?? undefined) as Filter | undefined, controller.signal);
        for (const summary of some) found.set(summary.column, summary);
        if (!controller.signal.aborted) setKnown({ key: source.key, summaries: new Map(found) });
      }
    };
    // Without summaries the table is a table still; what is wrong with it is said by its rows.
    all().catch(() => undefined);
    return () => controller.abort();
  }, [source, names, asked]);
  return known?.key === source.key ? known.summaries : NONE;
}

const NONE: Summaries = new Map();
