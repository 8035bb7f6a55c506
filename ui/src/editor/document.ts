// The notebook's document at the server: read, saved under a condition, run, and followed.
import { ApiError } from "../api/client.ts";
import { whileVisible } from "../api/visible.ts";
import type { Notebook } from "../notebook/nbformat.ts";
import type { Piece } from "./showing.ts";

export interface Version {
  notebook: Notebook;
  /** As it stands in `If-Match`. */
  etag: string;
}

/** What came of a save: its version's etag, or what is there instead. */
export type Saved = { etag: string } | { stale: Version };

export async function load(path: string): Promise<Version> {
  const response = await asked(`${addressOf(path)}?type=notebook&content=1`);
  const { content } = (await response.json()) as { content: Notebook };
  return { notebook: content, etag: etagOf(response) };
}

export async function save(path: string, notebook: Notebook, condition: { [header: string]: string }): Promise<Saved> {
  const body = JSON.stringify({ type: "notebook", format: "json", content: notebook });
  const response = await fetched(addressOf(path), { method: "PUT", headers: { "content-type": "application/json", ...condition }, body });
  if (response.status !== 409) return { etag: etagOf(await checked(response)) };
  const { current } = (await response.json()) as { current: { content: Notebook } | null };
  if (current === null) throw new ApiError(409, { message: "the notebook is no longer there; save it as a copy" });
  return { stale: { notebook: current.content, etag: etagOf(response) } };
}

/** Interrupts or restarts a kernel. */
export async function tell(kernel: string, what: "interrupt" | "restart"): Promise<void> {
  await asked(`api/kernels/${kernel}/${what}`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
}

/** Says that a window does not have the notebook open any more, also while the window is being closed. */
export function leave(path: string, window: string): void {
  const body = JSON.stringify({ path, window, leaves: true });
  void fetched("v1/notebooks/here", { method: "POST", keepalive: true, headers: { "content-type": "application/json" }, body }).catch(() => undefined);
}

/** What is told of a notebook that is open. */
export interface Listener {
  /** It may have another version: this one, where that is known. */
  onChange: (etag: string | undefined) => void;
  /** These cells run or wait, in this order. */
  onCells: (cells: string[]) => void;
  /** Somebody types. */
  onDraft: (draft: Draft) => void;
  /** All that running cells show and is not in the document yet. */
  onShown: (cells: Piece[]) => void;
  /** What cells show has changed. */
  onOutput: (pieces: Piece[]) => void;
  /** What these cells show is in the document. */
  onWritten: (cells: string[]) => void;
}

/** What a window has that is not saved. */
export interface Draft {
  window: string;
  /** Whose it is. */
  by: string;
  /** The texts of cells that it has changed; none when all is saved. */
  cells: { cell: string; source: string }[];
}

/** Tells what happens to the document, until the returned function is called. */
export function follow(path: string, listener: Listener): () => void {
  return whileVisible(() => opened(path, listener));
}

function opened(path: string, { onChange, onCells, onDraft, onShown, onOutput, onWritten }: Listener): () => void {
  const directory = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const source = new EventSource(`v1/contents/events?${new URLSearchParams({ path: directory, notebook: path })}`);
  const ofCells = <T>(name: string, hear: (cells: T[]) => void) => source.addEventListener(name, ({ data }: MessageEvent<string>) => {
    const told = JSON.parse(data) as { path: string; cells: T[] };
    if (told.path === path) hear(told.cells);
  });
  source.onmessage = ({ data }: MessageEvent<string>) => {
    const change = JSON.parse(data) as { path: string; etag: string | null };
    if (change.path === path) onChange(change.etag === null ? undefined : `"${change.etag}"`);
  };
  ofCells("cells", onCells);
  ofCells("shown", onShown);
  ofCells("output", onOutput);
  ofCells("written", onWritten);
  source.addEventListener("draft", ({ data }: MessageEvent<string>) => {
    const told = JSON.parse(data) as Draft & { path: string };
    if (told.path === path) onDraft(told);
  });
  source.addEventListener("missed", () => onChange(undefined));
  // Also after a break: what happened meanwhile was not told.
  source.addEventListener("open", () => onChange(undefined));
  return () => source.close();
}

function addressOf(path: string): string {
  return `api/contents/${path.split("/").map(encodeURIComponent).join("/")}`;
}

function etagOf(response: Response): string {
  return response.headers.get("etag") ?? "";
}

async function asked(address: string, init?: RequestInit): Promise<Response> {
  return checked(await fetched(address, init));
}

async function fetched(address: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch {
    throw new ApiError(0, { message: "the server cannot be reached" });
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const said = (await response.json().catch(() => ({}))) as { message?: string };
  throw new ApiError(response.status, { message: said.message ?? `the server answered ${response.status}` });
}
