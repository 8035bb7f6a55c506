// Something that is done at the press of a button: whether it is under way, and why it failed.
import { useState } from "react";

export interface Act {
  busy: boolean;
  failure: string | undefined;
  act: (what: () => Promise<unknown>) => void;
}

export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const act = (what: () => Promise<unknown>) => {
    setBusy(true);
    setFailure(undefined);
    what().catch((error: unknown) => setFailure(error instanceof Error ? error.message : String(error))).finally(() => setBusy(false));
  };
  return { busy, failure, act };
}
