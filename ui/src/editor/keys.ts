// Which key does what: Jupyter's, in its two modes.
import type { Action } from "./notebook.ts";

export type Command = Action | { do: "save" } | { do: "interrupt" } | { do: "restart" } | { do: "restart-run" } | { do: "split-here" } | { do: "find" } | { do: "run"; after: "stay" | "next" | "add" };

type Pressed = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "altKey" | "metaKey">;

const ALONE: { [key: string]: Command } = {
  Enter: { do: "edit" },
  a: { do: "add", where: "above" },
  b: { do: "add", where: "below" },
  c: { do: "copy" },
  h: { do: "hide", what: "source_hidden" },
  j: { do: "go", by: 1 },
  k: { do: "go", by: -1 },
  m: { do: "kind", kind: "markdown" },
  o: { do: "hide", what: "outputs_hidden" },
  p: { do: "parameters" },
  v: { do: "paste" },
  x: { do: "cut" },
  y: { do: "kind", kind: "code" },
  z: { do: "undo" },
  M: { do: "merge" },
  ArrowDown: { do: "go", by: 1 },
  ArrowUp: { do: "go", by: -1 },
};

const TWICE: { [key: string]: Command } = { d: { do: "delete" }, i: { do: "interrupt" }, 0: { do: "restart" } };

/** What a key does; `before` is the key pressed last, for those that are pressed twice. */
export function commandOf(pressed: Pressed, mode: "command" | "edit", before: string | undefined): Command | undefined {
  const { key, shiftKey, altKey } = pressed;
  const control = pressed.ctrlKey || pressed.metaKey;
  if (key === "Enter" && shiftKey) return { do: "run", after: "next" };
  if (key === "Enter" && control) return { do: "run", after: "stay" };
  if (key === "Enter" && altKey) return { do: "run", after: "add" };
  if (control && !shiftKey && key === "f") return { do: "find" };
  if (control && key === "s") return { do: "save" };
  if (control && shiftKey && (key === "-" || key === "_")) return mode === "edit" ? { do: "split-here" } : undefined;
  if (altKey && key === "ArrowUp") return { do: "move", by: -1 };
  if (altKey && key === "ArrowDown") return { do: "move", by: 1 };
  if (mode === "edit") return key === "Escape" ? { do: "command" } : undefined;
  if (control || altKey) return undefined;
  return ALONE[key] ?? (before === key ? TWICE[key] : undefined);
}
