// What is asked before something of the folder is made, renamed, moved or deleted.
import { type FormEvent, useEffect, useState } from "react";

import { useAct } from "../parts/act.ts";
import { Dialog, NeverMind } from "../parts/dialog.tsx";
import { counted, fileName } from "../parts/say.ts";
import { Choices, type Wish } from "./choices.tsx";
import { type FolderEntry, folderOf, list, makeFolder, mayGoTo, move, remove, versionNow, within, wrongName } from "./folder.ts";

export type Asked = { do: "folder" } | { do: Wish | "choose"; entry: FolderEntry };

/** What came of it. */
export type Done =
  | { did: "make"; path: string }
  | { did: "move"; path: string }
  /** The version with which it can come back. */
  | { did: "delete"; path: string; version: string | undefined };

interface QuestionProps {
  folder: string;
  asked: Asked;
  mayWrite: boolean;
  onAsk: (asked: Asked) => void;
  onClose: () => void;
  onDone: (done: Done) => void;
}

export function Question({ folder, asked, mayWrite, onAsk, onClose, onDone }: QuestionProps) {
  if (asked.do === "folder") {
    const make = async (name: string) => onDone({ did: "make", path: await makeFolder(folder, name) });
    return <Named title="New folder" verb="Make it" usual="" onName={make} onClose={onClose} />;
  }
  const { entry } = asked;
  switch (asked.do) {
    case "choose":
      return <Dialog title={entry.name} onClose={onClose}><Choices entry={entry} mayWrite={mayWrite} onWish={(wish) => onAsk({ do: wish, entry })} /></Dialog>;
    case "rename": {
      const rename = async (name: string) => {
        const to = within(folderOf(entry.path), name);
        if (to !== entry.path) await move(entry.path, to);
        onDone({ did: "move", path: to });
      };
      return <Named title={`Rename ${entry.name}`} verb="Rename" usual={entry.name} onName={rename} onClose={onClose} />;
    }
    case "move":
      return <Move entry={entry} onClose={onClose} onDone={onDone} />;
    case "delete":
      return <Delete entry={entry} onClose={onClose} onDone={onDone} />;
  }
}

interface NamedProps {
  title: string;
  verb: string;
  usual: string;
  onName: (name: string) => Promise<void>;
  onClose: () => void;
}

function Named({ title, verb, usual, onName, onClose }: NamedProps) {
  const [name, setName] = useState(usual);
  const { busy, failure, act } = useAct();
  const wrong = name === "" ? undefined : wrongName(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wrongName(name) === undefined) act(() => onName(name.trim()));
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <div className="field">
          <label htmlFor="entry-name">Name</label>
          <input id="entry-name" className="input" value={name} autoComplete="off" spellCheck={false} aria-invalid={wrong !== undefined} aria-describedby="entry-wrong" onChange={({ target }) => setName(target.value)} ref={beginning} />
          <p id="entry-wrong" className="wrong" role="alert">{wrong ?? failure}</p>
        </div>
        <div className="choices">
          <button type="submit" className="button primary" disabled={busy || wrongName(name) !== undefined}>{verb}</button>
          <NeverMind />
        </div>
      </form>
    </Dialog>
  );
}

/** The name is chosen as it appears, without what says which kind of file it is. */
const beginning = (input: HTMLInputElement | null): void => {
  input?.focus();
  const dot = input?.value.lastIndexOf(".") ?? -1;
  input?.setSelectionRange(0, dot > 0 ? dot : input.value.length);
};

function Move({ entry, onClose, onDone }: { entry: FolderEntry; onClose: () => void; onDone: (done: Done) => void }) {
  const [to, setTo] = useState(folderOf(entry.path));
  const { busy, failure, act } = useAct();
  const folders = useFolders(to);
  const put = () => act(async () => {
    const path = within(to, entry.name);
    await move(entry.path, path);
    onDone({ did: "move", path });
  });
  return (
    <Dialog title={`Move ${entry.name}`} onClose={onClose}>
      <div>
        <p className="muted" role="status">To <b className="plain">{to === "" ? "the top" : to}</b></p>
        <ul className="folder-choice">
          {to === "" ? null : <li><button type="button" onClick={() => setTo(folderOf(to))}><span aria-hidden="true">↑</span> Up to {folderOf(to) === "" ? "the top" : fileName(folderOf(to))}</button></li>}
          {folders.filter(({ path }) => path !== entry.path).map(({ path, name }) => <li key={path}><button type="button" onClick={() => setTo(path)}><span className="kind is-directory" aria-hidden="true" />{name}</button></li>)}
        </ul>
        {failure === undefined ? null : <p className="wrong-line" role="alert">{failure}</p>}
      </div>
      <div className="choices">
        <button type="button" className="button primary" disabled={busy || !mayGoTo(entry.path, to)} onClick={put}>Move here</button>
        <NeverMind />
      </div>
    </Dialog>
  );
}

function useFolders(folder: string): FolderEntry[] {
  const [known, setKnown] = useState<{ folder: string; folders: FolderEntry[] }>();
  useEffect(() => {
    const controller = new AbortController();
    list(folder, controller.signal).then(
      (entries) => setKnown({ folder, folders: entries.filter(({ type }) => type === "directory") }),
      // Without a list one can still go up, or move it here.
      () => undefined,
    );
    return () => controller.abort();
  }, [folder]);
  return known?.folder === folder ? known.folders : [];
}

function Delete({ entry, onClose, onDone }: { entry: FolderEntry; onClose: () => void; onDone: (done: Done) => void }) {
  const { busy, failure, act } = useAct();
  const after = useAfter(entry);
  const go = () => act(async () => {
    await remove(entry.path);
    onDone({ did: "delete", path: entry.path, version: after?.version });
  });
  return (
    <Dialog title={`Delete ${entry.name}?`} onClose={onClose}>
      <p role="status">{after?.words ?? "…"}</p>
      {failure === undefined ? null : <p className="wrong-line" role="alert">{failure}</p>}
      <div className="choices">
        <button type="button" className="button danger" disabled={busy || after === undefined} onClick={go}>Delete</button>
        <NeverMind />
      </div>
    </Dialog>
  );
}

interface After {
  words: string;
  version?: string | undefined;
}

/** What will be left of it. */
function useAfter(entry: FolderEntry): After | undefined {
  const [after, setAfter] = useState<After>();
  useEffect(() => {
    let isHere = true;
    afterwards(entry).catch((): After => ({ words: "Whether it can come back is not known." })).then((found) => isHere && setAfter(found), () => undefined);
    return () => {
      isHere = false;
    };
  }, [entry]);
  return after;
}

async function afterwards({ path, type }: FolderEntry): Promise<After> {
  if (type === "directory") {
    const { length } = await list(path);
    return { words: length === 0 ? "It is empty." : `With everything in it: ${counted(length, "item")}. A folder does not come back; files that were saved here are still in the history.` };
  }
  const version = await versionNow(path);
  return version === undefined ? { words: "It is in no history: this cannot be taken back." } : { words: "It stays in the history, and can be brought back.", version };
}
