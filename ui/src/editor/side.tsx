// Beside the notebook: its headings, and what its kernel has in memory.
import { useEffect, useMemo, useState } from "react";

import { outline } from "./notebook.ts";
import type { Session, Shown } from "./session.ts";
import type { Variable } from "./variables.ts";

export function Side({ session, shown }: { session: Session; shown: Shown }) {
  const headings = useMemo(() => outline(shown.state.cells), [shown.state.cells]);
  return (
    <>
      {headings.length === 0 ? null : (
        <nav aria-label="Outline">
          <h2>Outline</h2>
          <ul className="outline">
            {headings.map(({ cell, level, text }, index) => (
              <li key={index} data-level={level}><button type="button" onClick={() => session.jump(cell)}>{text}</button></li>
            ))}
          </ul>
        </nav>
      )}
      {session.language === "python" ? <Variables session={session} state={shown.kernel?.state} /> : null}
    </>
  );
}

/** Asked for again whenever the kernel has done something. */
function Variables({ session, state }: { session: Session; state: string | undefined }) {
  const [found, setFound] = useState<Variable[]>();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (!isOpen || state !== "idle") return undefined;
    let isHere = true;
    void session.variables().then((next) => isHere && next !== undefined && setFound(next));
    return () => {
      isHere = false;
    };
  }, [session, state, isOpen]);
  return (
    <details className="variables" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Variables</summary>
      {found === undefined || found.length === 0 ? <p className="muted">{state === undefined ? "No kernel yet" : "None yet"}</p> : (
        <dl>
          {found.map(({ name, type, what }) => (
            <div key={name}><dt className="mono">{name}</dt><dd><span className="muted">{type}</span> {what}</dd></div>
          ))}
        </dl>
      )}
    </details>
  );
}
