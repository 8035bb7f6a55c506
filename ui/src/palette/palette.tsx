// The palette: one field that goes anywhere (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/).
import { type KeyboardEvent, useEffect, useRef, useState } from "react";

import { useQuery } from "../api/query.ts";
import { may, useMe } from "../app/me.ts";
import { elsewhere, navigate } from "../app/router.tsx";
import { entries, type Entry } from "./entries.ts";
import "./palette.css";

/** After the last letter, before the server is asked. */
const PAUSE = 150;

export default function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const found = useEntries(typed.trim());
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const at = Math.min(chosen, found.length - 1);
  const open = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    if (entry.elsewhere) location.assign(elsewhere(entry.to));
    else navigate(entry.to);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter") open(found[at]);
    else if (event.key === "ArrowDown") setChosen((at + 1) % Math.max(1, found.length));
    else if (event.key === "ArrowUp") setChosen((at - 1 + found.length) % Math.max(1, found.length));
    else return;
    event.preventDefault();
  };
  const type = (text: string) => {
    setTyped(text);
    setChosen(0);
  };
  return (
    <dialog className="palette" ref={dialog} aria-label="Go to" onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
      <input
        className="palette-input"
        role="combobox"
        aria-label="Search screens, jobs, notebooks and runs"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at] === undefined ? undefined : `palette-${at}`}
        aria-autocomplete="list"
        placeholder="Go to a notebook, job, run…"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => type(event.target.value)}
        onKeyDown={press}
      />
      <List found={found} at={at} onOpen={open} onHover={setChosen} />
      {found.length === 0 ? <p className="palette-none muted" role="status">Nothing is called that.</p> : null}
    </dialog>
  );
}

function List({ found, at, onOpen, onHover }: { found: Entry[]; at: number; onOpen: (entry: Entry) => void; onHover: (at: number) => void }) {
  const groups = [...new Set(found.map(({ group }) => group))];
  useEffect(() => {
    document.getElementById(`palette-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return (
    <div className="palette-list" id="palette-list" role="listbox" aria-label="What fits">
      {groups.map((group) => (
        <div key={group} role="group" aria-label={group}>
          <div className="palette-group" aria-hidden="true">{group}</div>
          {found.map((entry, index) =>
            entry.group === group ? (
              <div key={entry.key} id={`palette-${index}`} role="option" aria-selected={index === at} className="palette-entry" onMouseMove={() => onHover(index)} onClick={() => onOpen(entry)}>
                <span className="cut">{entry.label}</span>
                <span className="muted cut">{entry.hint}</span>
              </div>
            ) : null,
          )}
        </div>
      ))}
    </div>
  );
}

function useEntries(typed: string): Entry[] {
  const me = useMe();
  const jobs = useQuery("GET /v1/jobs", {});
  const runs = useQuery("GET /v1/runs", { query: { limit: 100 } });
  const searched = usePaused(typed);
  const notebooks = useQuery("GET /v1/search", searched === "" ? undefined : { query: { q: searched, kind: "notebook", limit: 6 } });
  // What an earlier search found is no answer to this one.
  const hits = searched === typed && typed !== "" ? (notebooks.data?.hits ?? []) : [];
  return entries(typed, { admin: may(me, "admin", true), lab: me?.lab === true, mayEdit: may(me, "write"), jobs: jobs.data?.jobs ?? [], runs: runs.data?.runs ?? [], notebooks: hits });
}

/** The text once nothing more was typed for a moment. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}
