import { expect, test } from "vitest";

import { type Command, commandOf } from "./keys.ts";

const NONE = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };
const CASES: [name: string, pressed: Partial<KeyboardEvent> & { key: string }, mode: "command" | "edit", before: string | undefined, command: Command | undefined][] = [
  ["shift-enter runs in both modes", { key: "Enter", shiftKey: true }, "edit", undefined, { do: "run", after: "next" }],
  ["one d does nothing", { key: "d" }, "command", undefined, undefined],
  ["two delete", { key: "d" }, "command", "d", { do: "delete" }],
  ["letters are text while editing", { key: "a" }, "edit", undefined, undefined],
  ["control-f finds in all cells", { key: "f", ctrlKey: true }, "edit", undefined, { do: "find" }],
  ["escape leaves", { key: "Escape" }, "edit", undefined, { do: "command" }],
  ["control-c stays the browser's", { key: "c", ctrlKey: true }, "command", undefined, undefined],
  ["a split needs a cursor", { key: "_", ctrlKey: true, shiftKey: true }, "command", undefined, undefined],
];

test.each(CASES)("%s", (_, pressed, mode, before, command) => {
  expect(commandOf({ ...NONE, ...pressed }, mode, before)).toEqual(command);
});
