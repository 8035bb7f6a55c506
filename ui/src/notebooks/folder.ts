// A folder of the server: what is in it, and what can be put into it.
import { ApiError, request } from "../api/client.ts";
import { whileVisible } from "../api/visible.ts";

export interface FolderEntry {
  name: string;
  path: string;
  type: "directory" | "notebook" | "file";
  last_modified: string;
  size: number | null;
}

const ORDER = ["directory", "notebook", "file"];

/** Folders first, then notebooks; by name, numbers in it as numbers. */
export function sorted(entries: FolderEntry[]): FolderEntry[] {
  return entries.toSorted((one, other) => ORDER.indexOf(one.type) - ORDER.indexOf(other.type) || one.name.localeCompare(other.name, "en", { numeric: true, sensitivity: "base" }));
}

export function addressOf(path: string): string {
  return path === "" ? "api/contents" : `api/contents/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** The path of something in a folder; the top has the empty path. */
export function within(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

export async function list(folder: string, signal?: AbortSignal): Promise<FolderEntry[]> {
  const { type, content } = (await asked(`${addressOf(folder)}?content=1`, signal === undefined ? {} : { signal })) as { type: string; content: FolderEntry[] };
  if (type !== "directory") throw new ApiError(404, { message: "this is no folder" });
  return sorted(content);
}

/** Makes an empty notebook or a folder under a free name; answers with its path. */
export async function make(folder: string, type: "notebook" | "directory"): Promise<string> {
  const { path } = (await asked(addressOf(folder), { method: "POST", body: JSON.stringify({ type }) })) as { path: string };
  return path;
}

/** Puts a file of this computer into a folder; nothing that is there is replaced. */
export async function upload(folder: string, file: File): Promise<void> {
  const content = base64(new Uint8Array(await file.arrayBuffer()));
  const body = JSON.stringify({ type: "file", format: "base64", content });
  try {
    await asked(addressOf(within(folder, file.name)), { method: "PUT", headers: { "if-none-match": "*" }, body });
  } catch (error) {
    throw error instanceof ApiError && error.status === 409 ? new ApiError(409, { message: `there is a ${file.name} already` }) : error;
  }
}

/** Makes a folder of this name; nothing that is there is taken for it. */
export async function makeFolder(folder: string, name: string): Promise<string> {
  const path = within(folder, name);
  if ((await list(folder)).some((entry) => entry.name === name)) throw new ApiError(409, { message: `there is a ${name} already` });
  await asked(addressOf(path), { method: "PUT", body: JSON.stringify({ type: "directory" }) });
  return path;
}

/** Why something cannot be called so; undefined if it can. */
export function wrongName(name: string): string | undefined {
  if (name.trim() === "") return "It needs a name.";
  if (name.includes("/")) return "A name has no / in it.";
  return name.startsWith(".") ? "What begins with a dot is hidden." : undefined;
}

/** The folder of a path. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Whether something may be put into a folder: it is not there, and not itself in what is moved. */
export function mayGoTo(path: string, folder: string): boolean {
  return folderOf(path) !== folder && folder !== path && !folder.startsWith(`${path}/`);
}

/** Gives something another path; its kernels go with it. */
export async function move(from: string, to: string): Promise<void> {
  try {
    await asked(addressOf(from), { method: "PATCH", body: JSON.stringify({ path: to }) });
  } catch (error) {
    throw error instanceof ApiError && error.status === 409 ? new ApiError(409, { message: `there is a ${to.slice(to.lastIndexOf("/") + 1)} already` }) : error;
  }
  const sessions = (await asked("api/sessions")) as { id: string; path: string }[];
  for (const { id, path } of sessions) {
    const goes = movedWith(path, from, to);
    if (goes !== undefined) await asked(`api/sessions/${encodeURIComponent(id)}`, { method: "PATCH", body: JSON.stringify({ path: goes }) });
  }
}

/** Where something is after it, or a folder around it, was moved; undefined if it stays. */
export function movedWith(path: string, from: string, to: string): string | undefined {
  return path === from ? to : path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined;
}

export async function remove(path: string): Promise<void> {
  await asked(addressOf(path), { method: "DELETE" });
}

/** The version in the history that a file is now, if there is one: with it the file can come back. */
export async function versionNow(path: string): Promise<string | undefined> {
  const versions = await request("GET /v1/versions", { query: { path } });
  const { hash } = (await asked(`${addressOf(path)}?content=0&hash=1`)) as { hash: string | null };
  return versions.find((version) => version.hash === hash)?.id;
}

export async function restore(path: string, id: string): Promise<void> {
  await request("POST /v1/versions/restore", { body: { path, id } });
}

/** Calls when something in a folder may have changed, until the returned function is called. */
export function watch(folder: string, onChange: () => void): () => void {
  return whileVisible(() => {
    const source = new EventSource(`v1/contents/events?path=${encodeURIComponent(folder)}`);
    source.onmessage = onChange;
    for (const name of ["missed", "cells", "open"]) source.addEventListener(name, onChange);
    return () => source.close();
  });
}

function base64(bytes: Uint8Array): string {
  let text = "";
  // More arguments than this at once are too many.
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

async function asked(address: string, init: RequestInit = {}): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(address, { ...init, headers: { "content-type": "application/json", ...(init.headers as { [name: string]: string } | undefined) } });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, { message: "the server cannot be reached" });
  }
  const text = await response.text();
  if (response.ok) return text === "" ? undefined : JSON.parse(text);
  throw new ApiError(response.status, { message: messageOf(text) ?? `the server answered ${response.status}` });
}

function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { message?: string }).message;
  } catch {
    return undefined;
  }
}
