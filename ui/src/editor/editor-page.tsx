// Edits a notebook and has the server run it: cells are text until one of them is edited.
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { ApiError } from "../api/client.ts";
import { Page } from "../app/page.tsx";
import { folderCrumbs } from "../app/places.ts";
import { Outputs } from "../explorer/home.ts";
import { KeepLook } from "../explorer/keep.ts";
import { LiveKernel } from "../output/live.ts";
import { SavedWidgets, widgetsOf } from "../output/widget-state.ts";
import { Failure, Loading } from "../parts/notice.tsx";
import { Cell } from "./cell.tsx";
import { Differences } from "./differences.tsx";
import { load } from "./document.ts";
import "./editor.css";
import { FindBar } from "./find-bar.tsx";
import { type Command, commandOf } from "./keys.ts";
import type { Edited } from "./notebook.ts";
import { Publish } from "./publish.tsx";
import { Session } from "./session.ts";
import { Side } from "./side.tsx";
import { Status } from "./status.tsx";

export default function EditorPage({ path }: { path: string }) {
  const [session, setSession] = useState<Session>();
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    load(path).then((version) => setSession(new Session(path, version)), setError);
  }, [path]);
  const outputs = useMemo(() => ({ kind: "file", path }) as const, [path]);
  const [folder, name] = split(path);
  if (session?.path === path) return <Outputs value={outputs}><KeepLook value={session.keepLook}><Open key={path} folder={folder} name={name} session={session} /></KeepLook></Outputs>;
  return (
    <Page crumbs={[...folderCrumbs(folder), [name]]}>
      <h1 className="unseen">{name}</h1>
      {error === undefined ? <Loading what="the notebook" /> : <Failure error={error} />}
    </Page>
  );
}

/** The folder of a path, and the name in it. */
function split(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf("/");
  return [path.slice(0, Math.max(0, at)), path.slice(at + 1)];
}

function Open({ folder, name, session }: { folder: string; name: string; session: Session }) {
  const shown = useSyncExternalStore(session.subscribe, session.snapshot);
  const cursor = useRef(0);
  const before = useRef<string>(undefined);
  const [isFinding, setFinding] = useState(false);
  const [isPublishing, setPublishing] = useState(false);
  const moved = useCallback((offset: number) => {
    cursor.current = offset;
  }, []);
  const obey = useCallback((command: Command) => (command.do === "find" ? setFinding(true) : tellSession(session, command, cursor.current)), [session]);
  const obeyAt = useCallback(
    (cell: string, command: Command) => {
      session.act({ do: "select", cell });
      obey(command);
    },
    [session, obey],
  );
  const { state } = shown;
  const [first] = shown.running;
  const saved = useMemo(() => widgetsOf(session.widgets), [session.widgets]);
  useFocus(state.at, state.mode);
  useWarning(shown.unsaved);

  const press = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || event.target.closest("button, a, input, [data-choosing]") !== null) return;
    const command = commandOf(event, state.mode, before.current);
    before.current = event.key;
    if (command === undefined) return;
    if (command.do !== "command") event.preventDefault();
    // The editor has its own opinion of some of them.
    event.stopPropagation();
    if (command.do === "delete" || command.do === "interrupt" || command.do === "restart") before.current = undefined;
    obey(command);
  };
  const actions = <button type="button" className="button primary" onClick={() => void session.run([])}>Run all</button>;
  return (
    <Page crumbs={[...folderCrumbs(folder), [name]]} actions={actions} side={<Side session={session} shown={shown} />}>
      <h1 className="unseen">{name}</h1>
      <Status shown={shown} session={session} onCommand={obey} onPublish={() => void session.save().then(setPublishing)} />
      {isPublishing ? <Publish path={session.path} onClose={() => setPublishing(false)} /> : null}
      {isFinding ? <FindBar session={session} onClose={() => setFinding(false)} /> : null}
      {shown.error === undefined ? null : <Failure error={shown.error} />}
      {shown.conflict === undefined ? null : <Differences conflict={shown.conflict} mine={state.cells} onSettle={(how) => void session.settle(how)} />}
      <div className="editor" onKeyDownCapture={press}>
        <LiveKernel value={shown.live}><SavedWidgets value={saved}>{state.cells.map((cell, index) => (
          <Cell
            key={cell.id}
            cell={cell}
            number={index + 1}
            mode={cell.id === state.at ? state.mode : undefined}
            work={cell.id === first ? "running" : shown.running.has(cell.id) ? "waiting" : undefined}
            draft={shown.drafts.get(cell.id)}
            question={shown.question?.cell === cell.id ? shown.question : undefined}
            showing={shown.showing.get(cell.id)}
            session={session}
            onCommand={obeyAt}
            onMove={moved}
          />
        ))}</SavedWidgets></LiveKernel>
      </div>
    </Page>
  );
}

function tellSession(session: Session, command: Exclude<Command, { do: "find" }>, cursor: number): void {
  switch (command.do) {
    case "save":
      return void session.save();
    case "interrupt":
    case "restart":
      return void session.tell(command.do);
    case "restart-run":
      return void session.restartAndRun();
    case "split-here":
      return session.act({ do: "split", offset: cursor });
    case "run":
      return run(session, session.snapshot().state, command.after);
    default:
      return session.act(command);
  }
}

/** Runs the cell that keys are about; Markdown is drawn. */
function run(session: Session, state: Edited, after: "stay" | "next" | "add"): void {
  const index = state.cells.findIndex(({ id }) => id === state.at);
  const cell = state.cells[index];
  if (cell === undefined) return;
  if (cell.kind === "code" && cell.source.trim() !== "") void session.run([cell.id]);
  session.act({ do: "command" });
  if (after === "add" || (after === "next" && index === state.cells.length - 1)) session.act({ do: "add", where: "below", mode: "edit" });
  else if (after === "next") session.act({ do: "go", by: 1 });
}

/** In command mode the cell itself has the keyboard. */
function useFocus(at: string, mode: "command" | "edit"): void {
  useEffect(() => {
    if (mode === "command") document.getElementById(`cell-${at}`)?.focus();
  }, [at, mode]);
}

/** Leaving asks while something is not saved. */
function useWarning(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [unsaved]);
}
