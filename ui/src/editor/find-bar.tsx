// Finds a text in the cells, and replaces it.
import { useState } from "react";

import { finding } from "./notebook.ts";
import type { Session } from "./session.ts";

export function FindBar({ session, onClose }: { session: Session; onClose: () => void }) {
  const [find, setFind] = useState("");
  const [by, setBy] = useState("");
  const { cells, at } = session.snapshot().state;
  const found = finding(cells, find);
  const go = (step: 1 | -1) => {
    const here = found.indexOf(at);
    const next = found.at(here === -1 && step === 1 ? 0 : (here + step) % Math.max(1, found.length));
    if (next !== undefined) session.jump(next);
  };
  return (
    <form
      className="find-bar"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        go(1);
      }}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <input className="input" aria-label="Find" placeholder="Find" value={find} onChange={({ target }) => setFind(target.value)} ref={focused} />
      <input className="input" aria-label="Replace by" placeholder="Replace by" value={by} onChange={({ target }) => setBy(target.value)} />
      <button type="submit" className="button" disabled={found.length === 0}>Next</button>
      <button type="button" className="button" disabled={found.length === 0} onClick={() => session.act({ do: "replace", find, by })}>Replace all</button>
      <span className="muted num" role="status">{find === "" ? "" : found.length === 1 ? "1 cell" : `${found.length} cells`}</span>
      <button type="button" className="button quiet" onClick={onClose}>Close</button>
    </form>
  );
}

/** Once, as it appears. */
const focused = (input: HTMLInputElement | null): void => input?.focus();
