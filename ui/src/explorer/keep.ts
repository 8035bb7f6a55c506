// Where what is looked at of a table can be kept: in the output that shows it, where that can be edited.
import { createContext } from "react";

import { lookOfDx } from "./dx.ts";

/** Keeps it with an output of a cell. */
export type Keep = (cell: string, output: number, look: { [name: string]: unknown }) => void;

/** Undefined where nothing can be changed, as in the record of a run. */
export const KeepLook = createContext<Keep | undefined>(undefined);

/** What was kept, of an output's metadata: by us, or before by nteract. */
export function keptIn(metadata: { [name: string]: unknown } | undefined): unknown {
  return (metadata?.["nbpress"] as { explorer?: unknown } | undefined)?.explorer ?? lookOfDx(metadata?.["dx"]);
}
