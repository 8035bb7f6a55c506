// A kernel that is there while its outputs are shown: their widgets are live.
import { createContext } from "react";

import type { FromKernel, ToKernel } from "../frame/kernel-message.ts";

export interface Live {
  /** Whether the kernel has a widget. */
  knows: (model: string) => Promise<boolean>;
  say: (message: ToKernel) => void;
  /** Until the returned function is called. */
  listen: (hear: (message: FromKernel) => void) => () => void;
}

/** Undefined where there is none, as in the record of a run. */
export const LiveKernel = createContext<Live | undefined>(undefined);
