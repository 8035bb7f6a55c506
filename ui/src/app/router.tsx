// Where the page is: its path beneath the server's base, and its query, both as values that can be set.
import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from "react";

const CHANGED = "nbpress:navigated";

/** What every path begins with, without the slash at its end. */
const base = new URL(document.baseURI).pathname.replace(/\/$/, "");

export interface Place {
  /** Begins with a slash: `/runs/R1`. */
  path: string;
  query: URLSearchParams;
}

let current = read();

function read(): Place {
  const { pathname, search } = location;
  return { path: pathname.slice(base.length) || "/", query: new URLSearchParams(search) };
}

export function usePlace(): Place {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  const moved = () => {
    current = read();
    listener();
  };
  addEventListener("popstate", moved);
  addEventListener(CHANGED, moved);
  return () => {
    removeEventListener("popstate", moved);
    removeEventListener(CHANGED, moved);
  };
}

/** Goes to a path of ours, `/runs?state=failed`. */
export function navigate(to: string, how: "push" | "replace" = "push"): void {
  const address = base + to;
  if (address === location.pathname + location.search) return;
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  dispatchEvent(new Event(CHANGED));
  if (how === "push") scrollTo(0, 0);
}

/** The same path with some of its query changed; `undefined` and the empty text take a name out. */
export function withQuery({ path, query }: Place, changes: { [name: string]: string | undefined }): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** The parts of a path that a pattern such as `/runs/{run}` or `/edit/{*path}` names; undefined where it does not fit. */
export function match(pattern: string, path: string): { [name: string]: string } | undefined {
  const expected = pattern.split("/");
  const given = path.replace(/(.)\/$/, "$1").split("/");
  const rest = /^\{\*(\w+)\}$/.exec(expected.at(-1) ?? "")?.[1];
  if (rest !== undefined) {
    const above = match(expected.slice(0, -1).join("/"), given.slice(0, expected.length - 1).join("/"));
    return above === undefined || given.length < expected.length ? undefined : { ...above, [rest]: given.slice(expected.length - 1).map(decoded).join("/") };
  }
  if (expected.length !== given.length) return undefined;
  const found: { [name: string]: string } = {};
  for (const [index, part] of expected.entries()) {
    const text = given[index] ?? "";
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined && part !== text) return undefined;
    if (name !== undefined) found[name] = decoded(text);
  }
  return found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: string };

/** A link to a path of ours; other buttons and keys do what they do with every link. */
export function Link({ to, onClick, ...rest }: LinkProps) {
  const go = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !plain || rest.target !== undefined) return;
    event.preventDefault();
    navigate(to);
  };
  return <a href={base + to} onClick={go} {...rest} />;
}

/** The address of a page of the server that is none of ours: `lab`, `view/a.ipynb`. */
export function elsewhere(path: string): string {
  return `${base}/${path}`;
}
