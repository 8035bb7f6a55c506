// The served folder: what is in it, how its notebooks are, and a look at the one that is chosen.
import { type DragEvent, type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react";

import { ApiError } from "../api/client.ts";
import { invalidate, useQuery } from "../api/query.ts";
import { may, useMe } from "../app/me.ts";
import { editAddress, folderAddress, folderCrumbs, viewAddress } from "../app/places.ts";
import { Page } from "../app/page.tsx";
import { elsewhere, Link, navigate, usePlace, withQuery } from "../app/router.tsx";
import { useAct } from "../parts/act.ts";
import { useNow } from "../parts/now.ts";
import { Empty, Failure, Loading } from "../parts/notice.tsx";
import { bytes, fileName, relative } from "../parts/say.ts";
import "../parts/table.css";
import { type FolderEntry, folderOf, list, make, mayGoTo, move, restore, upload, watch, within } from "./folder.ts";
import { Found } from "./found.tsx";
import "./notebooks.css";
import { Preview } from "./preview.tsx";
import { type Asked, type Done, Question } from "./questions.tsx";
import { type Status, statusOf } from "./status.ts";

/** More rows than this are not drawn: a filter finds them. */
const MOST = 500;
/** Between a change and the look at it; many come together. */
const TOGETHER = 200;
const KERNELS = 5000;
const DRAGGED = "application/x-nbpress-entry";

export default function NotebooksPage({ folder }: { folder: string }) {
  const place = usePlace();
  const me = useMe();
  const { entries, error, again } = useFolder(folder);
  const { busy, failure, act } = useAct();
  const picker = useRef<HTMLInputElement>(null);
  const { asked, turn, ask, close } = useAsked();
  const [deleted, setDeleted] = useState<{ path: string; version: string | undefined }>();
  const focus = useFocusOn();
  const mayWrite = may(me, "write");
  const shown = entries?.find(({ name }) => name === place.query.get("show"));
  const searched = place.query.get("q") ?? "";
  const put = (files: Iterable<File>) => act(async () => {
    for (const file of files) await upload(folder, file);
    await again();
  });
  const open = () => act(async () => navigate(editAddress(await make(folder, "notebook"))));
  const actions = mayWrite ? <button type="button" className="button primary" disabled={busy} onClick={open}>New notebook</button> : undefined;
  const side = searched === "" && shown !== undefined ? <Preview key={shown.path} entry={shown} mayWrite={mayWrite} onWish={(wish) => ask({ do: wish, entry: shown })} /> : undefined;
  const done = (what: Done) => {
    close();
    setDeleted(what.did === "delete" ? what : undefined);
    if (what.did === "make") return navigate(folderAddress(what.path));
    const name = what.did === "move" && folderOf(what.path) === folder ? fileName(what.path) : undefined;
    navigate(withQuery(place, { show: name }), "replace");
    if (name !== undefined) focus(name);
    return void again();
  };
  const bringBack = (path: string, version: string) => act(async () => {
    await restore(path, version);
    setDeleted(undefined);
    await again();
  });
  const moveTo = (path: string, to: string) => act(async () => {
    await move(path, within(to, fileName(path)));
    done({ did: "move", path: within(to, fileName(path)) });
  });
  return (
    <Page crumbs={folderCrumbs(folder)} actions={actions} side={side}>
      <Drop enabled={mayWrite} onFiles={put}>
        <div className="head">
          <h1 className="grow">{folder === "" ? "Notebooks" : folder.slice(folder.lastIndexOf("/") + 1)}</h1>
          {mayWrite ? (
            <>
              <button type="button" className="button" disabled={busy} onClick={() => ask({ do: "folder" })}>New folder</button>
              <button type="button" className="button" disabled={busy} onClick={() => picker.current?.click()}>Upload…</button>
              <input ref={picker} type="file" multiple hidden aria-label="Files to upload" onChange={({ target }) => { put([...(target.files ?? [])]); target.value = ""; }} />
            </>
          ) : null}
        </div>
        <Search key={searched} searched={searched} />
        {failure === undefined ? null : <p className="wrong-line" role="alert">{failure}</p>}
        <div role="status">{deleted === undefined ? null : (
          <p className="folder-said">
            <span>Deleted {fileName(deleted.path)}</span>
            {deleted.version === undefined ? null : <button type="button" className="button quiet" disabled={busy} onClick={() => bringBack(deleted.path, deleted.version ?? "")}>Undo</button>}
          </p>
        )}</div>
        {searched !== "" ? <Found searched={searched} mayEdit={mayWrite} /> : entries === undefined ? error === undefined ? <Loading what="the folder" /> : <Failure error={error} /> : entries.length === 0 ? <Nothing isTop={folder === ""} mayWrite={mayWrite} /> : <List entries={entries} shown={shown} mayEdit={mayWrite} onAsk={ask} onMove={moveTo} />}
      </Drop>
      {asked === undefined ? null : <Question key={turn} folder={folder} asked={asked} mayWrite={mayWrite} onAsk={ask} onClose={() => close(turn)} onDone={done} />}
    </Page>
  );
}

/** What is in a folder, asked again when something happens there. */
function useFolder(folder: string): { entries: FolderEntry[] | undefined; error: ApiError | undefined; again: () => Promise<unknown> } {
  const [state, setState] = useState<{ folder: string; entries?: FolderEntry[]; error?: ApiError }>({ folder });
  const asked = useRef(0);
  const again = useCallback((signal?: AbortSignal) => {
    asked.current += 1;
    const turn = asked.current;
    // Of two that were asked one after the other the first may answer last.
    const show = (next: typeof state) => turn === asked.current && signal?.aborted !== true && setState(next);
    return list(folder, signal).then(
      (entries) => show({ folder, entries }),
      (error: unknown) => show({ folder, error: error instanceof ApiError ? error : new ApiError(0, { message: String(error) }) }),
    );
  }, [folder]);
  useEffect(() => {
    const controller = new AbortController();
    void again(controller.signal);
    let timer: number | undefined;
    const stop = watch(folder, () => {
      timer ??= window.setTimeout(() => {
        timer = undefined;
        void again(controller.signal);
      }, TOGETHER);
    });
    return () => {
      controller.abort();
      stop();
      clearTimeout(timer);
    };
  }, [folder, again]);
  const isHere = state.folder === folder;
  return { entries: isHere ? state.entries : undefined, error: isHere ? state.error : undefined, again };
}

interface Asking {
  asked: Asked | undefined;
  turn: number;
  ask: (asked: Asked) => void;
  /** Only if that is what is asked. */
  close: (turn?: number) => void;
}

/** What is asked just now; of a question that was left it can be heard late that it is closed. */
function useAsked(): Asking {
  const [{ asked, turn }, set] = useState<{ asked: Asked | undefined; turn: number }>({ asked: undefined, turn: 0 });
  return {
    asked,
    turn,
    ask: (next) => set((before) => ({ asked: next, turn: before.turn + 1 })),
    close: (which) => set((before) => (which === undefined || which === before.turn ? { ...before, asked: undefined } : before)),
  };
}

/** Puts the keyboard on a row as soon as it is in the list. */
function useFocusOn(): (name: string) => void {
  const wanted = useRef<string>(undefined);
  useEffect(() => {
    if (wanted.current === undefined) return;
    const row = document.querySelector<HTMLElement>(`.folder tr[data-name="${CSS.escape(wanted.current)}"] th a`);
    if (row === null) return;
    wanted.current = undefined;
    row.focus();
  });
  return (name) => {
    wanted.current = name;
  };
}

/** Files that are dropped anywhere on the screen are put into the folder. */
function Drop({ enabled, onFiles, children }: { enabled: boolean; onFiles: (files: File[]) => void; children: React.ReactNode }) {
  const [isOver, setOver] = useState(false);
  const over = (event: DragEvent) => {
    if (!enabled || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    setOver(true);
  };
  const drop = (event: DragEvent) => {
    setOver(false);
    if (!enabled || event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    onFiles([...event.dataTransfer.files]);
  };
  return <div className={isOver ? "drop is-over" : "drop"} onDragOver={over} onDragLeave={() => setOver(false)} onDrop={drop}>{children}</div>;
}

function Search({ searched }: { searched: string }) {
  const place = usePlace();
  const [text, setText] = useState(searched);
  return (
    <form
      className="folder-search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        navigate(withQuery(place, { q: text.trim(), show: undefined }));
      }}
    >
      <input className="input grow" type="search" aria-label="Search all notebooks: code, text and outputs" placeholder="Search all notebooks: code, text, outputs" value={text} onChange={({ target }) => setText(target.value)} />
      <button type="submit" className="button">Search</button>
      {searched === "" ? null : <Link className="button quiet" to={withQuery(place, { q: undefined })}>Back to the folder</Link>}
    </form>
  );
}

function Nothing({ isTop, mayWrite }: { isTop: boolean; mayWrite: boolean }) {
  return (
    <Empty title={isTop ? "There are no notebooks yet" : "This folder is empty"}>
      {mayWrite ? <span>Make a <b className="plain">New notebook</b>, or drop files here.</span> : <span>Whoever may write here can put some.</span>}
    </Empty>
  );
}

interface ListProps {
  entries: FolderEntry[];
  shown: FolderEntry | undefined;
  mayEdit: boolean;
  onAsk: (asked: Asked) => void;
  /** Something is put into a folder. */
  onMove: (path: string, folder: string) => void;
}

function List({ entries, shown, mayEdit, onAsk, onMove }: ListProps) {
  const statuses = useStatuses();
  const now = useNow(30_000);
  const place = usePlace();
  const choose = ({ name }: FolderEntry) => navigate(withQuery(place, { show: name }), "replace");
  const press = (event: KeyboardEvent<HTMLElement>) => {
    const wish = event.key === "F2" ? "rename" : event.key === "Delete" ? "delete" : undefined;
    if (wish === undefined) return walk(event);
    if (!mayEdit || shown === undefined) return;
    event.preventDefault();
    onAsk({ do: wish, entry: shown });
  };
  return (
    <>
      <div className="panel table-panel">
        <table className="table folder">
          <thead><tr><th scope="col">Name</th><th scope="col">State</th><th scope="col" className="num middle">Changed</th><th scope="col" className="num wide">Size</th><th scope="col" className="row-more"><span className="unseen">What can be done</span></th></tr></thead>
          <tbody onKeyDown={press}>
            {entries.slice(0, MOST).map((entry) => (
              <Row key={entry.path} entry={entry} isShown={entry === shown} mayMove={mayEdit} onMove={onMove} onChoose={() => entry !== shown && choose(entry)}>
                <th scope="row"><Name entry={entry} mayEdit={mayEdit} /></th>
                <td>{entry.type === "notebook" ? <State status={statuses(entry.path)} /> : null}</td>
                <td className="num middle"><time className="muted" dateTime={entry.last_modified}>{relative(Math.min(Date.parse(entry.last_modified), now), now)}</time></td>
                <td className="num wide muted">{entry.size === null || entry.type === "directory" ? "" : bytes(entry.size)}</td>
                <td className="row-more"><button type="button" className="button quiet" aria-label={`What can be done with ${entry.name}`} onClick={() => onAsk({ do: "choose", entry })}>⋯</button></td>
              </Row>
            ))}
          </tbody>
        </table>
      </div>
      {entries.length > MOST ? <p className="muted after-list">The first {MOST} of {entries.length.toLocaleString("en")}. <a className="link" href={elsewhere("view/")}>All of them, page by page</a></p> : null}
    </>
  );
}

interface RowProps {
  entry: FolderEntry;
  isShown: boolean;
  mayMove: boolean;
  onMove: ListProps["onMove"];
  onChoose: () => void;
  children: React.ReactNode;
}

/** It can be dragged onto a folder. */
function Row({ entry, isShown, mayMove, onMove, onChoose, children }: RowProps) {
  const [isTarget, setTarget] = useState(false);
  const over = (event: DragEvent) => {
    if (entry.type !== "directory" || !event.dataTransfer.types.includes(DRAGGED)) return;
    event.preventDefault();
    setTarget(true);
  };
  const drop = (event: DragEvent) => {
    setTarget(false);
    const path = event.dataTransfer.getData(DRAGGED);
    if (path === "" || !mayGoTo(path, entry.path)) return;
    event.preventDefault();
    onMove(path, entry.path);
  };
  const looks = [isShown && "is-shown", isTarget && "is-target"].filter(Boolean).join(" ");
  return (
    <tr
      data-name={entry.name}
      className={looks}
      draggable={mayMove}
      onDragStart={(event) => event.dataTransfer.setData(DRAGGED, entry.path)}
      onDragOver={over}
      onDragLeave={() => setTarget(false)}
      onDrop={drop}
      onClick={onChoose}
      onFocus={onChoose}
    >
      {children}
    </tr>
  );
}

function Name({ entry, mayEdit }: { entry: FolderEntry; mayEdit: boolean }) {
  const kind = <span className={`kind is-${entry.type}`} aria-hidden="true" />;
  if (entry.type === "directory") return <Link className="row-link" to={folderAddress(entry.path)}>{kind}{entry.name}</Link>;
  if (entry.type === "notebook" && mayEdit) return <Link className="row-link" to={editAddress(entry.path)}>{kind}{entry.name}</Link>;
  return <a className="row-link" href={elsewhere(viewAddress(entry.path))}>{kind}{entry.name}</a>;
}

function State({ status }: { status: Status | undefined }) {
  if (status === undefined) return null;
  const said = <><span className="mark" />{status.words}</>;
  return status.run === undefined ? <span className={`state ${status.look}`}>{said}</span> : <Link className={`state ${status.look}`} to={`/runs/${status.run}`}>{said}</Link>;
}

function useStatuses(): (path: string) => Status | undefined {
  const kernels = useQuery("GET /v1/kernels", {}).data ?? [];
  const jobs = useQuery("GET /v1/jobs", {}).data?.jobs ?? [];
  const runs = useQuery("GET /v1/runs", { query: { limit: 200 } }).data?.runs ?? [];
  useEffect(() => {
    const timer = setInterval(() => invalidate("v1/kernels"), KERNELS);
    return () => clearInterval(timer);
  }, []);
  return (path) => statusOf(path, kernels, jobs, runs);
}

function walk(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || event.metaKey || event.ctrlKey || event.altKey) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("th a")];
  const at = rows.findIndex((row) => row.closest("tr")?.contains(document.activeElement));
  rows[at + step]?.focus();
  event.preventDefault();
}
