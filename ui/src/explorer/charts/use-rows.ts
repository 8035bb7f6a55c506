// The rows of a chart, read again when the table, what it is filtered by or its columns change.
import { useEffect, useMemo, useState } from "react";

import type { TableColumn, TableQuery, TableSource } from "../source.ts";
import { type Drawn, sampled } from "./rows.ts";

interface Known {
  key: string;
  drawn?: Drawn;
  error?: string;
}

export function useRows(source: TableSource, query: TableQuery, columns: TableColumn[]): { drawn: Drawn | undefined; error: string | undefined; retry: () => void } {
  const [known, setKnown] = useState<Known>();
  const [tries, setTries] = useState(0);
  const key = useMemo(() => JSON.stringify([source.key, query, columns.map(({ name }) => name), tries]), [source, query, columns, tries]);
  useEffect(() => {
    const controller = new AbortController();
    sampled(source, query, columns, controller.signal).then(
      (drawn) => setKnown({ key, drawn }),
      (cause: unknown) => controller.signal.aborted || setKnown({ key, error: cause instanceof Error ? cause.message : String(cause) }),
    );
    return () => controller.abort();
    // Everything that is read is in the key.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [key]);
  const current = known?.key === key ? known : undefined;
  // What was drawn stays until there is something newer.
  return { drawn: current?.error === undefined ? known?.drawn : undefined, error: current?.error, retry: () => setTries(tries + 1) };
}
