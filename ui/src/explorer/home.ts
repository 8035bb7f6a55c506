// Where the outputs on a page are kept, so that a table among them can be asked for more than it shows.
import { createContext, useContext, useMemo } from "react";

/** What the outputs on the page are of. */
export type OutputsOf = { kind: "run"; run: string } | { kind: "file"; path: string };

export type TableHome = OutputsOf & { cell: string; output: number };

/** Undefined where they are kept nowhere. */
export const Outputs = createContext<OutputsOf | undefined>(undefined);

export function useHome(cell: string | undefined, output: number | undefined): TableHome | undefined {
  const of = useContext(Outputs);
  return useMemo(() => (of === undefined || cell === undefined || output === undefined ? undefined : { ...of, cell, output }), [of, cell, output]);
}
