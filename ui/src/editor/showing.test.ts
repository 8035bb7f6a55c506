import { expect, test } from "vitest";

import type { Output } from "../notebook/nbformat.ts";
import type { EditedCell } from "./notebook.ts";
import { asShown, type Piece, type Showing, withPiece } from "./showing.ts";

const print = (text: string): Output => ({ output_type: "stream", name: "stdout", text });
const show = (text: string): Output => ({ output_type: "display_data", data: { "text/plain": text, "text/html": `<b>${text}</b>` }, metadata: {} });
const piece = (number: number, keep: number, grow: string | null, ...outputs: Output[]): Piece => ({ cell: "a", number, count: 1, keep, grow, outputs });

function after(...pieces: Piece[]): Showing | undefined {
  return pieces.reduce((before: Showing | undefined, next) => withPiece(before, next) ?? before, undefined);
}

test("a text grows, outputs come after it, later ones are replaced and all are cleared", () => {
  expect(after(piece(1, 0, null, print("a")), piece(2, 0, "b", show("1")))?.outputs).toEqual([print("ab"), show("1")]);
  expect(after(piece(1, 0, null, print("a"), show("1")), piece(2, 1, null, show("2"), print("b")))?.outputs).toEqual([print("a"), show("2"), print("b")]);
  expect(after(piece(1, 0, null, print("a")), piece(2, 0, null))?.outputs).toEqual([]);
});

test("what is known already, and what does not follow, changes nothing", () => {
  const whole = { number: 3, count: 1, outputs: [print("abc")] };
  expect(withPiece(whole, piece(3, 0, "c"))).toBeUndefined();
  expect(withPiece(whole, piece(5, 0, "e"))).toBeUndefined();
  expect(withPiece(undefined, piece(2, 0, "b"))).toBeUndefined();
  expect(withPiece(whole, piece(4, 0, "d"))?.outputs).toEqual([print("abcd")]);
});

test("a cell that runs again begins anew", () => {
  const whole = { number: 9, count: 1, outputs: [print("before")] };
  expect(withPiece(whole, piece(1, 0, null, print("now")))).toEqual({ number: 1, count: 1, outputs: [print("now")] });
});

test("outputs that look the same stay the same objects, in whatever order they were written", () => {
  const shown = [show("1"), show("2")];
  const read: Output[] = [{ metadata: {}, data: { "text/html": "<b>1</b>", "text/plain": "1" }, output_type: "display_data" }, show("3")];
  const cell: EditedCell = { id: "a", kind: "code", source: "", outputs: read, count: 1, rest: {} };
  const [joined] = asShown([cell], (id) => (id === "a" ? shown : undefined));
  expect(joined?.outputs[0]).toBe(shown[0]);
  expect(joined?.outputs[1]).toBe(read[1]);
  expect(asShown([cell], () => undefined)[0]).toBe(cell);
});
